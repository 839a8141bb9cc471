package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.decode.VexTable;
import dev.veery.cpu.semantics.PackedWide;
import dev.veery.cpu.semantics.SseArithmetic;
import dev.veery.cpu.semantics.SsePacked;
import org.jspecify.annotations.Nullable;

/**
 * Turns vector instructions with VEX into ops. {@link VexTable} says which there are; what they do is, where SSE has them
 * too, what {@link VectorTable} says of the encoding without VEX.
 */
final class VexLowering {
    private static final long SIGNS_SINGLE = 0x8000_0000_8000_0000L;
    private static final long SIGNS_DUAL = Long.MIN_VALUE;

    private VexLowering() {}

    /** The op of {@code i}; null when it is no vector instruction, or the processor does not have it. */
    static @Nullable Op lower(BlockContext b, Insn i) {
        int entry = VexTable.of(i);
        if (entry == VexTable.NONE || !VexTable.valid(entry, i) || !b.model().has(VexTable.feature(entry, i))) {
            return null;
        }
        int kind = entry & VexTable.KIND;
        if (i.codeSize != 64
                && (kind == VexTable.FROM_GENERAL || kind == VexTable.TO_GENERAL || kind == VexTable.GENERAL)) {
            // General registers have 32 bits, whatever W says.
            i.rex &= ~8;
        }
        int width = VexTable.width(entry, i);
        int size = VexTable.size(entry, i);
        switch (i.map) {
            case Insn.MAP_VEX_0F:
                return i.opcode == 0x77 ? new VexMoves.Zero(i) : ofSse(b, i, entry, width, size, Insn.MAP_0F);
            case Insn.MAP_VEX_0F38:
                return map38(b, i, entry, width, size);
            default:
                return map3a(b, i, entry, width, size);
        }
    }

    // ---- what SSE has too

    private static @Nullable Op ofSse(BlockContext b, Insn i, int entry, int width, int size, int map) {
        int legacy = VectorTable.entry(i, map);
        int form = VectorTable.form(legacy);
        switch (form) {
            case VectorTable.X_X16:
            case VectorTable.X_X8:
            case VectorTable.X_X4:
            case VectorTable.X_X2:
                return compute(b, i, legacy, width, size);
            case VectorTable.INSERTPS:
                return new VexPackedOps.Lanes(b, i, width, size, legacy, (int) i.imm & (i.isReg() ? 0xff : 0x3f));
            default:
                break;
        }
        if (width == 32) {
            return wide(b, i, entry, form);
        }
        if (form == 0) {
            // The group of FXSAVE.
            Op op = FpuStateLowering.mxcsr(b, i);
            return op == null ? null : new VexOp.Legacy(op, -1);
        }
        if (form == VectorTable.PTEST) {
            return new VexMoves.Test(b, i, width, -1L);
        }
        return narrow(b, i, form, VectorTable.op(legacy), size);
    }

    private static Op compute(BlockContext b, Insn i, int legacy, int width, int size) {
        int op = VectorTable.op(legacy);
        int arithmetic = op == SseArithmetic.CMP ? SseArithmetic.VCMP : op;
        switch (VectorTable.shape(legacy)) {
            case VectorTable.PS:
                return new VexPackedOps.Singles(b, i, width, size, arithmetic, false);
            case VectorTable.PD:
                return new VexPackedOps.Duals(b, i, width, size, arithmetic, false);
            case VectorTable.SS:
                return new VexPackedOps.Singles(b, i, width, size, arithmetic, true);
            case VectorTable.SD:
                return new VexPackedOps.Duals(b, i, width, size, arithmetic, true);
            case VectorTable.CONVERT:
                return new VexPackedOps.Convert(b, i, width, size, op, narrows(op) ? 16 : width);
            default:
                return new VexPackedOps.Lanes(b, i, width, size, legacy, (int) i.imm & 0xff);
        }
    }

    private static boolean narrows(int op) {
        return op == SsePacked.CVTPD2PS || op == SsePacked.CVTPD2DQ || op == SsePacked.CVTTPD2DQ;
    }

