package dev.veery.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class NativeChildTest {
    /** Otherwise a case with a random pointer would now and then read the child's own stack. */
    @Test
    void mapsNothingAtRandomAddresses() throws IOException {
        HostInfo host = HostInfo.read();
        assumeTrue(host.usable(), "the native oracle needs an x86-64 Linux host");

        List<String> stray;
        try (NativeChild child = new NativeChild(host)) {
            stray = Files.readAllLines(Path.of("/proc/" + child.pid() + "/maps")).stream()
                    .filter(line -> !line.endsWith("[vsyscall]"))
                    .filter(line -> Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16)
                            >= Layout.SHARED + Layout.FILE_SIZE)
                    .collect(Collectors.toList());
        }

        assertEquals(List.of(), stray);
    }
}
