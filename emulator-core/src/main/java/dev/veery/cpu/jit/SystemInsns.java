package dev.veery.cpu.jit;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.semantics.FastCalls;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/**
 * The system instructions that kernels execute at every turn: those that change IF, AC or the base of GS and nothing else, and
 * the way from programs to the kernel and back. They
 * move fields of the register block, by instructions that leave the host's flags alone where the guest's are in them.
 */
final class SystemInsns {
    private static final int SP = GuestRegs.host(CpuState.RSP);
    private static final int CARRY_TO_SIGN = 0xd5;
    private static final int OF_SHIFT = 11;

    private static final int R11 = 11;

    /** {@link CpuState#JIT_LEVEL}: SYSCALL was the last to change the level. */
    static final int ENTERED_SYSTEM = 1;

    /** {@link CpuState#JIT_LEVEL}: SYSRET was. */
    static final int ENTERED_USER = 2;

    /** Flags that SYSRET may load, but not here. */
    private static final int SPECIAL = Cr.TF | Cr.AC | Cr.VIF | Cr.VIP;

    /** Addresses with a bit from here on set are not the lower half's. */
    private static final int USER_BITS = 47;

    private final BlockCompiler c;

    SystemInsns(BlockCompiler compiler) {
        c = compiler;
    }

    private static long field(int offset) {
        return Emitter.state(offset);
    }

    /** CLI at level 0. */
    void cli() {
        c.store32(field(CpuState.JIT_IF), 0);
    }

    /** STI at level 0: the interpreter's when something waits for it. */
    void sti(long next) {
        int label = c.slow();
        compareWithZero(CpuState.JIT_PENDING);
        c.jcc(Cond.NE, label);
        int on = c.newLabel();
        compareWithZero(CpuState.JIT_IF);
        c.jccShort(Cond.NE, on);
        c.movRip(Reg.RAX, next);
        c.store64(field(CpuState.JIT_SHADOW), Reg.RAX);
        c.store32(field(CpuState.JIT_IF), Cr.IF);
        c.bind(on);
        c.resumeHere();
    }

    private void compareWithZero(int offset) {
        c.legacyRM(Emitter.op(0x83, 4), 7, field(offset), 1);
        c.emit8(0);
    }

    private void or(int reg, int offset) {
        c.legacyRM(Emitter.op(0x0b, 4), reg, field(offset), 0);
    }

    /** All flags but AC into EDX. Uses RCX, flags. */
    private void loadFlags() {
        c.legacyRM(Op.legacy(0, 1, 0xb6), Reg.RDX, field(CpuState.JIT_FLAGS + 1), 0);
        c.legacyRM(Op.legacy(0, 1, 0xb6), Reg.RCX, field(CpuState.JIT_FLAGS), 0);
        c.shift(4, Reg.RCX, OF_SHIFT);
        c.legacyRR(Emitter.op(0x0b, 4), Reg.RDX, Reg.RCX);
        or(Reg.RDX, CpuState.JIT_SYSTEM_FLAGS);
        or(Reg.RDX, CpuState.JIT_IF);
    }

    /** Takes the arithmetic flags from EDX. Uses RCX, RDX, flags. */
    private void storeArithmetic() {
        c.legacyRR(Emitter.op(0x8b, 4), Reg.RCX, Reg.RDX);
        c.aluImm(4, 4, Reg.RCX, CARRY_TO_SIGN);
        c.shift(4, Reg.RCX, 8);
        c.shift(5, Reg.RDX, OF_SHIFT);
        c.aluImm(4, 4, Reg.RDX, 1);
        c.legacyRR(Emitter.op(0x0b, 4), Reg.RCX, Reg.RDX);
        c.legacyRM(Emitter.op(0x89, 4), Reg.RCX, field(CpuState.JIT_FLAGS), 0);
    }

