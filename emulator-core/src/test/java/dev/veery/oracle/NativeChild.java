package dev.veery.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/** The child process and the file shared with it. A batch that was submitted belongs to the child until it is awaited. */
final class NativeChild implements AutoCloseable {
    private final Path directory;
    private final Path file;
    private final Process process;

    /** The shared file, {@link Layout} says what is where. */
    final ByteBuffer shared;

    NativeChild(HostInfo host) {
        try {
            directory = Files.createTempDirectory("veery-oracle");
            Path memory = Path.of("/dev/shm");
            file = Files.createTempFile(Files.isWritable(memory) ? memory : directory, "veery-oracle", ".shared");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                shared = channel.map(FileChannel.MapMode.READ_WRITE, 0, Layout.FILE_SIZE)
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
            // Always the same one: a segment's limit tells its number.
            shared.put(Layout.HEADER_CPUS + host.cpu() / 8, (byte) (1 << host.cpu() % 8));
            Path program = directory.resolve("child");
            Files.write(program, new ChildProgram(host.fsgsbase(), host.vex()).elf());
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
            process = new ProcessBuilder(program.toString(), file.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (process.getInputStream().read() != ChildProgram.READY) {
                throw new AssertionError("the oracle's child did not start: " + exitText());
            }
            Files.delete(program);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start the oracle's child", e);
        }
    }

    private String exitText() {
        try {
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                return "still running";
            }
            int status = process.exitValue();
            return status > 128 ? "killed by signal " + (status - 128) : "exit status " + status;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** The process's number. */
    long pid() {
        return process.pid();
    }

    /** Hands a filled batch to the child. */
    void submit(int batch) {
        try {
            process.getOutputStream().write(batch);
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new AssertionError("the oracle's child died: " + exitText(), e);
        }
    }

    /**
     * Waits for the batch that was submitted first.
     *
     * @return -1, or when the child died the index of the case that it was running
     */
    int await(int batch) {
        try {
            int answer = process.getInputStream().read();
            if (answer == batch) {
                return -1;
            }
            return (int) shared.getLong(Layout.HEADER_PROGRESS);
        } catch (IOException e) {
            throw new UncheckedIOException("no answer from the oracle's child", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete the oracle's files", e);
        }
    }
}
