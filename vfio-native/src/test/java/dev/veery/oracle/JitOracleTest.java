package dev.veery.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.cpu.jit.JitTier;
import dev.veery.cpu.jit.TranslationCache;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCode;
import dev.veery.hostcode.linux.LinuxHostCode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The translator against the host's processor: every block is translated before it runs for the first time. */
class JitOracleTest {
    private static final long REGION = 4 << 20;
    private static final int SMOKE = 100_000;
    private static final int KEPT = 20_000;
    private static final long MAKER = 1;
    private static final long MANY = Long.getLong("veery.oracle.cases", 1_200_000);
    private static final long SEED = Long.getLong("veery.oracle.seed", 2);

    private static Report run(long cases, long seed) {
        return run(forms -> new Generator(seed, forms), generator -> cases);
    }

    private static <S extends Oracle.Source> Report run(Function<List<Form>, S> source, ToLongFunction<S> count) {
        HostInfo info = HostInfo.read();
        assumeTrue(info.usable(), "the native oracle needs an x86-64 Linux host");
        HostCode host = new LinuxHostCode();
        assumeTrue(host.problem().isEmpty(), () -> host.problem().orElse(""));
        List<Form> forms = InstructionSet.of(info);
        Report report = new Report(forms);
        try (CodeRegion region = host.allocate("jit-oracle", REGION);
                Oracle oracle = new Oracle(info, (s, m) -> new JitTier(s, m, host, region, 1, ExecutionTrace.NONE))) {
            S cases = source.apply(forms);
            oracle.run(cases, count.applyAsLong(cases), report);
        }
        return report;
    }

    @Test
    void agreesWithTheHostOnASample() {
        Report report = run(SMOKE, 20_240_301);

        assertEquals(0, report.mismatched(), report::text);
        assertTrue(report.fewest() > 0, "every form was tried");
    }

    @Test
    void agreesWithTheHostByTranslationsOfAnotherRun() throws IOException {
        HostInfo info = HostInfo.read();
        assumeTrue(info.usable(), "the native oracle needs an x86-64 Linux host");
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        long made;
        try (TranslationCache cache = new TranslationCache()) {
            made = runKept(info, cache, new Report(InstructionSet.of(info)), SEED)
                    .translations();
            cache.save(Channels.newChannel(file), MAKER);
        }
        Report report = new Report(InstructionSet.of(info));
        try (TranslationCache cache = new TranslationCache()) {
            cache.load(Channels.newChannel(new ByteArrayInputStream(file.toByteArray())), MAKER);

            // Other code first, so that everything comes to stand elsewhere.
            JitTier second = runKept(info, cache, report, SEED + 1, SEED);

            assertEquals(0, report.mismatched(), report::text);
            assertTrue(second.reused() > made * 9 / 10, () -> second.reused() + " reused of " + made);
        }
    }

    /** Runs as many cases of each seed with one processor; returns its tier, of which only the counts are left. */
    private static JitTier runKept(HostInfo info, TranslationCache cache, Report report, long... seeds) {
        HostCode host = new LinuxHostCode();
        assumeTrue(host.problem().isEmpty(), () -> host.problem().orElse(""));
        List<Form> forms = InstructionSet.of(info);
        AtomicReference<JitTier> tier = new AtomicReference<>();
        try (CodeRegion region = host.allocate("jit-oracle", REGION);
                Oracle oracle = new Oracle(info, (s, m) -> {
                    tier.set(new JitTier(s, m, host, region, 1, false, ExecutionTrace.NONE, cache, 0));
                    return Objects.requireNonNull(tier.get());
                })) {
            for (long seed : seeds) {
                oracle.run(new Generator(seed, forms), KEPT, report);
            }
        }
        return Objects.requireNonNull(tier.get());
    }

    @Test
    @Tag("slow")
    void faultsAsTheHostAtEveryPositionOfAPage() {
        Report report = run(forms -> new FaultPositions(SEED, forms), FaultPositions::count);

        assertEquals(0, report.mismatched(), report::text);
    }

    @Test
    @Tag("slow")
    void agreesWithTheHostAMillionTimes() {
        Report report = run(MANY, SEED);

        assertEquals(0, report.mismatched(), report::text);
        assertTrue(report.cases() >= MANY * 9 / 10, () -> report.cases() + " cases were comparable");
    }
}
