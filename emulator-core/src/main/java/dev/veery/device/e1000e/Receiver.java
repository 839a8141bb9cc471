package dev.veery.device.e1000e;

import dev.veery.dma.DmaDomain;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.IpFrame;
import dev.veery.register.RegisterBank;
import java.util.function.Supplier;

/** Receive queue 0 (7.1): descriptors of the three kinds, checksums looked at, VLAN tags taken out. */
final class Receiver {
    private static final int LEGACY = 16;
    private static final int SPLIT = 32;
    private static final int SPLIT_BUFFERS = 4;
    private static final int CRC = 4;
    private static final int MIN_FRAME = 60;
    private static final int MAX_FRAME = 1522 - CRC;
    private static final int MAX_LONG_FRAME = 16384 - CRC;
    private static final int TAG = 4;
    private static final int ADDRESSES = 12;

    /** 7.1.4: status bits, the same in all kinds of descriptors. */
    private static final int DD = 1;

    private static final int EOP = 1 << 1;
    private static final int IXSM = 1 << 2;
    private static final int VP = 1 << 3;
    private static final int UDPCS = 1 << 4;
    private static final int TCPCS = 1 << 5;
    private static final int IPCS = 1 << 6;
    private static final int ERROR_TCP = 1 << 5;
    private static final int ERROR_IP = 1 << 6;
    private static final int ERRORS_SHIFT = 24;

    private final RegisterBank bank;
    private final DescriptorRing ring;
    private final Supplier<DmaDomain> dma;
    private final IpFrame packet = new IpFrame();

    /** A frame without its tag, or with what makes it long enough. */
    private final long copy;

    Receiver(RegisterBank bank, Supplier<DmaDomain> dma, long copy) {
        this.bank = bank;
        this.dma = dma;
        this.copy = copy;
        ring = new DescriptorRing(bank, Regs.RDBAL);
    }

    /** Bytes that the constructor needs. */
    static int copyBytes() {
        return MAX_LONG_FRAME + CRC;
    }

    private int get(int register) {
        return (int) bank.get(register, 4);
    }

    /**
     * Takes a frame.
     *
     * @return causes of interrupts, 0 if it was dropped, -1 if there is no room now
     */
    int receive(long host, int length) {
        int rctl = get(Regs.RCTL);
        if ((rctl & Regs.RCTL_EN) == 0 || length < IpFrame.ETHERNET_HEADER) {
            return 0;
        }
        if (length > ((rctl & Regs.RCTL_LPE) != 0 ? MAX_LONG_FRAME : MAX_FRAME) || !AddressFilter.accepts(bank, host)) {
            return 0;
        }
        int type = word(host + ADDRESSES);
        boolean tagged = type == (get(Regs.VET) & 0xffff) && length >= ADDRESSES + TAG + 2;
        int tag = tagged ? word(host + ADDRESSES + 2) : 0;
        if (tagged && !AddressFilter.acceptsVlan(bank, tag)) {
            return 0;
        }
        boolean strip = tagged && (get(Regs.CTRL) & Regs.CTRL_VME) != 0;
        int status = checksums(host, length) | (strip ? VP : 0);
        int bytes = assemble(host, length, strip, (rctl & Regs.RCTL_SECRC) == 0);
        return store(bytes, status, strip ? tag : 0);
    }

    private static int word(long at) {
        return Short.toUnsignedInt(Short.reverseBytes(OffHeap.getShort(at)));
    }

    /** Puts together what is stored; a frame shorter than any on a cable is filled up, as its sender's card would. */
    private int assemble(long host, int length, boolean strip, boolean crc) {
        int bytes = length;
        if (strip) {
            OffHeap.copy(host, copy, ADDRESSES);
            OffHeap.copy(host + ADDRESSES + TAG, copy + ADDRESSES, length - ADDRESSES - TAG);
            bytes -= TAG;
        } else {
            OffHeap.copy(host, copy, length);
        }
        if (bytes < MIN_FRAME) {
            OffHeap.fill(copy + bytes, MIN_FRAME - bytes, 0);
            bytes = MIN_FRAME;
        }
        if (crc) {
            // DEVIATION: the network has no frame check sequence; a driver that wants it sees zeros.
            OffHeap.fill(copy + bytes, CRC, 0);
            bytes += CRC;
        }
        return bytes;
    }

