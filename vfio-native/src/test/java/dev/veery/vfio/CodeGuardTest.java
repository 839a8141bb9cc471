package dev.veery.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CodeGuardTest {
    private final RamBlock block = new RamBlock("ram", new OffHeapRamAllocator().allocate("ram", 0x4000));
    private final List<Long> written = new ArrayList<>();
    private final CodeGuard guard = new CodeGuard();

    @BeforeEach
    void decodePageTwo() {
        block.setCodeListener((ram, offset, length) -> {
            written.add(offset & -0x1000);
            return 0;
        });
        block.markCode(2, -1L);
    }

    @AfterEach
    void close() {
        block.close();
    }

    private int check() {
        written.clear();
        return guard.check(block, 0, block.size());
    }

    @Test
    void aPageSeenForTheFirstTimeCountsAsWritten() {
        assertEquals(1, check());
        assertEquals(List.of(0x2000L), written);

        block.markCode(2, 1);
        assertEquals(0, check());
    }

    @Test
    void aChangeOfAnyBitIsFound() {
        check();
        for (int bit = 0; bit < 64; bit += 7) {
            block.markCode(2, 1);
            OffHeap.putLong(block.host() + 0x2000 + 8L * bit, 1L << bit);
            assertEquals(1, check(), "bit " + bit);
        }
    }

    @Test
    void pagesWithoutCodeMayChange() {
        check();
        OffHeap.putLong(block.host() + 0x1000, 1);
        assertEquals(0, check());
    }

    @Test
    void codeThatWentAndCameBackIsNewAgain() {
        check();
        check();
        block.markCode(2, 1);
        assertEquals(1, check());
    }
}
