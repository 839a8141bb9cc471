package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Decoder;
import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.access.OffHeap;
import java.lang.reflect.Proxy;

/** One processor in 64-bit mode with two pages of memory at {@link #MEMORY}, which executes single x87, MMX and SSE instructions. */
final class VectorBench {
    static final long MEMORY = 0x10000;

    /** What {@link #run} returns when no fault was raised. */
    static final int NONE = -1;

    final CpuState s = new CpuState(0);
    private final long host = OffHeap.allocate(0x2000);
    private final long code = OffHeap.allocate(16);
    private final Mmu mmu = new FlatMmu();
    private final BlockContext context;

    VectorBench(String model) {
        context = new BlockContext(env(model));
        context.start(CpuState.CODE64 | CpuState.MODE_FLAT | CpuState.MODE_PROTECTED | CpuState.MODE_LONG);
        s.cr0 = Cr.CR0_PE | Cr.CR0_NE;
        s.cr4 = Cr.CR4_OSFXSR | Cr.CR4_OSXMMEXCPT;
        s.setField(CpuState.MXCSR, 0x1f80);
        s.setGpr(CpuState.RSI, MEMORY);
    }

    /** Executes the instruction of the given bytes; returns the fault's vector or {@link #NONE}. */
    int run(int... bytes) {
        for (int n = 0; n < bytes.length; n++) {
            OffHeap.putByte(code + n, bytes[n]);
        }
        Insn i = new Insn();
        int length = new Decoder().decode(i, code, bytes.length, 64);
        if (length != bytes.length) {
            throw new IllegalArgumentException("decoded " + length + " of " + bytes.length + " bytes");
        }
        Op op = FpuLowering.lower(context, i);
        if (op == null) {
            op = FpuStateLowering.lower(context, i);
        }
        if (i.isVex()) {
            op = Lowering.lower(context, i);
        } else if (op == null) {
            op = VectorLowering.lower(context, i);
        }
        if (op == null) {
            throw new IllegalArgumentException("not an x87, MMX or SSE instruction");
        }
        try {
            op.exec(s, mmu);
            return NONE;
        } catch (CpuFault f) {
            return f.vector;
        }
    }

    /** What follows executes in real mode. */
    void realMode() {
        context.start(0);
    }

    /** Writes the upper half of YMM register {@code r}. */
    void upper(int r, long high, long low) {
        OffHeap.putLong(s.xmm(r) + 16, low);
        OffHeap.putLong(s.xmm(r) + 24, high);
        s.setField(CpuState.YMM_IN_USE, 1);
    }

    String upper(int r) {
        return hex(OffHeap.getLong(s.xmm(r) + 24)) + "_" + hex(OffHeap.getLong(s.xmm(r) + 16));
    }

    void xmm(int r, long high, long low) {
        OffHeap.putLong(s.xmm(r), low);
        OffHeap.putLong(s.xmm(r) + 8, high);
    }

    String xmm(int r) {
        return hex(OffHeap.getLong(s.xmm(r) + 8)) + "_" + hex(OffHeap.getLong(s.xmm(r)));
    }

    void memory(int offset, long value) {
        OffHeap.putLong(host + offset, value);
    }

    long memory(int offset) {
        return OffHeap.getLong(host + offset);
    }

    void free() {
        s.free();
        OffHeap.free(host);
        OffHeap.free(code);
    }

    private static String hex(long v) {
        return String.format("%016x", v);
    }

    /** Linear addresses from {@link #MEMORY} on are the two pages; there is nothing else. */
    private final class FlatMmu extends Mmu {
        private long at(long linear, int size) {
            if (linear < MEMORY || linear + size > MEMORY + 0x2000) {
                throw s.raise(Vector.PF, 0);
            }
            return host + linear - MEMORY;
        }

        @Override
        public long linear(int seg, long offset, int size, boolean write) {
            return offset;
        }

        @Override
        public int load8(long linear) {
            return OffHeap.getByte(at(linear, 1)) & 0xff;
        }

        @Override
        public int load16(long linear) {
            return OffHeap.getChar(at(linear, 2));
        }

        @Override
        public long load32(long linear) {
            return OffHeap.getInt(at(linear, 4)) & 0xffff_ffffL;
        }

        @Override
        public long load64(long linear) {
            return OffHeap.getLong(at(linear, 8));
        }

        @Override
        public void store8(long linear, long value) {
            OffHeap.putByte(at(linear, 1), (int) value);
        }

        @Override
        public void store16(long linear, long value) {
            OffHeap.putShort(at(linear, 2), (int) value);
        }

        @Override
        public void store32(long linear, long value) {
            OffHeap.putInt(at(linear, 4), (int) value);
        }

        @Override
        public void store64(long linear, long value) {
            OffHeap.putLong(at(linear, 8), value);
        }

        @Override
        public void loadBytes(long linear, long to, int size) {
            OffHeap.copy(at(linear, size), to, size);
        }

        @Override
        public void storeBytes(long linear, long from, int size) {
            OffHeap.copy(from, at(linear, size), size);
        }

        @Override
        public void probeWrite(long linear, int size) {
            at(linear, size);
        }

        @Override
        public long hostForWrite(long linear, int size) {
            return 0;
        }

        @Override
        public long hostForTracked(long linear, int size) {
            return at(linear, size);
        }

        @Override
        public void noteTracked(int size) {}

        @Override
        public long hostForSource(long linear, int size) {
            return 0;
        }

        @Override
        public long hostForRead(long linear, int size) {
            return 0;
        }

        @Override
        public long loadSystem(long linear, int size) {
            throw new AssertionError("no instruction here uses system structures");
        }

        @Override
        public void storeSystem(long linear, int size, long value) {
            throw new AssertionError("no instruction here uses system structures");
        }

        @Override
        public void modeChanged() {}

        @Override
        public void debugChanged() {}

        @Override
        public void flushAll() {}

        @Override
        public void flushNonGlobal() {}

        @Override
        public void changeAddressSpace(boolean keep) {}

        @Override
        public void flushSpace(int pcid) {}

        @Override
        public void flushPage(long linear) {}

        @Override
        public void flushPage(int pcid, long linear) {}

        @Override
        public boolean pdptesValid(long cr3) {
            return true;
        }

        @Override
        public CpuState state() {
            return s;
        }
    }

    /** Only the model is asked for. */
    private static CpuEnv env(String model) {
        CpuModel parsed = CpuModels.parse(model);
        return (CpuEnv) Proxy.newProxyInstance(
                CpuEnv.class.getClassLoader(), new Class<?>[] {CpuEnv.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("model")) {
                        throw new AssertionError(method.getName());
                    }
                    return parsed;
                });
    }
}
