package dev.veery.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.config.TraceOptions;
import dev.veery.cpu.state.CpuState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceLogTest {
    /** Lines as QEMU writes them where it has no disassembler, for the scripts that read those. */
    @Test
    void translationsAreLinesOfBytesForADisassembler(@TempDir Path directory) throws IOException {
        byte[] host = new byte[40];
        host[0] = (byte) 0x90;
        host[39] = (byte) 0xc3;
        Path file = directory.resolve("log");
        CpuState s = new CpuState(0);
        TraceOptions options = new TraceOptions(EnumSet.of(TraceOptions.Item.OUT_ASM), file.toString(), false);
        try (TraceLog log = new TraceLog(options, System.err)) {
            assertTrue(log.wantsTranslations());
            log.translated(s, 0x1000, 3, 1, 0x7f0000000000L, host);
        } finally {
            s.free();
        }

        String text = Files.readString(file);
        assertTrue(text.startsWith("OUT: [size=40]\n"), text);
        StringBuilder hex = new StringBuilder();
        text.lines().filter(line -> line.startsWith("OBJD-H: ")).forEach(line -> hex.append(line.substring(8)));
        assertEquals(HexFormat.of().formatHex(host), hex.toString());
    }
}
