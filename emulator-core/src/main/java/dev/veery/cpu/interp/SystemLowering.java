package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Checks;
import dev.veery.cpu.semantics.ControlRegs;
import dev.veery.cpu.semantics.DebugOps;
import dev.veery.cpu.semantics.FarReturn;
import dev.veery.cpu.semantics.FarTransfer;
import dev.veery.cpu.semantics.FastCalls;
import dev.veery.cpu.semantics.FlagOps;
import dev.veery.cpu.semantics.InterruptDelivery;
import dev.veery.cpu.semantics.IoPermission;
import dev.veery.cpu.semantics.SegmentLoad;
import dev.veery.cpu.semantics.SystemOps;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Feature;
import dev.veery.cpu.state.Flags;
import dev.veery.cpu.state.Seg;
import dev.veery.memory.access.OffHeap;
import org.jspecify.annotations.Nullable;

/**
 * System instructions: everything that may change the mode, the privilege level, segments, IF or what an address means.
 * Each ends its block. None is hot, so each op is a body behind one interface.
 */
final class SystemLowering {
    private SystemLowering() {}

    /** What an instruction does besides moving RIP. */
    @FunctionalInterface
    interface Body {
        void run(CpuState s, Mmu m, CpuEnv e);
    }

    /** What an instruction that transfers control does; it sets RIP itself. */
    @FunctionalInterface
    interface Transfer {
        void run(CpuState s, Mmu m, CpuEnv e, long nextRip);
    }

    /** An operand that ModRM names, for bodies. */
    @FunctionalInterface
    interface OperandBody {
        void run(Operand op, CpuState s, Mmu m, CpuEnv e);
    }

    private static class Plain extends Terminator {
        private final Body body;
        private final CpuEnv env;

        Plain(BlockContext b, Insn i, Body body) {
            super(b, i);
            this.body = body;
            env = b.env();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            body.run(s, m, env);
            fallThrough(s, m);
        }
    }

    /** A body that pops. */
    private static final class Popping extends Plain {
        Popping(BlockContext b, Insn i, Body body) {
            super(b, i, body);
        }

        @Override
        boolean throughStack() {
            return true;
        }
    }

    private static final class Transferring extends Terminator {
        private final Transfer body;
        private final CpuEnv env;

        Transferring(BlockContext b, Insn i, Transfer body) {
            super(b, i);
            this.body = body;
            env = b.env();
        }

        @Override
        boolean throughStack() {
            return true;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            body.run(s, m, env, nextRip(m));
        }
    }

    /** An instruction with a register or memory operand. */
    static final class Operand extends Terminator {
        private final OperandBody body;
        private final CpuEnv env;
        private final boolean isReg;
        private final int rm;

        /** Operand size of the instruction in bytes. */
        final int opSize;

        Operand(BlockContext b, Insn i, OperandBody body) {
            super(b, i);
            this.body = body;
            env = b.env();
            isReg = i.isReg();
            rm = CpuState.GPR + 8 * i.rm;
            opSize = i.opSize;
        }

        /** Linear address of the memory operand. */
        long address(CpuState s, Mmu m, int size, boolean write) {
            return ea(s, m, size, write);
        }

        int read16(CpuState s, Mmu m) {
            return isReg ? (int) Regs.read(s, rm, 2) : m.load16(ea(s, m, 2, false));
        }

        /** A 16-bit result: a register gets it at the operand size, memory always 16 bits. */
        void writeSelector(CpuState s, Mmu m, long value) {
            if (isReg) {
                Regs.write(s, rm, opSize, value);
            } else {
                m.store16(ea(s, m, 2, true), value);
            }
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            body.run(this, s, m, env);
            fallThrough(s, m);
        }
    }

