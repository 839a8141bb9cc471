package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.semantics.PackedLanes;
import dev.veery.cpu.semantics.PackedWide;
import dev.veery.cpu.semantics.SsePacked;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import org.jspecify.annotations.Nullable;

/** Turns MMX and SSE instructions into ops: {@link VectorTable} says what they are, here their operands are found. */
final class VectorLowering {
    private VectorLowering() {}

    /** The op of {@code i}; null when it is no MMX or SSE instruction. */
    static @Nullable Op lower(BlockContext b, Insn i) {
        int entry = VectorTable.entry(i);
        if (entry == 0) {
            return null;
        }
        if (i.lock || !b.model().has(VectorTable.feature(entry))) {
            return new Lowering.Undefined();
        }
        Op op = lower(b, i, entry);
        return op != null ? op : new Lowering.Undefined();
    }

    private static @Nullable Op lower(BlockContext b, Insn i, int entry) {
        int form = VectorTable.form(entry);
        switch (form) {
            case VectorTable.X_X16:
                return xmm(b, i, entry, 16);
            case VectorTable.X_X8:
                return xmm(b, i, entry, 8);
            case VectorTable.X_X4:
                return xmm(b, i, entry, 4);
            case VectorTable.X_X2:
                return xmm(b, i, entry, 2);
            case VectorTable.INSERTPS:
                return new VectorOps.Any(b, i, entry, 4, (int) i.imm & (i.isReg() ? 0xff : 0x3f));
            default:
                break;
        }
        return ofForm(b, i, form, VectorTable.op(entry));
    }

    /** The op of a form that is no plain operation on XMM registers; null when the operands do not suit it. */
    static @Nullable Op ofForm(BlockContext b, Insn i, int form, int op) {
        if (form >= VectorTable.COMIS) {
            return convert(b, i, form, op);
        }
        if (form >= VectorTable.M_M8) {
            return mmx(b, i, form, op);
        }
        return form < VectorTable.MOVQ_LOAD ? move(b, i, form) : special(b, i, form, op);
    }

    private static Op xmm(BlockContext b, Insn i, int entry, int size) {
        Op hot = XmmHotOps.lower(b, i, entry);
        if (hot != null) {
            return hot;
        }
        return VectorTable.shape(entry) == VectorTable.LANES
                ? new VectorOps.Lanes(b, i, VectorTable.op(entry))
                : new VectorOps.Any(b, i, entry, size, (int) i.imm & 0xff);
    }

    /** Moves of whole registers, halves and scalars. */
    private static @Nullable Op move(BlockContext b, Insn i, int form) {
        int reg = VectorAccess.xmm(i.reg);
        int rm = VectorAccess.xmm(i.rm);
        boolean isReg = i.isReg();
        switch (form) {
            case VectorTable.MOVA_LOAD:
            case VectorTable.MOVU_LOAD:
                return isReg
                        ? new SseMoves.Reg(reg, rm)
                        : new SseMoves.Load16(b, i, reg, form == VectorTable.MOVA_LOAD);
            case VectorTable.MOVA_STORE:
            case VectorTable.MOVU_STORE:
                return isReg
                        ? new SseMoves.Reg(rm, reg)
                        : new SseMoves.Store16(b, i, reg, form == VectorTable.MOVA_STORE);
            case VectorTable.LDDQU:
                return isReg ? null : new SseMoves.Load16(b, i, reg, false);
            case VectorTable.MOVNTDQA:
                return isReg ? null : new SseMoves.Load16(b, i, reg, true);
            case VectorTable.MOVNT:
                return isReg ? null : new SseMoves.Store16(b, i, reg, true);
            case VectorTable.MOVSS_LOAD:
                return isReg ? new SseMoves.Low4(reg, rm) : new SseMoves.Load4(b, i, reg);
            case VectorTable.MOVSS_STORE:
                return isReg ? new SseMoves.Low4(rm, reg) : new SseMoves.Store4(b, i, reg);
            case VectorTable.MOVSD_LOAD:
                return isReg ? new SseMoves.Half(reg, rm) : new SseMoves.Load8(b, i, reg);
            case VectorTable.MOVSD_STORE:
                return isReg ? new SseMoves.Half(rm, reg) : new SseMoves.Store8(b, i, reg);
            case VectorTable.MOVLPS_LOAD:
                // The register form is MOVHLPS.
                return isReg ? new SseMoves.Half(reg, rm + 8) : new SseMoves.LoadHalf(b, i, reg);
            case VectorTable.MOVLPD_LOAD:
                return isReg ? null : new SseMoves.LoadHalf(b, i, reg);
            case VectorTable.MOVHPS_LOAD:
                // The register form is MOVLHPS.
                return isReg ? new SseMoves.Half(reg + 8, rm) : new SseMoves.LoadHalf(b, i, reg + 8);
            case VectorTable.MOVHPD_LOAD:
                return isReg ? null : new SseMoves.LoadHalf(b, i, reg + 8);
            case VectorTable.MOVLP_STORE:
                return isReg ? null : new SseMoves.Store8(b, i, reg);
            default:
                return isReg ? null : new SseMoves.Store8(b, i, reg + 8);
        }
    }

