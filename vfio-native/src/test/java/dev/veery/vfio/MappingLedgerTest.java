package dev.veery.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.linux.abi.Errno;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MappingLedgerTest {
    private static final int RW = 3;

    private final FakeSpace space = new FakeSpace();

    @Test
    void whatTheKernelRefusesIsNotEntered() {
        MappingLedger ledger = new MappingLedger(space);
        space.nextError = -Errno.ENOMEM;

        assertEquals(-Errno.ENOMEM, ledger.map(0x1000, 0x10_0000, 0x1000, RW));
        assertEquals(0, ledger.count());
        assertEquals(0, ledger.bytes());
    }

    @Test
    void overlapsNeverReachTheKernel() {
        MappingLedger ledger = new MappingLedger(space);
        ledger.map(0x2000, 0x10_0000, 0x3000, RW);
        space.calls.clear();

        assertEquals(-Errno.EEXIST, ledger.map(0x4000, 0x20_0000, 0x1000, RW));
        assertEquals(-Errno.EEXIST, ledger.map(0x1000, 0x20_0000, 0x1001, RW));
        assertEquals(-Errno.EEXIST, ledger.map(0x1000, 0x20_0000, 0x8000, RW));
        assertTrue(space.calls.isEmpty());
        assertEquals(0, ledger.map(0x5000, 0x20_0000, 0x1000, RW));
    }

    @Test
    void theLimitIsKeptWithoutAskingTheKernel() {
        space.limit = 2;
        MappingLedger ledger = new MappingLedger(space);
        ledger.map(0, 0x10_0000, 0x1000, RW);
        ledger.map(0x1000, 0x10_0000, 0x1000, RW);
        space.calls.clear();

        assertEquals(-Errno.ENOSPC, ledger.map(0x2000, 0x10_0000, 0x1000, RW));
        assertTrue(space.calls.isEmpty());
        ledger.unmap(0);
        assertEquals(0, ledger.map(0x2000, 0x10_0000, 0x1000, RW));
    }

    @Test
    void addressesAreUnsigned() {
        MappingLedger ledger = new MappingLedger(space);

        assertEquals(0, ledger.map(-0x1000, 0x10_0000, 0x1000, RW));
        assertEquals(0, ledger.map(0, 0x20_0000, 0x1000, RW));
        assertEquals(-Errno.EEXIST, ledger.map(-0x2000, 0x30_0000, 0x2000, RW));
        assertEquals(0, ledger.unmap(-0x1000));
        assertEquals(1, ledger.count());
    }

    @Test
    void clearingLeavesTheKernelWithoutMappings() {
        MappingLedger ledger = new MappingLedger(space);
        ledger.map(0x1000, 0x10_0000, 0x1000, RW);
        ledger.map(0x8000, 0x20_0000, 0x2000, 1);

        ledger.clear();

        assertTrue(space.mapped.isEmpty());
        assertEquals(0, ledger.bytes());
    }

    @Test
    void randomChangesKeepLedgerAndKernelEqual() {
        MappingLedger ledger = new MappingLedger(space);
        Random random = new Random(20_26);
        Map<Long, Long> model = new TreeMap<>();
        for (int i = 0; i < 20_000; i++) {
            long iova = random.nextInt(64) * 0x1000L;
            if (random.nextBoolean()) {
                long size = (1 + random.nextInt(4)) * 0x1000L;
                boolean free = model.entrySet().stream()
                        .noneMatch(e -> e.getKey() < iova + size && iova < e.getKey() + e.getValue());
                assertEquals(free ? 0 : -Errno.EEXIST, ledger.map(iova, 0x100_0000 + iova, size, RW));
                if (free) {
                    model.put(iova, size);
                }
            } else {
                assertEquals(0, ledger.unmap(iova));
                model.remove(iova);
            }
            assertEquals(model.keySet(), space.mapped.keySet());
            assertEquals(model.size(), ledger.count());
            assertEquals(model.values().stream().mapToLong(Long::longValue).sum(), ledger.bytes());
        }
    }
}