    static @Nullable Op lower(BlockContext b, Insn i) {
        if (i.map == Insn.MAP_1) {
            return oneByte(b, i);
        }
        if (i.map == Insn.MAP_0F) {
            return twoByte(b, i);
        }
        if (i.map == Insn.MAP_0F38 && i.opcode == 0x82 && i.simdPrefix() == 0x66 && !i.isReg()) {
            if (!b.model().has(Feature.INVPCID)) {
                return null;
            }
            int reg = CpuState.GPR + 8 * i.reg;
            int size = i.codeSize == 64 ? 8 : 4;
            return new Operand(
                    b,
                    i,
                    (o, s, m, e) -> ControlRegs.invpcid(s, m, e, Regs.read(s, reg, size), o.address(s, m, 16, false)));
        }
        return null;
    }

    private static Op plain(BlockContext b, Insn i, Body body) {
        return new Plain(b, i, body);
    }

    private static Op transfer(BlockContext b, Insn i, Transfer body) {
        return new Transferring(b, i, body);
    }

    // ---- one-byte opcodes

    private static @Nullable Op oneByte(BlockContext b, Insn i) {
        boolean long64 = i.codeSize == 64;
        int size = i.opSize;
        switch (i.opcode) {
            case 0x07:
            case 0x17:
            case 0x1f:
                return popSeg(b, i, i.opcode >> 3, size);
            case 0x63:
                return arpl(b, i);
            case 0x8c:
                return (i.reg & 7) > Seg.GS ? null : movFromSeg(b, i);
            case 0x8e:
                return (i.reg & 7) > Seg.GS || (i.reg & 7) == Seg.CS ? null : movToSeg(b, i);
            case 0x9a:
            case 0xea: {
                if (long64) {
                    return null;
                }
                int selector = i.imm2;
                long offset = i.imm;
                return i.opcode == 0x9a
                        ? transfer(b, i, (s, m, e, n) -> FarTransfer.call(s, m, e, size, selector, offset, n))
                        : transfer(b, i, (s, m, e, n) -> FarTransfer.jump(s, m, e, size, selector, offset, n));
            }
            case 0x9c:
                return new Pushf(b, i, long64 ? size == 2 ? 2 : 8 : size);
            case 0x9d: {
                int popSize = long64 ? size == 2 ? 2 : 8 : size;
                return new Popping(b, i, (s, m, e) -> {
                    FlagOps.popf(s, m, popSize, Stack.peek(s, m, popSize));
                    Stack.release(s, popSize);
                });
            }
            case 0xc4:
            case 0xc5:
                // In 64-bit code, and with a register operand, these are VEX prefixes.
                return long64 || i.isReg() ? null : loadFar(b, i, i.opcode == 0xc4 ? Seg.ES : Seg.DS);
            case 0xca:
            case 0xcb: {
                int pop = i.opcode == 0xca ? (int) i.imm : 0;
                return transfer(b, i, (s, m, e, n) -> FarReturn.ret(s, m, size, pop));
            }
            case 0xcc:
                return transfer(b, i, InterruptDelivery::int3);
            case 0xcd: {
                int vector = (int) i.imm & 0xff;
                return transfer(b, i, (s, m, e, n) -> InterruptDelivery.intN(s, m, e, vector, n));
            }
            case 0xce:
                return long64 ? null : transfer(b, i, InterruptDelivery::into);
            case 0xcf:
                return transfer(b, i, (s, m, e, n) -> FarReturn.iret(s, m, e, size, n));
            case 0xe4:
            case 0xe5:
            case 0xe6:
            case 0xe7:
                return new PortIo(b, i, (int) i.imm & 0xff);
            case 0xec:
            case 0xed:
            case 0xee:
            case 0xef:
                return new PortIo(b, i, -1);
            case 0xf1:
                return transfer(b, i, InterruptDelivery::int1);
            case 0xf4:
                return plain(b, i, (s, m, e) -> SystemOps.hlt(s));
            case 0xfa:
                return plain(b, i, (s, m, e) -> FlagOps.cli(s));
            case 0xfb:
                return plain(b, i, (s, m, e) -> FlagOps.sti(s));
            case 0xff:
                return groupFf(b, i);
            default:
                return null;
        }
    }

