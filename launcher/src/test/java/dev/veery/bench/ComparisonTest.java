package dev.veery.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private final Contender veery = new Contender("Veery", List.of("veery"), "tcg", true);
    private final Contender qemu = new Contender("QEMU", List.of("qemu"), "tcg", false);

    private static void add(Contender to, String work, String checksum, double... milliseconds) {
        for (double ms : milliseconds) {
            to.samples().computeIfAbsent(work, w -> new ArrayList<>()).add(new Contender.Sample(ms, checksum));
        }
    }

    @Test
    void ratiosAreOfMedians() {
        add(veery, "sieve", "7", 10, 30, 20);
        add(qemu, "sieve", "7", 80, 1000, 40);
        add(veery, "sort", "8", 5, 7);
        add(qemu, "sort", "8", 3, 3);

        List<Comparison> all = Comparison.of(veery, qemu);

        assertEquals(0.25, all.get(0).ratio(), 1e-9);
        assertEquals(2, all.get(1).ratio(), 1e-9);
        assertEquals(Math.sqrt(0.5), Comparison.mean(all), 1e-9);
    }

    @Test
    void aBootIsNoPartOfTheMean() {
        add(veery, Contender.BOOT, "", 300);
        add(qemu, Contender.BOOT, "", 100);
        add(veery, "sort", "8", 1);
        add(qemu, "sort", "8", 2);

        assertEquals(0.5, Comparison.mean(Comparison.of(veery, qemu)), 1e-9);
    }

    @Test
    void twoThreadsDoTwiceTheWorkInTheTimeOfOne() {
        add(veery, "thread", "7", 100);
        add(veery, "threads", "8", 100);
        add(qemu, "thread", "7", 100);
        add(qemu, "threads", "8", 200);

        assertEquals(2, Comparison.twoThreads(veery), 1e-9);
        assertEquals(1, Comparison.twoThreads(qemu), 1e-9);
        assertTrue(Report.table(veery, qemu, 1, Comparison.of(veery, qemu)).contains("Veery 2.00, QEMU 1.00"));
    }

    @Test
    void anotherResultIsAnError() {
        add(veery, "crc32", "1234", 1);
        add(qemu, "crc32", "1235", 1);

        ConfigException e = assertThrows(ConfigException.class, () -> Comparison.of(veery, qemu));

        assertTrue(e.getMessage().contains("'crc32' computed 1234 under Veery and 1235 under QEMU"), e.getMessage());
    }

    @Test
    void ratesAreShownAsRatesAndComparedAsTimes() {
        veery.samples().put("net-echo", List.of(new Contender.Sample(1e3 / 8000, "", "/s")));
        qemu.samples().put("net-echo", List.of(new Contender.Sample(1e3 / 4000, "", "/s")));

        List<Comparison> all = Comparison.of(veery, qemu);

        assertEquals(0.5, all.get(0).ratio(), 1e-9);
        assertTrue(Report.table(veery, qemu, 1, all)
                .contains("net-echo                   8000.0     4000.0 /s        0.50"));
    }

    @Test
    void reportsNameEveryWorkload() {
        add(veery, "sieve", "7", 10);
        add(qemu, "sieve", "7", 20);
        List<Comparison> all = Comparison.of(veery, qemu);

        assertTrue(Report.table(veery, qemu, 1, all)
                .contains("sieve                        10.0       20.0 ms        0.50"));
        assertTrue(
                Report.json(veery, qemu, 1, all)
                        .contains(
                                "{\"name\": \"sieve\", \"unit\": \"ms\", \"veery\": 10.000, \"qemu\": 20.000, \"ratio\": 0.5000"));
        assertTrue(Report.svg(veery, qemu, all).contains(">sieve</text>"));
    }
}