    /** 32 bytes of what is no computation. */
    private static @Nullable Op wide(BlockContext b, Insn i, int entry, int form) {
        boolean aligned = (entry & VexTable.ALIGNED) != 0;
        switch (form) {
            case VectorTable.MOVA_LOAD:
            case VectorTable.MOVU_LOAD:
            case VectorTable.LDDQU:
            case VectorTable.MOVNTDQA:
                return new VexMoves.Load(b, i, aligned);
            case VectorTable.MOVA_STORE:
            case VectorTable.MOVU_STORE:
            case VectorTable.MOVNT:
                return i.isReg() ? new VexMoves.RegStore(i) : new VexMoves.Store(b, i, aligned);
            case VectorTable.PMOVMSKB:
                return new VexMoves.Signs(i, 1);
            case VectorTable.MOVMSKPS:
                return new VexMoves.Signs(i, 4);
            case VectorTable.MOVMSKPD:
                return new VexMoves.Signs(i, 8);
            case VectorTable.SHIFT_GROUP:
                return shiftGroup(i, 32);
            case VectorTable.PTEST:
                return new VexMoves.Test(b, i, 32, -1L);
            default:
                return null;
        }
    }

    /** 16 bytes or less: the op without VEX where that has two operands. */
    private static @Nullable Op narrow(BlockContext b, Insn i, int form, int op, int size) {
        int reg = VectorAccess.xmm(i.reg);
        int rm = VectorAccess.xmm(i.rm);
        int first = VectorAccess.xmm(i.vvvv);
        boolean isReg = i.isReg();
        switch (form) {
            case VectorTable.MOVSS_LOAD:
            case VectorTable.MOVSD_LOAD:
                if (isReg) {
                    return new VexMoves.Merge(reg, first, rm, form == VectorTable.MOVSD_LOAD);
                }
                break;
            case VectorTable.MOVSS_STORE:
            case VectorTable.MOVSD_STORE:
                if (isReg) {
                    return new VexMoves.Merge(rm, first, reg, form == VectorTable.MOVSD_STORE);
                }
                break;
            case VectorTable.MOVLPS_LOAD:
            case VectorTable.MOVLPD_LOAD:
                return new VexMoves.Half(b, i, 0, 8);
            case VectorTable.MOVHPS_LOAD:
            case VectorTable.MOVHPD_LOAD:
                return new VexMoves.Half(b, i, 8, 0);
            case VectorTable.PINSRB:
            case VectorTable.PINSRW:
            case VectorTable.PINSRD:
                return new VexMoves.Insert(b, i, size);
            case VectorTable.SHIFT_GROUP:
                return shiftGroup(i, 16);
            case VectorTable.CVT_X_E:
                return new VexMoves.FromGpr(b, i, (op & 1) != 0);
            default:
                break;
        }
        Op inner = VectorLowering.ofForm(b, i, form, op);
        return inner == null ? null : new VexOp.Legacy(inner, cleared(form, op, isReg, reg, rm));
    }

    /** Which register an op without VEX leaves something in that has to go. */
    private static int cleared(int form, int op, boolean isReg, int reg, int rm) {
        switch (form) {
            case VectorTable.MOVA_LOAD:
            case VectorTable.MOVU_LOAD:
            case VectorTable.LDDQU:
            case VectorTable.MOVNTDQA:
            case VectorTable.MOVSS_LOAD:
            case VectorTable.MOVSD_LOAD:
            case VectorTable.MOVQ_LOAD:
            case VectorTable.MOVD_X_E:
                return reg;
            case VectorTable.MOVA_STORE:
            case VectorTable.MOVU_STORE:
            case VectorTable.MOVQ_STORE:
                return isReg ? rm : -1;
            case VectorTable.STRING:
                // The forms that give a mask write XMM0.
                return (op & 1) == 0 ? VectorAccess.xmm(0) : -1;
            default:
                return -1;
        }
    }