    private static Op popSeg(BlockContext b, Insn i, int seg, int size) {
        if (i.codeSize == 64 && seg < Seg.FS) {
            return new Lowering.Undefined();
        }
        return new Popping(b, i, (s, m, e) -> {
            // Of the slot processors read the selector alone, as PUSH writes it alone.
            int selector = (int) Stack.peek(s, m, 2) & 0xffff;
            SegmentLoad.load(s, m, seg, selector);
            Stack.release(s, size);
            shadowAfterSs(s, seg);
        });
    }

    private static void shadowAfterSs(CpuState s, int seg) {
        if (seg == Seg.SS) {
            SegmentLoad.shadow(s);
        }
    }

    private static @Nullable Op arpl(BlockContext b, Insn i) {
        if (i.codeSize == 64) {
            return null;
        }
        int reg = CpuState.GPR + 8 * i.reg;
        return new Operand(b, i, (o, s, m, e) -> {
            Checks.requireProtected(s);
            int source = (int) Regs.read(s, reg, 2);
            int old = o.read16(s, m);
            int adjusted = SegmentLoad.arpl(s, old, source);
            // A selector that is not adjusted is not written.
            if (adjusted != old) {
                if (o.isReg) {
                    Regs.write(s, o.rm, 2, adjusted);
                } else {
                    m.store16(o.address(s, m, 2, true), adjusted);
                }
            }
            setZero(s, adjusted != old);
        });
    }

    private static Op movFromSeg(BlockContext b, Insn i) {
        // REX.R is ignored.
        int seg = i.reg & 7;
        return new Operand(b, i, (o, s, m, e) -> o.writeSelector(s, m, s.seg[seg].selector));
    }

    private static Op movToSeg(BlockContext b, Insn i) {
        // REX.R is ignored.
        int seg = i.reg & 7;
        return new Operand(b, i, (o, s, m, e) -> {
            SegmentLoad.load(s, m, seg, o.read16(s, m));
            shadowAfterSs(s, seg);
        });
    }

    /** LDS, LES, LSS, LFS, LGS. */
    private static Op loadFar(BlockContext b, Insn i, int seg) {
        int reg = CpuState.GPR + 8 * i.reg;
        int size = i.opSize;
        return new Operand(b, i, (o, s, m, e) -> {
            long a = o.address(s, m, size + 2, false);
            long offset = Regs.load(m, a, size);
            SegmentLoad.load(s, m, seg, m.load16(a + size));
            Regs.write(s, reg, size, offset);
        });
    }

    private static @Nullable Op groupFf(BlockContext b, Insn i) {
        int group = i.modrm >> 3 & 7;
        if (i.isReg() || group != 3 && group != 5) {
            return null;
        }
        return new FarIndirect(b, i, group == 3);
    }

    private static final class FarIndirect extends Terminator {
        private final boolean call;
        private final int size;
        private final CpuEnv env;

        FarIndirect(BlockContext b, Insn i, boolean call) {
            super(b, i);
            this.call = call;
            size = i.opSize;
            env = b.env();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long a = ea(s, m, size + 2, false);
            long offset = Regs.load(m, a, size);
            int selector = m.load16(a + size);
            if (call) {
                FarTransfer.call(s, m, env, size, selector, offset, nextRip(m));
            } else {
                FarTransfer.jump(s, m, env, size, selector, offset, nextRip(m));
            }
        }
    }

    private static final class Pushf extends Terminator {
        private final int size;

        Pushf(BlockContext b, Insn i, int size) {
            super(b, i);
            this.size = size;
        }

        @Override
        boolean throughStack() {
            return true;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            Stack.push(s, m, size, FlagOps.pushf(s, size));
            fallThrough(s, m);
        }
    }

    /** IN and OUT; port -1 means DX. */
    private static final class PortIo extends Terminator {
        private final int port;
        private final int size;
        private final boolean out;
        private final CpuEnv env;

