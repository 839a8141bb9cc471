package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Crc32c;
import dev.veery.cpu.semantics.FpuState;
import dev.veery.cpu.semantics.PackedCompare;
import dev.veery.cpu.semantics.SoftF32;
import dev.veery.cpu.semantics.SoftF64;
import dev.veery.cpu.semantics.SsePacked;
import dev.veery.cpu.semantics.StringCompare;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.FloatEnv;
import dev.veery.memory.access.OffHeap;

/** SSE instructions that involve flags, general registers or MMX registers. */
final class SseMisc {
    private SseMisc() {}

    /** PMOVMSKB. */
    static final class ByteSigns extends Op {
        private final int dst;
        private final int src;

        ByteSigns(int dst, int src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long p = s.base + src;
            int low = PackedCompare.byteSigns(OffHeap.getLong(p));
            int high = PackedCompare.byteSigns(OffHeap.getLong(p + 8));
            OffHeap.putLong(s.base + dst, low | high << 8);
        }
    }

    /** MOVMSKPS and MOVMSKPD. */
    static final class Signs extends Op {
        private final int dst;
        private final int src;
        private final boolean dual;

        Signs(int dst, int src, boolean dual) {
            this.dst = dst;
            this.src = src;
            this.dual = dual;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long low = OffHeap.getLong(s.base + src);
            long high = OffHeap.getLong(s.base + src + 8);
            long signs = low >>> 63 | high >>> 63 << 1;
            if (!dual) {
                signs = low >>> 31 & 1 | low >>> 63 << 1 | (high >>> 31 & 1) << 2 | high >>> 63 << 3;
            }
            OffHeap.putLong(s.base + dst, signs);
        }
    }

    /** PTEST: ZF when source and destination share no one, CF when the destination has all of the source's. */
    static final class Test extends XmmSourceOp {
        Test(BlockContext b, Insn i) {
            super(b, i, 16);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long b = source(s, m);
            long a = s.base + dst;
            long bl = OffHeap.getLong(b);
            long bh = OffHeap.getLong(b + 8);
            long al = OffHeap.getLong(a);
            long ah = OffHeap.getLong(a + 8);
            int f = (al & bl | ah & bh) == 0 ? Cr.ZF : 0;
            if ((~al & bl | ~ah & bh) == 0) {
                f |= Cr.CF;
            }
            setArithmetic(s, f);
        }
    }

    /** Replaces the six arithmetic flags. */
    static void setArithmetic(CpuState s, int flags) {
        s.setFlags(s.rflags & ~Cr.ARITH | flags);
    }

    /** COMISS, UCOMISS, COMISD and UCOMISD. */
    static final class Compare extends XmmSourceOp {
        private final boolean dual;
        private final boolean ordered;

        Compare(BlockContext b, Insn i, boolean dual, boolean ordered) {
            super(b, i, dual ? 8 : 4);
            this.dual = dual;
            this.ordered = ordered;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            int order;
            long a = s.base + dst;
            if (dual) {
                long y = source8(s, m);
                order = SoftF64.compare(OffHeap.getLong(a), y, ordered, VectorAccess.environment(s));
            } else {
                int y = source4(s, m);
                order = SoftF32.compare(OffHeap.getInt(a), y, ordered, VectorAccess.environment(s));
            }
            VectorAccess.simdExceptions(s);
            setArithmetic(s, order < 0 ? Cr.CF : order == 0 ? Cr.ZF : order == 1 ? 0 : Cr.ZF | Cr.PF | Cr.CF);
        }
    }

    /** PCMPESTRM, PCMPESTRI, PCMPISTRM and PCMPISTRI, in the order of their opcodes. The memory form needs no alignment. */
    static final class StringOp extends XmmSourceOp {
        private final int which;
        private final int imm;
        private final boolean wide;

        StringOp(BlockContext b, Insn i, int which) {
            super(b, i, 16, false);
            this.which = which;
            imm = (int) i.imm & 0xff;
            wide = i.codeSize == 64 && i.rexW();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long text = source(s, m);
            long set = s.base + dst;
            int setLength;
            int textLength;
            if (which < 2) {
                setLength = StringCompare.explicitLength(length(s, CpuState.RAX), imm);
                textLength = StringCompare.explicitLength(length(s, CpuState.RDX), imm);
            } else {
                setLength = StringCompare.implicitLength(set, imm);
                textLength = StringCompare.implicitLength(text, imm);
            }
            int result = StringCompare.compare(set, setLength, text, textLength, imm);
            int n = StringCompare.elements(imm);
            if ((which & 1) != 0) {
                s.setGpr(CpuState.RCX, StringCompare.index(result, imm));
            } else {
                StringCompare.mask(result, imm, s.base + CpuState.XMM);
            }
            setArithmetic(
                    s,
                    (result != 0 ? Cr.CF : 0)
                            | (textLength < n ? Cr.ZF : 0)
                            | (setLength < n ? Cr.SF : 0)
                            | ((result & 1) != 0 ? Cr.OF : 0));
        }

        private long length(CpuState s, int r) {
            return wide ? s.gpr(r) : (int) s.gpr(r);
        }
    }

    /** MOVNTI. */
    static final class StoreGpr extends MemOp {
        private final int src;
        private final boolean wide;

