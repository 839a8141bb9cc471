package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Decoder;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import org.jspecify.annotations.Nullable;

/**
 * A run of predecoded instructions without a branch inside. Position independent: it belongs to the bytes in RAM, and may
 * run at any linear address that maps there.
 */
public final class Block {
    /** Bytes that a block may cover. */
    public static final int MAX_LENGTH = Translator.MAX_INSTRUCTIONS * Decoder.MAX_LENGTH;

    /** {@link #mode} of a block whose bytes have changed: equal to no processor's mode. */
    static final int DEAD = -1;

    /** The ops; the last one sets RIP. */
    final Op[] ops;

    /** Bytes of guest code covered. */
    final int length;

    /** Offset of the first byte in its page. */
    final int pageOffset;

    /** Number of guest instructions. */
    final int instructions;

    /** {@link dev.veery.cpu.state.CpuState#mode} it was decoded for, or {@link #DEAD}. */
    int mode;

    /** {@link #tailHost} of a block that is good for one use. */
    static final long ONCE = -1;

    /**
     * For a single instruction that reaches into the next page: host address of that page. At another address, or in another
     * address space, another page may follow.
     */
    long tailHost;

    /** Host address of the first byte, of a block that is in a {@link BlockCache}. */
    long host;

    /** The next block decoded for the same page. */
    @Nullable
    Block nextInPage;

    /** The next one that reaches into the same page. */
    @Nullable
    Block nextCrossing;

    /** Where execution went from here the last two times it had to look: RIP, the code generation then, and the block. */
    long rip0;

    long rip1;
    int generation0 = -1;
    int generation1 = -1;

    @Nullable
    Block next0;

    @Nullable
    Block next1;

    /** Address of native code, or 0; valid for {@link #codeRip} only. */
    long code;

    long codeRip;

    private long pollCode;

    /** How often the interpreter has run it without native code. */
    int heat;

    /** The next of those that stand for the same bytes at other RIPs, in a ring; itself if it is alone. */
    Block twin = this;

    Block(Op[] ops, int length, int pageOffset, int instructions, int mode) {
        this.ops = ops;
        this.length = length;
        this.pageOffset = pageOffset;
        this.instructions = instructions;
        this.mode = mode;
    }

    /** Number of guest instructions. */
    public int instructions() {
        return instructions;
    }

    /** Bytes of guest code. */
    public int length() {
        return length;
    }

    /** Whether the last instruction sets RIP, as opposed to running into what follows. */
    public boolean endsInTransfer() {
        return ops.length == instructions;
    }

    /** {@link CpuState#mode} it was decoded for; none at all once its bytes have changed. */
    public int mode() {
        return mode;
    }

    /**
     * Gives the block native code for one RIP.
     *
     * @param poll address of the code that returns to Java instead of running the block
     */
    public void setCode(long address, long rip, long poll) {
        code = address;
        codeRip = rip;
        pollCode = poll;
        heat = 0;
    }

    /** Takes the native code away. */
    public void dropCode() {
        code = 0;
        heat = 0;
    }

    /** The RIP that there is native code for. */
    public long codeRip() {
        return codeRip;
    }

    /** Address of its native code, or 0. */
    public long code() {
        return code;
    }

    /** Address of the code that returns to Java instead of running the block. */
    public long pollCode() {
        return pollCode;
    }

    /** Another one for the same bytes, in the ring. */
    Block makeTwin() {
        Block b = new Block(ops.clone(), length, pageOffset, instructions, mode);
        b.tailHost = tailHost;
        b.twin = twin;
        twin = b;
        return b;
    }

    /** Whether it is one instruction in two pages, at {@link #tailHost} and before it. */
    boolean crosses() {
        return tailHost != 0;
    }

    /** Bytes in the next page. */
    int tailLength() {
        return pageOffset + length - 4096;
    }

    /** Executes one instruction; {@code m.blockRip} is the block's RIP. */
    public void execute(int index, CpuState s, Mmu m) {
        ops[index].exec(s, m);
    }

    /** Whether an instruction is one that goes on with itself while RIP stays on it. */
    public boolean repeats(int index) {
        return ops[index] instanceof StringOps.StringOp;
    }

    /** Whether the processor has no such instruction. */
    public boolean undefined(int index) {
        return ops[index] instanceof Lowering.Undefined;
    }

    /** Whether the instruction is TZCNT or LZCNT, which a processor without them takes for BSF and BSR. */
    public boolean countsZeros(int index) {
        return ops[index] instanceof BitOps.CountZeros;
    }

    /** Offset of an instruction from the block's first byte; of the end for the number of instructions. */
    public int offset(int index) {
        return index < instructions ? ops[index].offset : length;
    }

    /** Remembers where execution went. */
    void link(long rip, int generation, Block next) {
        rip1 = rip0;
        generation1 = generation0;
        next1 = next0;
        rip0 = rip;
        generation0 = generation;
        next0 = next;
    }

    /**
     * The bytes have changed. Whoever executes the block right now leaves it after the current instruction, because what
     * follows in the array is no longer guest code.
     */
    void kill() {
        mode = DEAD;
        Block before = this;
        while (before.twin != this) {
            before = before.twin;
        }
        before.twin = twin;
        twin = this;
        next0 = null;
        next1 = null;
        for (int i = 0; i < ops.length; i++) {
            ops[i] = Abandon.at(ops[i]);
        }
    }

    /**
     * Stands where an instruction of a dead block stood: goes on at that instruction, decoded afresh. There is one for each
     * offset: a full cache dies as a whole, which is no time to allocate as many again.
     */
    static final class Abandon extends Op {
        private static final Abandon[] AT = new Abandon[MAX_LENGTH + 1];

        static {
            for (int i = 0; i < AT.length; i++) {
                AT[i] = new Abandon(i);
            }
        }

        private Abandon(int at) {
            offset = at;
        }

        static Abandon at(Op old) {
            return AT[old.offset];
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            throw BlockExit.INSTANCE;
        }
    }

    /** Leaves a block before the instruction whose op throws it. */
    static final class BlockExit extends RuntimeException {
        private static final long serialVersionUID = 1L;

        static final BlockExit INSTANCE = new BlockExit();

        private BlockExit() {
            super(null, null, false, false);
        }
    }
}