        PortIo(BlockContext b, Insn i, int port) {
            super(b, i);
            this.port = port;
            size = (i.opcode & 1) == 0 ? 1 : Math.min(4, i.opSize);
            out = (i.opcode & 2) != 0;
            env = b.env();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            int p = port >= 0 ? port : Regs.get32(s, Regs.RDX) & 0xffff;
            IoPermission.check(s, m, p, size);
            DebugOps.io(s, p, size);
            // RIP is set first: a device that resets the machine may look at it.
            fallThrough(s, m);
            if (out) {
                env.out(p, size, (int) Regs.read(s, Regs.RAX, size));
            } else {
                Regs.write(s, Regs.RAX, size, env.in(p, size) & 0xffff_ffffL);
            }
        }
    }

    // ---- 0F

    private static @Nullable Op twoByte(BlockContext b, Insn i) {
        switch (i.opcode) {
            case 0x00:
                return group6(b, i);
            case 0x01:
                return i.isReg() ? group7Register(b, i) : group7Memory(b, i);
            case 0x02:
            case 0x03:
                return larLsl(b, i, i.opcode == 0x02);
            case 0x05:
                return b.model().has(Feature.SYSCALL) ? transfer(b, i, FastCalls::syscall) : null;
            case 0x06:
                return plain(b, i, (s, m, e) -> ControlRegs.clts(s));
            case 0x07: {
                int size = i.opSize;
                return b.model().has(Feature.SYSCALL)
                        ? transfer(b, i, (s, m, e, n) -> FastCalls.sysret(s, m, e, size))
                        : null;
            }
            case 0x08:
            case 0x09:
                return plain(b, i, (s, m, e) -> Checks.requireCpl0(s));
            case 0x20:
            case 0x21:
            case 0x22:
            case 0x23:
                return movControl(b, i);
            case 0x30:
                return plain(b, i, SystemOps::wrmsr);
            case 0x31:
                return plain(b, i, (s, m, e) -> SystemOps.rdtsc(s, e));
            case 0x32:
                return plain(b, i, (s, m, e) -> SystemOps.rdmsr(s, e));
            case 0x33:
                return plain(b, i, (s, m, e) -> SystemOps.rdpmc(s));
            case 0x34:
                return b.model().has(Feature.SEP) ? transfer(b, i, (s, m, e, n) -> FastCalls.sysenter(s, m, e)) : null;
            case 0x35: {
                int size = i.opSize;
                return b.model().has(Feature.SEP)
                        ? transfer(b, i, (s, m, e, n) -> FastCalls.sysexit(s, m, e, size))
                        : null;
            }
            case 0xa1:
                return popSeg(b, i, Seg.FS, i.codeSize == 64 ? i.opSize == 2 ? 2 : 8 : i.opSize);
            case 0xa9:
                return popSeg(b, i, Seg.GS, i.codeSize == 64 ? i.opSize == 2 ? 2 : 8 : i.opSize);
            case 0xa2:
                return plain(b, i, (s, m, e) -> SystemOps.cpuid(s, e));
            case 0xae:
                return groupAe(b, i);
            case 0xb2:
                return i.isReg() ? null : loadFar(b, i, Seg.SS);
            case 0xb4:
                return i.isReg() ? null : loadFar(b, i, Seg.FS);
            case 0xb5:
                return i.isReg() ? null : loadFar(b, i, Seg.GS);
            case 0xc7:
                return random(b, i);
            default:
                return null;
        }
    }

    private static @Nullable Op group6(BlockContext b, Insn i) {
        switch (i.modrm >> 3 & 7) {
            case 0:
                return new Operand(b, i, (o, s, m, e) -> o.writeSelector(s, m, SystemOps.sldt(s)));
            case 1:
                return new Operand(b, i, (o, s, m, e) -> o.writeSelector(s, m, SystemOps.str(s)));
            case 2:
                return new Operand(b, i, (o, s, m, e) -> {
                    Checks.requireProtected(s);
                    Checks.requireCpl0(s);
                    SegmentLoad.lldt(s, m, o.read16(s, m));
                });
            case 3:
                return new Operand(b, i, (o, s, m, e) -> {
                    Checks.requireProtected(s);
                    Checks.requireCpl0(s);
                    SegmentLoad.ltr(s, m, o.read16(s, m));
                });
            case 4:
            case 5: {
                boolean write = (i.modrm >> 3 & 7) == 5;
                return new Operand(b, i, (o, s, m, e) -> {
                    Checks.requireProtected(s);
                    int selector = o.read16(s, m);
                    boolean ok = write ? SegmentLoad.verw(s, m, selector) : SegmentLoad.verr(s, m, selector);
                    setZero(s, ok);
                });
            }
            default:
                return null;
        }
    }

