package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.semantics.Alu;
import dev.veery.cpu.semantics.DebugOps;
import dev.veery.cpu.semantics.IoPermission;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Flags;
import dev.veery.cpu.state.Seg;
import dev.veery.memory.access.OffHeap;

/**
 * The string instructions with their repeat prefixes (SDM vol. 1, section 7.3.9). One execution does a bounded part of a
 * repetition and leaves RIP on the instruction, so that interrupts get their turn; RCX, RSI and RDI always tell what is
 * left, so that a fault in the middle is precise.
 */
final class StringOps {
    /** Elements a single execution handles one by one. */
    private static final int ELEMENTS = 1024;

    private StringOps() {}

    /** What the instructions share: element size, address size, prefix, segments. */
    abstract static class StringOp extends Terminator {
        final int size;
        private final boolean repeated;
        private final int addrSize;
        private final long addrMask;
        private final int sourceSeg;

        StringOp(BlockContext b, Insn i, int size) {
            super(b, i);
            this.size = size;
            repeated = i.rep != 0;
            addrSize = i.addrSize;
            addrMask = addrSize == 8 ? -1L : addrSize == 4 ? 0xffff_ffffL : 0xffffL;
            sourceSeg = i.segOverride >= 0 ? i.segOverride : Seg.DS;
        }

        final long source(CpuState s, Mmu m, boolean write) {
            long offset = Regs.get64(s, Regs.RSI) & addrMask;
            return simple(s, sourceSeg) ? offset : m.linear(sourceSeg, offset, size, write);
        }

        final long destination(CpuState s, Mmu m, boolean write) {
            long offset = Regs.get64(s, Regs.RDI) & addrMask;
            return simple(s, Seg.ES) ? offset : m.linear(Seg.ES, offset, size, write);
        }

        private boolean simple(CpuState s, int seg) {
            return seg < Seg.FS
                    && seg != Seg.CS
                    && (s.mode & CpuState.MODE_FLAT) != 0
                    && (addrSize == 8 || !s.code64() || addrSize == 4);
        }

        /** Elements left, 1 when not repeated. */
        final long left(CpuState s) {
            return repeated ? Regs.read(s, Regs.RCX, addrSize) : 1;
        }

        final void advance(CpuState s, int reg, long bytes) {
            Regs.write(s, reg, addrSize, Regs.read(s, reg, addrSize) + bytes);
        }

        final void count(CpuState s, long done) {
            if (repeated) {
                Regs.write(s, Regs.RCX, addrSize, Regs.read(s, Regs.RCX, addrSize) - done);
            }
        }

        final boolean forward(CpuState s) {
            return (s.rflags & Cr.DF) == 0;
        }

        final long step(CpuState s) {
            return forward(s) ? size : -size;
        }

        /** How many elements from {@code linear} upwards stay within its page, at most {@code wanted}. */
        final long inPage(long linear, long wanted) {
            return Math.min(wanted, (4096 - (linear & 0xfff)) / size);
        }

        /**
         * Whether addresses grow for a whole chunk without wrapping, which they may in the 16-bit forms, without meeting a
         * limit, which FS and GS may have, and without checks for alignment.
         */
        final boolean bulk(CpuState s, long n) {
            return n > 1
                    && (s.cpl != 3 || (s.rflags & Cr.AC) == 0)
                    && forward(s)
                    && addrSize >= 4
                    && (s.mode & CpuState.MODE_FLAT) != 0
                    && (sourceSeg < Seg.FS || s.code64());
        }

        /** Does a part; returns the number of elements done, of {@code n}, at least 1, or -1 to stop the repetition. */
        abstract long part(CpuState s, Mmu m, long n);

        /** Whether it is SCAS or CMPS, which set flags. */
        boolean compares() {
            return false;
        }

