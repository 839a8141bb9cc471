package dev.veery.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RomFileTest {
    @TempDir
    private Path directory;

    private Path file(int size) throws Exception {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) i;
        }
        return Files.write(directory.resolve("rom" + size), bytes);
    }

    @Test
    void takesThePowerOfTwoThatHoldsItAndReadsAsOnesBehindItsEnd() throws Exception {
        RomFile rom = RomFile.read(file(4098));

        assertEquals(8192, rom.size());
        assertEquals(0x0302_0100, rom.read(0, 4));
        assertEquals(0xffff_0100L, rom.read(4096, 4));
        assertEquals(4096, RomFile.read(file(4096)).size());
        assertEquals(2048, RomFile.read(file(1)).size());
    }

    @Test
    void whatCannotBeReadIsNamed() throws Exception {
        Path absent = directory.resolve("absent");
        Path empty = file(0);

        assertTrue(assertThrows(ConfigException.class, () -> RomFile.read(absent))
                .getMessage()
                .contains(absent.toString()));
        assertThrows(ConfigException.class, () -> RomFile.read(empty));
    }
}
