package dev.veery.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything the oracle found, one by one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegressionTest {
    private @org.jspecify.annotations.Nullable Oracle oracle;
    private boolean amd;

    @BeforeAll
    void start() {
        HostInfo host = HostInfo.read();
        assumeTrue(host.usable(), "the native oracle needs an x86-64 Linux host");
        oracle = new Oracle(host);
        amd = host.amd();
    }

    @AfterAll
    void stop() {
        if (oracle != null) {
            oracle.close();
        }
    }

    static List<RegressionCases.Named> cases() {
        return RegressionCases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithTheHost(RegressionCases.Named named) {
        Report report = new Report(List.of());

        if (oracle != null) {
            oracle.run(Oracle.of(named::fill), 1, report);
        }

        assertEquals(0, report.mismatched(), report::text);
        assumeTrue(!amd || report.cases() != 0, "AMD's processors differ here");
        assertEquals(1, report.cases());
    }
}
