package dev.veery.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The software processor against the host's own. {@code -Dveery.oracle.cases} and {@code -Dveery.oracle.seed} choose how
 * much and what the slow test runs; its seed is printed in what it writes, so that a failure can be repeated. How far it is stands in {@code target/oracle.log}.
 */
class OracleTest {
    private static final int SMOKE = 100_000;
    private static final long MANY = Long.getLong("veery.oracle.cases", 1_200_000);
    private static final long SEED = Long.getLong("veery.oracle.seed", 1);

    /** Cases that every form gets at least. */
    private static final int EACH = 100;

    private static Report run(long cases, long seed) {
        HostInfo host = HostInfo.read();
        assumeTrue(host.usable(), "the native oracle needs an x86-64 Linux host");
        List<Form> forms = InstructionSet.of(host);
        Report report = new Report(forms);
        try (Oracle oracle = new Oracle(host)) {
            oracle.run(new Generator(seed, forms), cases, report);
        }
        return report;
    }

    @Test
    void agreesWithTheHostOnASample() {
        Report report = run(SMOKE, 20_240_229);

        assertEquals(0, report.mismatched(), report::text);
        assertTrue(report.fewest() > 0, "every form was tried");
    }

    @Test
    @Tag("slow")
    void faultsAsTheHostAtEveryPositionOfAPage() {
        HostInfo host = HostInfo.read();
        assumeTrue(host.usable(), "the native oracle needs an x86-64 Linux host");
        List<Form> forms = InstructionSet.of(host);
        Report report = new Report(forms);
        FaultPositions positions = new FaultPositions(SEED, forms);
        try (Oracle oracle = new Oracle(host)) {
            oracle.run(positions, positions.count(), report);
        }

        assertEquals(0, report.mismatched(), report::text);
        assertTrue(report.cases() >= positions.count() * 9 / 10, () -> report.cases() + " cases were comparable");
    }

    @Test
    @Tag("slow")
    void agreesWithTheHostOnEveryFormAMillionTimes() {
        Report report = run(MANY, SEED);
        report.write(Path.of("target", "oracle-coverage.md"), SEED);

        assertEquals(0, report.mismatched(), report::text);
        assertTrue(report.cases() >= MANY * 9 / 10, () -> report.cases() + " cases were comparable");
        assertTrue(report.fewest() >= Math.min(EACH, MANY / 4000), () -> report.fewest() + " cases of the rarest form");
    }
}
