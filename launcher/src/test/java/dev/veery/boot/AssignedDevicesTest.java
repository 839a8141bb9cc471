package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Guests with assigned devices on the real kernel's VFIO and KVM, in the lab: {@code vfio-native/lab/vfio-check}, whose checks run
 * there and say what they saw. A check that says less than it should fails, too.
 */
@Tag("vfio")
class AssignedDevicesTest {
    private static final Pattern RESULT = Pattern.compile("(?m)^check (\\S+): ok$");

    /** The lab ends before. */
    private static final long TIMEOUT_SECONDS = 3600;

    @TempDir
    private Path directory;

    private void passes(String check, List<String> expected) throws Exception {
        assumeTrue(
                Files.exists(Program.ROOT.resolve("launcher/target/veery/classpath")),
                "the program is not built: run launcher/bin/build");
        Path out = directory.resolve("out");
        Process process = new ProcessBuilder(
                        Program.ROOT.resolve("vfio-native/lab/vfio-check").toString(), check)
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly().waitFor();
        }
        String text = new String(Files.readAllBytes(out), StandardCharsets.UTF_8);
        assertTrue(ended, () -> "it did not end:\n" + text);
        assertEquals(0, process.exitValue(), text);
        Set<String> seen = new TreeSet<>();
        for (Matcher matcher = RESULT.matcher(text); matcher.find(); ) {
            seen.add(matcher.group(1));
        }
        assertEquals(new TreeSet<>(expected), seen, text);
    }

    /** {@code patterns} with each of the names put in for {@code *}. */
    private static List<String> each(List<String> names, String... patterns) {
        return names.stream()
                .flatMap(name -> List.of(patterns).stream().map(pattern -> pattern.replace("*", name)))
                .toList();
    }

    @Test
    void fourDevicesAndTheIommuInAnyOrder() throws Exception {
        List<String> expected = new ArrayList<>(each(List.of("first", "second", "third", "last"), "plan-*"));
        expected.addAll(each(
                List.of("first", "last"),
                "disk-*",
                "edu-*",
                "net-06-*",
                "net-07-*",
                "guest-faults-*",
                "topology-*",
                "status-*",
                "host-faults-*"));
        passes("order", expected);
    }

    private static final List<String> MOMENTS = List.of("identity", "translated", "network", "unbound", "bound");

    private static List<String> ledger(String... patterns) {
        List<String> expected = new ArrayList<>(each(MOMENTS, patterns));
        expected.addAll(List.of(
                "nothing-before",
                "explained-identity",
                "pages-killed",
                "opened-again",
                "pages-killed-busy",
                "unbind",
                "host-reads",
                "bind-again",
                "status-term",
                "ledger-term",
                "pages-term",
                "host-faults"));
        return expected;
    }

    private static void all() {
        assumeTrue(System.getenv("VEERY_LAB_ALL") != null, "VEERY_LAB_ALL is not set: only the first check is done");
    }

    @Test
    void passThroughAndNoIommuInTheGuestAndAGroupOfTwo() throws Exception {
        all();
        List<String> expected = new ArrayList<>(each(
                List.of("pt-first", "pt-last", "none"), "disk-*", "net-*", "status-*", "host-faults-*", "pages-*"));
        expected.addAll(List.of("type-pt-first", "group-none", "containers-none", "files-none"));
        passes("modes", expected);
    }

    @Test
    void whatAGuestWroteToItsDiskSurvivesItsRebootAndIsTheHosts() throws Exception {
        all();
        passes(
                "disk",
                each(
                        List.of("last"),
                        "partition-*",
                        "mkfs-*",
                        "fio-*",
                        "fio-errors-*",
                        "sum-*",
                        "rebooted-*",
                        "status-*",
                        "pages-*",
                        "host-faults-*",
                        "host-*"));
    }

    @Test
    void cardsCarryDataBothWays() throws Exception {
        all();
        List<String> expected =
                new ArrayList<>(each(List.of("06-e1000e-first", "07-e1000e-first"), "receive-*", "send-*", "errors-*"));
        expected.addAll(List.of("status-e1000e-first", "host-faults-e1000e-first"));
        passes("net", expected);
    }

    @Test
    void theLedgerIsWhatTheKernelHoldsAndNothingIsLeft() throws Exception {
        all();
        passes("ledger", ledger("pinned-*", "locked-*"));
    }

    @Test
    void whatTheHostRefusesIsALineThatNamesTheRemedy() throws Exception {
        all();
        passes(
                "failures",
                each(
                        List.of("permission", "memlock", "viable", "iommufd", "absent", "bound", "entries"),
                        "status-*",
                        "lines-*",
                        "line-*"));
    }
}