    private static void setZero(CpuState s, boolean zero) {
        int f = s.flags() & ~Cr.ZF;
        s.rflags = zero ? f | Cr.ZF : f;
    }

    private static Op larLsl(BlockContext b, Insn i, boolean rights) {
        int reg = CpuState.GPR + 8 * i.reg;
        int size = i.opSize;
        return new Operand(b, i, (o, s, m, e) -> {
            Checks.requireProtected(s);
            int selector = o.read16(s, m);
            long value = rights ? SegmentLoad.lar(s, m, selector) : SegmentLoad.lsl(s, m, selector);
            if (value >= 0) {
                Regs.write(s, reg, size, value);
            }
            setZero(s, value >= 0);
        });
    }

    private static @Nullable Op group7Memory(BlockContext b, Insn i) {
        switch (i.modrm >> 3 & 7) {
            case 0:
                return new Operand(
                        b,
                        i,
                        (o, s, m, e) -> SystemOps.sgdt(s, m, o.address(s, m, SystemOps.tableOperandSize(s), true)));
            case 1:
                return new Operand(
                        b,
                        i,
                        (o, s, m, e) -> SystemOps.sidt(s, m, o.address(s, m, SystemOps.tableOperandSize(s), true)));
            case 2:
                return new Operand(
                        b,
                        i,
                        (o, s, m, e) ->
                                SystemOps.lgdt(s, m, o.address(s, m, SystemOps.tableOperandSize(s), false), o.opSize));
            case 3:
                return new Operand(
                        b,
                        i,
                        (o, s, m, e) ->
                                SystemOps.lidt(s, m, o.address(s, m, SystemOps.tableOperandSize(s), false), o.opSize));
            case 4:
                return new Operand(b, i, (o, s, m, e) -> o.writeSelector(s, m, SystemOps.smsw(s)));
            case 6:
                return new Operand(b, i, (o, s, m, e) -> {
                    // The privilege comes before the operand.
                    Checks.requireCpl0(s);
                    ControlRegs.lmsw(s, m, e, o.read16(s, m));
                });
            case 7:
                return new Operand(b, i, (o, s, m, e) -> ControlRegs.invlpg(s, m, e, o.offset(s, m) + segBase(o, s)));
            default:
                return null;
        }
    }

    /** INVLPG's operand is an address, not an access: no limit applies. */
    private static long segBase(Operand o, CpuState s) {
        return s.code64() && o.seg < Seg.FS ? 0 : s.seg[o.seg].base();
    }

    private static @Nullable Op group7Register(BlockContext b, Insn i) {
        switch (i.modrm) {
            case 0xca:
            case 0xcb: {
                boolean set = i.modrm == 0xcb;
                return b.model().has(Feature.SMAP) ? plain(b, i, (s, m, e) -> setAc(s, m, set)) : null;
            }
            case 0xd0:
            case 0xd1:
                // XGETBV and XSETBV stand with the other XSAVE instructions.
                return null;
            case 0xf8:
                return plain(b, i, (s, m, e) -> SystemOps.swapgs(s));
            case 0xf9:
                return b.model().has(Feature.RDTSCP) ? plain(b, i, (s, m, e) -> SystemOps.rdtscp(s, e)) : null;
            default:
                break;
        }
        switch (i.modrm >> 3 & 7) {
            case 4:
                return new Operand(b, i, (o, s, m, e) -> o.writeSelector(s, m, SystemOps.smsw(s)));
            case 6:
                return new Operand(b, i, (o, s, m, e) -> {
                    // The privilege comes before the operand.
                    Checks.requireCpl0(s);
                    ControlRegs.lmsw(s, m, e, o.read16(s, m));
                });
            default:
                return null;
        }
    }

