package dev.veery.linux.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.block.HostFile;
import dev.veery.block.HostFile.Locking;
import dev.veery.block.Pieces;
import dev.veery.linux.sys.Fd;
import dev.veery.memory.access.OffHeap;
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
        try (HostFile writer = LinuxDiskFile.open(file.toString(), true, 0)) {
            assertEquals(Locking.HELD, lock(writer, true));
            for (boolean write : new boolean[] {true, false}) {
                try (HostFile second = LinuxDiskFile.open(file.toString(), write, 0)) {
                    assertEquals(Locking.REFUSED, second.lock(write));
                }
            }
        }
        try (HostFile reader = LinuxDiskFile.open(file.toString(), false, 0);
                HostFile second = LinuxDiskFile.open(file.toString(), false, 0);
                HostFile writer = LinuxDiskFile.open(file.toString(), true, 0)) {
            assertEquals(Locking.HELD, reader.lock(false));
            assertEquals(Locking.HELD, second.lock(false));
            assertEquals(Locking.REFUSED, writer.lock(true));
        }
    }

    @Test
    void closingAnotherDescriptorKeepsTheLock() throws IOException {
        try (HostFile writer = LinuxDiskFile.open(file.toString(), true, 0);
                HostFile second = LinuxDiskFile.open(file.toString(), true, 0)) {
            assertEquals(Locking.HELD, lock(writer, true));
            LinuxDiskFile.open(file.toString(), true, 0).close();
            assertEquals(Locking.REFUSED, second.lock(true));
        }
    }

    @Test
    void zerosARangeAndKeepsTheLength() throws IOException {
        byte[] expected = Files.readAllBytes(file);
        try (HostFile disk = LinuxDiskFile.open(file.toString(), true, 0)) {
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

    @Test
    void movesSeveralPiecesAtOnce() throws IOException {
        byte[] expected = Files.readAllBytes(file);
        long memory = OffHeap.allocate(8192);
        Pieces pieces = new Pieces() {
            @Override
            public int count() {
                return 3;
            }

            @Override
            public long host(int i) {
                return memory + (2 - i) * 2048L;
            }

            @Override
            public long length(int i) {
                return i == 2 ? 100 : 1024;
            }
        };
        try (HostFile disk = LinuxDiskFile.open(file.toString(), true, 0)) {
            assumeTrue(
                    disk.read(pieces, 0, 3, 512) != HostFile.UNSUPPORTED,
                    "this process cannot make system calls directly");
            byte[] read = new byte[1024];
            OffHeap.copyOut(memory + 2048, read, 0, 1024);
            assertArrayEquals(Arrays.copyOfRange(expected, 1536, 2560), read);
            assertEquals(2, disk.read(pieces, 0, 3, BYTES - 2));
            assertEquals(0, disk.read(pieces, 0, 3, BYTES));

            OffHeap.fill(memory, 8192, 0x5a);
            assertEquals(1124, disk.write(pieces, 1, 2, 100));
            Arrays.fill(expected, 100, 1224, (byte) 0x5a);
            assertArrayEquals(expected, Files.readAllBytes(file));
        } finally {
            OffHeap.free(memory);
        }
    }

    @Test
    void aFailureSaysWhichCall() throws IOException {
        Pieces nowhere = new Pieces() {
            @Override
            public int count() {
                return 1;
            }

            @Override
            public long host(int i) {
                return 8;
            }

            @Override
            public long length(int i) {
                return 512;
            }
        };
        try (HostFile disk = LinuxDiskFile.open(file.toString(), true, 0)) {
            assumeTrue(Fd.vectors(), "this process cannot make system calls directly");
            IOException e = assertThrows(IOException.class, () -> disk.write(nowhere, 0, 1, 0));
            assertTrue(String.valueOf(e.getMessage()).contains("pwritev"), e.getMessage());
        }
    }
}
