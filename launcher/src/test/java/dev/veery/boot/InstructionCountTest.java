package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code -icount}: the same inputs lead to the same course, whatever the host does meanwhile. */
@Tag("boot")
class InstructionCountTest {
    @TempDir
    private Path directory;

    /** What a boot of Debian's kernel to its end left: instructions, and what it wrote to its serial port. */
    private record Course(String instructions, String serial) {}

    private Course boot(String accelerator, String processors) throws IOException, InterruptedException {
        return boot(accelerator, processors, 1, new StringBuilder());
    }

    private Course boot(String accelerator, String processors, int shift, StringBuilder messages)
            throws IOException, InterruptedException {
        BootFiles files = BootFiles.cloud();
        Path serial = Files.createTempFile(directory, "serial", "");
        Program run = Program.run(
                directory,
                List.of(
                        Program.ROOT.resolve("launcher/bin/veery").toString(),
                        "-accel",
                        accelerator + ",stats=on",
                        // What max shows differs with the engine and the host.
                        "-cpu",
                        "Nehalem",
                        "-icount",
                        "shift=" + shift + ",sleep=off",
                        "-rtc",
                        "base=2026-01-02T03:04:05,clock=vm",
                        "-smp",
                        processors,
                        "-m",
                        "256M",
                        "-nodefaults",
                        "-display",
                        "none",
                        "-serial",
                        "file:" + serial,
                        "-kernel",
                        files.kernel(),
                        "-initrd",
                        files.initrd(),
                        "-append",
                        "console=ttyS0 veery.check"));
        assertEquals(0, run.status(), run.err());
        messages.append(run.err());
        String count = run.err()
                .lines()
                .filter(line -> line.startsWith("instructions "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(run.err()));
        return new Course(count, Files.readString(serial, StandardCharsets.ISO_8859_1));
    }

    @Test
    void aBootTakesTheSameCourseEachTimeUnderBothEngines() throws IOException, InterruptedException {
        Course first = boot("jit", "1");
        Course again = boot("jit", "1");
        Course interpreted = boot("interp", "1");

        assertTrue(first.serial().contains("veery-check: end"), first.serial());
        assertEquals(first, again);
        assertEquals(first, interpreted);
    }

    @Test
    void processorsTakeTheirTurnsAtTheSameInstructions() throws IOException, InterruptedException {
        Course first = boot("jit", "2");

        assertTrue(first.serial().contains("veery-check: end"), first.serial());
        assertEquals(first, boot("jit", "2"));
    }

    /** RDTSC twice with four instructions between: the second tells five instructions more. */
    @ParameterizedTest
    @CsvSource({"interp, 0, 5", "interp, 3, 40", "tcg, 2, 20"})
    void anInstructionTakesItsShareOfTime(String accelerator, int shift, int ticks)
            throws IOException, InterruptedException {
        Path kernel = MultibootKernel.write(
                directory.resolve("guest"),
                0x0f,
                0x31, // rdtsc
                0x89,
                0xc3, // mov ebx, eax
                0x90,
                0x90,
                0x90, // nop
                0x0f,
                0x31, // rdtsc
                0x29,
                0xd8, // sub eax, ebx
                0xe6,
                0xf4); // out f4h, al
        List<String> command = new ArrayList<>(
                List.of(Program.ROOT.resolve("launcher/bin/veery").toString(), "-accel", accelerator));
        command.addAll(List.of("-icount", Integer.toString(shift), "-nodefaults", "-display", "none"));
        command.addAll(List.of("-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", kernel.toString()));

        Program run = Program.run(directory, command);

        assertEquals("", run.err());
        assertEquals(ticks << 1 | 1, run.status());
    }

    @Test
    void keptTranslationsChangeNothing() throws IOException, InterruptedException {
        Path file = directory.resolve("kept");
        String kept = "jit,cache=" + file;
        StringBuilder warm = new StringBuilder();
        StringBuilder elsewhere = new StringBuilder();
        StringBuilder damaged = new StringBuilder();

        Course none = boot("jit,cache=off", "1");
        Course cold = boot(kept, "1");
        Course again = boot(kept, "1", 1, warm);
        // Another time-stamp counter: the kernel and programs choose other addresses.
        Course moved = boot(kept, "1", 2, elsewhere);
        flipAByte(file);
        Course ignored = boot(kept, "1", 1, damaged);

        assertEquals(none, cold);
        assertEquals(none, again);
        assertEquals(none, ignored);
        assertTrue(moved.serial().contains("veery-check: end"), moved.serial());
        assertTrue(reused(warm) > 0.95, warm::toString);
        assertTrue(reused(elsewhere) > 0.8 && reused(elsewhere) < 0.99, elsewhere::toString);
        assertTrue(reused(damaged) < 0.01, damaged::toString);
        assertTrue(
                damaged.toString().contains("ignoring the translations in '" + file + "': it is damaged"),
                damaged::toString);
    }

    private static void flipAByte(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    /** The part of translated blocks that were not translated now, by the report in {@code messages}. */
    private static double reused(StringBuilder messages) {
        return statistic(messages, "TB reused ") / statistic(messages, "TB count ");
    }

    private static double statistic(StringBuilder messages, String name) {
        return messages.toString()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.substring(name.length()).strip()))
                .sum();
    }
}
