package dev.veery.oracle;

import dev.veery.base.MachineLock;
import dev.veery.cpu.decode.Decoder;
import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.interp.Interpreter;
import dev.veery.cpu.interp.NativeTier;
import dev.veery.cpu.interp.Peers;
import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.semantics.InterruptDelivery;
import dev.veery.cpu.semantics.Mode;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.irq.LocalApic;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.GuestRam;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The software processor in long mode with paging, its user half laid out as the child's address space is. Exceptions
 * arrive through an IDT whose handlers are HLT instructions, one a vector.
 */
final class GuestMachine implements AutoCloseable {
    private static final int RAM_SIZE = 0x20_0000;

    // Physical addresses.
    private static final int PML4 = 0x1000;
    private static final int USER_PDPT = 0x2000;
    private static final int USER_PD = 0x3000;
    private static final int USER_PT = 0x4000;
    private static final int KERNEL_PDPT = 0x5000;
    private static final int KERNEL_PD = 0x6000;
    private static final int KERNEL_PT = 0x7000;
    private static final int GDT = 0x8000;
    private static final int IDT = 0x9000;
    private static final int TSS = 0xa000;
    private static final int HANDLERS = 0xb000;
    private static final int STACK_TOP = 0xe000;
    private static final int CODE = 0x1_0000;
    private static final int DATA = 0x1_2000;
    private static final int READ_ONLY = 0x1_4000;

    /** Linear address of physical address 0, for the handlers: pages that only the supervisor may touch. */
    private static final long KERNEL = 0xffff_8000_0000_0000L;

    private static final int P = 1;
    private static final int RW = 2;
    private static final int US = 4;
    private static final int ACCESSED_DIRTY = 0x60;
    private static final long NX = 1L << 63;

    private static final int CODE64 = 0xfb | Seg.L | Seg.G;
    private static final int CODE32 = 0xfb | Seg.DB | Seg.G;
    private static final int DATA32 = 0xf3 | Seg.DB | Seg.G;
    private static final long LIMIT = 0xffff_ffffL;

    /** Instructions that random bytes may run before they count as endless. */
    private static final int MAX_STEPS = 5000;

    /** Periods after which the instructions of a case are counted. */
    private static final int PATIENCE = 2;

    /** No case that ends executes as many. */
    private static final int ENDLESS = 100_000;

    private static final long WATCH_PERIOD = TimeUnit.MILLISECONDS.toNanos(25);

    private final CpuState s = new CpuState(0);
    private final GuestRam guestRam = new GuestRam(new OffHeapRamAllocator());
    private final RamBlock ram = guestRam.allocate("ram", RAM_SIZE);
    private final AddressSpace memory;
    private final SoftMmu m;
    private final CpuEnv env = new Environment(CpuModels.parse("max,+avx,+avx2,+fma,+f16c"));
    private final Interpreter interpreter;
    private final Decoder decoder = new Decoder();
    private final Insn insn = new Insn();
    private final boolean fsgsbase;
    private final int cpu;
    private final boolean amd;
    private int lastCode;
    private volatile long sequence;
    private volatile boolean closed;

    /**
     * Makes one.
     *
     * @param tier makes the engine for blocks of code, or null for the interpreter alone
     */
    GuestMachine(HostInfo host, @Nullable BiFunction<CpuState, SoftMmu, NativeTier> tier) {
        fsgsbase = host.fsgsbase();
        cpu = host.cpu();
        amd = host.amd();
        MemoryRegion root = MemoryRegion.container("system", 1L << 40);
        root.addChild(0, MemoryRegion.ram("ram", ram));
        memory = new AddressSpace("memory", root, new MachineLock());
        m = new SoftMmu(s, memory, env.model().physicalBits());
        interpreter = new Interpreter(s, m, env, () -> null, Peers.alone(m));
        if (tier != null) {
            interpreter.setTier(tier.apply(s, m));
        }
        guestRam.setCodeListener(interpreter.codeListener());
        OffHeap.fill(ram.host(), RAM_SIZE, 0);
        pageTables();
        descriptors();
        OffHeap.fill(ram.host() + CODE, Layout.CODE_SIZE, 0xcc);
        Thread watch = new Thread(this::watch, "oracle-watch");
        watch.setDaemon(true);
        watch.start();
    }

    /** Ends what runs forever. */
    private void watch() {
        long seen = -1;
        int looks = 0;
        while (!closed) {
            LockSupport.parkNanos(WATCH_PERIOD);
            long now = sequence;
            looks = now == seen && (now & 1) != 0 ? looks + 1 : 0;
            if (looks >= PATIENCE) {
                interpreter.request(Interpreter.STOP);
            }
            seen = now;
        }
    }

