package dev.veery.q35.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaDomainLease;
import dev.veery.dma.DmaDomainLease.Purpose;
import dev.veery.dma.DmaStatus;
import dev.veery.dma.MappingListener;
import dev.veery.dma.TranslationUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VtdUnitTest {
    private static final int READ = TranslationUnit.READ;
    private static final int WRITE = TranslationUnit.WRITE;
    private static final long TABLE = VtdBench.PAGE_TABLE;

    /** Guest memory that a host refuses to map. */
    private static final long UNREACHABLE = 0x66_6000;

    /** Tables for 39 bits: one 4 KiB page at 0x7000, a 2 MiB one at 4 MiB, a 1 GiB one at 1 GiB. */
    private static void map(VtdBench b) {
        b.put(TABLE, TABLE + 0x1000 | 3);
        b.put(TABLE + 0x1000, TABLE + 0x2000 | 3);
        b.put(TABLE + 0x2000 + 7 * 8, 0x20_0000 | 3);
        b.put(TABLE + 0x1000 + 2 * 8, 0x40_0000 | 1 << 7 | 3);
        b.put(TABLE + 8, 1 << 7 | 3);
        b.context(TABLE, 0, 1);
        b.enable();
    }

    @Test
    void everythingMapsToItselfUntilTranslationIsOn() {
        try (VtdBench b = new VtdBench()) {
            assertEquals(0xdead_b000L, b.translate(0xdead_b000L, WRITE));
            b.enable();
            assertEquals(-1, b.translate(0xdead_b000L, WRITE));
            assertEquals(VtdFault.ROOT_NOT_PRESENT, b.fault(0));
            b.unit.reset();
            assertEquals(0xdead_b000L, b.translate(0xdead_b000L, WRITE));
            assertEquals(0, b.fault(0));
        }
    }

    @Test
    void pagesOfAllSizesAreFound() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            for (int round = 0; round < 2; round++) {
                assertEquals(0x20_0123, b.translate(0x7123, READ));
                assertEquals(0x1000 - 0x123, b.out.length());
                assertEquals(0x41_2345, b.translate(0x41_2345, READ | WRITE));
                assertEquals(0x20_0000 - 0x1_2345, b.out.length());
                assertEquals(0x1234_5678, b.translate(0x5234_5678L, WRITE));
            }
            assertEquals(0, b.fault(0));
        }
    }

    @Test
    void faultsAreRecordedWithSourceReasonAndDirection() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            b.put(TABLE + 0x2000 + 9 * 8, 0x30_0000 | 1);
            assertEquals(-1, b.translate(0x9abc, WRITE));
            assertEquals(-1, b.translate(0xa000, READ));
            assertEquals(-1, b.translate(1L << 39, READ));
            assertEquals(0x9000, b.reg(VtdRegs.FRCD, 8));
            assertEquals(1L << 63 | 5L << 32 | VtdBench.SOURCE, b.reg(VtdRegs.FRCD + 8, 8));
            assertEquals(3L << 62 | 6L << 32 | VtdBench.SOURCE, b.reg(VtdRegs.FRCD + 24, 8));
            assertEquals(VtdFault.BEYOND_WIDTH, b.fault(2));
            assertEquals(VtdRegs.FSTS_PPF, b.reg(VtdRegs.FSTS, 4));
            b.clearFaults();
            assertEquals(0, b.reg(VtdRegs.FSTS, 4) & 0xff);
        }
    }

    @Test
    void faultsBeyondTheRecordsOverflow() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            b.setReg(VtdRegs.FECTL + 4, 4, 0x41);
            b.setReg(VtdRegs.FECTL + 8, 4, 0xfee0_3000L);
            b.translate(0, READ);
            assertEquals(List.of(), b.interrupts);
            assertEquals(3L << 30, b.reg(VtdRegs.FECTL, 4));
            b.setReg(VtdRegs.FECTL, 4, 0);
            assertEquals(List.of("physical 3", "mode 0 vector 65 edge"), b.interrupts);
            for (int i = 0; i < 8; i++) {
                b.translate(0, READ);
            }
            assertEquals(VtdRegs.FSTS_PFO | VtdRegs.FSTS_PPF, b.reg(VtdRegs.FSTS, 4));
            assertEquals(2, b.interrupts.size());
            b.clearFaults();
            b.translate(0, WRITE);
            assertEquals(4, b.interrupts.size());
            assertEquals(VtdFault.NO_WRITE, b.fault(0));
        }
    }

    @Test
    void theContextSaysHowAndWhetherFaultsAreRecorded() {
        try (VtdBench b = new VtdBench("pt", "on")) {
            b.context(TABLE, 2, 2);
            b.enable();
            assertEquals(0x7000, b.translate(0x7000, WRITE));
            b.context(TABLE, 1, 2);
            assertTrue(b.complete(1 | 3 << 4 | (long) VtdBench.SOURCE << 32, 0));
            assertEquals(-1, b.translate(0x7000, WRITE));
            assertEquals(VtdFault.CONTEXT_INVALID, b.fault(0));
            b.context(TABLE, 0, 3);
            b.translate(0, READ);
            assertEquals(VtdFault.CONTEXT_INVALID, b.fault(1));
            b.put(VtdBench.CONTEXT_TABLE + VtdBench.SOURCE * 16, 2);
            b.translate(0, READ);
            assertEquals(0, b.fault(2));
            b.put(VtdBench.CONTEXT_TABLE + VtdBench.SOURCE * 16, 0);
            b.translate(0, READ);
            assertEquals(VtdFault.CONTEXT_NOT_PRESENT, b.fault(2));
            b.put(VtdBench.ROOT_TABLE, VtdBench.RAM | 1);
            b.translate(0, READ);
            assertEquals(VtdFault.CONTEXT_ACCESS, b.fault(3));
        }
    }

    @Test
    void cachedTranslationsLastUntilTheyAreInvalidated() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            assertEquals(0x20_0000, b.translate(0x7000, READ));
            assertEquals(0x40_0000, b.translate(0x40_0000, READ));
            b.put(TABLE + 0x2000 + 7 * 8, 0x21_0000 | 3);
            assertTrue(b.invalidate(0x6000, 0));
            assertTrue(b.complete(2 | 2 << 4 | 9L << 16, 0));
            assertEquals(0x20_0000, b.translate(0x7000, READ));
            assertTrue(b.invalidate(0x4000, 2));
            assertEquals(0x21_0000, b.translate(0x7000, READ));
            // A large page goes whatever part of it is named.
            b.put(TABLE + 0x1000 + 2 * 8, 0);
            assertTrue(b.invalidate(0x5f_f000, 0));
            assertEquals(-1, b.translate(0x40_0000, READ));
            b.put(TABLE + 0x2000 + 7 * 8, 0);
            assertTrue(b.complete(2 | 1 << 4, 0));
            assertEquals(-1, b.translate(0x7000, READ));
        }
    }

    @Test
    void registersInvalidateWhereThereIsNoQueue() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            assertEquals(0x20_0000, b.translate(0x7000, READ));
            b.setReg(VtdRegs.GCMD, 4, 0x8000_0000L);
            b.put(TABLE + 0x2000 + 7 * 8, 0x22_0000 | 3);
            b.setReg(VtdRegs.IVA, 8, 0x7000);
            b.setReg(VtdRegs.IOTLB, 8, 0xb000_0000_0000_0000L | (long) VtdBench.DOMAIN << 32);
            assertEquals(3L << 57, b.reg(VtdRegs.IOTLB, 8) & (1L << 63 | 3L << 57));
            assertEquals(0x22_0000, b.translate(0x7000, READ));
            b.setReg(VtdRegs.CCMD, 4, 0);
            b.setReg(VtdRegs.CCMD + 4, 4, 0xa000_0000L);
            assertEquals(1L << 59, b.reg(VtdRegs.CCMD, 8) & (1L << 63 | 3L << 59));
            b.command(VtdRegs.GCMD_QIE);
            b.setReg(VtdRegs.IOTLB, 8, 0x9000_0000_0000_0000L);
            assertEquals(0, b.reg(VtdRegs.IOTLB, 8) & (1L << 63 | 3L << 57));
        }
    }

    @Test
    void theQueueStopsAtADescriptorInErrorUntilThatIsCleared() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            assertFalse(b.complete(0xf, 0));
            assertEquals(VtdRegs.FSTS_IQE, b.reg(VtdRegs.FSTS, 4));
            assertEquals(0, b.reg(VtdRegs.IQH, 8));
            b.put(VtdBench.QUEUE, 5);
            b.setReg(VtdRegs.FSTS, 4, VtdRegs.FSTS_IQE);
            assertEquals(32, b.reg(VtdRegs.IQH, 8));
            assertEquals(1, b.memory.read(VtdBench.STATUS, 4));
            assertFalse(b.invalidate(0, VtdRegs.MAX_ADDRESS_MASK + 1));
            // A tail behind the end of the queue must not be chased.
            b.setReg(VtdRegs.FSTS, 4, VtdRegs.FSTS_IQE);
            b.setReg(VtdRegs.IQT, 8, 0x7_fff0);
            assertEquals(VtdRegs.FSTS_IQE, b.reg(VtdRegs.FSTS, 4) & VtdRegs.FSTS_IQE);
        }
    }

    @Test
    void aWaitInterruptsOnceUntilItsStatusIsCleared() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            b.setReg(VtdRegs.IECTL + 4, 4, 0x50);
            b.setReg(VtdRegs.IECTL + 8, 4, 0xfee0_0000L);
            b.setReg(VtdRegs.IECTL, 4, 0);
            b.submit(5 | 1 << 4, 0);
            b.submit(5 | 1 << 4, 0);
            assertEquals(List.of("physical 0", "mode 0 vector 80 edge"), b.interrupts);
            b.setReg(VtdRegs.ICS, 4, 1);
            b.submit(5 | 1 << 4, 0);
            assertEquals(4, b.interrupts.size());
        }
    }

    @Test
    void capabilitiesSayWhatThereIs() {
        long plain;
        try (VtdBench b = new VtdBench("intremap", "off", "pt", "off", "dma-drain", "off", "aw-bits", "39")) {
            plain = b.reg(VtdRegs.ECAP, 8);
            // Coherent, queued invalidation, and where the IOTLB's registers are; nothing else.
            assertEquals(1 | 1 << 1 | VtdRegs.IVA / 16 << 8, plain);
            long cap = b.reg(VtdRegs.CAP, 8);
            assertEquals(0b0010, cap >>> 8 & 0x1f);
            assertEquals(38, cap >>> 16 & 0x3f);
            assertEquals(VtdRegs.FRCD / 16, cap >>> 24 & 0x3ff);
            assertEquals(VtdRegs.FRCD_COUNT - 1, cap >>> 40 & 0xff);
            assertEquals(0, cap >>> 54 & 3);
        }
        Map<String, Integer> bits = Map.of("device-iotlb", 2, "pt", 6, "snoop-control", 7);
        for (Map.Entry<String, Integer> bit : bits.entrySet()) {
            String property = bit.getKey();
            try (VtdBench b = new VtdBench(
                    property, "on", "intremap", "off", property.equals("pt") ? "dma-drain" : "pt", "off")) {
                assertEquals(plain | 1L << bit.getValue(), b.reg(VtdRegs.ECAP, 8), property);
            }
        }
        try (VtdBench b = new VtdBench("pt", "off", "intremap", "on", "eim", "off")) {
            assertEquals(plain | 1 << 3 | 15 << 20, b.reg(VtdRegs.ECAP, 8));
        }
        try (VtdBench b = new VtdBench("pt", "off", "intremap", "off", "x-scalable-mode", "on")) {
            assertEquals(plain | 19L << 35 | 1L << 40 | 1L << 43 | 1L << 46, b.reg(VtdRegs.ECAP, 8));
        }
    }

    @Test
    void devicesMayHaveTlbsOnlyWhereThatIsOffered() {
        for (String offered : new String[] {"off", "on"}) {
            try (VtdBench b = new VtdBench("device-iotlb", offered)) {
                map(b);
                b.context(TABLE, 1, 1);
                assertTrue(b.complete(1 | 1 << 4, 0));
                assertEquals(offered.equals("on"), b.translate(0x7000, READ) != -1);
                // Nothing of a device's is kept: this is complete at once.
                assertTrue(b.complete(3 | (long) VtdBench.SOURCE << 32, 0));
            }
        }
    }

    /** A device's writes before an invalidation's end are in memory when the guest sees that end (6.5.2.8, 6.5.4). */
    @Test
    void whatADevicePostedIsThereBeforeTheWaitsStatus() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            DmaDomain domain = b.domain();
            for (int i = 1; i <= 3; i++) {
                assertEquals(DmaStatus.OK, domain.store(0x7008, 8, i));
                long physical = b.translate(0x7008, READ);
                assertTrue(b.invalidate(0x7000, 0));
                assertEquals(i, b.memory.read(physical, 8));
            }
        }
    }

    @Test
    void protectedMemoryIsOutOfReach() {
        try (VtdBench b = new VtdBench()) {
            b.setReg(VtdRegs.PLMBASE, 4, 0x40_0000);
            b.setReg(VtdRegs.PLMLIMIT, 4, 0x60_0000);
            b.setReg(VtdRegs.PHMBASE, 8, 0x40_0000_0000L);
            b.setReg(VtdRegs.PHMLIMIT, 8, 0x3f_0000_0000L);
            b.setReg(VtdRegs.PMEN, 4, 0x8000_0000L);
            assertEquals(0x8000_0001L, b.reg(VtdRegs.PMEN, 4));
            assertEquals(0x3f_ffff, b.translate(0x3f_ffff, READ));
            assertEquals(1, b.out.length());
            assertEquals(-1, b.translate(0x40_0000, READ));
            assertEquals(-1, b.translate(0x7f_ffff, READ));
            assertEquals(0x80_0000, b.translate(0x80_0000, READ));
            assertEquals(0x40_0000_0000L, b.translate(0x40_0000_0000L, READ));
            b.setReg(VtdRegs.PMEN, 4, 0);
            assertEquals(0x40_0000, b.translate(0x40_0000, READ));
        }
    }

    @Test
    void aDeviceBehindTheUnitReachesOnlyWhatIsMapped() {
        try (VtdBench b = new VtdBench()) {
            map(b);
            DmaDomain domain = b.domain();
            b.memory.write(0x20_0008, 8, 77);
            assertEquals(77, domain.load(0x7008, 8));
            assertEquals(DmaStatus.OK, domain.store(0x7010, 8, 99));
            assertEquals(99, b.memory.read(0x20_0010, 8));
            assertEquals(DmaStatus.FAULT, domain.store(0x8000, 8, 99));
            assertEquals(0, b.memory.read(0x8000, 8));
            // Mapped, but to where there is no RAM.
            assertEquals(DmaStatus.NOT_RAM, domain.store(0x7234_5678L, 4, 1));
            assertEquals(VtdFault.NO_WRITE, b.fault(0));
            assertEquals(0, b.fault(1));
        }
    }

    @Test
    void aMappingThatTheHostRefusesIsAFaultOfTheDevice() {
        try (VtdBench b = new VtdBench()) {
            DmaDomainLease lease = b.lease(Purpose.MIRROR_MAPPINGS);
            b.unit.attach(lease);
            map(b);
            b.put(TABLE + 0x2000 + 9 * 8, UNREACHABLE | 3);
            b.put(TABLE + 0x2000 + 10 * 8, UNREACHABLE | 1);

            b.unit.mirror(lease, new Refusing());

            assertEquals(VtdFault.NO_WRITE, b.fault(0));
            assertEquals(VtdFault.NO_READ, b.fault(1));
            assertEquals(0x9000, b.reg(VtdRegs.FRCD, 8));
            assertEquals(VtdBench.SOURCE, b.reg(VtdRegs.FRCD + 8, 8) & 0xffff);
            assertEquals(0, b.fault(2));
        }
    }

    /** Cannot be given one page. */
    private static final class Refusing implements MappingListener {
        @Override
        public void identity(boolean on) {
            // All of RAM is no matter here.
        }

        @Override
        public boolean map(long iova, long address, long length, int access) {
            return address != UNREACHABLE;
        }

        @Override
        public void unmap(long iova, long length) {
            // Was not there.
        }
    }

    @Test
    void mirrorsFollowMappingsUnderInvalidations() {
        try (VtdBench b = new VtdBench()) {
            List<String> told = new ArrayList<>();
            DmaDomainLease lease = b.lease(Purpose.MIRROR_MAPPINGS);
            b.unit.attach(lease);
            assertEquals(1, b.warnings.size());
            assertTrue((b.reg(VtdRegs.CAP, 8) & 1 << 7) != 0);
            b.unit.mirror(lease, new MappingListener() {
                @Override
                public void identity(boolean on) {
                    told.add("identity " + on);
                }

                @Override
                public boolean map(long iova, long address, long length, int access) {
                    told.add(String.format("map %x %x %x %d", iova, address, length, access));
                    return address != UNREACHABLE;
                }

                @Override
                public void unmap(long iova, long length) {
                    told.add(String.format("unmap %x %x", iova, length));
                }
            });
            assertEquals(List.of("identity true"), told);
            told.clear();
            map(b);
            assertEquals(
                    List.of(
                            "identity false",
                            "map 7000 200000 1000 3",
                            "map 400000 400000 200000 3",
                            "map 40000000 0 40000000 3"),
                    told);
            told.clear();
            b.put(TABLE + 0x2000 + 7 * 8, 0x23_0000 | 1);
            b.put(TABLE + 0x1000 + 2 * 8, 0);
            assertTrue(b.invalidate(0x7000, 0));
            assertEquals(List.of("unmap 7000 1000", "map 7000 230000 1000 1"), told);
            assertEquals(0, b.fault(0));
            told.clear();
            assertTrue(b.complete(2 | 2 << 4 | (long) VtdBench.DOMAIN << 16, 0));
            assertEquals(List.of("unmap 400000 200000"), told);
            told.clear();
            b.put(VtdBench.CONTEXT_TABLE + VtdBench.SOURCE * 16, 0);
            assertTrue(b.complete(1 | 1 << 4, 0));
            assertEquals(List.of("unmap 7000 1000", "unmap 40000000 40000000"), told);
        }
    }

    @Test
    void anExplicitRefusalOfCachingModeNamesTheDevice() {
        try (VtdBench b = new VtdBench("caching-mode", "off")) {
            ConfigException e =
                    assertThrows(ConfigException.class, () -> b.unit.attach(b.lease(Purpose.MIRROR_MAPPINGS)));
            assertTrue(e.getMessage().matches(".*caching-mode=off.*'edu'.*"), e.getMessage());
        }
    }

    @Test
    void noRegisterAccessThrowsOrHangs() {
        Random random = new Random(11);
        try (VtdBench b = new VtdBench("x-scalable-mode", "on", "x-flts", "on", "device-iotlb", "on")) {
            for (int i = 0; i < 8192; i += 8) {
                b.put(random.nextInt(1 << 16) & ~7, random.nextLong() & 0x1ff_ffff);
            }
            long cap = b.reg(VtdRegs.CAP, 8);
            for (int i = 0; i < 100_000; i++) {
                int size = random.nextBoolean() ? 4 : 8;
                int at = random.nextInt(random.nextBoolean() ? 0x100 : VtdRegs.WINDOW) & -size;
                long value = random.nextInt(3) == 0 ? random.nextInt(1 << 17) : random.nextLong();
                b.setReg(at, size, value & (size == 4 ? 0xffff_ffffL : -1L));
                b.reg(at, size);
                b.translate(random.nextLong() >>> random.nextInt(64), 1 + random.nextInt(3));
                b.unit.remapping(b.bus)
                        .send(random.nextInt(1 << 16), 0xfee0_0000L | random.nextInt(1 << 20), value > 0 ? 5 : 0);
                b.interrupts.clear();
            }
            assertEquals(cap, b.reg(VtdRegs.CAP, 8));
        }
    }
}
