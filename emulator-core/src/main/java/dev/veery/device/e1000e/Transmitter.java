package dev.veery.device.e1000e;

import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaVector;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.FramePieces;
import dev.veery.net.IpFrame;
import dev.veery.net.NetBackend;
import dev.veery.net.SendOffload;
import dev.veery.register.RegisterBank;
import java.util.function.Supplier;

/** A transmit queue (7.2): descriptors to frames, with the offloads that their context asks for. */
final class Transmitter {
    private static final int MAX_PIECES = 1024;

    /** Frames sent in a row before others get the machine lock. */
    private static final int BURST = 256;

    private static final int TAG = 4;
    private static final int ADDRESSES = 12;

    /** 7.2.10 and 7.2.11: command bits of the third and fourth word. */
    private static final int CMD_EOP = 1 << 24;

    private static final int CMD_IC = 1 << 26;
    private static final int CMD_TSE = 1 << 26;
    private static final int CMD_RS = 1 << 27;
    private static final int CMD_DEXT = 1 << 29;
    private static final int CMD_VLE = 1 << 30;
    private static final int DTYP_MASK = 0xf << 20;
    private static final int DTYP_DATA = 1 << 20;
    private static final int STA_DD = 1;
    private static final int POPTS_IXSM = 1 << 8;
    private static final int POPTS_TXSM = 1 << 9;
    private static final int LEGACY_LENGTH = 0xffff;
    private static final int DATA_LENGTH = 0xf_ffff;

    /** Where finished frames go. */
    interface Output {
        /** Sends a frame; false if that must be tried again later. */
        boolean send(FramePieces frame);
    }

    private final RegisterBank bank;
    private final DescriptorRing ring;
    private final Supplier<DmaDomain> dma;
    private final SendOffload offload;
    private final Output output;
    private final int cause;

    /** Memory for a VLAN tag. */
    private final long tag;

    private final DmaVector bytes = new DmaVector(MAX_PIECES);
    private final FramePieces frame = new FramePieces();
    private final FramePieces tagged = new FramePieces();

    /** The context descriptor that counts now (7.2.8): four words. */
    private int contextIp;

    private int contextTransport;
    private int contextLengths;

    /** A frame is on its way; the descriptors up to {@link #frameEnd} are its. */
    private boolean sending;

    private int frameEnd;
    private boolean insertTag;

    /** What the descriptors of the frame that is being gathered say. */
    private boolean broken;

    private int command;
    private int options;

    Transmitter(
            RegisterBank bank,
            int base,
            int cause,
            Supplier<DmaDomain> dma,
            SendOffload offload,
            Output output,
            long tag) {
        this.bank = bank;
        this.dma = dma;
        this.offload = offload;
        this.output = output;
        this.cause = cause;
        this.tag = tag;
        ring = new DescriptorRing(bank, base);
    }

    void reset() {
        sending = false;
        contextIp = 0;
        contextTransport = 0;
        contextLengths = 0;
    }

    /**
     * Sends what the driver has put into the queue.
     *
     * @return causes of interrupts; the sign bit asks to be called again soon
     */
    int run() {
        int causes = 0;
        if ((bank.get(Regs.TCTL, 4) & Regs.TCTL_EN) == 0) {
            return 0;
        }
        for (int left = BURST; left > 0; left--) {
            if (!sending && !gather()) {
                return causes;
            }
            if (!sendFrame()) {
                return causes;
            }
            sending = false;
            causes |= finish();
        }
        return causes | 1 << 31;
    }

