package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.PackedCompare;
import dev.veery.cpu.semantics.SoftF32;
import dev.veery.cpu.semantics.SoftF64;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/** Moves that SSE does not have in this form: of 32 bytes, with three operands, to all elements; and tests. */
final class VexMoves {
    private VexMoves() {}

    /** 32 bytes from register or memory. */
    static final class Load extends VexOp {
        Load(BlockContext b, Insn i, boolean aligned) {
            super(b, i, 32, 32, aligned);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long to = s.base + dst;
            copy16(src, to);
            copy16(src + 16, to + 16);
            s.setField(CpuState.YMM_IN_USE, 1);
        }
    }

    /** 32 bytes between registers, ModRM.reg to ModRM.rm. */
    static final class RegStore extends Op {
        private final int dst;
        private final int src;

        RegStore(Insn i) {
            dst = VectorAccess.xmm(i.rm);
            src = VectorAccess.xmm(i.reg);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            VexOp.copy16(s.base + src, s.base + dst);
            VexOp.copy16(s.base + src + 16, s.base + dst + 16);
            s.setField(CpuState.YMM_IN_USE, 1);
        }
    }

    /** 32 bytes to memory. */
    static final class Store extends MemOp {
        private final int src;
        private final int alignMask;

        Store(BlockContext b, Insn i, boolean aligned) {
            super(b, i);
            src = VectorAccess.xmm(i.reg);
            alignMask = aligned ? 31 : 0;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            long a = ea(s, m, 32, true);
            if ((a & alignMask) != 0) {
                throw s.gp0();
            }
            VectorAccess.store32(m, a, s.base + src);
        }
    }

    /** VMOVSS and VMOVSD between registers: the low bytes of one, the others of VEX.vvvv. */
    static final class Merge extends Op {
        private final int dst;
        private final int first;
        private final int low;
        private final boolean dual;

        Merge(int dst, int first, int low, boolean dual) {
            this.dst = dst;
            this.first = first;
            this.low = low;
            this.dual = dual;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            long out = s.base + VexOp.RESULT;
            VexOp.copy16(s.base + first, out);
            if (dual) {
                OffHeap.putLong(out, OffHeap.getLong(s.base + low));
            } else {
                OffHeap.putInt(out, OffHeap.getInt(s.base + low));
            }
            VexOp.complete(s, dst, 16);
        }
    }

    /** VMOVLPS, VMOVHPS, VMOVHLPS, VMOVLHPS and their like: eight bytes in place of one half of VEX.vvvv. */
    static final class Half extends VexOp {
        private final int part;
        private final int from;

        /**
         * Makes one.
         *
         * @param part which half is replaced: 0 or 8
         * @param from which half of a register replaces it: 0 or 8
         */
        Half(BlockContext b, Insn i, int part, int from) {
            super(b, i, 16, 8);
            this.part = part;
            this.from = memory ? 0 : from;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long value = OffHeap.getLong(source(s, m) + from);
            long out = s.base + RESULT;
            copy16(s.base + first, out);
            OffHeap.putLong(out + part, value);
            complete(s, dst, 16);
        }
    }

    /** VPINSRB to VPINSRQ: an element of VEX.vvvv replaced by a general register or memory. */
    static final class Insert extends VexOp {
        private final int gpr;
        private final int at;
        private final int bytes;

        Insert(BlockContext b, Insn i, int bytes) {
            super(b, i, 16, bytes);
            gpr = VectorAccess.gpr(i.rm);
            this.bytes = bytes;
            at = (int) i.imm * bytes & 15;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long value = OffHeap.getLong(memory ? src : s.base + gpr);
            long out = s.base + RESULT;
            copy16(s.base + first, out);
            switch (bytes) {
                case 1:
                    OffHeap.putByte(out + at, (int) value);
                    break;
                case 2:
                    OffHeap.putShort(out + at, (int) value);
                    break;
                case 4:
                    OffHeap.putInt(out + at, (int) value);
                    break;
                default:
                    OffHeap.putLong(out + at, value);
                    break;
            }
            complete(s, dst, 16);
        }
    }

    /** VCVTSI2SS and VCVTSI2SD. */
    static final class FromGpr extends VexOp {
        private final int gpr;
        private final boolean dual;
        private final boolean wide;

        FromGpr(BlockContext b, Insn i, boolean dual) {
            super(b, i, 16, i.rexW() ? 8 : 4);
            gpr = VectorAccess.gpr(i.rm);
            this.dual = dual;
            wide = i.rexW();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long from = memory ? src : s.base + gpr;
            long v = wide ? OffHeap.getLong(from) : OffHeap.getInt(from);
            FloatEnv e = VectorAccess.environment(s);
            long out = s.base + RESULT;
            copy16(s.base + first, out);
            if (dual) {
                OffHeap.putLong(out, SoftF64.fromInt64(v, e));
            } else {
                OffHeap.putInt(out, SoftF32.fromInt64(v, e));
            }
            VectorAccess.simdExceptions(s);
            complete(s, dst, 16);
        }
    }

