package dev.veery.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawImageTest {
    private static final int BYTES = 200_000;

    @TempDir
    Path dir;

    private Path file = Path.of("");
    private byte[] expected = new byte[0];
    private final List<String> asked = new ArrayList<>();
    private boolean able = true;
    private RawImage image;

    /** A host that does what it is asked, or says that it cannot. */
    private final class Host implements HostFile {
        @Override
        public Locking lock(boolean write) {
            return Locking.HELD;
        }

        @Override
        public boolean punch(long offset, long length) {
            asked.add("punch " + offset + " " + length);
            return able;
        }

        @Override
        public boolean zero(long offset, long length) {
            asked.add("zero " + offset + " " + length);
            return able;
        }

        @Override
        public boolean resize(long length) throws IOException {
            byte[] bytes = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(bytes, (int) length));
            return able;
        }

        @Override
        public void close() {
            asked.add("close");
        }
    }

    @BeforeEach
    void open() throws IOException {
        file = dir.resolve("disk");
        expected = new byte[BYTES];
        new Random(11).nextBytes(expected);
        Files.write(file, expected);
        open(true);
    }

    private void open(boolean unmap) {
        DiskSpec spec = new DiskSpec("d", file.toString(), 0, false, CacheMode.WRITEBACK, unmap, true);
        image = RawImage.open(spec, given -> new Host());
    }

    @AfterEach
    void close() {
        image.close();
    }

    @Test
    void zeroingAsksTheHostForWhatTheGuestAllowed() throws IOException {
        image.zero(512, 1024, true);
        image.zero(4096, 8192, false);
        image.discard(0, 512);
        image.discard(0, 0);
        assertEquals(List.of("punch 512 1024", "zero 4096 8192", "punch 0 512"), asked);
    }

    @Test
    void withoutDiscardNothingIsGivenBack() throws IOException {
        image.close();
        asked.clear();
        open(false);
        image.zero(512, 1024, true);
        image.discard(0, 512);
        assertEquals(List.of("zero 512 1024"), asked);
    }

    @Test
    void zerosAreWrittenWhereTheHostCannot() throws IOException {
        able = false;
        image.zero(1024, 150_016, true);
        Arrays.fill(expected, 1024, 151_040, (byte) 0);
        assertArrayEquals(expected, Files.readAllBytes(file));
    }

    @Test
    void theLastSectorReadsAsZerosBeyondTheFile() throws IOException {
        assertEquals((BYTES + 511) / 512 * 512, image.length());
        long host = OffHeap.allocate(512);
        try {
            OffHeap.fill(host, 512, 0x55);
            image.read(BYTES / 512 * 512, host, 512);
            byte[] got = new byte[512];
            OffHeap.copyOut(host, got, 0, 512);
            assertArrayEquals(Arrays.copyOf(Arrays.copyOfRange(expected, BYTES / 512 * 512, BYTES), 512), got);
        } finally {
            OffHeap.free(host);
        }
    }

    @Test
    void becomesLongerAndShorter() throws IOException {
        image.resize(1 << 20);
        assertEquals(1 << 20, image.length());
        image.resize(512);
        assertEquals(512, image.length());
        able = false;
        assertThrows(IOException.class, () -> image.resize(1024));
    }
}
