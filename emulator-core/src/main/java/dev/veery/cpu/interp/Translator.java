package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Decoder;
import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/** Makes blocks from guest code. One a processor; not thread-safe. */
final class Translator {
    /** Instructions in a block at most: bounds how long an interrupt waits. */
    static final int MAX_INSTRUCTIONS = 32;

    private static final int PAGE = 4096;

    private final CpuState s;
    private final SoftMmu m;
    private final Peers peers;
    private final Decoder decoder = new Decoder();
    private final Insn insn = new Insn();
    private final BlockContext context;
    private final Op[] ops = new Op[MAX_INSTRUCTIONS + 1];

    /** Bytes of an instruction that crosses a page or lies outside RAM. */
    private final long buffer = OffHeap.allocate(32);

    Translator(CpuState s, SoftMmu m, CpuEnv env, Peers peers) {
        this.s = s;
        this.m = m;
        this.peers = peers;
        context = new BlockContext(env);
    }

    void free() {
        OffHeap.free(buffer);
    }

    private int codeSize() {
        switch (s.mode & CpuState.MODE_CODE) {
            case CpuState.CODE64:
                return 64;
            case CpuState.CODE32:
                return 32;
            default:
                return 16;
        }
    }

    /**
     * Decodes a block whose first byte is at {@code host}, in page {@code page} of {@code ram}.
     *
     * @param maxInstructions 1 to {@link #MAX_INSTRUCTIONS}
     * @return the block, or null when its first instruction reaches into the next page
     */
    @org.jspecify.annotations.Nullable
    Block block(long host, RamBlock ram, int page, int maxInstructions) {
        int pageOffset = (int) host & PAGE - 1;
        int codeSize = codeSize();
        context.start(s.mode);
        int count = 0;
        boolean ended = false;
        while (count < maxInstructions && !ended) {
            int at = pageOffset + context.offset();
            if (at >= PAGE) {
                break;
            }
            int available = Math.min(Decoder.MAX_LENGTH, PAGE - at);
            // Marked before it is read: see RamBlock.
            peers.markCode(ram, page, RamBlock.chunkMask(at, available), host & -PAGE);
            int length = decoder.decode(insn, host + context.offset(), available, codeSize);
            if (length == Decoder.NEED_MORE) {
                if (count == 0) {
                    return null;
                }
                break;
            }
            ended = append(count++, length);
        }
        return finish(count, pageOffset, ended);
    }

    /** Decodes the one instruction at {@code linear} whose bytes are in two pages, or not in RAM. */
    Block single(long linear, int pageOffset) {
        context.start(s.mode);
        int available = 0;
        int length;
        int codeSize = codeSize();
        do {
            // Byte by byte: the next page is touched only if the instruction really reaches it.
            long at = s.code64() ? linear + available : linear + available & 0xffff_ffffL;
            long host = m.fetch(at);
            int value = host == 0 ? m.fetchByteFromDevice(at) : OffHeap.getByteAcquire(host);
            OffHeap.putByte(buffer + available++, value);
            length = decoder.decode(insn, buffer, available, codeSize);
        } while (length == Decoder.NEED_MORE && available < Decoder.MAX_LENGTH);
        boolean ended = append(0, length < 0 ? Decoder.TOO_LONG : length);
        return finish(1, pageOffset, ended);
    }

    /** Marks what an instruction may have in its second page, before it is read. */
    void markTail(RamBlock ram, int page, long hostPage) {
        peers.markCode(ram, page, RamBlock.chunkMask(0, Decoder.MAX_LENGTH), hostPage);
    }

    /** Host address, until the next call, of all bytes of a block that begins at {@code host} and crosses into another page. */
    long join(long host, Block b) {
        int inPage = PAGE - b.pageOffset;
        OffHeap.copy(host, buffer, inPage);
        OffHeap.copy(b.tailHost, buffer + inPage, b.tailLength());
        return buffer;
    }

    private boolean append(int index, int length) {
        Op op;
        if (length == Decoder.TOO_LONG) {
            op = new TooLong();
            // What it depends on: a write to any of these bytes may make it another instruction.
            insn.length = Decoder.MAX_LENGTH;
        } else {
            op = Lowering.lower(context, insn);
        }
        op.offset = context.offset();
        op.length = insn.length;
        ops[index] = op;
        context.advance(insn.length);
        return op instanceof Terminator;
    }

    private Block finish(int count, int pageOffset, boolean ended) {
        int n = count;
        if (!ended) {
            Op end = new BranchOps.End(context);
            end.offset = context.offset();
            ops[n++] = end;
        }
        return new Block(Arrays.copyOf(ops, n), context.offset(), pageOffset, count, s.mode);
    }

    /** More than 15 bytes. */
    static final class TooLong extends Op {
        @Override
        public void exec(CpuState s, Mmu m) {
            throw s.gp0();
        }
    }
}
