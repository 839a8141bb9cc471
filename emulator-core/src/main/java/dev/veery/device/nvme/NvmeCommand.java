package dev.veery.device.nvme;

import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaStatus;
import dev.veery.dma.DmaVector;
import dev.veery.memory.access.OffHeap;

/** A command on its way (4.2): read from its queue once, worked off, answered. The fields are the guest's and may be anything. */
final class NvmeCommand {
    private static final int POINTER_PRP = 0;
    private static final int POINTER_SGL = 1;

    /** Pieces beyond one a page: each of a list's segments may begin and end within a page. */
    private static final int MORE_PIECES = 257;

    final DmaVector data;
    private final DataPointer pointer;
    private final NvmPart part;
    private final int[] words = new int[NvmeRegs.SUBMISSION / 4];
    private final long maxTransfer;
    SubmissionQueue queue;
    int status;
    int result;

    /** How many disks are at work for it. */
    int parts;

    /** A command that transfers at most {@code maxTransfer} bytes. */
    NvmeCommand(NvmePci owner, SubmissionQueue queue, long maxTransfer) {
        this.queue = queue;
        this.maxTransfer = maxTransfer;
        data = new DmaVector((int) (maxTransfer / NvmeRegs.PAGE) + MORE_PIECES);
        pointer = new DataPointer(data);
        part = new NvmPart(owner, this);
    }

    /** The job that works it off for one namespace. */
    NvmPart part() {
        return part;
    }

    /** Reads the command at {@code address}; false if that is not memory. */
    boolean load(DmaDomain dma, SubmissionQueue from, long address, long scratch) {
        queue = from;
        status = NvmeRegs.OK;
        result = 0;
        parts = 0;
        data.clear();
        if (dma.read(address, scratch, NvmeRegs.SUBMISSION) != DmaStatus.OK) {
            return false;
        }
        for (int i = 0; i < words.length; i++) {
            words[i] = OffHeap.getInt(scratch + 4L * i);
        }
        return true;
    }

    int opcode() {
        return words[0] & 0xff;
    }

    int id() {
        return words[0] >>> 16;
    }

    int namespace() {
        return words[1];
    }

    /** Dword {@code n}, 10 to 15. */
    int word(int n) {
        return words[n];
    }

    /** Dwords {@code n} and {@code n + 1}. */
    long wide(int n) {
        return words[n] & 0xffff_ffffL | (long) words[n + 1] << 32;
    }

    long prp1() {
        return wide(6);
    }

    long prp2() {
        return wide(8);
    }

    private int pointerKind() {
        return words[0] >>> NvmeRegs.POINTER_SHIFT & 3;
    }

    /** Whether it uses what is not there: fused commands, metadata as a list, lists in admin commands (4.4). */
    boolean unsupported() {
        int most = queue.id == 0 ? POINTER_PRP : POINTER_SGL;
        return (words[0] & NvmeRegs.FUSED) != 0 || pointerKind() > most;
    }

    /**
     * Finds the command's data.
     *
     * @param bytes at least 1
     * @param write whether the data will be written
     * @return a status
     */
    int map(DmaDomain dma, long bytes, boolean write) {
        if (bytes > maxTransfer) {
            return NvmeRegs.INVALID_FIELD;
        }
        return pointerKind() == POINTER_SGL
                ? pointer.segments(dma, wide(6), wide(8), bytes, write)
                : pointer.pages(dma, wide(6), wide(8), bytes, write);
    }

    /** Of what several disks say, the first failure is the answer. */
    void fail(int cause) {
        if (status == NvmeRegs.OK) {
            status = cause;
        }
    }
}