        @Override
        public final void exec(CpuState s, Mmu m) {
            begin(s, m);
            if (!repeated) {
                repeat(s, m);
                return;
            }
            int flags = compares() ? s.flags() : 0;
            try {
                repeat(s, m);
                if (compares() && s.rip == ownRip(m)) {
                    s.setFlags(flags | s.rflags & Cr.RF);
                }
            } catch (CpuFault f) {
                if (compares()) {
                    // Whatever was compared before the fault, the flags are as they were (SDM vol. 2, REP).
                    s.setFlags(flags);
                }
                throw f;
            }
        }

        /** What happens even if the count is zero. */
        void begin(CpuState s, Mmu m) {
            truncate(s, Regs.RCX);
        }

        /** A repetition with 32-bit addresses writes back the count, and MOVS and STOS the addresses. */
        final void truncate(CpuState s, int reg) {
            if (repeated && addrSize == 4) {
                Regs.put32(s, reg, Regs.get32(s, reg));
            }
        }

        private void repeat(CpuState s, Mmu m) {
            boolean traps = (s.rflags & Cr.TF) != 0 || DebugOps.armed(s);
            boolean single = traps || s.hostDebug.instructionwise();
            int budget = single ? 1 : ELEMENTS;
            long n = left(s);
            while (n != 0) {
                long done = part(s, m, single ? 1 : n);
                if (done < 0) {
                    break;
                }
                n -= done;
                if (--budget == 0 && n != 0) {
                    if (traps) {
                        // A trap between iterations saves RF as 1 (SDM vol. 3, section 18.3.1.1).
                        s.rflags |= Cr.RF;
                    }
                    s.rip = ownRip(m);
                    return;
                }
            }
            fallThrough(s, m);
        }
    }

    static final class Movs extends StringOp {
        Movs(BlockContext b, Insn i, int size) {
            super(b, i, size);
        }

        @Override
        void begin(CpuState s, Mmu m) {
            truncate(s, Regs.RCX);
            truncate(s, Regs.RSI);
            truncate(s, Regs.RDI);
        }

        @Override
        long part(CpuState s, Mmu m, long n) {
            long from = source(s, m, false);
            long to = destination(s, m, true);
            if (bulk(s, n)) {
                long chunk = inPage(to, inPage(from, n));
                long done = chunk > 1 ? copy(m, from, to, chunk) : 0;
                if (done > 0) {
                    advance(s, Regs.RSI, done * size);
                    advance(s, Regs.RDI, done * size);
                    count(s, done);
                    return done;
                }
            }
            Regs.store(m, to, size, Regs.load(m, from, size));
            advance(s, Regs.RSI, step(s));
            advance(s, Regs.RDI, step(s));
            count(s, 1);
            return 1;
        }

        private long copy(Mmu m, long from, long to, long chunk) {
            long source = m.hostForSource(from, (int) chunk * size);
            if (source == 0) {
                return 0;
            }
            long target = m.hostForWrite(to, (int) chunk * size);
            if (target == 0) {
                return 0;
            }
            long n = chunk;
            long distance = target - source;
            if (distance > 0 && distance < chunk * size) {
                // The copy reads what it has written: a chunk must end before that.
                n = distance / size;
            }
            OffHeap.copy(source, target, n * size);
            return n;
        }
    }

    static final class Stos extends StringOp {
        Stos(BlockContext b, Insn i, int size) {
            super(b, i, size);
        }

        @Override
        void begin(CpuState s, Mmu m) {
            truncate(s, Regs.RCX);
            truncate(s, Regs.RDI);
        }

        @Override
        long part(CpuState s, Mmu m, long n) {
            long to = destination(s, m, true);
            long value = Regs.get64(s, Regs.RAX);
            if (bulk(s, n)) {
                long chunk = inPage(to, n);
                int bytes = (int) chunk * size;
                long target = chunk > 1 ? m.hostForWrite(to, bytes) : 0;
                boolean tracked = target == 0 && chunk > 1;
                if (tracked) {
                    target = m.hostForTracked(to, bytes);
                }
                if (target != 0) {
                    fill(target, chunk, value);
                    if (tracked) {
                        m.noteTracked(bytes);
                    }
                    advance(s, Regs.RDI, chunk * size);
                    count(s, chunk);
                    return chunk;
                }
            }
            Regs.store(m, to, size, value);
            advance(s, Regs.RDI, step(s));
            count(s, 1);
            return 1;
        }