    /** Moves between register files, elements, and what else has a form of its own. */
    private static @Nullable Op special(BlockContext b, Insn i, int form, int op) {
        int reg = VectorAccess.xmm(i.reg);
        int rm = VectorAccess.xmm(i.rm);
        boolean isReg = i.isReg();
        switch (form) {
            case VectorTable.MOVQ_LOAD:
                return isReg ? new SseMoves.Zero8(reg, rm) : new SseMoves.Load8(b, i, reg);
            case VectorTable.MOVQ_STORE:
                return isReg ? new SseMoves.Zero8(rm, reg) : new SseMoves.Store8(b, i, reg);
            case VectorTable.MOVD_X_E:
                return fromGpr(b, i, reg);
            case VectorTable.MOVD_E_X:
                return element(b, i, reg, i.rexW() ? 8 : 4);
            case VectorTable.MASKMOVDQU:
                return isReg ? masked(b, i, reg, rm, 16) : null;
            case VectorTable.PMOVMSKB:
                return isReg ? new SseMisc.ByteSigns(VectorAccess.gpr(i.reg), rm) : null;
            case VectorTable.MOVMSKPS:
            case VectorTable.MOVMSKPD:
                return isReg ? new SseMisc.Signs(VectorAccess.gpr(i.reg), rm, form == VectorTable.MOVMSKPD) : null;
            case VectorTable.SHIFT_GROUP:
                return isReg ? shiftGroup(i, rm) : null;
            case VectorTable.PTEST:
                return new SseMisc.Test(b, i);
            case VectorTable.STRING:
                return new SseMisc.StringOp(b, i, op);
            case VectorTable.MOVNTI:
                return isReg ? null : new SseMisc.StoreGpr(b, i);
            case VectorTable.CRC32:
                return crc(b, i, op == 0);
            default:
                return elements(b, i, form);
        }
    }

    /** PINSR*, PEXTR* and EXTRACTPS. */
    private static @Nullable Op elements(BlockContext b, Insn i, int form) {
        int reg = VectorAccess.xmm(i.reg);
        int n = (int) i.imm;
        int wide = i.rexW() ? 8 : 4;
        switch (form) {
            case VectorTable.PINSRB:
                return insert(b, i, reg + (n & 15), 1);
            case VectorTable.PINSRW:
                return insert(b, i, reg + 2 * (n & 7), 2);
            case VectorTable.PINSRD:
                return insert(b, i, reg + (n * wide & 15), wide);
            case VectorTable.PEXTRB:
                return element(b, i, reg + (n & 15), 1);
            case VectorTable.PEXTRW_STORE:
                return element(b, i, reg + 2 * (n & 7), 2);
            case VectorTable.PEXTRD:
                return element(b, i, reg + (n * wide & 15), wide);
            case VectorTable.EXTRACTPS:
                return element(b, i, reg + 4 * (n & 3), 4);
            default:
                // PEXTRW of opcode C5h has its operands the other way round.
                return i.isReg()
                        ? new SseMoves.ToGpr(VectorAccess.gpr(i.reg), VectorAccess.xmm(i.rm) + 2 * (n & 7), 2)
                        : null;
        }
    }

