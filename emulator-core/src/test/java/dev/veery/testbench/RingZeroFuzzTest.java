package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Guests that execute random bytes at privilege level 0, in every mode. Whatever they do, nothing is thrown out of the
 * machine, the processor stops when it is told to, and no byte outside guest RAM changes.
 */
class RingZeroFuzzTest {
    private static final int SEEDS_PER_CASE = 50;
    private static final int RUNS_PER_SEED = 16;
    private static final int CODE_BYTES = 4096;
    private static final int INSTRUCTIONS = 5000;
    private static final int MILLIS = 10;

    static IntStream firstSeeds() {
        return IntStream.range(0, 4).map(n -> n * SEEDS_PER_CASE);
    }

    /** Up to seed 1,000; {@code -Dveery.fuzz.cases} is for more. */
    static IntStream moreSeeds() {
        return IntStream.range(4, Integer.getInteger("veery.fuzz.cases", 20)).map(n -> n * SEEDS_PER_CASE);
    }

    @ParameterizedTest(name = "seeds from {0}")
    @MethodSource("firstSeeds")
    @Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void randomBytesNeverLeaveTheMachine(int first) {
        for (int seed = first; seed < first + SEEDS_PER_CASE; seed++) {
            guest(seed);
        }
    }

    @Tag("slow")
    @ParameterizedTest(name = "seeds from {0}")
    @MethodSource("moreSeeds")
    @Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void moreRandomBytesNeverLeaveTheMachine(int first) {
        randomBytesNeverLeaveTheMachine(first);
    }

    /** The machine under test; other accelerators' suites override it. */
    TestMachine machine() {
        return new TestMachine();
    }

    private void guest(int seed) {
        RandomCode random = new RandomCode(seed);
        try (TestMachine t = machine()) {
            for (int run = 0; run < RUNS_PER_SEED; run++) {
                mode(t, random.below(6));
                if (run % 4 == 0) {
                    t.memory.write(Tables.CODE, random.code(CODE_BYTES));
                }
                t.memory.write(Tables.DATA, random.code(0x400));
                random.registers(t.s);
                if (run % 2 == 0) {
                    Tables.skipFaults(t);
                }
                t.s.rip = t.s.seg[Seg.CS].base() == 0 ? Tables.CODE : 0;
                t.s.rip += random.below(CODE_BYTES - 64);
                try {
                    t.run(INSTRUCTIONS, MILLIS);
                } catch (AssertionError e) {
                    throw new AssertionError("seed " + seed + " run " + run, e);
                }
                assertTrue(t.guardsIntact(), () -> "seed " + seed + ": a store left guest RAM");
            }
        }
    }

    private static void mode(TestMachine t, int n) {
        t.cpu.reset();
        switch (n) {
            case 0:
                Tables.real(t);
                t.s.seg[Seg.CS].set((int) (Tables.CODE >> 4), Tables.CODE, 0xffff, t.s.seg[Seg.CS].attributes);
                break;
            case 1:
                Tables.protected32(t);
                break;
            case 2:
                Tables.paged32(t);
                break;
            case 3:
                Tables.pae(t);
                break;
            case 4:
                Tables.compatibility(t);
                break;
            default:
                Tables.long64(t);
                break;
        }
        t.s.cr4 |= Cr.CR4_OSFXSR;
    }
}