        private void fill(long target, long chunk, long value) {
            if (size == 1 || value == 0) {
                OffHeap.fill(target, chunk * size, (int) value);
                return;
            }
            for (long i = 0; i < chunk; i++) {
                OffHeap.putRelease(target + i * size, size, value);
            }
        }
    }

    static final class Lods extends StringOp {
        Lods(BlockContext b, Insn i, int size) {
            super(b, i, size);
        }

        @Override
        long part(CpuState s, Mmu m, long n) {
            long v = Regs.load(m, source(s, m, false), size);
            Regs.write(s, Regs.RAX, size, v);
            advance(s, Regs.RSI, step(s));
            count(s, 1);
            return 1;
        }
    }

    static final class Scas extends StringOp {
        private final boolean whileEqual;

        Scas(BlockContext b, Insn i, int size) {
            super(b, i, size);
            whileEqual = i.rep == 0xf3;
        }

        @Override
        boolean compares() {
            return true;
        }

        @Override
        long part(CpuState s, Mmu m, long n) {
            long v = Regs.load(m, destination(s, m, false), size);
            Alu.op(s, Alu.CMP, size, Regs.read(s, Regs.RAX, size), v);
            advance(s, Regs.RDI, step(s));
            count(s, 1);
            return Flags.zero(s) == whileEqual ? 1 : -1;
        }
    }

    static final class Cmps extends StringOp {
        private final boolean whileEqual;

        Cmps(BlockContext b, Insn i, int size) {
            super(b, i, size);
            whileEqual = i.rep == 0xf3;
        }

        @Override
        boolean compares() {
            return true;
        }

        @Override
        long part(CpuState s, Mmu m, long n) {
            // Processors look at ES:rDI first.
            long v = Regs.load(m, destination(s, m, false), size);
            long a = Regs.load(m, source(s, m, false), size);
            Alu.op(s, Alu.CMP, size, a, v);
            advance(s, Regs.RSI, step(s));
            advance(s, Regs.RDI, step(s));
            count(s, 1);
            return Flags.zero(s) == whileEqual ? 1 : -1;
        }
    }

    /** INS. */
    static final class Ins extends StringOp {
        private final CpuEnv env;

        Ins(BlockContext b, Insn i, int size) {
            super(b, i, size);
            env = b.env();
        }

        @Override
        void begin(CpuState s, Mmu m) {
            IoPermission.check(s, m, Regs.get32(s, Regs.RDX) & 0xffff, size);
        }

        @Override
        long part(CpuState s, Mmu m, long n) {
            int port = Regs.get32(s, Regs.RDX) & 0xffff;
            DebugOps.io(s, port, size);
            long to = destination(s, m, true);
            // A port read has effects: the store is known to succeed before it.
            m.probeWrite(to, size);
            Regs.store(m, to, size, env.in(port, size));
            advance(s, Regs.RDI, step(s));
            count(s, 1);
            return 1;
        }
    }

    /** OUTS. */
    static final class Outs extends StringOp {
        private final CpuEnv env;

        Outs(BlockContext b, Insn i, int size) {
            super(b, i, size);
            env = b.env();
        }

        @Override
        void begin(CpuState s, Mmu m) {
            IoPermission.check(s, m, Regs.get32(s, Regs.RDX) & 0xffff, size);
        }

        @Override
        long part(CpuState s, Mmu m, long n) {
            int port = Regs.get32(s, Regs.RDX) & 0xffff;
            DebugOps.io(s, port, size);
            long v = Regs.load(m, source(s, m, false), size);
            env.out(port, size, (int) v);
            advance(s, Regs.RSI, step(s));
            count(s, 1);
            return 1;
        }
    }
}