    /** 7.1.10: status, and errors from bit 24 on. */
    private int checksums(long host, int length) {
        int rxcsum = get(Regs.RXCSUM);
        packet.parse(host, length);
        int status = 0;
        if (packet.version() == 4 && (rxcsum & Regs.RXCSUM_IPOFL) != 0) {
            status |= IPCS | (packet.headerIntact() ? 0 : ERROR_IP << ERRORS_SHIFT);
        }
        if (packet.protocol() != 0 && (rxcsum & Regs.RXCSUM_TUOFL) != 0 && packet.hasChecksum()) {
            status |= TCPCS | (packet.protocol() == IpFrame.UDP ? UDPCS : 0);
            status |= packet.transportIntact() ? 0 : ERROR_TCP << ERRORS_SHIFT;
        }
        return status == 0 ? IXSM : status;
    }

    private boolean split() {
        return (get(Regs.RCTL) >>> Regs.RCTL_DTYP_SHIFT & 3) == 1;
    }

    /** 10.2.5.1: BSIZE with BSEX, or FLXBUF. */
    private int bufferSize() {
        int rctl = get(Regs.RCTL);
        int flexible = rctl >>> Regs.RCTL_FLXBUF_SHIFT & 0xf;
        if (flexible != 0) {
            return flexible << 10;
        }
        int size = 2048 >> (rctl >>> Regs.RCTL_BSIZE_SHIFT & 3);
        return (rctl & Regs.RCTL_BSEX) != 0 ? size << 4 : size;
    }

    /** 10.2.5.11: sizes of the four buffers of a packet split descriptor. */
    private int splitSize(int buffer) {
        int psrctl = get(Regs.PSRCTL);
        return buffer == 0 ? (psrctl & 0x7f) << 7 : (psrctl >>> 8 * buffer & 0x3f) << 10;
    }

    private int store(int bytes, int status, int tag) {
        boolean split = split();
        ring.setStride(split ? SPLIT : LEGACY);
        int each = split ? splitSize(0) + splitSize(1) + splitSize(2) + splitSize(3) : bufferSize();
        if (each == 0) {
            return 0;
        }
        int needed = (bytes + each - 1) / each;
        if (ring.size() != 0 && needed >= ring.size()) {
            return 0;
        }
        if (ring.available() < needed) {
            return -1;
        }
        int done = 0;
        while (done < bytes) {
            int run = Math.min(each, bytes - done);
            boolean last = done + run == bytes;
            long at = ring.address(ring.head());
            if (split) {
                storeSplit(at, done, run, last ? status | EOP : 0, tag);
            } else {
                dma.get().write(dma.get().load(at, 8), copy + done, run);
                writeBack(at, run, last ? status | EOP : 0, tag);
            }
            done += run;
            ring.setHead(ring.after(ring.head()));
        }
        return Regs.ICR_RXT0 | Regs.ICR_RXQ0;
    }

    /** 7.1.4 and 7.1.5: the status comes last, for the driver looks at it. */
    private void writeBack(long at, int length, int status, int tag) {
        DmaDomain to = dma.get();
        if ((get(Regs.RFCTL) & Regs.RFCTL_EXTEN) != 0) {
            to.store(at, 8, 0);
            to.store(at + 12, 4, length | (long) tag << 16);
            to.store(at + 8, 4, status | DD);
        } else {
            to.store(at + 8, 4, length);
            to.store(at + 14, 2, tag);
            to.store(at + 12, 2, status & 0xff | DD | status >>> ERRORS_SHIFT << 8);
        }
    }

    /** 7.1.6: a frame fills the first buffer, then the others. */
    private void storeSplit(long at, int from, int length, int status, int tag) {
        DmaDomain to = dma.get();
        int done = 0;
        long lengths = 0;
        int first = 0;
        for (int buffer = 0; buffer < SPLIT_BUFFERS && done < length; buffer++) {
            int run = Math.min(splitSize(buffer), length - done);
            if (run > 0) {
                to.write(to.load(at + 8L * buffer, 8), copy + from + done, run);
            }
            if (buffer == 0) {
                first = run;
            } else {
                lengths |= (long) run << 16 * buffer;
            }
            done += run;
        }
        to.store(at, 8, 0);
        to.store(at + 12, 4, first | (long) tag << 16);
        to.store(at + 16, 8, lengths);
        to.store(at + 8, 4, status | DD);
    }
}
