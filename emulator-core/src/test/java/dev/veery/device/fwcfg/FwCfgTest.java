package dev.veery.device.fwcfg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.RamBlock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FwCfgTest {
    private static final int RAM_BYTES = 1 << 16;
    private static final int DESCRIPTOR = 0x1000;
    private static final int READ = 2;
    private static final int SKIP = 4;
    private static final int SELECT = 8;
    private static final int WRITE = 16;

    private final AddressSpace memory = memory();
    private final FwCfg device = new FwCfg(memory);

    private static AddressSpace memory() {
        MemoryRegion root = MemoryRegion.container("system", MemoryRegion.WHOLE);
        root.addChild(
                0, MemoryRegion.ram("ram", new RamBlock("ram", new OffHeapRamAllocator().allocate("ram", RAM_BYTES))));
        return new AddressSpace("memory", root, new MachineLock());
    }

    private byte[] readPort(int key, int length) {
        device.ports().write(0, 2, key);
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = (byte) device.ports().read(1, 1);
        }
        return data;
    }

    /** Runs a descriptor and returns what the control word became. */
    private int dma(int control, int length, long address) {
        memory.write(
                DESCRIPTOR,
                ByteBuffer.allocate(16)
                        .putInt(control)
                        .putInt(length)
                        .putLong(address)
                        .array());
        device.dmaPorts().write(4, 4, Integer.reverseBytes(DESCRIPTOR) & 0xffff_ffffL);
        return Integer.reverseBytes((int) memory.read(DESCRIPTOR, 4));
    }

    private byte[] guest(long address, int length) {
        byte[] data = new byte[length];
        memory.read(address, data);
        return data;
    }

    @Test
    void signatureAndIdAnnounceDma() {
        assertArrayEquals("QEMU\0\0".getBytes(StandardCharsets.US_ASCII), readPort(0, 6));
        assertArrayEquals(new byte[] {3, 0, 0, 0}, readPort(1, 4));
        assertEquals(0x554d4551L, device.dmaPorts().read(0, 4));
        assertEquals(0x47464320L, device.dmaPorts().read(4, 4));
    }

    @Test
    void numbersAreLittleEndianAndUnknownKeysReadZero() {
        device.addNumber(FwCfgKeys.RAM_SIZE, 8, 0x1_2345_6000L);
        assertArrayEquals(new byte[] {0, 0x60, 0x45, 0x23, 1, 0, 0, 0}, readPort(3, 8));
        assertArrayEquals(new byte[2], readPort(0x77, 2));
        assertArrayEquals(new byte[2], readPort(0xffff, 2));
    }

    @Test
    void directoryListsFilesByNameWithTheirKeys() {
        device.addFile("opt/b", new byte[] {2, 2});
        device.addFile("etc/a", new byte[] {1});
        ByteBuffer list = ByteBuffer.wrap(readPort(FwCfgKeys.FILE_DIR, 4 + 2 * 64));
        assertEquals(2, list.getInt());
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            assertEquals(i + 1, list.getInt());
            assertEquals(0x20 + i, list.getShort());
            assertEquals(0, list.getShort());
            byte[] name = new byte[56];
            list.get(name);
            names.add(new String(name, StandardCharsets.US_ASCII).trim());
        }
        assertEquals(List.of("etc/a", "opt/b"), names);
        assertArrayEquals(new byte[] {2, 2, 0}, readPort(0x21, 3));
    }

    @Test
    void badFileNamesAreRefusedByName() {
        device.addFile("opt/x", new byte[1]);
        assertThrows(ConfigException.class, () -> device.addFile("opt/x", new byte[1]));
        assertThrows(ConfigException.class, () -> device.addFile("x".repeat(56), new byte[1]));
        assertThrows(ConfigException.class, () -> device.addFile("", new byte[1]));
        device.addFile("x".repeat(55), new byte[1]);
    }

    @Test
    void selectionRunsTheCallbackAndRewinds() {
        byte[] data = {0};
        device.addFile("etc/fresh", ByteBuffer.wrap(data), () -> data[0]++);
        assertArrayEquals(new byte[] {1}, readPort(0x20, 1));
        assertArrayEquals(new byte[] {2}, readPort(0x20, 1));
    }

    @Test
    void dmaSelectsSkipsReadsAndPadsWithZeros() {
        byte[] data = new byte[9000];
        new Random(3).nextBytes(data);
        device.addFile("etc/data", data);
        memory.fill(0x2000, 0x4000, 0xee);

        assertEquals(0, dma(0x20 << 16 | SELECT | SKIP, 10, 0));
        assertEquals(0, dma(READ, 9000, 0x2345));

        byte[] expected = Arrays.copyOf(Arrays.copyOfRange(data, 10, 9000), 9000);
        assertArrayEquals(expected, guest(0x2345, 9000));
        assertEquals((byte) 0xee, guest(0x2345 + 9000, 1)[0]);
    }

    @Test
    void dmaWritesOnlyWritableFilesAndOnlyWhole() {
        byte[] data = new byte[8];
        List<String> written = new ArrayList<>();
        device.addWritableFile("etc/w", data, (offset, length) -> written.add(offset + "+" + length));
        memory.write(0x3000, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});

        assertEquals(0, dma(0x20 << 16 | SELECT | SKIP, 2, 0));
        assertEquals(0, dma(WRITE, 4, 0x3000));
        assertEquals(1, dma(WRITE, 3, 0x3000), "one byte past the end");
        assertEquals(1, dma(0 << 16 | SELECT | WRITE, 4, 0x3000), "the signature is not writable");

        assertEquals(List.of("2+4"), written);
        assertArrayEquals(new byte[] {0, 0, 1, 2, 3, 4, 0, 0}, data);
    }

    @Test
    void hostileDescriptorsEndInTheErrorBit() {
        byte[] data = new byte[8];
        device.addWritableFile("etc/w", data, (offset, length) -> {});
        assertEquals(1, dma(0x20 << 16 | SELECT | READ, 16, RAM_BYTES - 8), "runs out of RAM");
        assertEquals(1, dma(0x20 << 16 | SELECT | READ, -1, 0xffff_ffff_ffff_f000L), "wraps");
        assertEquals(1, dma(0x20 << 16 | SELECT | WRITE, 8, RAM_BYTES - 4), "source is not RAM");
        assertArrayEquals(new byte[8], data);
    }

    @Test
    void descriptorOutsideRamDoesNothing() {
        for (long at : new long[] {RAM_BYTES, RAM_BYTES - 8, -8, -16}) {
            device.dmaPorts().write(0, 4, Integer.reverseBytes((int) (at >>> 32)) & 0xffff_ffffL);
            device.dmaPorts().write(4, 4, Integer.reverseBytes((int) at) & 0xffff_ffffL);
        }
        assertArrayEquals(new byte[RAM_BYTES], guest(0, RAM_BYTES));
    }
}