    /** Takes all flags but AC, which is clear, from EDX. Uses RCX, RDX, flags. */
    private void storeFlags() {
        c.legacyRR(Emitter.op(0x8b, 4), Reg.RCX, Reg.RDX);
        c.aluImm(4, 4, Reg.RCX, Cr.IF);
        c.legacyRM(Emitter.op(0x89, 4), Reg.RCX, field(CpuState.JIT_IF), 0);
        c.legacyRR(Emitter.op(0x8b, 4), Reg.RCX, Reg.RDX);
        c.aluImm(4, 4, Reg.RCX, ~(Cr.ARITH | Cr.IF | Cr.AC));
        c.aluImm(1, 4, Reg.RCX, Cr.FLAGS_FIXED);
        c.legacyRM(Emitter.op(0x89, 4), Reg.RCX, field(CpuState.JIT_SYSTEM_FLAGS), 0);
        storeArithmetic();
    }

    /** PUSHF of 64 bits. */
    void pushf() {
        int label = c.slow();
        c.lea64(Reg.RAX, Mem.based(SP, -8));
        c.probe(8, true, label);
        loadFlags();
        or(Reg.RDX, CpuState.JIT_AC);
        c.aluImm(4, 4, Reg.RDX, ~(Cr.RF | Cr.VM));
        c.store64(BlockCompiler.at(Reg.RAX), Reg.RDX);
        c.lea64(SP, Mem.based(SP, -8));
        c.resumeHere();
    }

    /** POPF of 64 bits: the interpreter's when it changes more than arithmetic flags, or lets a waiting interrupt in. */
    void popf() {
        int label = c.slow();
        c.mov64(Reg.RAX, SP);
        c.probe(8, false, label);
        c.load32(Reg.RDX, BlockCompiler.at(Reg.RAX));
        c.legacyRR(Emitter.op(0x8b, 4), Reg.RCX, Reg.RDX);
        c.legacyRM(Emitter.op(0x33, 4), Reg.RCX, field(CpuState.JIT_SYSTEM_FLAGS), 0);
        c.legacyRM(Emitter.op(0x33, 4), Reg.RCX, field(CpuState.JIT_IF), 0);
        c.legacyRM(Emitter.op(0x33, 4), Reg.RCX, field(CpuState.JIT_AC), 0);
        // IF may go, as it may come when nothing waits for it; bit 1 is set whatever is popped.
        int same = c.newLabel();
        c.aluImm(4, 4, Reg.RCX, ~(Cr.ARITH | Cr.FLAGS_FIXED));
        c.jccShort(Cond.E, same);
        c.aluImm(7, 4, Reg.RCX, Cr.IF);
        c.jcc(Cond.NE, label);
        compareWithZero(CpuState.JIT_PENDING);
        c.jcc(Cond.NE, label);
        c.legacyRR(Emitter.op(0x8b, 4), Reg.RCX, Reg.RDX);
        c.aluImm(4, 4, Reg.RCX, Cr.IF);
        c.legacyRM(Emitter.op(0x89, 4), Reg.RCX, field(CpuState.JIT_IF), 0);
        c.bind(same);
        storeArithmetic();
        c.lea64(SP, Mem.based(SP, 8));
        c.flagsAtEntry();
        c.resumeHere();
    }

    /** MOV from a segment register to a general one; Java knows CS and SS only once it has looked at the level. */
    void selector(Insn i) {
        int segment = i.reg & 7;
        int label = c.slow();
        if (segment == Seg.CS || segment == Seg.SS) {
            compareWithZero(CpuState.JIT_LEVEL);
            c.jcc(Cond.NE, label);
        }
        c.load32(Reg.RAX, field(CpuState.SELECTORS + 4 * segment));
        int d = c.use(i.rm, Reg.RCX);
        c.legacyRR(Emitter.op(0x8b, i.opSize == 2 ? 2 : 4), d, Reg.RAX);
        c.done(i.rm, d);
        c.resumeHere();
    }

