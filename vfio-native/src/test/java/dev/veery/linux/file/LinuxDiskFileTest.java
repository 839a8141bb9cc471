package dev.veery.linux.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.block.HostFile;
import dev.veery.block.HostFile.Locking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxDiskFileTest {
    private static final int BYTES = 1 << 16;

    @TempDir
    Path dir;

    private Path file = Path.of("");

    @BeforeEach
    void make() throws IOException {
        file = dir.resolve("disk");
        byte[] bytes = new byte[BYTES];
        new Random(12).nextBytes(bytes);
        Files.write(file, bytes);
    }

    private Locking lock(HostFile first, boolean write) throws IOException {
        Locking locking = first.lock(write);
        assumeTrue(locking != Locking.UNSUPPORTED, "the file system has no locks of open files");
        return locking;
    }

    @Test
    void aWriterIsAloneAndReadersAreNot() throws IOException {
        try (HostFile writer = LinuxDiskFile.open(file.toString(), true)) {
            assertEquals(Locking.HELD, lock(writer, true));
            for (boolean write : new boolean[] {true, false}) {
                try (HostFile second = LinuxDiskFile.open(file.toString(), write)) {
                    assertEquals(Locking.REFUSED, second.lock(write));
                }
            }
        }
        try (HostFile reader = LinuxDiskFile.open(file.toString(), false);
                HostFile second = LinuxDiskFile.open(file.toString(), false);
                HostFile writer = LinuxDiskFile.open(file.toString(), true)) {
            assertEquals(Locking.HELD, reader.lock(false));
            assertEquals(Locking.HELD, second.lock(false));
            assertEquals(Locking.REFUSED, writer.lock(true));
        }
    }

    @Test
    void closingAnotherDescriptorKeepsTheLock() throws IOException {
        try (HostFile writer = LinuxDiskFile.open(file.toString(), true);
                HostFile second = LinuxDiskFile.open(file.toString(), true)) {
            assertEquals(Locking.HELD, lock(writer, true));
            LinuxDiskFile.open(file.toString(), true).close();
            assertEquals(Locking.REFUSED, second.lock(true));
        }
    }

    @Test
    void zerosARangeAndKeepsTheLength() throws IOException {
        byte[] expected = Files.readAllBytes(file);
        try (HostFile disk = LinuxDiskFile.open(file.toString(), true)) {
            if (disk.punch(4096, 8192)) {
                Arrays.fill(expected, 4096, 12288, (byte) 0);
            }
            if (disk.zero(BYTES - 4096, 8192)) {
                Arrays.fill(expected, BYTES - 4096, BYTES, (byte) 0);
            }
            assertArrayEquals(expected, Files.readAllBytes(file));
            disk.resize(512);
            assertEquals(512, Files.size(file));
        }
    }
}