    private static @Nullable Op shiftGroup(Insn i, int width) {
        int which = i.modrm >> 3 & 7;
        if (i.opcode == 0x73 && (which & 3) == 3) {
            int op = which == 3 ? PackedWide.PSRLDQ : PackedWide.PSLLDQ;
            return new VexPackedOps.Shift(i, width, VectorTable.WIDE, op);
        }
        int op = VectorLowering.shift(i);
        return op < 0 ? null : new VexPackedOps.Shift(i, width, VectorTable.SHIFTS, op);
    }

    // ---- maps 0F38 and 0F3A

    private static @Nullable Op map38(BlockContext b, Insn i, int entry, int width, int size) {
        int o = i.opcode;
        if (o >= 0x96) {
            return VexFmaOps.lower(b, i, width, size);
        }
        switch (o) {
            case 0x0c:
            case 0x0d:
                return new VexShuffleOps.Within(b, i, width, o == 0x0d, false);
            case 0x0e:
                return new VexMoves.Test(b, i, width, SIGNS_SINGLE);
            case 0x0f:
                return new VexMoves.Test(b, i, width, SIGNS_DUAL);
            case 0x13:
                return new VexPackedOps.FromHalves(b, i, width);
            case 0x16:
            case 0x36:
                return new VexShuffleOps.Across(b, i, false);
            case 0x18:
            case 0x19:
            case 0x1a:
            case 0x58:
            case 0x59:
            case 0x5a:
            case 0x78:
            case 0x79:
                return new VexMoves.Broadcast(b, i, width, size);
            case 0x2c:
                return new VexMemoryOps.MaskLoad(b, i, width, 4);
            case 0x2d:
                return new VexMemoryOps.MaskLoad(b, i, width, 8);
            case 0x2e:
                return new VexMemoryOps.MaskStore(b, i, width, 4);
            case 0x2f:
                return new VexMemoryOps.MaskStore(b, i, width, 8);
            case 0x8c:
                return new VexMemoryOps.MaskLoad(b, i, width, i.rexW() ? 8 : 4);
            case 0x8e:
                return new VexMemoryOps.MaskStore(b, i, width, i.rexW() ? 8 : 4);
            case 0x45:
                return new VexShuffleOps.ShiftEach(b, i, width, VexShuffleOps.ShiftEach.RIGHT);
            case 0x46:
                return new VexShuffleOps.ShiftEach(b, i, width, VexShuffleOps.ShiftEach.ARITHMETIC);
            case 0x47:
                return new VexShuffleOps.ShiftEach(b, i, width, VexShuffleOps.ShiftEach.LEFT);
            case 0x90:
            case 0x91:
            case 0x92:
            case 0x93:
                return VexMemoryOps.Gather.of(b, i, width);
            default:
                return ofSse(b, i, entry, width, size, Insn.MAP_0F38);
        }
    }

    private static @Nullable Op map3a(BlockContext b, Insn i, int entry, int width, int size) {
        switch (i.opcode) {
            case 0x00:
            case 0x01:
                return new VexShuffleOps.Across(b, i, true);
            case 0x02:
                return new VexShuffleOps.BlendD(b, i, width);
            case 0x04:
            case 0x05:
                return new VexShuffleOps.Within(b, i, width, i.opcode == 0x05, true);
            case 0x06:
            case 0x46:
                return new VexShuffleOps.Lanes(b, i);
            case 0x18:
            case 0x38:
                return new VexMoves.InsertLane(b, i);
            case 0x19:
            case 0x39:
                return new VexMoves.ExtractLane(b, i);
            case 0x1d:
                return new VexPackedOps.ToHalves(b, i, width);
            case 0x4a:
                return new VexPackedOps.Blend(b, i, width, PackedWide.BLENDVPS);
            case 0x4b:
                return new VexPackedOps.Blend(b, i, width, PackedWide.BLENDVPD);
            case 0x4c:
                return new VexPackedOps.Blend(b, i, width, PackedWide.PBLENDVB);
            default:
                return ofSse(b, i, entry, width, size, Insn.MAP_0F3A);
        }
    }
}
