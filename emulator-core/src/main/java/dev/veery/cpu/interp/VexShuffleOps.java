package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.memory.access.OffHeap;

/** Permutations, and shifts with a count for each element: what came with AVX and AVX2. */
final class VexShuffleOps {
    private VexShuffleOps() {}

    /** VPERMD and VPERMPS: VEX.vvvv holds the indices. VPERMQ and VPERMPD: the immediate does. */
    static final class Across extends VexOp {
        private final boolean quads;
        private final int imm;

        Across(BlockContext b, Insn i, boolean quads) {
            super(b, i, 32, 32);
            this.quads = quads;
            imm = (int) i.imm;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long out = s.base + RESULT;
            if (quads) {
                for (int n = 0; n < 4; n++) {
                    OffHeap.putLong(out + 8L * n, OffHeap.getLong(src + 8L * (imm >> 2 * n & 3)));
                }
            } else {
                for (int n = 0; n < 8; n++) {
                    int index = OffHeap.getInt(s.base + first + 4L * n) & 7;
                    OffHeap.putInt(out + 4L * n, OffHeap.getInt(src + 4L * index));
                }
            }
            complete(s, dst, 32);
        }
    }

    /** VPERMILPS and VPERMILPD: within lanes, by an immediate or by the second source. */
    static final class Within extends VexOp {
        private final boolean duals;
        private final boolean immediate;
        private final int imm;

        Within(BlockContext b, Insn i, int width, boolean duals, boolean immediate) {
            super(b, i, width, width);
            this.duals = duals;
            this.immediate = immediate;
            imm = (int) i.imm;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long from = immediate ? src : s.base + first;
            long out = s.base + RESULT;
            if (duals) {
                for (int n = 0; n < width / 8; n++) {
                    int pick = immediate ? imm >> n & 1 : (int) OffHeap.getLong(src + 8L * n) >> 1 & 1;
                    OffHeap.putLong(out + 8L * n, OffHeap.getLong(from + 8L * (n & 2 | pick)));
                }
            } else {
                for (int n = 0; n < width / 4; n++) {
                    int pick = immediate ? imm >> 2 * (n & 3) & 3 : OffHeap.getInt(src + 4L * n) & 3;
                    OffHeap.putInt(out + 4L * n, OffHeap.getInt(from + 4L * (n & 4 | pick)));
                }
            }
            complete(s, dst, width);
        }
    }

    /** VPERM2F128 and VPERM2I128. */
    static final class Lanes extends VexOp {
        private final int imm;

        Lanes(BlockContext b, Insn i) {
            super(b, i, 32, 32);
            imm = (int) i.imm;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long out = s.base + RESULT;
            for (int n = 0; n < 2; n++) {
                int pick = imm >> 4 * n;
                if ((pick & 8) != 0) {
                    OffHeap.fill(out + 16L * n, 16, 0);
                } else {
                    copy16(((pick & 2) == 0 ? s.base + first : src) + 16L * (pick & 1), out + 16L * n);
                }
            }
            complete(s, dst, 32);
        }
    }

    /** VPBLENDD. */
    static final class BlendD extends VexOp {
        private final int imm;

        BlendD(BlockContext b, Insn i, int width) {
            super(b, i, width, width);
            imm = (int) i.imm;
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            for (int n = 0; n < width / 4; n++) {
                long from = (imm >> n & 1) != 0 ? src : s.base + first;
                OffHeap.putInt(s.base + RESULT + 4L * n, OffHeap.getInt(from + 4L * n));
            }
            complete(s, dst, width);
        }
    }

    /** VPSLLVD, VPSRLVD, VPSRAVD and the first two on quadwords: counts beyond the element give zero or the sign. */
    static final class ShiftEach extends VexOp {
        static final int LEFT = 0;
        static final int RIGHT = 1;
        static final int ARITHMETIC = 2;

        private final int kind;
        private final boolean quads;

        ShiftEach(BlockContext b, Insn i, int width, int kind) {
            super(b, i, width, width);
            this.kind = kind;
            quads = i.rexW();
        }

        @Override
        public void exec(CpuState s, Mmu m) {
            long src = source(s, m);
            long out = s.base + RESULT;
            long a = s.base + first;
            if (quads) {
                for (int at = 0; at < width; at += 8) {
                    long count = OffHeap.getLong(src + at);
                    long v = OffHeap.getLong(a + at);
                    boolean none = count >>> 6 != 0;
                    OffHeap.putLong(out + at, none ? 0 : kind == LEFT ? v << count : v >>> count);
                }
            } else {
                for (int at = 0; at < width; at += 4) {
                    OffHeap.putInt(out + at, shift(OffHeap.getInt(a + at), OffHeap.getInt(src + at)));
                }
            }
            complete(s, dst, width);
        }

        private int shift(int v, int count) {
            boolean beyond = count >>> 5 != 0;
            if (kind == ARITHMETIC) {
                return v >> (beyond ? 31 : count);
            }
            return beyond ? 0 : kind == LEFT ? v << count : v >>> count;
        }
    }
}
