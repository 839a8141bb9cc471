package dev.veery.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.linux.sysfs.SysfsFixture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code veery explain} on trees as captured from real and odd hosts. With {@code VEERY_WRITE_GOLDEN=1} in the environment the
 * expected outputs are written anew, to be read before they are committed.
 */
class ExplainGoldenTest {
    private static final Path FILES =
            Path.of("src", "test", "resources", "dev", "veery", "explain").toAbsolutePath();

    @TempDir
    private Path temporary;

    private record Output(int status, String text) {}

    private List<String> tree(String name) throws IOException {
        List<String> lines = Files.readAllLines(FILES.resolve(name + ".tree"));
        SysfsFixture.make(temporary.resolve("sys"), lines);
        String limit = header(lines, "limit");
        Files.createDirectories(temporary.resolve("proc/self"));
        Files.writeString(
                temporary.resolve("proc/self/limits"),
                "Limit                     Soft Limit           Hard Limit           Units\n"
                        + String.format("%-25s %-20s %-20s bytes%n", "Max locked memory", limit, limit));
        return lines;
    }

    private static String header(List<String> lines, String name) {
        String start = "# " + name + ": ";
        return lines.stream()
                .filter(line -> line.startsWith(start))
                .map(line -> line.substring(start.length()))
                .findFirst()
                .orElse("");
    }

    private Output explain(String machine, String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("explain", "--sysfs", temporary.resolve("sys").toString()));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of(machine.split(" ")));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int status = ExplainCommand.run(
                new PrintStream(bytes, true, StandardCharsets.UTF_8), arguments.toArray(new String[0]));
        return new Output(status, bytes.toString(StandardCharsets.UTF_8));
    }

    private static void assertGolden(String file, String actual) throws IOException {
        if (System.getenv("VEERY_WRITE_GOLDEN") != null) {
            Files.writeString(FILES.resolve(file), actual);
        }
        assertEquals(Files.readString(FILES.resolve(file)), actual, file);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "graphics-card",
                "foreign-driver",
                "conventional-bridge",
                "no-iommu",
                "narrow-width",
                "reserved-over-ram",
                "guest-iommu",
                "one-group-two-domains",
                "one-group-one-bridge",
                "locked-memory",
                "iommufd",
                "host-only"
            })
    void saysWhatItShould(String name) throws IOException {
        String machine = header(tree(name), "args");

        Output text = explain(machine);
        Output json = explain(machine, "--json");

        assertGolden(name + ".txt", text.text());
        assertGolden(name + ".json", json.text());
        assertEquals(text.text().contains("not ready:") ? 1 : 0, text.status());
        assertEquals(text.status(), json.status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"graphics-card", "guest-iommu", "iommufd"})
    void theOrderOnTheCommandLineLeavesNoTrace(String name) throws IOException {
        List<String> lines = tree(name);

        assertEquals(explain(header(lines, "args"), "--json"), explain(header(lines, "swapped"), "--json"));
        assertEquals(explain(header(lines, "args")), explain(header(lines, "swapped")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"graphics-card", "foreign-driver", "conventional-bridge", "no-iommu", "iommufd", "locked-memory"
            })
    void aCaptureExplainsAsItsOriginal(String name) throws IOException {
        String machine = header(tree(name), "args");
        Output original = explain(machine, "--json");

        explain("", "--capture", temporary.resolve("copy").toString());
        Files.move(temporary.resolve("sys"), temporary.resolve("away"));
        Files.move(temporary.resolve("copy"), temporary.resolve("sys"));

        assertEquals(original, explain(machine, "--json"));
    }

    @Test
    void aCaptureOverwritesNothing() throws IOException {
        tree("no-iommu");

        assertThrows(ConfigException.class, () -> explain("", "--capture", temporary.toString()));
    }

    @Test
    void whatTheMachineRefusesIsRefusedHereInTheSameWords() throws IOException {
        tree("guest-iommu");

        ConfigException e = assertThrows(
                ConfigException.class,
                () -> explain("-device intel-iommu,caching-mode=off -device vfio-pci,host=02:00.0,id=disk"));

        assertTrue(e.getMessage().contains("disk"), e.getMessage());
    }

    @Test
    void anIommufdThatWasNotDefinedIsNamed() throws IOException {
        tree("iommufd");

        ConfigException e =
                assertThrows(ConfigException.class, () -> explain("-device vfio-pci,host=02:10.0,iommufd=other"));

        assertTrue(e.getMessage().contains("-object iommufd,id=other"), e.getMessage());
    }
}
