package dev.veery.dma;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.dma.DmaDomainLease.Purpose;
import dev.veery.irq.MsiSink;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.GuestRam;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DmaDomainTest {
    private static final int PAGE = 4096;

    private final List<String> events = new ArrayList<>();
    private final GuestRam ram = new GuestRam(new OffHeapRamAllocator());
    private final MemoryRegion root = MemoryRegion.container("memory", MemoryRegion.WHOLE);
    private final AddressSpace memory = new AddressSpace("memory", root, new MachineLock());
    private final CommitPlanner planner = new CommitPlanner(
            memory, (id, address, data) -> events.add("msi " + id + " " + Long.toHexString(address) + " " + data));
    private final long buffer = OffHeap.allocate(4 * PAGE);
    private boolean mastering = true;

    DmaDomainTest() {
        root.addChild(0, MemoryRegion.ram("ram", ram.allocate("ram", 16 * PAGE)));
        root.addChild(0x10_0000, MemoryRegion.rom("rom", ram.allocate("rom", PAGE)));
    }

    @AfterEach
    void free() {
        memory.close();
        ram.close();
        OffHeap.free(buffer);
    }

    private DmaDomainLease lease(String path, Purpose purpose) {
        return new DmaDomainLease("'edu'", new TestRequester(path), purpose);
    }

    private final class TestRequester implements DmaRequester {
        private final String path;

        TestRequester(String path) {
            this.path = path;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public int id() {
            return 0x18;
        }

        @Override
        public boolean mastering() {
            return mastering;
        }
    }

    /** Swaps even with odd pages, and refuses page 6. */
    private final class SwappingUnit implements TranslationUnit {
        @Override
        public String name() {
            return "swapping";
        }

        @Override
        public int translate(int requesterId, int pasid, long iova, int access, Translation out) {
            if (iova / PAGE == 6) {
                events.add("fault " + Long.toHexString(iova) + " " + access);
                return DmaStatus.FAULT;
            }
            out.set(iova ^ PAGE, PAGE - iova % PAGE);
            return DmaStatus.OK;
        }

        @Override
        public void attach(DmaDomainLease lease) {
            events.add("attach " + lease.requester().path());
        }

        @Override
        public void detach(DmaDomainLease lease) {
            events.add("detach " + lease.requester().path());
        }

        @Override
        public void mirror(DmaDomainLease lease, MappingListener listener) {
            listener.identity(false);
        }

        @Override
        public MsiSink remapping(MsiSink target) {
            return target;
        }
    }

    private DmaDomain committed(DmaDomainLease lease) {
        planner.add(lease);
        planner.commit();
        return planner.domain(lease);
    }

    @Test
    void thereIsNoDomainBeforeCommit() {
        DmaDomainLease lease = lease("a", Purpose.TRANSLATE_PER_ACCESS);
        planner.add(lease);
        assertThrows(IllegalStateException.class, () -> planner.domain(lease));
        assertThrows(IllegalStateException.class, planner::plan);
        planner.install(new SwappingUnit());
        planner.commit();
        assertTrue(planner.domain(lease).translated());
        assertEquals(List.of("attach a"), events);
    }

    @Test
    void orderOfLeasesLeavesNoTraceInThePlan() {
        planner.add(lease("b", Purpose.IDENTITY_REQUIRED));
        planner.install(new SwappingUnit());
        planner.add(lease("a", Purpose.TRANSLATE_PER_ACCESS));
        planner.commit();
        assertEquals(
                new DmaPlan(
                        "swapping",
                        List.of(
                                new DmaPlan.Entry("a", "'edu'", Purpose.TRANSLATE_PER_ACCESS, "swapping"),
                                new DmaPlan.Entry("b", "'edu'", Purpose.IDENTITY_REQUIRED, DmaPlan.IDENTITY))),
                planner.plan());
    }

    @Test
    void aUnitThatComesLateIsRefusedWithTheLeasesInItsWay() {
        planner.add(lease("b", Purpose.TRANSLATE_PER_ACCESS));
        planner.add(lease("a", Purpose.MIRROR_MAPPINGS));
        planner.add(lease("c", Purpose.IDENTITY_REQUIRED));
        planner.commit();
        ConfigException e = assertThrows(ConfigException.class, () -> planner.install(new SwappingUnit()));
        assertTrue(e.getMessage().endsWith("device 'edu' at a, device 'edu' at b"), e.getMessage());
    }

    @Test
    void copiesFollowTheTranslationPageByPage() {
        planner.install(new SwappingUnit());
        DmaDomain domain = committed(lease("a", Purpose.TRANSLATE_PER_ACCESS));
        OffHeap.fill(buffer, PAGE, 0x11);
        OffHeap.fill(buffer + PAGE, PAGE, 0x22);
        assertEquals(DmaStatus.OK, domain.write(0x800, buffer + 0x800, PAGE));
        assertEquals(0x11, memory.read(PAGE + 0x800, 1));
        assertEquals(0x22, memory.read(0x7ff, 1));
        assertEquals(0, memory.read(0x800, 1));
        assertEquals(DmaStatus.OK, domain.store(PAGE - 2, 4, 0x5566_7788L));
        assertEquals(0x7788, memory.read(2 * PAGE - 2, 2));
        assertEquals(0x5566, memory.read(0, 2));
        assertEquals(0x5566_7788L, domain.load(PAGE - 2, 4));
        DmaSlice slice = new DmaSlice();
        assertEquals(DmaStatus.OK, domain.slice(0x800, PAGE, true, slice));
        assertEquals(0x800, slice.length());
        assertEquals(memory.hostPointer(PAGE + 0x800, 1, true), slice.host());
    }

    @Test
    void refusedAccessesTouchNothingFromTheRefusedByteOn() {
        planner.install(new SwappingUnit());
        DmaDomain domain = committed(lease("a", Purpose.TRANSLATE_PER_ACCESS));
        OffHeap.fill(buffer, 2 * PAGE, 0x33);
        assertEquals(DmaStatus.FAULT, domain.write(6 * PAGE - 4, buffer, 8));
        assertEquals(List.of("attach a", "fault 6000 2"), events);
        assertEquals(0x3333_3333L, memory.read(5 * PAGE - 4, 4));
        assertEquals(0, memory.read(7 * PAGE, 4));
        assertEquals(0xffff, domain.load(6 * PAGE, 2));
        assertEquals(DmaStatus.FAULT, domain.status());
    }

    @Test
    void onlyRamIsReachedAndOnlyByMasters() {
        DmaDomain domain = committed(lease("a", Purpose.TRANSLATE_PER_ACCESS));
        assertFalse(domain.translated());
        assertEquals(0, domain.load(0x10_0000, 4));
        assertEquals(DmaStatus.NOT_RAM, domain.store(0x10_0000, 4, 1));
        assertEquals(DmaStatus.NOT_RAM, domain.write(-4L, buffer, 8));
        assertEquals(0xffL, domain.load(-1L, 1));
        assertEquals(DmaStatus.OK, domain.store(0xfee0_1000L, 4, 66));
        assertEquals(DmaStatus.NOT_RAM, domain.store(0xfee0_1000L, 8, 66));
        mastering = false;
        assertEquals(DmaStatus.NOT_MASTER, domain.store(0, 4, 1));
        assertEquals(DmaStatus.NOT_MASTER, domain.store(0xfee0_1000L, 4, 67));
        assertEquals(0, memory.read(0, 4));
        assertEquals(List.of("msi 24 fee01000 66"), events);
    }
}
