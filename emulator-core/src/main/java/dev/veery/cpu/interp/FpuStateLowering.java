package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.FpuSave;
import dev.veery.cpu.semantics.FpuState;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Feature;
import org.jspecify.annotations.Nullable;

/** FXSAVE to XSAVEOPT (the memory forms of 0F AE /0 to /6), XSAVEC (0F C7 /4), XGETBV and XSETBV (0F 01 D0 and D1). */
final class FpuStateLowering {
    private static final int FXSAVE = 0;
    private static final int FXRSTOR = 1;
    private static final int LDMXCSR = 2;
    private static final int STMXCSR = 3;
    private static final int XSAVE = 4;
    private static final int XRSTOR = 5;
    private static final int XSAVEOPT = 6;

    /** Of opcode C7h, not AEh. */
    private static final int XSAVEC_GROUP = 4;

    /** Not a group of opcode AEh. */
    private static final int XSAVEC = 8;

    private static final int XGETBV = 0xd0;
    private static final int XSETBV = 0xd1;
    private static final int LEGACY_SIZE = 512;
    private static final int XSAVE_SIZE = 576;

    private FpuStateLowering() {}

    private static final class Save extends MemOp {
        private final int group;
        private final boolean wide;
        private final boolean compaction;

        Save(BlockContext b, Insn i, int group) {
            super(b, i);
            this.group = group;
            wide = i.rexW();
            compaction = b.model().has(Feature.XSAVEC);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            switch (group) {
                case FXSAVE:
                    FpuSave.fxsave(s, m, ea(s, m, LEGACY_SIZE, true), wide);
                    break;
                case FXRSTOR:
                    FpuSave.fxrstor(s, m, ea(s, m, LEGACY_SIZE, false), wide);
                    break;
                case LDMXCSR:
                    FpuSave.ldmxcsr(s, m, ea(s, m, 4, false));
                    break;
                case STMXCSR:
                    FpuSave.stmxcsr(s, m, ea(s, m, 4, true));
                    break;
                case XRSTOR:
                    FpuSave.xrstor(s, m, ea(s, m, XSAVE_SIZE, false), wide, compaction);
                    break;
                case XSAVEC:
                    FpuSave.xsavec(s, m, ea(s, m, XSAVE_SIZE, true), wide);
                    break;
                default:
                    FpuSave.xsave(s, m, ea(s, m, XSAVE_SIZE, true), wide, group == XSAVEOPT);
                    break;
            }
        }
    }

    private static final class Xcr extends Op {
        private final boolean write;
        private final int supported;
        private final boolean inUse;

        Xcr(BlockContext b, boolean write) {
            this.write = write;
            supported = FpuSave.XCR0_LEGACY | (b.model().has(Feature.AVX) ? FpuState.AVX : 0);
            inUse = b.model().has(Feature.XGETBV1);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            if (write) {
                FpuSave.xsetbv(s, supported);
            } else {
                FpuSave.xgetbv(s, inUse);
            }
        }
    }

    /** The op for {@code i}, or null when it is none of these or the processor does not have it. */
    static @Nullable Op lower(BlockContext b, Insn i) {
        if (i.map != Insn.MAP_0F || i.simdPrefix() != 0 || i.lock) {
            return null;
        }
        if (i.opcode == 0x01) {
            boolean known = i.modrm == XGETBV || i.modrm == XSETBV;
            return known && b.model().has(Feature.XSAVE) ? new Xcr(b, i.modrm == XSETBV) : null;
        }
        int group = i.modrm >> 3 & 7;
        if (i.opcode == 0xc7 && group == XSAVEC_GROUP && !i.isReg()) {
            return b.model().has(Feature.XSAVEC) ? new Save(b, i, XSAVEC) : null;
        }
        if (i.opcode != 0xae || i.isReg() || group > XSAVEOPT || !b.model().has(feature(group))) {
            return null;
        }
        return new Save(b, i, group);
    }

    /** VLDMXCSR and VSTMXCSR but for the checks of VEX; null for other members of the group. */
    static @Nullable Op mxcsr(BlockContext b, Insn i) {
        int group = i.modrm >> 3 & 7;
        return group == LDMXCSR || group == STMXCSR ? new Save(b, i, group) : null;
    }

    private static Feature feature(int group) {
        switch (group) {
            case FXSAVE:
            case FXRSTOR:
                return Feature.FXSR;
            case LDMXCSR:
            case STMXCSR:
                return Feature.SSE;
            case XSAVEOPT:
                return Feature.XSAVEOPT;
            default:
                return Feature.XSAVE;
        }
    }
}
