package dev.veery.q35.vtd;

import dev.veery.base.MachineLock;
import dev.veery.dma.CommitPlanner;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaDomainLease;
import dev.veery.dma.DmaRequester;
import dev.veery.dma.DmaStatus;
import dev.veery.dma.Translation;
import dev.veery.dma.TranslationUnit;
import dev.veery.irq.ApicTarget;
import dev.veery.irq.InterruptBus;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.GuestRam;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.model.PropertyValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A unit over RAM from 0 on, with a driver's hands: tables, registers, queue. */
final class VtdBench implements AutoCloseable {
    static final long RAM = 32 << 20;
    static final int SOURCE = 0x0018;
    static final int DOMAIN = 5;

    static final long ROOT_TABLE = 0x1000;
    static final long CONTEXT_TABLE = 0x2000;
    static final long QUEUE = 0x3000;
    static final long STATUS = 0x4000;
    static final long IRT = 0x5000;
    static final long PAGE_TABLE = 0x10_0000;

    final List<String> interrupts = new ArrayList<>();
    final List<String> warnings = new ArrayList<>();
    final AddressSpace memory;
    final InterruptBus bus = new InterruptBus();
    final VtdUnit unit;
    final Translation out = new Translation();

    private final GuestRam ram = new GuestRam(new OffHeapRamAllocator());
    private long tail;
    private int waits;

    VtdBench(String... properties) {
        MemoryRegion root = MemoryRegion.container("memory", MemoryRegion.WHOLE);
        memory = new AddressSpace("memory", root, new MachineLock());
        root.addChild(0, MemoryRegion.ram("ram", ram.allocate("ram", RAM)));
        bus.attach(new ApicTarget() {
            @Override
            public boolean matches(int dest, boolean logical) {
                interrupts.add((logical ? "logical " : "physical ") + Integer.toHexString(dest));
                return true;
            }

            @Override
            public boolean acceptsFixed() {
                return true;
            }

            @Override
            public int processorPriority() {
                return 0;
            }

            @Override
            public void accept(int mode, int vector, boolean level) {
                interrupts.add("mode " + mode + " vector " + vector + (level ? " level" : " edge"));
            }
        });
        Map<String, String> texts = new HashMap<>();
        for (int i = 0; i < properties.length; i += 2) {
            texts.put(properties[i], properties[i + 1]);
        }
        VtdConfig config = VtdConfig.of(PropertyValues.parse("intel-iommu", VtdConfig.PROPERTIES, texts));
        unit = new VtdUnit("'intel-iommu'", config, memory, bus, warnings::add);
    }

    @Override
    public void close() {
        memory.close();
        ram.close();
    }

    void put(long address, long value) {
        memory.write(address, 8, value);
    }

    long reg(int register, int size) {
        return unit.read(register, size) & (size == 4 ? 0xffff_ffffL : -1L);
    }

    void setReg(int register, int size, long value) {
        unit.write(register, size, value);
    }

    /** Sets bits of GCMD on top of the states there are. */
    void command(int bits) {
        setReg(VtdRegs.GCMD, 4, (reg(VtdRegs.GSTS, 4) | bits) & 0xffff_ffffL);
    }

    /** A root and a context entry for {@link #SOURCE}; {@code width} 1 for 39 bits. */
    void context(long pageTable, int type, int width) {
        put(ROOT_TABLE, CONTEXT_TABLE | 1);
        put(CONTEXT_TABLE + SOURCE * 16, pageTable | (long) type << 2 | 1);
        put(CONTEXT_TABLE + SOURCE * 16 + 8, (long) DOMAIN << 8 | width);
    }

    /** Turns translation and the queue on. */
    void enable() {
        setReg(VtdRegs.RTADDR, 8, ROOT_TABLE);
        command(VtdRegs.GCMD_SRTP);
        setReg(VtdRegs.IQA, 8, QUEUE);
        command(VtdRegs.GCMD_QIE);
        command(VtdRegs.GCMD_TE);
    }

    /** As {@link #enable}, behind a reset. */
    void enableAgain() {
        tail = 0;
        enable();
    }

    /** Queues a descriptor and lets it be executed. */
    void submit(long low, long high) {
        put(QUEUE + tail, low);
        put(QUEUE + tail + 8, high);
        tail = (tail + 16) % 4096;
        setReg(VtdRegs.IQT, 8, tail);
    }

    /** Queues a descriptor and a wait behind it; whether the wait was executed. */
    boolean complete(long low, long high) {
        waits++;
        submit(low, high);
        submit(5 | 1 << 5 | (long) waits << 32, STATUS);
        return memory.read(STATUS, 4) == waits;
    }

    /** A page-selective invalidation in {@link #DOMAIN}. */
    boolean invalidate(long iova, int mask) {
        return complete(2 | 3 << 4 | (long) DOMAIN << 16, iova | mask);
    }

    /** The guest physical address, or -1 for a fault. */
    long translate(long iova, int access) {
        int status = unit.translate(SOURCE, TranslationUnit.NO_PASID, iova, access, out);
        return status == DmaStatus.OK ? out.address() : -1;
    }

    /** Reason of recorded fault {@code n}, or 0 if there is none. */
    int fault(int n) {
        long high = reg(VtdRegs.FRCD + 16 * n + 8, 8);
        return high < 0 ? (int) (high >>> 32) & 0xff : 0;
    }

    /** Clears all recorded faults and errors as a driver does. */
    void clearFaults() {
        for (int n = 0; n < VtdRegs.FRCD_COUNT; n++) {
            setReg(VtdRegs.FRCD + 16 * n + 12, 4, 0x8000_0000L);
        }
        setReg(VtdRegs.FSTS, 4, 0x71);
    }

    DmaDomainLease lease(DmaDomainLease.Purpose purpose) {
        return new DmaDomainLease("'edu'", new Requester(), purpose);
    }

    /** The domain of a device that is {@link #SOURCE}. */
    DmaDomain domain() {
        CommitPlanner planner = new CommitPlanner(memory, unit.remapping(bus));
        DmaDomainLease lease = lease(DmaDomainLease.Purpose.TRANSLATE_PER_ACCESS);
        planner.install(unit);
        planner.add(lease);
        planner.commit();
        return planner.domain(lease);
    }

    private static final class Requester implements DmaRequester {
        @Override
        public String path() {
            return "pcie.0/03.0";
        }

        @Override
        public int id() {
            return SOURCE;
        }

        @Override
        public boolean mastering() {
            return true;
        }
    }
}
