package dev.veery.cpu.semantics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.base.MachineLock;
import dev.veery.cpu.mmu.SoftMmu;
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
import org.junit.jupiter.api.function.Executable;

/** A processor with 2 MiB of memory and the usual tables, for tests of system operations. */
final class SystemFixture implements CpuEnv, AutoCloseable {
    static final int CODE0 = 0x08;
    static final int DATA0 = 0x10;
    static final int CODE3 = 0x1b;
    static final int DATA3 = 0x23;
    static final int TSS = 0x28;
    static final int TSS2 = 0x38;
    static final int CODE64 = 0x48;
    static final int CODE64_USER = 0x53;
    static final int GATE = 0x58;
    static final int FREE = 0x68;

    static final long GDT = 0x1000;
    static final long IDT = 0x2000;
    static final long TSS_BASE = 0x4000;
    static final long TSS2_BASE = 0x5000;
    static final long LDT_BASE = 0x6000;
    static final long PAGES = 0x10000;

    /** Top of the stack of level 0 that the TSS names, and of the one in use. */
    static final long STACK0 = 0x8000;

    static final long STACK = 0x9000;

    static final int GDT_LIMIT = 0xfff;

    private final MachineLock lock = new MachineLock();
    private final GuestRam ram = new GuestRam(new OffHeapRamAllocator());
    final CpuState s = new CpuState(0);
    final SoftMmu m;
    final AddressSpace memory;
    final TestApic apic = new TestApic();
    CpuModel model = CpuModels.parse("max");
    long tsc = 1000;
    int tripleFaults;
    int codeChanges;

    SystemFixture() {
        MemoryRegion root = MemoryRegion.container("system", MemoryRegion.WHOLE);
        root.addChild(0, MemoryRegion.ram("ram", ram.allocate("ram", 0x20_0000)));
        memory = new AddressSpace("memory", root, lock);
        m = new SoftMmu(s, memory, model.physicalBits());
        CpuReset.powerOn(s, m, this);
    }

    /** Flat 32-bit protected mode at level 0, paging off, a 32-bit TSS. */
    static SystemFixture protectedMode() {
        SystemFixture f = new SystemFixture();
        f.tables();
        f.s.cr0 |= Cr.CR0_PE;
        f.s.cr0 &= ~(Cr.CR0_CD | Cr.CR0_NW);
        f.level(0);
        return f;
    }

    /** 64-bit mode at level 0, the first 2 MiB mapped to themselves for everybody. */
    static SystemFixture longMode() {
        SystemFixture f = protectedMode();
        f.put(PAGES, 8, PAGES + 0x1000 | 7);
        f.put(PAGES + 0x1000, 8, PAGES + 0x2000 | 7);
        f.put(PAGES + 0x2000, 8, 0x87);
        f.s.cr3 = PAGES;
        f.s.cr4 |= Cr.CR4_PAE;
        f.s.efer = Cr.EFER_LME | Cr.EFER_LMA | Cr.EFER_SCE;
        f.s.cr0 |= Cr.CR0_PG;
        f.descriptor(TSS, TSS_BASE, 0x67, 0x8b);
        f.put(GDT + TSS + 8, 8, 0);
        Descriptor.load(f.s.seg[Seg.CS], CODE64, f.get(GDT + CODE64, 8));
        f.m.flushAll();
        Mode.changed(f.s, f.m);
        return f;
    }

    private void tables() {
        descriptor(CODE0, 0, 0xfffff, 0xc09b);
        descriptor(DATA0, 0, 0xfffff, 0xc093);
        descriptor(CODE3 & ~3, 0, 0xfffff, 0xc0fb);
        descriptor(DATA3 & ~3, 0, 0xfffff, 0xc0f3);
        descriptor(TSS, TSS_BASE, 0x67, 0x8b);
        descriptor(TSS2, TSS2_BASE, 0x67, 0x89);
        descriptor(CODE64, 0, 0xfffff, 0xa09b);
        descriptor(CODE64_USER & ~3, 0, 0xfffff, 0xa0fb);
        s.gdtBase = GDT;
        s.gdtLimit = GDT_LIMIT;
        s.idtBase = IDT;
        s.idtLimit = 0xfff;
        s.tr.set(TSS, TSS_BASE, 0x67, 0x8b);
        Descriptor.loadNull(s.ldtr, 0);
        put(TSS_BASE + 4, 4, STACK0);
        put(TSS_BASE + 8, 4, DATA0);
    }

