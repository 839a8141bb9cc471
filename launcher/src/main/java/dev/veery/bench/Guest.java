package dev.veery.bench;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A guest's kernel and initial RAM disk. */
final class Guest implements AutoCloseable {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final String PREFIX = "veery-bench";

    private final Path directory;
    private final Path kernel;
    private final Path initrd;

    private Guest(Path directory, Path kernel, Path initrd) {
        this.directory = directory;
        this.kernel = kernel;
        this.initrd = initrd;
    }

    Path kernel() {
        return kernel;
    }

    Path initrd() {
        return initrd;
    }

    /** Where files of the run may be put; emptied with the guest. */
    Path directory() {
        return directory;
    }

    /** A guest for work of a group: compiles the program and packs it, with drivers where there are devices. */
    static Guest make(Group group, BenchOptions options) {
        Path kernel = options.kernel();
        Path bzImage = kernel != null ? kernel : newestKernel();
        if (!Files.isReadable(bzImage)) {
            throw new ConfigException("bench: cannot read the kernel '" + bzImage + "'");
        }
        return group == Group.CPU
                ? make(bzImage, "kernels.c", List.of())
                : make(bzImage, "devices.c", Drivers.find(bzImage, options.modules()));
    }

    private static Guest make(Path bzImage, String sourceName, List<Path> drivers) {
        try {
            Path directory = temporary();
            Path program = compile(directory, sourceName);
            Cpio archive = new Cpio()
                    .add("dev", Cpio.DIRECTORY, new byte[0])
                    .device("dev/console", 5, 1)
                    .add("init", Cpio.PROGRAM, Files.readAllBytes(program))
                    .add("drivers", Cpio.DIRECTORY, new byte[0]);
            StringBuilder order = new StringBuilder();
            for (Path driver : drivers) {
                String name = "drivers/" + driver.getFileName();
                archive.add(name, Cpio.PROGRAM, Files.readAllBytes(driver));
                order.append('/').append(name).append('\n');
            }
            archive.add("drivers/order", Cpio.PROGRAM, order.toString().getBytes(StandardCharsets.US_ASCII));
            Path initrd = directory.resolve("initrd");
            Files.write(initrd, archive.finish());
            return new Guest(directory, bzImage, initrd);
        } catch (IOException e) {
            throw new ConfigException("bench: cannot make the guest: " + e.getMessage());
        }
    }

    /** In memory if there is room: a disk at work behind the images would be measured with them, now and then. */
    private static Path temporary() throws IOException {
        boolean room = Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() > 4 * DiskFile.BYTES;
        return room ? Files.createTempDirectory(MEMORY, PREFIX) : Files.createTempDirectory(PREFIX);
    }

    private static Path compile(Path directory, String sourceName) throws IOException {
        Path source = directory.resolve(sourceName);
        try (InputStream in = Objects.requireNonNull(Guest.class.getResourceAsStream(sourceName))) {
            Files.copy(in, source);
        }
        Path program = directory.resolve("program");
        List<String> command = List.of(
                "gcc", "-O2", "-march=x86-64-v2", "-static", "-pthread", "-o", program.toString(), source.toString());
        Process compiler;
        try {
            compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new ConfigException("bench: no C compiler found; install the packages gcc and libc6-dev");
        }
        String output = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (Contender.waitFor(compiler) != 0) {
            throw new ConfigException("bench: gcc failed (are gcc and libc6-dev installed?): "
                    + output.lines().findFirst().orElse("it does not say why"));
        }
        return program;
    }

    /** The newest kernel in /boot, or one that the demo fetched. */
    private static Path newestKernel() {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path fetched = (cache != null && !cache.isEmpty()
                        ? Path.of(cache)
                        : Path.of(System.getProperty("user.home"), ".cache"))
                .resolve("veery/linux-image-cloud-amd64/boot");
        return Stream.of(fetched, Path.of("/boot"))
                .flatMap(Guest::kernels)
                .max(Comparator.comparing(Guest::modified))
                .orElseThrow(
                        () -> new ConfigException(
                                "bench: no kernel found; give one with --kernel, or run launcher/bin/demo once, which fetches one"));
    }

    private static Stream<Path> kernels(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files
                    .filter(f -> String.valueOf(f.getFileName()).startsWith("vmlinuz-"))
                    .filter(Files::isReadable)
                    .toList()
                    .stream();
        } catch (IOException e) {
            // No such directory: no kernels.
            return Stream.empty();
        }
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + directory, e);
        }
    }
}