    /** The broadcasts: the lowest element of 1, 2, 4, 8 or 16 bytes to all. */
    static final class Broadcast extends VexOp {
        private final int bytes;

        Broadcast(BlockContext b, Insn i, int width, int bytes) {
            super(b, i, width, bytes);
            this.bytes = bytes;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long low = element(OffHeap.getLong(src));
            long high = bytes == 16 ? OffHeap.getLong(src + 8) : low;
            long out = s.base + RESULT;
            for (int at = 0; at < width; at += 16) {
                OffHeap.putLong(out + at, low);
                OffHeap.putLong(out + at + 8, high);
            }
            complete(s, dst, width);
        }

        private long element(long v) {
            switch (bytes) {
                case 1:
                    return (v & 0xff) * 0x0101_0101_0101_0101L;
                case 2:
                    return (v & 0xffff) * 0x0001_0001_0001_0001L;
                case 4:
                    return (v & 0xffff_ffffL) * 0x0000_0001_0000_0001L;
                default:
                    return v;
            }
        }
    }

    /** VINSERTF128 and VINSERTI128. */
    static final class InsertLane extends VexOp {
        private final int at;

        InsertLane(BlockContext b, Insn i) {
            super(b, i, 32, 16);
            at = ((int) i.imm & 1) * 16;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long out = s.base + RESULT;
            copy16(src, out + at);
            copy16(s.base + first + 16 - at, out + 16 - at);
            complete(s, dst, 32);
        }
    }

    /** VEXTRACTF128 and VEXTRACTI128: the destination is ModRM.rm. */
    static final class ExtractLane extends MemOp {
        private final int src;
        private final int dst;

        ExtractLane(BlockContext b, Insn i) {
            super(b, i);
            src = VectorAccess.xmm(i.reg) + ((int) i.imm & 1) * 16;
            dst = i.isReg() ? VectorAccess.xmm(i.rm) : -1;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            if (dst < 0) {
                VectorAccess.store16(m, ea(s, m, 16, true), s.base + src);
                return;
            }
            VexOp.copy16(s.base + src, s.base + VexOp.RESULT);
            VexOp.complete(s, dst, 16);
        }
    }

    /** VMOVMSKPS, VMOVMSKPD and VPMOVMSKB of 32 bytes. */
    static final class Signs extends Op {
        private final int dst;
        private final int src;
        private final int element;

        Signs(Insn i, int element) {
            dst = VectorAccess.gpr(i.reg);
            src = VectorAccess.xmm(i.rm);
            this.element = element;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            long signs = 0;
            for (int q = 0; q < 4; q++) {
                long v = OffHeap.getLong(s.base + src + 8L * q);
                switch (element) {
                    case 1:
                        signs |= (PackedCompare.byteSigns(v) & 0xffL) << 8 * q;
                        break;
                    case 4:
                        signs |= (v >>> 31 & 1 | v >>> 63 << 1) << 2 * q;
                        break;
                    default:
                        signs |= v >>> 63 << q;
                        break;
                }
            }
            OffHeap.putLong(s.base + dst, signs);
        }
    }

    /** VPTEST, VTESTPS and VTESTPD: as PTEST, of all bits or of the signs. */
    static final class Test extends VexOp {
        private final long bits;

        Test(BlockContext b, Insn i, int width, long bits) {
            super(b, i, width, width);
            this.bits = bits;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long both = 0;
            long only = 0;
            for (int at = 0; at < width; at += 8) {
                long a = OffHeap.getLong(s.base + dst + at);
                long b = OffHeap.getLong(src + at);
                both |= a & b;
                only |= ~a & b;
            }
            SseMisc.setArithmetic(s, ((both & bits) == 0 ? Cr.ZF : 0) | ((only & bits) == 0 ? Cr.CF : 0));
        }
    }

    /** VZEROUPPER and VZEROALL: of the registers that this mode has. */
    static final class Zero extends Op {
        private final boolean all;
        private final int registers;

        Zero(Insn i) {
            all = i.vexL;
            registers = i.codeSize == 64 ? 16 : 8;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.avx(s);
            for (int r = 0; r < registers; r++) {
                if (all) {
                    OffHeap.fill(s.xmm(r), 16, 0);
                }
                VexOp.clearUpper(s, VectorAccess.xmm(r));
            }
            if (registers == 16) {
                s.setField(CpuState.YMM_IN_USE, 0);
            }
        }
    }
}
