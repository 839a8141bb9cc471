package dev.veery.device.fwcfg;

import dev.veery.base.Unsigned;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MmioHandler;
import java.util.Arrays;

/**
 * The DMA interface. The guest writes the address of a descriptor: control, length (four bytes each) and address (eight),
 * big-endian. The transfer is done when the write returns; control then is 0, or has only the error bit.
 */
final class FwCfgDma implements MmioHandler {
    /** What the register reads as, in the order of addresses: "QEMU CFG". */
    private static final byte[] SIGNATURE = {'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G'};

    private static final int DESCRIPTOR_BYTES = 16;

    private static final int CTL_ERROR = 1 << 0;
    private static final int CTL_READ = 1 << 1;
    private static final int CTL_SKIP = 1 << 2;
    private static final int CTL_SELECT = 1 << 3;
    private static final int CTL_WRITE = 1 << 4;
    private static final int CTL_KEY_SHIFT = 16;

    /** Guest memory is checked and copied in pieces that do not cross a page. */
    private static final int PAGE = 4096;

    private final FwCfg device;
    private final AddressSpace memory;
    private final byte[] page = new byte[PAGE];
    private long addressHigh;

    FwCfgDma(FwCfg device, AddressSpace memory) {
        this.device = device;
        this.memory = memory;
    }

    void reset() {
        addressHigh = 0;
    }

    @Override
    public long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size && offset + i < SIGNATURE.length; i++) {
            value |= (long) SIGNATURE[(int) offset + i] << 8 * i;
        }
        return value;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (size == 8) {
            start(Long.reverseBytes(value));
        } else if (size == 4) {
            long word = Integer.reverseBytes((int) value) & 0xffff_ffffL;
            if (offset == 0) {
                addressHigh = word << 32;
            } else {
                start(addressHigh | word);
            }
        }
    }

    private void start(long descriptor) {
        // The next transfer states its own upper half, or means 0.
        addressHigh = 0;
        if (!isRam(descriptor, DESCRIPTOR_BYTES, true)) {
            return;
        }
        int control = Integer.reverseBytes((int) memory.read(descriptor, 4));
        int length = Integer.reverseBytes((int) memory.read(descriptor + 4, 4));
        long address = Long.reverseBytes(memory.read(descriptor + 8, 8));
        if ((control & CTL_SELECT) != 0) {
            device.select(control >>> CTL_KEY_SHIFT);
        }
        boolean done = transfer(control, length & 0xffff_ffffL, address);
        // The data may have gone over the descriptor's page, which is still RAM: the layout cannot have changed.
        memory.write(descriptor, 4, Integer.reverseBytes(done ? 0 : CTL_ERROR));
    }

    private boolean transfer(int control, long length, long address) {
        if ((control & CTL_READ) != 0) {
            return toGuest(address, length);
        }
        if ((control & CTL_WRITE) != 0) {
            return fromGuest(address, length);
        }
        if ((control & CTL_SKIP) != 0) {
            device.advance((int) Math.min(length, device.remaining()));
        }
        return true;
    }

    /** Item to guest; after the item's end follow zeros. Stops at the first page that is not RAM. */
    private boolean toGuest(long address, long length) {
        if (wraps(address, length)) {
            return false;
        }
        long done = 0;
        while (done < length) {
            long at = address + done;
            int piece = piece(at, length - done);
            if (!isRam(at, piece, true)) {
                return false;
            }
            int data = Math.min(piece, device.remaining());
            device.selected().data.get(device.offset(), page, 0, data);
            Arrays.fill(page, data, piece, (byte) 0);
            memory.write(at, page, 0, piece);
            device.advance(data);
            done += piece;
        }
        return true;
    }

    /** Guest to item, whole or not at all: all memory is looked at before the first byte moves. */
    private boolean fromGuest(long address, long length) {
        FwCfgItem item = device.selected();
        if (item.onWrite == null || length > device.remaining() || wraps(address, length)) {
            return false;
        }
        for (long done = 0, piece; done < length; done += piece) {
            piece = piece(address + done, length - done);
            if (!isRam(address + done, (int) piece, false)) {
                return false;
            }
        }
        int start = device.offset();
        for (long done = 0; done < length; ) {
            int piece = piece(address + done, length - done);
            memory.read(address + done, page, 0, piece);
            item.data.put(device.offset(), page, 0, piece);
            device.advance(piece);
            done += piece;
        }
        item.onWrite.written(start, (int) length);
        return true;
    }

    private static boolean wraps(long address, long length) {
        return length != 0 && Unsigned.lt(address + (length - 1), address);
    }

    private static int piece(long address, long limit) {
        return (int) Math.min(PAGE - (address & PAGE - 1), limit);
    }

    /** Whether the bytes are guest RAM, in one piece. */
    private boolean isRam(long address, int length, boolean write) {
        return !wraps(address, length) && memory.hostPointer(address, length, write) != 0;
    }
}
