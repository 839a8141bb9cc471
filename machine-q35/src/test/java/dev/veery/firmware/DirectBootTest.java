package dev.veery.firmware;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectBootTest {
    private static final byte[] BODY = Images.noise(1, 100_000);

    @TempDir
    Path dir;

    private final Images.Machine machine = new Images.Machine();

    @AfterEach
    void free() {
        machine.close();
    }

    private String file(String name, byte[] contents) throws IOException {
        return Files.write(dir.resolve(name), contents).toString();
    }

    private EntryState boot(String kernel, @Nullable String initrd, String commandLine) {
        return DirectBoot.load(
                new BootRequest(kernel, initrd, commandLine, Images.memoryMap(), 0xe_0000, new byte[32]),
                machine.memory);
    }

    private String complaint(String kernel, @Nullable String initrd) {
        return message(assertThrows(ConfigException.class, () -> boot(kernel, initrd, "")));
    }

    private static String message(ConfigException e) {
        return String.valueOf(e.getMessage());
    }

    @Test
    void linuxIsEnteredAtItsCodeWithAZeroPage() throws IOException {
        byte[] initrd = Images.gzip(Images.cpio(BODY));
        EntryState entry = boot(file("bzImage", Images.bzImage(BODY)), file("initrd", initrd), "console=ttyS0 quiet");

        assertEquals(0x10_0000, entry.eip());
        assertEquals(0x10, entry.segments().get(1).selector());
        assertEquals(0x18, entry.segments().get(3).selector());
        assertArrayEquals(BODY, machine.bytes(0x10_0000, BODY.length));
        long zero = entry.esi();
        assertEquals(0x5372_6448, machine.memory.read(zero + 0x202, 4));
        assertEquals(0xff, machine.memory.read(zero + 0x210, 1));
        assertEquals("console=ttyS0 quiet", machine.text(machine.memory.read(zero + 0x228, 4)));
        long at = machine.memory.read(zero + 0x218, 4);
        assertEquals(initrd.length, machine.memory.read(zero + 0x21c, 4));
        assertEquals(Images.RAM - initrd.length & -4096L, at);
        assertArrayEquals(initrd, machine.bytes(at, initrd.length));
        assertEquals(4, machine.memory.read(zero + 0x1e8, 1));
        assertEquals(Images.RAM - (1 << 20), machine.memory.read(zero + 0x2d0 + 60 + 8, 8));
        assertEquals(0xe_0000, machine.memory.read(zero + 0x70, 8));
        assertEquals(9, machine.memory.read(machine.memory.read(zero + 0x250, 8) + 8, 4));
    }

    @Test
    void pvhIsEnteredAtItsNoteWithStartInformation() throws IOException {
        EntryState entry = boot(file("vmlinux", Images.pvhElf(BODY)), file("initrd", Images.cpio(BODY)), "a=b");

        assertEquals(0x20_0010, entry.eip());
        assertArrayEquals(BODY, machine.bytes(0x20_0000, BODY.length));
        long info = entry.ebx();
        assertEquals(0x336e_c578, machine.memory.read(info, 4));
        assertEquals(1, machine.memory.read(info + 12, 4));
        long module = machine.memory.read(info + 16, 8);
        assertArrayEquals(Images.cpio(BODY), machine.bytes(machine.memory.read(module, 8), (int)
                machine.memory.read(module + 8, 8)));
        assertEquals("a=b", machine.text(machine.memory.read(info + 24, 8)));
        assertEquals(0xe_0000, machine.memory.read(info + 32, 8));
        long map = machine.memory.read(info + 40, 8);
        assertEquals(4, machine.memory.read(info + 48, 4));
        assertEquals(0x9_fc00, machine.memory.read(map + 8, 8));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void multibootIsEnteredWithItsInformation(boolean flat) throws IOException {
        String kernel = file("t.flat", flat ? Images.multibootFlat(BODY) : Images.multibootElf(BODY));
        machine.memory.fill(0x10_0000, 0x80_0000, 0xaa);
        String initrd = file("env", BODY);
        EntryState entry = boot(kernel, initrd + " x=1", "arg1 arg2");

        assertEquals(flat ? 0x10_0020 : 0x40_0004, entry.eip());
        assertEquals(0x2bad_b002L, entry.eax());
        assertArrayEquals(BODY, machine.bytes(flat ? 0x10_0040 : 0x40_0000, BODY.length));
        assertEquals(flat ? 0 : 0xaa, machine.memory.read((flat ? 0x10_0040 : 0x40_0000) + BODY.length, 1));
        long info = entry.ebx();
        assertEquals(0x24f, machine.memory.read(info, 4));
        assertEquals(639, machine.memory.read(info + 4, 4));
        assertEquals(63 * 1024, machine.memory.read(info + 8, 4));
        assertEquals(kernel + " arg1 arg2", machine.text(machine.memory.read(info + 16, 4)));
        assertEquals(1, machine.memory.read(info + 20, 4));
        long module = machine.memory.read(info + 24, 4);
        long start = machine.memory.read(module, 4);
        assertEquals(start + BODY.length, machine.memory.read(module + 4, 4));
        assertArrayEquals(BODY, machine.bytes(start, BODY.length));
        assertEquals(initrd + " x=1", machine.text(machine.memory.read(module + 8, 4)));
        assertEquals(4 * 24, machine.memory.read(info + 44, 4));
        assertEquals("veery", machine.text(machine.memory.read(info + 64, 4)));
    }

    @Test
    void theBootTableHoldsTheSegmentsOfTheEntryState() throws IOException {
        EntryState entry = boot(file("t.flat", Images.multibootFlat(BODY)), null, "");
        for (EntryState.Segment segment : entry.segments()) {
            long descriptor = machine.memory.read(entry.gdtBase() + segment.selector(), 8);
            assertEquals(segment.attributes(), (int) (descriptor >>> 40) & 0xf0ff);
            assertEquals(0xf_ffff, (descriptor & 0xffff) | (descriptor >>> 32 & 0xf_0000));
        }
        assertEquals(0x8b, entry.tr().attributes());
    }

    @Test
    void unusableFilesAreNamedWithTheReason() throws IOException {
        String text = file("notes.txt", "This is not a kernel.\n".repeat(500).getBytes("US-ASCII"));
        String missing = dir.resolve("nosuch").toString();
        String good = file("bzImage", Images.bzImage(BODY));
        assertEquals("could not open kernel '" + missing + "': No such file", complaint(missing, null));
        assertEquals("could not open kernel '" + dir + "': Is a directory", complaint(dir.toString(), null));
        assertTrue(complaint(text, null).contains("notes.txt': it is neither a Linux bzImage"));
        assertTrue(complaint(file("empty", new byte[0]), null).contains("the file is empty"));
        assertEquals("could not open initrd '" + missing + "': No such file", complaint(good, missing));
        assertTrue(complaint(good, file("big", new byte[62 << 20])).contains("do not fit in RAM"));
        String huge = file("huge", Arrays.copyOf(Images.bzImage(BODY), 70 << 20));
        assertTrue(complaint(huge, null).contains("use a larger -m"));
    }

    @Test
    void anOverlongCommandLineIsRefused() throws IOException {
        String kernel = file("bzImage", Images.bzImage(BODY));
        ConfigException e = assertThrows(ConfigException.class, () -> boot(kernel, null, "x".repeat(2048)));
        assertTrue(message(e).contains("longer than the 2047"));
    }

    @Test
    void everyTruncationOfAnInitrdIsNoticed() throws IOException {
        String kernel = file("bzImage", Images.bzImage(BODY));
        byte[] cpio = Images.cpio(Images.noise(2, 3000));
        Map<String, byte[]> complete =
                Map.of("cpio", cpio, "gzip", Images.gzip(cpio), "zstd", Images.zstd(Images.noise(3, 900)));
        Random random = new Random(42);
        for (Map.Entry<String, byte[]> initrd : complete.entrySet()) {
            byte[] whole = initrd.getValue();
            boot(kernel, file("whole", Arrays.copyOf(whole, whole.length + 512)), "");
            for (int i = 0; i < 40; i++) {
                int length = 6 + random.nextInt(whole.length - 6 - 3);
                String cut = file("cut", Arrays.copyOf(whole, length));
                assertTrue(complaint(kernel, cut).contains("truncated"), initrd.getKey() + " at " + length);
            }
        }
    }

    /** Whatever a file contains, loading succeeds or says why: nothing else escapes. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void damagedKernelsNeverBreakTheLoader(int kind) throws IOException {
        byte[] small = Images.noise(5, 2000);
        byte[] initrd = Images.cpio(small);
        byte[] image = List.of(
                        Images.bzImage(small),
                        Images.pvhElf(small),
                        Images.multibootFlat(small),
                        Images.multibootElf(small),
                        initrd)
                .get(kind);
        String good = file("good", Images.bzImage(small));
        Random random = new Random(kind);
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            byte[] damaged = i % 4 == 0 ? Arrays.copyOf(image, random.nextInt(image.length)) : image.clone();
            int interesting = Math.min(damaged.length, kind == 0 ? 0x270 : 0x120);
            for (int n = random.nextInt(4); n > 0 && interesting > 0; n--) {
                damaged[random.nextInt(interesting)] = (byte) random.nextInt();
            }
            String path = file("damaged", damaged);
            try {
                boot(kind == 4 ? good : path, kind == 4 ? path : null, "");
            } catch (ConfigException e) {
                refused++;
                assertTrue(message(e).contains("damaged"), message(e));
            }
        }
        assertTrue(refused > 40, "refused " + refused);
    }
}
