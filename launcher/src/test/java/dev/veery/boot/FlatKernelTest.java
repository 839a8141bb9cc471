package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The project's own Multiboot kernels of {@code machine-q35/src/test/flat}, run by the command line that harnesses of flat
 * test kernels use. Where QEMU is installed, it runs the same files and must end with the same status.
 */
@Tag("boot")
class FlatKernelTest {
    private static final String VEERY =
            Program.ROOT.resolve("launcher/bin/veery").toString();
    private static final String QEMU = "qemu-system-x86_64";

    @TempDir
    static Path directory;

    @BeforeAll
    static void assemble() throws IOException, InterruptedException {
        assumeTrue(
                Program.exists("as") && Program.exists("ld") && Program.exists("objcopy"),
                "binutils is not installed, so the flat kernels cannot be assembled");
        assumeTrue(
                Files.exists(Program.ROOT.resolve("launcher/target/veery/built")),
                "the program is not built: run launcher/bin/build first");
        String script = Program.ROOT.resolve("machine-q35/src/test/flat/build").toString();
        Program build = Program.run(directory, List.of(script, directory.toString()));
        assertEquals(0, build.status(), build.err());
        Files.writeString(directory.resolve("module"), "module contents\n");
    }

    private static Program run(String program, String kernel, String append, String... more)
            throws IOException, InterruptedException {
        return run(program, List.of("-machine", "accel=tcg"), kernel, append, more);
    }

    private static Program run(String program, List<String> processors, String kernel, String append, String... more)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program, "--no-reboot", "-nodefaults", "-device", "pc-testdev"));
        command.addAll(List.of("-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"));
        command.addAll(List.of("-display", "none", "-serial", "stdio"));
        command.addAll(processors);
        command.addAll(List.of("-kernel", directory.resolve(kernel + ".flat").toString()));
        command.addAll(List.of("-append", append));
        command.addAll(List.of(more));
        return Program.run(directory, command);
    }

    private static Program veery(String kernel, String append, String... more)
            throws IOException, InterruptedException {
        return run(VEERY, kernel, append, more);
    }

    private static void compareWithQemu(Program veery, String kernel, String append, String... more)
            throws IOException, InterruptedException {
        if (Program.exists(QEMU)) {
            Program qemu = run(QEMU, kernel, append, more);
            assertEquals(qemu.status(), veery.status(), "exit status, QEMU's output: " + qemu.out() + qemu.err());
            assertEquals(qemu.out(), veery.out(), "output on the serial port");
        }
    }

    /** Every kernel that checks something and prints PASS. */
    static Stream<Arguments> kernels() throws IOException {
        try (Stream<Path> files = Files.list(Program.ROOT.resolve("machine-q35/src/test/flat"))) {
            return files
                    .map(f -> f.getFileName().toString())
                    .filter(f -> f.endsWith(".S") && !f.equals("exit.S") && !f.equals("triple.S"))
                    .filter(f -> !f.startsWith("smp-") && !f.equals("vtd.S"))
                    .map(f -> Arguments.of(f.substring(0, f.length() - 2)))
                    .sorted((a, b) -> a.get()[0].toString().compareTo(b.get()[0].toString()))
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void passes(String kernel) throws IOException, InterruptedException {
        String module = directory.resolve("module").toString();
        Program veery = veery(kernel, "alpha beta", "-initrd", module);
        assertEquals("PASS\n", veery.out(), veery.err());
        assertEquals("", veery.err());
        assertEquals(1, veery.status());
        compareWithQemu(veery, kernel, "alpha beta", "-initrd", module);
    }

    /**
     * Kernels for four processors: memory order, LOCK, code that others write, interrupts. What they look for never comes, so they
     * cannot fail by chance; a host with fewer processors has them look less closely.
     */
    @ParameterizedTest
    @CsvSource({
        "smp-order, tcg",
        "smp-order, interp",
        "smp-atomic, tcg",
        "smp-atomic, interp",
        "smp-code, tcg",
        "smp-code, interp",
        "smp-ipi, tcg",
        "smp-ipi, interp",
        "smp-atomic, 'tcg,thread=single'",
    })
    void passesOnFourProcessors(String kernel, String accelerator) throws IOException, InterruptedException {
        Program veery = run(VEERY, List.of("-accel", accelerator, "-smp", "4"), kernel, "");
        assertEquals("PASS\n", veery.out(), veery.err());
        assertEquals(1, veery.status());
    }

    /** A device's DMA and its messages through the IOMMU's tables, as QEMU's IOMMU takes them. */
    @ParameterizedTest
    @ValueSource(strings = {"tcg", "interp"})
    void theIommuTranslatesAndRemaps(String accelerator) throws IOException, InterruptedException {
        String[] devices = {"-device", "intel-iommu,intremap=on", "-device", "edu,addr=5"};
        Program veery = run(VEERY, List.of("-accel", accelerator), "vtd", "", devices);
        assertEquals("PASS\n", veery.out(), veery.err());
        assertEquals("", veery.err());
        assertEquals(1, veery.status());
        if (accelerator.equals("tcg") && Program.exists(QEMU)) {
            Program qemu = run(QEMU, List.of("-machine", "q35,accel=tcg"), "vtd", "", devices);
            assertEquals(1, qemu.status(), "exit status, QEMU's output: " + qemu.out() + qemu.err());
        }
    }

    @Test
    void exitPortGivesTheStatus() throws IOException, InterruptedException {
        for (int code : new int[] {0, 1, 42, 127}) {
            Program veery = veery("exit", "code " + code);
            assertEquals(code << 1 | 1, veery.status(), veery.err());
            assertEquals("", veery.out() + veery.err());
            compareWithQemu(veery, "exit", "code " + code);
        }
    }

    @Test
    void tripleFaultEndsTheProgramAndTellsTheRegisters() throws IOException, InterruptedException {
        Program veery = veery("triple", "");
        assertEquals(0, veery.status(), veery.err());
        assertTrue(veery.err().contains("warning:") && veery.err().contains("triple fault"), veery.err());
        assertTrue(veery.err().contains("ESI=600df00d"), veery.err());
        compareWithQemu(veery, "triple", "");
    }
}
