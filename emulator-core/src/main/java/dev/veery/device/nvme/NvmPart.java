package dev.veery.device.nvme;

import dev.veery.block.BlockImage;
import dev.veery.block.DiskJob;
import dev.veery.block.Pieces;
import dev.veery.dma.DmaDomain;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a command of the NVM command set (6) does to one namespace: checked with the lock, worked off without it. */
final class NvmPart implements DiskJob, Pieces {
    private static final int RANGE = 16;
    private static final int RANGE_BLOCKS = 4;
    private static final int RANGE_START = 8;
    private static final int BOUNCE = 1 << 16;

    private final NvmePci owner;
    private final NvmeCommand command;
    private @Nullable NvmeNamespace namespace;
    private int opcode;
    private long offset;
    private long length;
    private boolean stable;
    private int status;

    NvmPart(NvmePci owner, NvmeCommand command) {
        this.owner = owner;
        this.command = command;
    }

    /** Makes the part a flush. */
    void prepareFlush(NvmeNamespace of) {
        namespace = of;
        opcode = NvmeRegs.FLUSH;
        stable = false;
        status = NvmeRegs.OK;
    }

    /** Makes the part a format: everything reads as zeros. */
    void prepareFormat(NvmeNamespace of) {
        namespace = of;
        opcode = NvmeRegs.WRITE_ZEROES;
        offset = 0;
        length = of.bytes();
        stable = true;
        status = NvmeRegs.OK;
    }

    /** Checks the command and finds its data; a status. */
    int prepare(NvmeNamespace of, DmaDomain dma, boolean writeCache) {
        namespace = of;
        opcode = command.opcode();
        stable = false;
        status = NvmeRegs.OK;
        switch (opcode) {
            case NvmeRegs.FLUSH:
                return NvmeRegs.OK;
            case NvmeRegs.DATASET:
                return command.map(dma, RANGE * ((command.word(10) & 0xffL) + 1), false);
            case NvmeRegs.READ:
            case NvmeRegs.COMPARE:
            case NvmeRegs.VERIFY:
                return prepareRange(of, dma);
            case NvmeRegs.WRITE:
            case NvmeRegs.WRITE_ZEROES:
                // Without a volatile cache nothing else flushes.
                stable = (command.word(12) & NvmeRegs.FUA) != 0 || !writeCache;
                return of.readOnly() ? NvmeRegs.WRITE_PROTECTED : prepareRange(of, dma);
            default:
                return NvmeRegs.INVALID_OPCODE;
        }
    }

    private int prepareRange(NvmeNamespace of, DmaDomain dma) {
        long start = command.wide(10);
        long count = (command.word(12) & 0xffffL) + 1;
        if (!of.has(start, count)) {
            return NvmeRegs.OUT_OF_RANGE;
        }
        offset = start << of.blockShift();
        length = count << of.blockShift();
        boolean moves = opcode != NvmeRegs.WRITE_ZEROES && opcode != NvmeRegs.VERIFY;
        return moves ? command.map(dma, length, opcode == NvmeRegs.READ) : NvmeRegs.OK;
    }

    @Override
    public void perform(BlockImage image) throws IOException {
        switch (opcode) {
            case NvmeRegs.READ:
                image.read(offset, this);
                break;
            case NvmeRegs.WRITE:
                image.write(offset, this);
                break;
            case NvmeRegs.COMPARE:
                compare(image);
                break;
            case NvmeRegs.VERIFY:
                verify(image);
                break;
            case NvmeRegs.FLUSH:
                image.flush();
                break;
            case NvmeRegs.WRITE_ZEROES:
                boolean give = command.opcode() == NvmeRegs.FORMAT || (command.word(12) & NvmeRegs.DEALLOCATE) != 0;
                image.zero(offset, length, give);
                break;
            default:
                discard(image);
                break;
        }
        if (stable) {
            image.flush();
        }
    }

    @Override
    public int count() {
        return command.data.count();
    }

    @Override
    public long host(int i) {
        return command.data.host(i);
    }

    @Override
    public long length(int i) {
        return command.data.length(i);
    }

    private void compare(BlockImage image) throws IOException {
        long bounce = OffHeap.allocateUninitialized(BOUNCE, NvmeRegs.PAGE);
        try {
            long at = offset;
            for (int i = 0; i < command.data.count(); i++) {
                long host = command.data.host(i);
                long left = command.data.length(i);
                while (left > 0) {
                    int run = (int) Math.min(left, BOUNCE);
                    image.read(at, bounce, run);
                    if (!OffHeap.buffer(host, run).equals(OffHeap.buffer(bounce, run))) {
                        status = NvmeRegs.COMPARE_FAILURE;
                        return;
                    }
                    at += run;
                    host += run;
                    left -= run;
                }
            }
        } finally {
            OffHeap.free(bounce);
        }
    }

    private void verify(BlockImage image) throws IOException {
        long bounce = OffHeap.allocateUninitialized(BOUNCE, NvmeRegs.PAGE);
        try {
            for (long done = 0; done < length; done += BOUNCE) {
                image.read(offset + done, bounce, Math.min(length - done, BOUNCE));
            }
        } finally {
            OffHeap.free(bounce);
        }
    }

    /** 6.7: advice about ranges, of which only "not needed any more" is followed. */
    private void discard(BlockImage image) throws IOException {
        NvmeNamespace of = namespace;
        if (of == null || (command.word(11) & NvmeRegs.DATASET_DEALLOCATE) == 0 || of.readOnly()) {
            return;
        }
        for (int i = 0; i <= (command.word(10) & 0xff); i++) {
            long blocks = command.data.get((long) RANGE * i + RANGE_BLOCKS, 4);
            long start = command.data.get((long) RANGE * i + RANGE_START, 8);
            if (!of.has(start, blocks)) {
                status = NvmeRegs.OUT_OF_RANGE;
                return;
            }
            if (blocks != 0) {
                image.discard(start << of.blockShift(), blocks << of.blockShift());
            }
        }
    }

    @Override
    public void done(@Nullable IOException failure) {
        if (failure != null) {
            boolean reads = opcode == NvmeRegs.READ || opcode == NvmeRegs.COMPARE || opcode == NvmeRegs.VERIFY;
            status = reads ? NvmeRegs.READ_ERROR : NvmeRegs.WRITE_FAULT;
        } else if (opcode == NvmeRegs.READ) {
            command.data.written();
        }
        command.fail(status);
        owner.finished(command, opcode, failure == null ? length : 0, failure);
    }
}