    private static Op fromGpr(BlockContext b, Insn i, int reg) {
        if (i.isReg()) {
            int gpr = VectorAccess.gpr(i.rm);
            return i.rexW() ? new SseMoves.Zero8(reg, gpr) : new SseMoves.Zero4(reg, gpr);
        }
        return i.rexW() ? new SseMoves.Load8(b, i, reg) : new SseMoves.Load4(b, i, reg);
    }

    /** The {@code size} bytes at {@code src} to a general register or memory. */
    private static Op element(BlockContext b, Insn i, int src, int size) {
        if (i.isReg()) {
            return new SseMoves.ToGpr(VectorAccess.gpr(i.rm), src, size);
        }
        switch (size) {
            case 1:
                return new SseMoves.Store1(b, i, src);
            case 2:
                return new SseMoves.Store2(b, i, src);
            case 4:
                return new SseMoves.Store4(b, i, src);
            default:
                return new SseMoves.Store8(b, i, src);
        }
    }

    private static Op insert(BlockContext b, Insn i, int dst, int size) {
        return i.isReg()
                ? new SseMoves.Insert(dst, VectorAccess.gpr(i.rm), size)
                : new SseMoves.InsertLoad(b, i, dst, size);
    }

    /** MASKMOVDQU and MASKMOVQ: the destination is DS:rDI, a segment override counts. */
    private static Op masked(BlockContext b, Insn i, int src, int mask, int size) {
        i.base = CpuState.RDI;
        i.index = Insn.NO_REG;
        i.disp = 0;
        i.seg = i.segOverride >= 0 ? i.segOverride : Seg.DS;
        return new SseMoves.MaskedStore(b, i, src, mask, size);
    }

    private static Op crc(BlockContext b, Insn i, boolean bytes) {
        int size = bytes ? 1 : i.rexW() ? 8 : i.prefix66 ? 2 : 4;
        int src = -1;
        if (i.isReg()) {
            // Without REX, byte registers 4 to 7 are AH, CH, DH and BH.
            src = bytes && i.rex == 0 && i.rm >= 4 ? VectorAccess.gpr(i.rm - 4) + 1 : VectorAccess.gpr(i.rm);
        }
        return new SseMisc.Crc(b, i, src, size);
    }

    /** The operation of groups 12 to 14 (0F 71h to 73h), or -1; PSLLDQ and PSRLDQ are not among them. */
    static int shift(Insn i) {
        boolean quad = i.opcode == 0x73;
        int unit = i.opcode - 0x71;
        switch (i.modrm >> 3 & 7) {
            case 2:
                return PackedLanes.PSRLW + unit;
            case 4:
                return quad ? -1 : PackedLanes.PSRAW + unit;
            case 6:
                return PackedLanes.PSLLW + unit;
            default:
                return -1;
        }
    }

    private static @Nullable Op shiftGroup(Insn i, int rm) {
        int count = (int) i.imm & 0xff;
        if (i.opcode == 0x73) {
            int which = i.modrm >> 3 & 7;
            if (which == 3) {
                return new VectorOps.ShiftBytes(PackedWide.PSRLDQ, rm, count);
            }
            if (which == 7) {
                return new VectorOps.ShiftBytes(PackedWide.PSLLDQ, rm, count);
            }
        }
        int op = shift(i);
        return op >= 0 ? new VectorOps.ShiftImm(op, rm, count) : null;
    }