    /** SWAPGS at level 0. */
    void swapgs() {
        c.load64(Reg.RAX, field(CpuState.SEG_BASE + 8 * Seg.GS));
        c.load64(Reg.RCX, field(CpuState.KERNEL_GS_BASE));
        c.store64(field(CpuState.SEG_BASE + 8 * Seg.GS), Reg.RCX);
        c.store64(field(CpuState.KERNEL_GS_BASE), Reg.RAX);
    }

    /** STAC and CLAC at level 0. */
    void accessCheck(boolean set) {
        c.store32(field(CpuState.JIT_AC), set ? Cr.AC : 0);
        tables(CpuState.JIT_TLB_BY_AC + (set ? 16 : 0));
    }

    private void copy(int to, int from) {
        c.load64(Reg.RAX, field(from));
        c.store64(field(to), Reg.RAX);
    }

    private void tables(int from) {
        copy(CpuState.JIT_TLB, from);
        copy(CpuState.JIT_TLB2, from + 8);
    }

    /**
     * SYSCALL at level 3. What it makes of CS and SS, Java finds out when it comes to look: {@link CpuState#JIT_LEVEL}. AC would
     * change how memory is accessed on the way, so its users take the way through Java.
     */
    void syscall(long next) {
        int label = c.slow();
        compareWithZero(CpuState.JIT_AC);
        c.jcc(Cond.NE, label);
        requireLstar(label);
        loadFlags();
        c.aluImm(4, 4, Reg.RDX, ~Cr.RF);
        c.store64(GuestRegs.slot(R11), Reg.RDX);
        c.load32(Reg.RCX, field(CpuState.JIT_FMASK));
        c.legacyRR(Emitter.op(0xf7, 4), 2, Reg.RCX);
        c.legacyRR(Emitter.op(0x23, 4), Reg.RDX, Reg.RCX);
        storeFlags();
        c.movRip(GuestRegs.host(CpuState.RCX), next);
        c.store32(field(CpuState.JIT_LEVEL), ENTERED_SYSTEM);
        tables(CpuState.JIT_TLB_BY_AC);
        copy(CpuState.JIT_JUMPS, CpuState.JIT_JUMPS_HIGH);
        c.load64(Reg.RCX, field(CpuState.JIT_LSTAR));
        c.jumpToRcx(JumpTable.mask(-1));
    }

    /** SYSRET to 64-bit code at level 0: the interpreter's when it faults, traps, or lets a waiting interrupt in. */
    void sysret() {
        int label = c.slow();
        requireLstar(label);
        c.mov64(Reg.RCX, GuestRegs.host(CpuState.RCX));
        c.mov64(Reg.RDX, Reg.RCX);
        c.shift(5, Reg.RDX, USER_BITS);
        c.jcc(Cond.NE, label);
        c.load64(Reg.RDX, GuestRegs.slot(R11));
        test(SPECIAL);
        c.jcc(Cond.NE, label);
        test(Cr.IF);
        int masked = c.newLabel();
        c.jccShort(Cond.E, masked);
        compareWithZero(CpuState.JIT_PENDING);
        c.jcc(Cond.NE, label);
        c.bind(masked);
        c.aluImm(4, 4, Reg.RDX, FastCalls.SYSRET_FLAGS);
        storeFlags();
        c.store32(field(CpuState.JIT_LEVEL), ENTERED_USER);
        tables(CpuState.JIT_TLB_USER);
        copy(CpuState.JIT_JUMPS, CpuState.JIT_JUMPS_USER);
        c.mov64(Reg.RCX, GuestRegs.host(CpuState.RCX));
        c.jumpToRcx(JumpTable.mask(0));
    }

    private void requireLstar(int label) {
        c.legacyRM(Emitter.op(0x83, 8), 7, field(CpuState.JIT_LSTAR), 1);
        c.emit8(0);
        c.jcc(Cond.E, label);
    }

    /** TEST EDX. */
    private void test(int mask) {
        c.legacyRR(Emitter.op(0xf7, 4), 0, Reg.RDX);
        c.emit32(mask);
    }
}
