package dev.veery.cpu.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WrittenCodeTest {
    private final WrittenCode code = new WrittenCode();

    private int writesUntilDoubtful(int page) {
        int writes = 1;
        while (!code.doubtful(page)) {
            writes++;
        }
        return writes;
    }

    @Test
    void aPageIsBelievedLongerEachTime() {
        assertEquals(8, writesUntilDoubtful(77));
        assertEquals(32, writesUntilDoubtful(77));
        assertEquals(128, writesUntilDoubtful(77));
    }

    @Test
    void pagesAreJudgedEachByItself() {
        writesUntilDoubtful(1);

        assertEquals(8, writesUntilDoubtful(2));
    }

    @Test
    void patienceEnds() {
        int most = 0;
        for (int i = 0; i < 12; i++) {
            most = Math.max(most, writesUntilDoubtful(5));
        }

        assertTrue(most == 8 << 20, () -> "patience is bounded");
    }
}