    private static @Nullable Op mmx(BlockContext b, Insn i, int form, int op) {
        int reg = VectorAccess.mm(i.reg);
        int rm = VectorAccess.mm(i.rm);
        boolean isReg = i.isReg();
        int src = isReg ? rm : -1;
        int wide = i.rexW() ? 8 : 4;
        switch (form) {
            case VectorTable.M_M8:
                return new MmxOps.Write(b, i, MmxOps.LANES, op, reg, src, 8);
            case VectorTable.M_M4:
                return new MmxOps.Write(b, i, MmxOps.LANES, op, reg, src, 4);
            case VectorTable.MOVQ_M_LOAD:
                return new MmxOps.Write(b, i, MmxOps.MOVE, 0, reg, src, 8);
            case VectorTable.MOVQ_M_STORE:
                return isReg ? new MmxOps.Write(b, i, MmxOps.MOVE, 0, rm, reg, 8) : new MmxOps.Store(b, i, reg, 8);
            case VectorTable.MOVNTQ:
                return isReg ? null : new MmxOps.Store(b, i, reg, 8);
            case VectorTable.MOVD_M_E:
                return new MmxOps.Write(b, i, MmxOps.MOVE, 0, reg, isReg ? VectorAccess.gpr(i.rm) : -1, wide);
            case VectorTable.MOVD_E_M:
                return isReg
                        ? new MmxOps.ToGpr(VectorAccess.gpr(i.rm), reg, 0, wide)
                        : new MmxOps.Store(b, i, reg, wide);
            case VectorTable.MASKMOVQ:
                return isReg ? masked(b, i, reg, rm, 8) : null;
            case VectorTable.PINSRW_M:
                return new MmxOps.Write(b, i, MmxOps.PINSRW, 0, reg, isReg ? VectorAccess.gpr(i.rm) : -1, 2);
            case VectorTable.PEXTRW_M:
                return isReg ? new MmxOps.ToGpr(VectorAccess.gpr(i.reg), rm, 16 * ((int) i.imm & 3), 2) : null;
            case VectorTable.PMOVMSKB_M:
                return isReg ? new MmxOps.ByteSigns(VectorAccess.gpr(i.reg), rm) : null;
            case VectorTable.MOVQ2DQ:
                return isReg ? new MmxOps.ToXmm(VectorAccess.xmm(i.reg), rm) : null;
            case VectorTable.MOVDQ2Q:
                return isReg ? new MmxOps.FromXmm(reg, VectorAccess.xmm(i.rm)) : null;
            case VectorTable.EMMS:
                return new MmxOps.Emms();
            case VectorTable.SHIFT_GROUP_M:
                int shift = shift(i);
                return isReg && shift >= 0 ? new MmxOps.Write(b, i, MmxOps.IMMEDIATE, shift, rm, rm, 8) : null;
            case VectorTable.PSHUFW:
                return new MmxOps.Write(b, i, MmxOps.PSHUFW, 0, reg, src, 8);
            default:
                return new MmxOps.Write(b, i, MmxOps.PALIGNR, 0, reg, src, 8);
        }
    }

    private static Op convert(BlockContext b, Insn i, int form, int op) {
        boolean dual = (op & 1) != 0;
        switch (form) {
            case VectorTable.COMIS:
                return new SseMisc.Compare(b, i, dual, (op & 2) != 0);
            case VectorTable.CVT_X_E:
                return new SseMisc.FromGpr(b, i, dual);
            case VectorTable.CVT_E_X:
                return new SseMisc.ToGpr(b, i, dual, (op & 2) != 0);
            case VectorTable.CVT_X_M:
                return new SseMisc.FromMmx(b, i, op);
            default:
                boolean singles = op == SsePacked.CVTPS2PI || op == SsePacked.CVTTPS2PI;
                return new SseMisc.ToMmx(b, i, op, singles ? 8 : 16);
        }
    }
}