    /** CLAC and STAC. */
    private static void setAc(CpuState s, Mmu m, boolean set) {
        if (s.cpl != 0 || s.vm86()) {
            throw s.ud();
        }
        s.rflags = set ? s.rflags | Cr.AC : s.rflags & ~Cr.AC;
        m.modeChanged();
    }

    private static Op movControl(BlockContext b, Insn i) {
        int general = CpuState.GPR + 8 * i.rm;
        int n = i.reg;
        int size = i.codeSize == 64 ? 8 : 4;
        switch (i.opcode) {
            case 0x20:
                return plain(b, i, (s, m, e) -> Regs.write(s, general, size, ControlRegs.readCr(s, e, n)));
            case 0x21:
                return plain(b, i, (s, m, e) -> Regs.write(s, general, size, DebugOps.readDr(s, n)));
            case 0x22:
                return plain(b, i, (s, m, e) -> ControlRegs.writeCr(s, m, e, n, Regs.read(s, general, size)));
            default:
                return plain(b, i, (s, m, e) -> DebugOps.writeDr(s, m, n, Regs.read(s, general, size)));
        }
    }

    /** 0F AE: fences, CLFLUSH, CLFLUSHOPT and the FS and GS base instructions; the rest is floating-point state. */
    private static @Nullable Op groupAe(BlockContext b, Insn i) {
        int group = i.modrm >> 3 & 7;
        if (i.isReg()) {
            if (i.rep == 0xf3 && group < 4) {
                return i.codeSize == 64 && b.model().has(Feature.FSGSBASE) ? segmentBase(b, i, group) : null;
            }
            return group >= 5 && i.simdPrefix() == 0 ? fence(group) : null;
        }
        boolean flush = group == 7
                && (i.simdPrefix() == 0 && b.model().has(Feature.CLFLUSH)
                        || i.simdPrefix() == 0x66 && b.model().has(Feature.CLFLUSHOPT));
        return flush ? new CacheFlush(b, i) : null;
    }

    /** LFENCE and SFENCE order nothing that TSO does not; MFENCE keeps later loads behind earlier stores. */
    private static Op fence(int group) {
        return group == 6 ? new Fence() : new Lowering.Nop();
    }

    private static final class Fence extends Op {
        @Override
        public void exec(CpuState s, Mmu m) {
            OffHeap.fullFence();
        }
    }

    /** CLFLUSH faults as a load of one byte does, and has no other effect here. */
    private static final class CacheFlush extends MemOp {
        CacheFlush(BlockContext b, Insn i) {
            super(b, i);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            m.load8(ea(s, m, 1, false));
        }
    }

    private static Op segmentBase(BlockContext b, Insn i, int group) {
        int reg = CpuState.GPR + 8 * i.rm;
        int size = i.opSize == 8 ? 8 : 4;
        int seg = (group & 1) == 0 ? Seg.FS : Seg.GS;
        if (group < 2) {
            return plain(b, i, (s, m, e) -> Regs.write(s, reg, size, SystemOps.readBase(s, seg)));
        }
        return plain(b, i, (s, m, e) -> SystemOps.writeBase(s, seg, Regs.read(s, reg, size)));
    }

    /** RDRAND and RDSEED. */
    private static @Nullable Op random(BlockContext b, Insn i) {
        int group = i.modrm >> 3 & 7;
        if (!i.isReg() || group < 6 || i.rep != 0 || !b.model().has(group == 6 ? Feature.RDRAND : Feature.RDSEED)) {
            return null;
        }
        int reg = CpuState.GPR + 8 * i.rm;
        int size = i.opSize;
        return plain(b, i, (s, m, e) -> {
            Regs.write(s, reg, size, e.random());
            Flags.setArithmetic(s, Cr.CF);
        });
    }
}
