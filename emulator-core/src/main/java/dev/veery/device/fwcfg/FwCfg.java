package dev.veery.device.fwcfg;

import dev.veery.memory.AddressSpace;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The device: {@link #ports()} at 510h, {@link #dmaPorts()} at 514h. Items are added while the machine is built; adding a
 * file gives new keys to those whose names come after.
 */
public final class FwCfg implements Resettable {
    /** Selector and data: two ports, accesses of one and two bytes. */
    public static final int PORTS = 2;
    /** The address of a DMA descriptor, big-endian: eight ports, accesses of four bytes (or one, to read). */
    public static final int DMA_PORTS = 8;

    private static final int ID_PORTS = 1 << 0;
    private static final int ID_DMA = 1 << 1;

    private final Map<Integer, FwCfgItem> items = new HashMap<>();
    private final FwCfgDirectory directory = new FwCfgDirectory();
    private final FwCfgDma dma;

    private FwCfgItem selected = FwCfgItem.EMPTY;
    private int offset;

    /**
     * @param memory where DMA reads and writes
     */
    public FwCfg(AddressSpace memory) {
        dma = new FwCfgDma(this, memory);
        addBytes(FwCfgKeys.SIGNATURE, "QEMU".getBytes(StandardCharsets.US_ASCII));
        addNumber(FwCfgKeys.ID, 4, ID_PORTS | ID_DMA);
        select(FwCfgKeys.SIGNATURE);
    }

    @Override
    public void reset() {
        select(FwCfgKeys.SIGNATURE);
        dma.reset();
    }

    // What the board fills in

    /** Adds or replaces an item; the array is kept, not copied. */
    public void addBytes(int key, byte[] data) {
        addBuffer(key, ByteBuffer.wrap(data));
    }

    /** Adds or replaces an item that is read from a buffer, which may be a mapped file: all from 0 to its limit. */
    public void addBuffer(int key, ByteBuffer data) {
        items.put(key, new FwCfgItem(data, null, null));
    }

    /** Adds or replaces an item: a little-endian number of {@code bytes} bytes. */
    public void addNumber(int key, int bytes, long value) {
        byte[] data = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            data[i] = (byte) (value >>> 8 * i);
        }
        addBytes(key, data);
    }

    /** Adds or replaces an item: ISO 8859-1 text and a zero byte. */
    public void addString(int key, String text) {
        addBytes(key, (text + '\0').getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Adds a file that the guest reads; the array is kept, not copied.
     *
     * @throws dev.veery.base.ConfigException if the name is taken or not 1 to 55 printable ASCII characters
     */
    public void addFile(String name, byte[] data) {
        addFile(name, ByteBuffer.wrap(data), null);
    }

    /** As {@link #addFile(String, byte[])}, from a buffer. */
    public void addFile(String name, ByteBuffer data) {
        addFile(name, data, null);
    }

    /**
     * As {@link #addFile(String, byte[])}.
     *
     * @param onSelect called each time the guest selects the file; it may change the array's contents
     */
    public void addFile(String name, ByteBuffer data, @Nullable Runnable onSelect) {
        directory.add(name, new FwCfgItem(data, onSelect, null));
    }

    /** Adds a file that the guest may also write by DMA, into {@code data}. */
    public void addWritableFile(String name, byte[] data, FwCfgWriteListener onWrite) {
        directory.add(name, new FwCfgItem(ByteBuffer.wrap(data), null, onWrite));
    }

    // What the guest sees

    /** Selector (written as a word) and data (read as a byte; both ports show it). */
    public MmioHandler ports() {
        return new MmioHandler() {
            @Override
            public long read(long at, int size) {
                long value = readByte();
                return size == 1 ? value : value | (long) readByte() << 8;
            }

            @Override
            public void write(long at, int size, long value) {
                if (size == 2 && at == 0) {
                    select((int) value);
                }
            }
        };
    }

    /** The DMA address register. */
    public MmioHandler dmaPorts() {
        return dma;
    }

    /** Makes an item the current one and rewinds it. An unknown key selects nothing, which reads as zeros. */
    void select(int key) {
        int plain = key & 0xffff & ~FwCfgKeys.WRITE_CHANNEL;
        FwCfgItem item = items.get(plain);
        if (item == null) {
            item = plain == FwCfgKeys.FILE_DIR ? directory.listing() : directory.file(plain - FwCfgKeys.FILE_FIRST);
        }
        selected = item;
        offset = 0;
        if (item.onSelect != null) {
            item.onSelect.run();
        }
    }

    FwCfgItem selected() {
        return selected;
    }

    /** Bytes of the current item that were not passed yet. */
    int remaining() {
        return selected.size() - offset;
    }

    /** Where in the current item the next byte is. */
    int offset() {
        return offset;
    }

    /** Passes {@code length} bytes, at most {@link #remaining}. */
    void advance(int length) {
        offset += length;
    }

    private int readByte() {
        return remaining() > 0 ? selected.data.get(offset++) & 0xff : 0;
    }
}