        StoreGpr(BlockContext b, Insn i) {
            super(b, i);
            src = VectorAccess.gpr(i.reg);
            wide = i.rexW();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long a = ea(s, m, wide ? 8 : 4, true);
            long v = OffHeap.getLong(s.base + src);
            if (wide) {
                m.store64(a, v);
            } else {
                m.store32(a, v & 0xffff_ffffL);
            }
        }
    }

    /** CRC32. */
    static final class Crc extends MemOp {
        private final int dst;
        private final int src;
        private final int size;

        Crc(BlockContext b, Insn i, int src, int size) {
            super(b, i);
            dst = VectorAccess.gpr(i.reg);
            this.src = src;
            this.size = size;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = src >= 0 ? OffHeap.getLong(s.base + src) : load(m, ea(s, m, size, false));
            int crc = Crc32c.update(OffHeap.getInt(s.base + dst), v, size);
            OffHeap.putLong(s.base + dst, crc & 0xffff_ffffL);
        }

        private long load(Mmu m, long a) {
            return size == 1 ? m.load8(a) : size == 2 ? m.load16(a) : size == 4 ? m.load32(a) : m.load64(a);
        }
    }

    /** CVTSI2SS and CVTSI2SD. */
    static final class FromGpr extends MemOp {
        private final int dst;
        private final int src;
        private final boolean dual;
        private final boolean wide;

        FromGpr(BlockContext b, Insn i, boolean dual) {
            super(b, i);
            dst = VectorAccess.xmm(i.reg);
            src = i.isReg() ? VectorAccess.gpr(i.rm) : -1;
            this.dual = dual;
            wide = i.rexW();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            long operand = src >= 0
                    ? OffHeap.getLong(s.base + src)
                    : wide ? m.load64(ea(s, m, 8, false)) : m.load32(ea(s, m, 4, false));
            long v = wide ? operand : (int) operand;
            FloatEnv e = VectorAccess.environment(s);
            if (dual) {
                long r = SoftF64.fromInt64(v, e);
                VectorAccess.simdExceptions(s);
                OffHeap.putLong(s.base + dst, r);
            } else {
                int r = SoftF32.fromInt64(v, e);
                VectorAccess.simdExceptions(s);
                OffHeap.putInt(s.base + dst, r);
            }
        }
    }

    /** CVTSS2SI, CVTSD2SI and their truncating forms. */
    static final class ToGpr extends XmmSourceOp {
        private final int gpr;
        private final boolean dual;
        private final boolean truncate;
        private final boolean wide;

        ToGpr(BlockContext b, Insn i, boolean dual, boolean truncate) {
            super(b, i, dual ? 8 : 4);
            gpr = VectorAccess.gpr(i.reg);
            this.dual = dual;
            this.truncate = truncate;
            wide = i.rexW();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long v = dual ? source8(s, m) : source4(s, m);
            FloatEnv e = VectorAccess.environment(s);
            int mode = truncate ? FloatEnv.ZERO : e.rounding;
            long r;
            if (wide) {
                r = dual ? SoftF64.toInt64(v, mode, e) : SoftF32.toInt64((int) v, mode, e);
            } else {
                r = (dual ? SoftF64.toInt32(v, mode, e) : SoftF32.toInt32((int) v, mode, e)) & 0xffff_ffffL;
            }
            VectorAccess.simdExceptions(s);
            OffHeap.putLong(s.base + gpr, r);
        }
    }

    /** CVTPI2PS and CVTPI2PD: from an MMX register or memory; only the former looks at and touches the x87 state. */
    static final class FromMmx extends MemOp {
        private final int op;
        private final int dst;
        private final int src;

        FromMmx(BlockContext b, Insn i, int op) {
            super(b, i);
            this.op = op;
            dst = VectorAccess.xmm(i.reg);
            src = i.isReg() ? VectorAccess.mm(i.rm) : -1;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sse(s);
            if (src >= 0) {
                FpuState.checkMmx(s);
            }
            long operand = s.base + CpuState.SCRATCH;
            OffHeap.putLong(operand, src >= 0 ? OffHeap.getLong(s.base + src) : m.load64(ea(s, m, 8, false)));
            FloatEnv e = VectorAccess.environment(s);
            long out = s.base + CpuState.SCRATCH2;
            SsePacked.apply(op, out, s.base + dst, operand, 0, e);
            if (src >= 0) {
                FpuState.enterMmx(s);
            }
            VectorAccess.simdExceptions(s);
            OffHeap.putLong(s.base + dst, OffHeap.getLong(out));
            OffHeap.putLong(s.base + dst + 8, OffHeap.getLong(out + 8));
        }
    }

    /** CVTPS2PI, CVTPD2PI and their truncating forms. */
    static final class ToMmx extends XmmSourceOp {
        private final int op;
        private final int mm;

        ToMmx(BlockContext b, Insn i, int op, int size) {
            super(b, i, size);
            this.op = op;
            mm = VectorAccess.mm(i.reg);
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            VectorAccess.sseAndMmx(s);
            long src = operand(s, m);
            FloatEnv e = VectorAccess.environment(s);
            long out = s.base + CpuState.SCRATCH2;
            SsePacked.apply(op, out, src, src, 0, e);
            FpuState.enterMmx(s);
            VectorAccess.simdExceptions(s);
            VectorAccess.putMmx(s, mm, OffHeap.getLong(out));
        }
    }
}