    @Override
    public void close() {
        closed = true;
        interpreter.free();
        m.free();
        memory.close();
        guestRam.close();
        s.free();
    }

    // ---- what never changes

    private void put(long physical, long value) {
        OffHeap.putLong(ram.host() + physical, value);
    }

    private void pageTables() {
        int table = P | RW | US | ACCESSED_DIRTY;
        put(PML4, USER_PDPT | table);
        put(USER_PDPT, USER_PD | table);
        put(USER_PD + 8 * (Layout.CODE >>> 21), USER_PT | table);
        put(PML4 + 8 * (KERNEL >>> 39 & 0x1ff), KERNEL_PDPT | table);
        put(KERNEL_PDPT, KERNEL_PD | table);
        put(KERNEL_PD, KERNEL_PT | table);
        for (int page = 0; page < 0x10; page++) {
            put(KERNEL_PT + 8L * page, (long) page << 12 | P | RW | ACCESSED_DIRTY);
        }
        map(Layout.CODE, CODE, 2, US);
        map(Layout.DATA, DATA, 2, US | RW | NX);
        map(Layout.READ_ONLY, READ_ONLY, 1, US | NX);
    }

    private void map(long linear, long physical, int pages, long bits) {
        for (int i = 0; i < pages; i++) {
            long entry = physical + (long) i * Layout.PAGE | P | ACCESSED_DIRTY | bits;
            put(USER_PT + 8 * ((linear >>> 12 & 0x1ff) + i), entry);
        }
    }

    private void descriptors() {
        // As Linux has them, so that selectors mean the same, but for the task's own.
        put(GDT + 0x40, 0x0000_8b00_0000_0067L | (KERNEL + TSS & 0xff_ffff) << 16);
        put(GDT + 0x48, KERNEL >>> 32);
        put(GDT + 0x08, 0x00cf_9b00_0000_ffffL);
        put(GDT + 0x10, 0x00af_9b00_0000_ffffL);
        put(GDT + 0x18, 0x00cf_9300_0000_ffffL);
        put(GDT + 0x20, 0x00cf_fb00_0000_ffffL);
        put(GDT + 0x28, 0x00cf_f300_0000_ffffL);
        put(GDT + 0x30, 0x00af_fb00_0000_ffffL);
        // The segment whose limit is the processor's number.
        put(GDT + 0x78, 0x0040_f500_0000_0000L | cpu);
        put(TSS + 36, KERNEL + STACK_TOP);
        put(TSS + 4, KERNEL + STACK_TOP);
        OffHeap.putShort(ram.host() + TSS + 102, -1);
        for (int v = 0; v < 256; v++) {
            OffHeap.putByte(ram.host() + HANDLERS + 16L * v, 0xf4);
            long handler = KERNEL + HANDLERS + 16L * v;
            long dpl = v == 3 || v == 4 ? 0xee : 0x8e;
            put(IDT + 16L * v, handler & 0xffff | 0x10_0000L | 1L << 32 | dpl << 40 | (handler & 0xffff_0000L) << 32);
            put(IDT + 16L * v + 8, handler >>> 32);
        }
        s.gdtBase = KERNEL + GDT;
        s.gdtLimit = 0x7f;
        s.idtBase = KERNEL + IDT;
        s.idtLimit = 0xfff;
        s.tr.set(0x40, KERNEL + TSS, 0x67, 0x8b);
        s.ldtr.set(0, 0, 0, Seg.UNUSABLE);
        s.cr3 = PML4;
        s.cr0 = Cr.CR0_PE | Cr.CR0_MP | Cr.CR0_ET | Cr.CR0_NE | Cr.CR0_WP | Cr.CR0_AM | Cr.CR0_PG;
        s.cr4 = Cr.CR4_DE | Cr.CR4_PAE | Cr.CR4_OSFXSR | Cr.CR4_OSXMMEXCPT | Cr.CR4_OSXSAVE | Cr.CR4_UMIP;
        if (fsgsbase) {
            s.cr4 |= Cr.CR4_FSGSBASE;
        }
        s.xcr0 = 7;
        s.efer = Cr.EFER_SCE | Cr.EFER_LME | Cr.EFER_LMA | Cr.EFER_NXE;
        s.dr6 = 0xffff_0ff0L;
        s.dr7 = 0x400;
        m.flushAll();
        m.debugChanged();
    }

    // ---- a case

    /** Runs a case; {@code image} is the contents of the data pages that it names. */
    void run(OracleCase c, byte[] image, Outcome out) {
        load(c, image);
        sequence++;
        out.tainted = false;
        boolean ended = c.wild ? step(out) : run();
        sequence++;
        if (ended) {
            collect(out, c.wild);
        } else if (!c.wild) {
            out.vector = Outcome.ENDLESS;
        }
        interpreter.clear(Interpreter.STOP);
        s.halted = false;
    }

