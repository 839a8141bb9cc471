package dev.veery.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerfMapTest {
    @Test
    void aLineHasAddressAndSizeInHexadecimalAndAName(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("perf-1.map");
        try (PerfMap map = new PerfMap(file)) {
            map.add(0xffffffff81000000L, 0x7f0000001000L, 186);
        }
        assertEquals("7f0000001000 ba guest-0xffffffff81000000\n", Files.readString(file));
    }
}