    /** Sets CS, SS, DS and ES to the flat 32-bit segments of level 0 or 3. */
    void level(int cpl) {
        int code = cpl == 0 ? CODE0 : CODE3;
        int data = cpl == 0 ? DATA0 : DATA3;
        Descriptor.load(s.seg[Seg.CS], code, get(GDT + (code & ~3), 8));
        for (int g : new int[] {Seg.SS, Seg.DS, Seg.ES, Seg.FS, Seg.GS}) {
            Descriptor.load(s.seg[g], data, get(GDT + (data & ~3), 8));
        }
        s.cpl = cpl;
        s.setGpr(CpuState.RSP, STACK);
        Mode.changed(s, m);
    }

    /** 64-bit code at level 3. */
    void user64() {
        level(3);
        Descriptor.load(s.seg[Seg.CS], CODE64_USER, get(GDT + (CODE64_USER & ~3), 8));
        Mode.changed(s, m);
    }

    /** Writes a segment descriptor; access as {@link Seg#attributes}, the limit before granularity. */
    void descriptor(int selector, long base, long limit, int access) {
        long d = limit & 0xffff
                | (base & 0xff_ffff) << 16
                | (long) (access & 0xf0ff) << 40
                | (limit >> 16 & 0xf) << 48
                | (base >>> 24 & 0xff) << 56;
        put(GDT + (selector & 0xfff8), 8, d);
    }

    /** A call, interrupt, trap or task gate as 8 bytes. */
    static long gate(int selector, long offset, int access, int count) {
        return offset & 0xffff | (long) selector << 16 | (long) count << 32 | (long) access << 40 | offset >> 16 << 48;
    }

    /** A 32-bit IDT entry. */
    void idt(int vector, int selector, long offset, int access) {
        put(IDT + 8L * vector, 8, gate(selector, offset, access, 0));
    }

    /** A 64-bit IDT entry. */
    void idt64(int vector, long offset, int access, int ist) {
        put(IDT + 16L * vector, 8, gate(CODE64, offset, access, ist));
        put(IDT + 16L * vector + 8, 8, offset >>> 32);
    }

    void put(long at, int size, long value) {
        memory.write(at, size, value);
    }

    long get(long at, int size) {
        return memory.read(at, size);
    }

    long rsp() {
        return s.gpr(CpuState.RSP);
    }

    /** A doubleword on the current stack, {@code n} slots up. */
    long stack32(int n) {
        return get(rsp() + 4L * n, 4);
    }

    long stack64(int n) {
        return get(rsp() + 8L * n, 8);
    }

    /** Asserts that {@code action} raises {@code vector} with {@code error}. */
    void assertFault(int vector, int error, Executable action) {
        assertThrows(CpuFault.class, action);
        assertEquals(vector, s.fault.vector, "vector");
        assertEquals(error, s.fault.errorCode, "error code");
    }

    @Override
    public int in(int port, int size) {
        return -1;
    }

    @Override
    public void out(int port, int size, int value) {}

    @Override
    public long tsc() {
        return tsc;
    }

    @Override
    public long random() {
        return 0x0123_4567_89ab_cdefL;
    }

    @Override
    public LocalApic apic() {
        return apic;
    }

    @Override
    public void lock() {
        lock.lock();
    }

    @Override
    public void unlock() {
        lock.unlock();
    }

    @Override
    public CpuModel model() {
        return model;
    }

    @Override
    public void tripleFault() {
        tripleFaults++;
    }

    @Override
    public void codeTranslationChanged() {
        codeChanges++;
    }

    @Override
    public void close() {
        m.free();
        s.free();
        memory.close();
        ram.close();
    }
}