    /** Looks for a whole frame from the head on; false if there is none yet. */
    private boolean gather() {
        int available = ring.available();
        int at = ring.head();
        bytes.clear();
        frame.clear();
        broken = false;
        boolean first = true;
        for (int n = 0; n < available; n++) {
            long address = dma.get().load(ring.address(at), 8);
            long rest = dma.get().load(ring.address(at) + 8, 8);
            int word = (int) rest;
            int upper = (int) (rest >>> 32);
            at = ring.after(at);
            boolean extended = (word & CMD_DEXT) != 0;
            if (extended && (word & DTYP_MASK) == 0) {
                contextIp = (int) address;
                contextTransport = (int) (address >>> 32);
                contextLengths = upper;
                if (first) {
                    continue;
                }
            } else {
                if (first) {
                    command = word;
                    options = upper;
                    first = false;
                }
                int length = word & (extended ? DATA_LENGTH : LEGACY_LENGTH);
                boolean unknown = extended && (word & DTYP_MASK) != DTYP_DATA;
                broken |= unknown
                        || bytes.length() + length > NetBackend.MAX_FRAME
                        || !bytes.add(dma.get(), address, length, false);
            }
            if (!extended && (word & CMD_EOP) != 0 || extended && (word & DTYP_MASK) != 0 && (word & CMD_EOP) != 0) {
                frameEnd = at;
                prepare();
                sending = true;
                return true;
            }
        }
        if (first && available > 0) {
            // Contexts only: they are done.
            frameEnd = at;
            sending = true;
            return true;
        }
        return false;
    }

    /** Sets up the offload; a frame that makes no sense is left empty. */
    private void prepare() {
        if (broken || bytes.length() < IpFrame.ETHERNET_HEADER) {
            return;
        }
        for (int i = 0; i < bytes.count(); i++) {
            frame.add(bytes.host(i), (int) bytes.length(i));
        }
        offload.begin(frame);
        insertTag = (command & CMD_VLE) != 0 && (bank.get(Regs.CTRL, 4) & Regs.CTRL_VME) != 0;
        if (insertTag) {
            OffHeap.putShort(tag, Short.reverseBytes((short) bank.get(Regs.VET, 2)));
            OffHeap.putShort(tag + 2, Short.reverseBytes((short) (options >>> 16)));
        }
        boolean fine = (command & CMD_DEXT) == 0 ? prepareLegacy() : prepareExtended();
        if (!fine) {
            frame.clear();
        }
    }

    /** 7.2.10.1: CSS and CSO. */
    private boolean prepareLegacy() {
        return (command & CMD_IC) == 0 || offload.checksum(options >>> 8 & 0xff, frame.length(), command >>> 16 & 0xff);
    }

    /** 7.2.8 to 7.2.11: what the context says, in the order of the hardware. */
    private boolean prepareExtended() {
        int ipStart = contextIp & 0xff;
        int transportStart = contextTransport & 0xff;
        if ((command & CMD_TSE) != 0) {
            return offload.segment(ipStart, transportStart, contextLengths >>> 16);
        }
        if ((options & POPTS_IXSM) != 0 && !insert(contextIp, ipStart)) {
            return false;
        }
        return (options & POPTS_TXSM) == 0 || insert(contextTransport, transportStart);
    }

    /** A checksum as half a context descriptor has it: start, field, last byte or 0 for the end. */
    private boolean insert(int context, int start) {
        int last = context >>> 16;
        int end = last == 0 ? frame.length() : Math.min(last + 1, frame.length());
        return offload.checksum(start, end, context >>> 8 & 0xff);
    }

    private boolean sendFrame() {
        while (frame.length() != 0) {
            FramePieces next = offload.current();
            if (!output.send(insertTag ? withTag(next) : next)) {
                return false;
            }
            if (!offload.next()) {
                frame.clear();
            }
        }
        return true;
    }

    private FramePieces withTag(FramePieces next) {
        tagged.clear();
        tagged.addRange(next, 0, ADDRESSES);
        tagged.add(tag, TAG);
        tagged.addRange(next, ADDRESSES, next.length() - ADDRESSES);
        return tagged;
    }

    /** Gives the descriptors back (7.2.12): those that ask for it are marked. */
    private int finish() {
        int causes = 0;
        int size = ring.size();
        if (ring.head() >= size || frameEnd >= size) {
            return 0;
        }
        while (ring.head() != frameEnd) {
            long at = ring.address(ring.head()) + 8;
            if ((dma.get().load(at, 4) & CMD_RS) != 0) {
                dma.get().store(at + 4, 1, STA_DD);
                causes |= Regs.ICR_TXDW | cause;
            }
            ring.setHead(ring.after(ring.head()));
        }
        return ring.available() == 0 ? causes | Regs.ICR_TXQE : causes;
    }
}