    private boolean run() {
        long start = interpreter.instructions();
        while (interpreter.run() != Interpreter.HALTED) {
            // Else the host was busy, or the request was meant for the case before.
            if (interpreter.instructions() - start > ENDLESS) {
                return false;
            }
        }
        return true;
    }

    private void load(OracleCase c, byte[] image) {
        OffHeap.copyIn(image, 0, ram.host() + DATA, Layout.DATA_SIZE);
        OffHeap.copyIn(c.patch, 0, ram.host() + DATA + (c.patchAddress - Layout.DATA), Layout.PATCH_SIZE);
        ram.noteWrite(DATA, Layout.DATA_SIZE);
        code(c);
        s.seg[Seg.CS].set(c.compat ? Layout.CS32 : Layout.CS64, 0, LIMIT, c.compat ? CODE32 : CODE64);
        for (int seg : new int[] {Seg.ES, Seg.SS, Seg.DS}) {
            s.seg[seg].set(Layout.SS, 0, LIMIT, DATA32);
        }
        s.seg[Seg.FS].set(0, Layout.FS_BASE, 0, Seg.UNUSABLE);
        s.seg[Seg.GS].set(0, Layout.GS_BASE, 0, Seg.UNUSABLE);
        s.cpl = 3;
        for (int r = 0; r < 16; r++) {
            s.setGpr(r, c.gpr[r]);
        }
        s.setFlags((int) c.rflags);
        s.rip = c.codeAddress;
        s.dr6 = 0xffff_0ff0L;
        s.pendingDebug = 0;
        s.interruptShadow = false;
        floats(c.fxView);
        Mode.changed(s, m);
    }

    private void code(OracleCase c) {
        long host = ram.host() + CODE;
        int old = Math.min(Layout.CODE_BYTES_SIZE, Layout.CODE_SIZE - lastCode);
        OffHeap.fill(host + lastCode, old, 0xcc);
        ram.noteWrite(CODE + lastCode, old);
        lastCode = (int) (c.codeAddress - Layout.CODE);
        int size = Math.min(Layout.CODE_BYTES_SIZE, Layout.CODE_SIZE - lastCode);
        OffHeap.copyIn(c.code, 0, host + lastCode, size);
        ram.noteWrite(CODE + lastCode, size);
    }

    private void floats(ByteBuffer fx) {
        s.setField(CpuState.FCW, fx.getShort(OracleCase.FX_FCW) & 0xffff);
        int fsw = fx.getShort(OracleCase.FX_FSW) & 0xffff;
        s.setField(CpuState.FSW, fsw);
        s.setField(CpuState.FTW, fx.get(OracleCase.FX_FTW) & 0xff);
        s.setField(CpuState.FOP, fx.getShort(OracleCase.FX_FOP) & 0x7ff);
        OffHeap.putLong(s.base + CpuState.FIP, fx.getLong(OracleCase.FX_FIP));
        OffHeap.putLong(s.base + CpuState.FDP, fx.getLong(OracleCase.FX_FDP));
        s.setField(CpuState.FCS, 0);
        s.setField(CpuState.FDS, 0);
        s.setField(CpuState.MXCSR, fx.getInt(OracleCase.FX_MXCSR));
        int top = fsw >> 11 & 7;
        for (int i = 0; i < 8; i++) {
            long to = s.fpr(i + top & 7);
            OffHeap.putLong(to, fx.getLong(OracleCase.FX_ST + 16 * i));
            OffHeap.putShort(to + 8, fx.getShort(OracleCase.FX_ST + 16 * i + 8));
        }
        for (int i = 0; i < 16; i++) {
            OffHeap.putLong(s.xmm(i), fx.getLong(OracleCase.FX_XMM + 16 * i));
            OffHeap.putLong(s.xmm(i) + 8, fx.getLong(OracleCase.FX_XMM + 16 * i + 8));
            boolean upper = (fx.getLong(OracleCase.FX_XSTATE_BV) & 4) != 0;
            OffHeap.putLong(s.xmm(i) + 16, upper ? fx.getLong(OracleCase.FX_UPPER + 16 * i) : 0);
            OffHeap.putLong(s.xmm(i) + 24, upper ? fx.getLong(OracleCase.FX_UPPER + 16 * i + 8) : 0);
            s.setField(CpuState.YMM_IN_USE, upper ? 1 : 0);
        }
    }

