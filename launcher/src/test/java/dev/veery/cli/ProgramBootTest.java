package dev.veery.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.boot.BootFiles;
import dev.veery.boot.MultibootKernel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program as scripts see it: {@code launcher/bin/veery} from its arguments to its exit status. */
@Tag("boot")
class ProgramBootTest {
    private static final Path VEERY = Path.of("bin", "veery").toAbsolutePath();
    private static final long TIMEOUT_SECONDS = 300;

    @TempDir
    private Path directory;

    /** What a run left. */
    private record Outcome(int status, String out, String err) {}

    private Process start(String... arguments) throws IOException {
        // SIGHUP is ignored where the tests run under nohup.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=HUP", VEERY.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(directory.resolve("out").toFile())
                .redirectError(directory.resolve("err").toFile());
        // Translations that another build left would be spoken of.
        builder.environment().put("XDG_CACHE_HOME", directory.toString());
        return builder.start();
    }

    private Outcome finish(Process process) throws IOException, InterruptedException {
        boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly().waitFor();
        }
        String err = Files.readString(directory.resolve("err"));
        assertTrue(ended, "still running; stderr: " + err);
        return new Outcome(process.exitValue(), Files.readString(directory.resolve("out")), err);
    }

    private Outcome run(String... arguments) throws IOException, InterruptedException {
        return finish(start(arguments));
    }

    private void assertOneLine(int status, String part, Outcome outcome) {
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("veery: "), outcome.err());
        assertTrue(outcome.err().contains(part), outcome.err());
        assertEquals(status, outcome.status());
        assertEquals("", outcome.out());
    }

    private Path guest(int... code) throws IOException {
        return MultibootKernel.write(directory.resolve("guest"), code);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2 | -frobnicate                          | '-frobnicate'",
                "2 | -qmp stdio                           | '-qmp'",
                "2 | -m 0                                 | -m 0",
                "2 | -m 10T                               | -m 10T",
                "2 | -smp 65                              | at most 64",
                "2 | -kernel                              | -kernel",
                "1 | -kernel missing                      | 'missing': No such file",
                "1 | -kernel text                         | 'text'",
                "1 | -cpu nosuch -kernel text             | 'nosuch'",
                "1 | -machine pc -kernel text             | 'pc'",
                "1 | -machine turbo=on -kernel text       | 'q35.turbo'",
                "2 | -accel hax -kernel text              | hax",
                "1 | -device nosuch -kernel text          | 'nosuch'",
                "1 | -device pvpanic,colour=red -kernel text | 'pvpanic.colour'",
                "1 | -machine viommu-order=strict -device edu -device intel-iommu -kernel text | move '-device intel-iommu'",
                "1 | -device intel-iommu -device intel-iommu,id=b -kernel text | 'intel-iommu' (id 'b')",
                "1 | -device intel-iommu,aw-bits=40 -kernel text | aw-bits=40",
                "1 | -device nosuch,help                  | 'nosuch'",
                "1 | -serial file:/proc/nowhere -kernel text | /proc/nowhere",
                "1 | -pidfile /proc/nowhere -kernel text  | /proc/nowhere",
                "1 | -D /proc/nowhere -d int -kernel text | /proc/nowhere",
                "1 | -nographic                           | nothing to boot",
            })
    void badInputIsOneClearLine(int status, String arguments, String part) throws Exception {
        Files.writeString(directory.resolve("text"), "just a text\n".repeat(2000));
        assertOneLine(status, part, run(arguments.split(" ")));
    }

    @Test
    void aTruncatedInitrdIsRefused() throws Exception {
        BootFiles files = BootFiles.cloud();
        byte[] whole = Files.readAllBytes(Path.of(files.initrd()));
        Path cut = Files.write(directory.resolve("cut"), java.util.Arrays.copyOf(whole, whole.length / 2));
        assertOneLine(
                1,
                cut.toString(),
                run("-m", "256M", "-display", "none", "-kernel", files.kernel(), "-initrd", cut.toString()));
    }

    @Test
    void theGuestChoosesTheExitStatus() throws Exception {
        // mov $0xf4, %dx; mov $0x21, %al; out %al, (%dx); hlt
        Path guest = guest(0x66, 0xba, 0xf4, 0x00, 0xb0, 0x21, 0xee, 0xf4);
        Outcome outcome = run(
                "-nodefaults",
                "-display",
                "none",
                "-device",
                "isa-debug-exit,iobase=0xf4,iosize=4",
                "-kernel",
                guest.toString());
        assertEquals("", outcome.err());
        assertEquals(0x43, outcome.status());
    }

    @Test
    void aTripleFaultIsReportedWithTheRegisters() throws Exception {
        // lidt of an empty table at 1 MiB + 30h; ud2
        Path guest =
                guest(0x0f, 0x01, 0x1d, 0x30, 0x00, 0x10, 0x00, 0x0f, 0x0b, 0xf4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        Outcome outcome = run("-nodefaults", "-display", "none", "-no-reboot", "-kernel", guest.toString());
        assertEquals(0, outcome.status());
        assertTrue(outcome.err().contains("warning: guest triple fault"), outcome.err());
        assertTrue(outcome.err().contains("EIP=00100027"), outcome.err());
    }

    @ParameterizedTest
    @CsvSource({"TERM", "INT", "HUP"})
    void aSignalEndsTheProgramInOrder(String signal) throws Exception {
        // mov $0x3f8, %dx; mov $'x', %al; out %al, (%dx); hlt; jmp .-1
        Path guest = guest(0x66, 0xba, 0xf8, 0x03, 0xb0, 'x', 0xee, 0xf4, 0xeb, 0xfd);
        Path serial = directory.resolve("serial");
        Path pidFile = directory.resolve("pid");
        Process process = start(
                "-display",
                "none",
                "-serial",
                "file:" + serial,
                "-pidfile",
                pidFile.toString(),
                "-kernel",
                guest.toString());
        for (int n = 0; n < 600 && process.isAlive() && (!Files.exists(serial) || Files.size(serial) == 0); n++) {
            process.waitFor(100, TimeUnit.MILLISECONDS);
        }
        assertEquals(process.pid() + "\n", Files.readString(pidFile));
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
        Outcome outcome = finish(process);
        assertEquals("", outcome.err());
        assertEquals(0, outcome.status());
        assertEquals("x", Files.readString(serial, StandardCharsets.US_ASCII));
        assertFalse(Files.exists(pidFile));
    }

    @Test
    void helpAndVersionNeedNoMachine() throws Exception {
        Outcome help = run("--help");
        assertEquals(0, help.status());
        assertTrue(help.out().contains("QEMU"));
        assertEquals("", help.err());
        assertEquals(1, run("-version").out().lines().count());
        assertTrue(run("-device", "help").out().contains("name \"pc-testdev\", bus ISA"));
        assertTrue(run("-device", "isa-debug-exit,help").out().contains("iobase=<uint32>"));
        assertTrue(run("-cpu", "?").out().contains("qemu64"));
    }
}