    /** Runs random bytes one instruction at a time, so that none is reached whose result is the host's own. */
    private boolean step(Outcome out) {
        for (int i = 0; i < MAX_STEPS; i++) {
            if (s.cpl == 0) {
                return true;
            }
            if (excluded()) {
                out.vector = Outcome.EXCLUDED;
                return false;
            }
            out.tainted |=
                    UndefinedFlags.of(insn) != 0 || Exclusions.storesPointers(insn) || amd && AmdQuirks.differs(insn);
            try {
                interpreter.step();
            } catch (CpuFault f) {
                InterruptDelivery.deliverFault(s, m, env);
            }
        }
        // Endless or only long: the host may have seen the end of it.
        out.vector = Outcome.EXCLUDED;
        return false;
    }

    private boolean excluded() {
        long at = s.rip - Layout.CODE;
        if (at < 0 || at >= Layout.CODE_SIZE) {
            return false;
        }
        int bytes = (int) Math.min(Decoder.MAX_LENGTH, Layout.CODE_SIZE - at);
        int length = decoder.decode(insn, ram.host() + CODE + at, bytes, s.code64() ? 64 : 32);
        return length > 0 && Exclusions.matches(insn);
    }

    private void collect(Outcome out, boolean beforeHalt) {
        int vector = (int) (s.rip - KERNEL - HANDLERS) >> 4;
        assert s.rip == KERNEL + HANDLERS + 16L * vector + (beforeHalt ? 0 : 1) : Long.toHexString(s.rip);
        out.vector = vector;
        long frame = ram.host() + STACK_TOP - 40;
        boolean hasError = s.gpr(4) == KERNEL + STACK_TOP - 48;
        out.error = hasError ? OffHeap.getLong(frame - 8) : 0;
        out.rip = OffHeap.getLong(frame);
        out.cs = (int) OffHeap.getLong(frame + 8);
        out.rflags = OffHeap.getLong(frame + 16);
        out.cr2 = s.cr2;
        for (int r = 0; r < 16; r++) {
            out.gpr[r] = s.gpr(r);
        }
        out.gpr[4] = OffHeap.getLong(frame + 24);
        out.ss = (int) OffHeap.getLong(frame + 32);
        collectFloats(out.fxView);
        OffHeap.copyOut(ram.host() + DATA, out.data, 0, Layout.DATA_SIZE);
    }

    private void collectFloats(ByteBuffer fx) {
        int fsw = s.field(CpuState.FSW);
        fx.putShort(OracleCase.FX_FCW, (short) s.field(CpuState.FCW));
        fx.putShort(OracleCase.FX_FSW, (short) fsw);
        fx.putShort(OracleCase.FX_FTW, (short) s.field(CpuState.FTW));
        fx.putShort(OracleCase.FX_FOP, (short) s.field(CpuState.FOP));
        fx.putLong(OracleCase.FX_FIP, OffHeap.getLong(s.base + CpuState.FIP));
        fx.putLong(OracleCase.FX_FDP, OffHeap.getLong(s.base + CpuState.FDP));
        fx.putInt(OracleCase.FX_MXCSR, s.field(CpuState.MXCSR));
        int top = fsw >> 11 & 7;
        for (int i = 0; i < 8; i++) {
            long from = s.fpr(i + top & 7);
            fx.putLong(OracleCase.FX_ST + 16 * i, OffHeap.getLong(from));
            fx.putLong(OracleCase.FX_ST + 16 * i + 8, OffHeap.getChar(from + 8));
        }
        for (int i = 0; i < 16; i++) {
            fx.putLong(OracleCase.FX_XMM + 16 * i, OffHeap.getLong(s.xmm(i)));
            fx.putLong(OracleCase.FX_XMM + 16 * i + 8, OffHeap.getLong(s.xmm(i) + 8));
            fx.putLong(OracleCase.FX_UPPER + 16 * i, OffHeap.getLong(s.xmm(i) + 16));
            fx.putLong(OracleCase.FX_UPPER + 16 * i + 8, OffHeap.getLong(s.xmm(i) + 24));
        }
    }

    /** Nothing outside the processor matters to user mode without port access. */
    private record Environment(CpuModel model) implements CpuEnv {
        @Override
        public int in(int port, int size) {
            throw new AssertionError("port access in user mode");
        }

        @Override
        public void out(int port, int size, int value) {
            throw new AssertionError("port access in user mode");
        }

        @Override
        public long tsc() {
            return 0;
        }

        @Override
        public long random() {
            return 0;
        }

        @Override
        public LocalApic apic() {
            throw new AssertionError("APIC access in user mode");
        }

        @Override
        public void lock() {}

        @Override
        public void unlock() {}

        @Override
        public void tripleFault() {
            throw new AssertionError("triple fault");
        }

        @Override
        public void codeTranslationChanged() {}
    }
}
