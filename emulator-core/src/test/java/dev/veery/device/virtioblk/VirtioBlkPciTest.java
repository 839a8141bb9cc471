package dev.veery.device.virtioblk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.block.BlockImage;
import dev.veery.block.CacheMode;
import dev.veery.block.DiskQueue;
import dev.veery.block.DiskSpec;
import dev.veery.block.HostFile;
import dev.veery.block.NullImage;
import dev.veery.block.RawImage;
import dev.veery.bus.pci.PciDevice;
import dev.veery.testbench.PciBench;
import dev.veery.testbench.VirtioDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VirtioBlkPciTest {
    private static final long HEADER = 0x2_0000L;
    private static final long DATA = 0x3_0000L;
    private static final long STATUS = 0x4_0000L;
    private static final int SECTORS = 64;
    private static final int NEEDS_RESET = 0x40;

    @TempDir
    Path dir;

    private @Nullable PciBench bench;
    private @Nullable DiskQueue disk;
    private Path file = Path.of("");
    private PciDevice device;
    private VirtioDriver driver;

    @BeforeEach
    void start() throws IOException {
        file = dir.resolve("disk");
        byte[] contents = new byte[SECTORS * 512];
        new Random(3).nextBytes(contents);
        Files.write(file, contents);
        make(image(false));
    }

    private BlockImage image(boolean readOnly) {
        DiskSpec spec = new DiskSpec("d", file.toString(), 0, readOnly, CacheMode.WRITEBACK, false, true);
        return RawImage.open(spec, HostFile.Opener.NONE);
    }

    private void make(BlockImage image) {
        PciBench[] later = new PciBench[1];
        bench = new PciBench(VirtioBlkPci.type(
                id -> {
                    disk = new DiskQueue(id, image, later[0].lock);
                    return disk;
                },
                1));
        later[0] = bench;
        device = bench.add("virtio-blk-pci", Map.of("drive", "d", "serial", "disk-7"));
        bench.start();
        driver = new VirtioDriver(bench, device);
        bench.enableMsix(device, 1, 2);
    }

    @AfterEach
    void close() {
        if (bench != null) {
            bench.close();
        }
    }

    private PciBench bench() {
        return java.util.Objects.requireNonNull(bench);
    }

    /** Waits until the disk is done with what it was given. */
    private void settle() {
        bench().lock.lock();
        try {
            java.util.Objects.requireNonNull(disk).drain();
        } finally {
            bench().lock.unlock();
        }
    }

    /** Sends a request with one data buffer and returns its status. */
    private int request(int type, long sector, int length, boolean deviceWrites) {
        bench().memory.write(HEADER, 4, type);
        bench().memory.write(HEADER + 8, 8, sector);
        bench().memory.write(STATUS, 1, 0xee);
        driver.descriptor(0, HEADER, 16, VirtioDriver.NEXT, 1);
        driver.descriptor(1, DATA, length, VirtioDriver.NEXT | (deviceWrites ? VirtioDriver.WRITE : 0), 2);
        driver.descriptor(2, STATUS, 1, VirtioDriver.WRITE, 0);
        int before = driver.used();
        driver.offer(0);
        settle();
        assertEquals(before + 1, driver.used());
        return (int) bench().memory.read(STATUS, 1);
    }

    private byte[] data(int length) {
        byte[] bytes = new byte[length];
        bench().memory.read(DATA, bytes);
        return bytes;
    }

    @Test
    void readsWhatTheFileHasAndInterrupts() throws IOException {
        driver.start(VirtioDriver.VERSION_1, 8);
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_IN, 3, 1024, true));
        assertArrayEquals(Arrays.copyOfRange(Files.readAllBytes(file), 1536, 2560), data(1024));
        assertEquals(1025, driver.written(0));
        assertEquals(0x40, bench().messages.get(0).data());
        assertEquals(1, bench().messages.size());
    }

    @Test
    void writesReachTheFileAndFlushSucceeds() throws IOException {
        driver.start(VirtioDriver.VERSION_1 | BlkRegs.F_FLUSH, 8);
        byte[] fresh = new byte[2048];
        new Random(4).nextBytes(fresh);
        bench().memory.write(DATA, fresh);
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_OUT, 60, 2048, false));
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_FLUSH, 0, 512, true));
        assertArrayEquals(fresh, Arrays.copyOfRange(Files.readAllBytes(file), 60 * 512, 64 * 512));
    }

    @Test
    void zeroesARangeAndSaysItsName() throws IOException {
        driver.start(VirtioDriver.VERSION_1 | BlkRegs.F_WRITE_ZEROES, 8);
        bench().memory.write(DATA, 8, 2);
        bench().memory.write(DATA + 8, 8, 5);
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_WRITE_ZEROES, 0, 16, false));
        assertArrayEquals(new byte[5 * 512], Arrays.copyOfRange(Files.readAllBytes(file), 1024, 7 * 512));
        assertNotEquals(0, Files.readAllBytes(file)[7 * 512 + 1] | Files.readAllBytes(file)[7 * 512 + 2]);
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_GET_ID, 0, 20, true));
        assertArrayEquals(Arrays.copyOf("disk-7".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 20), data(20));
    }

    @Test
    void refusesWhatLiesOutsideOrIsUnknown() {
        driver.start(VirtioDriver.VERSION_1, 8);
        assertEquals(BlkRegs.S_IOERR, request(BlkRegs.T_IN, SECTORS, 512, true));
        assertEquals(BlkRegs.S_IOERR, request(BlkRegs.T_IN, SECTORS - 1, 1024, true));
        assertEquals(BlkRegs.S_IOERR, request(BlkRegs.T_OUT, -1, 512, false));
        assertEquals(BlkRegs.S_IOERR, request(BlkRegs.T_IN, 1L << 55, 512, true));
        assertEquals(BlkRegs.S_IOERR, request(BlkRegs.T_IN, 0, 100, true));
        assertEquals(BlkRegs.S_UNSUPP, request(0x55, 0, 512, true));
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_IN, 0, 512, true));
    }

    @Test
    void readOnlyDisksRefuseWrites() throws IOException {
        bench().close();
        byte[] before = Files.readAllBytes(file);
        make(image(true));
        driver.start(VirtioDriver.VERSION_1, 8);
        assertEquals(BlkRegs.S_IOERR, request(BlkRegs.T_OUT, 0, 512, false));
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_IN, 0, 512, true));
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @Test
    void aDiskThatGrewHasMoreSectorsAtOnce() throws IOException {
        bench().close();
        make(new NullImage(SECTORS * 512, false));
        driver.start(VirtioDriver.VERSION_1, 8);
        long capacity = PciBench.bar(device, 4) + 0x2000 + BlkRegs.CAPACITY;
        assertEquals(SECTORS, bench().memory.read(capacity, 8));
        assertEquals(BlkRegs.S_IOERR, request(BlkRegs.T_OUT, SECTORS, 512, false));
        bench().lock.lock();
        try {
            java.util.Objects.requireNonNull(disk).resize(2L * SECTORS * 512);
        } finally {
            bench().lock.unlock();
        }
        assertEquals(2 * SECTORS, bench().memory.read(capacity, 8));
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_OUT, SECTORS, 512, false));
    }

    @Test
    void aFileIsLockedAgainstASecondUser() {
        DiskSpec again = new DiskSpec("e", file.toString(), 0, true, CacheMode.WRITEBACK, false, true);
        ConfigException refused = org.junit.jupiter.api.Assertions.assertThrows(
                ConfigException.class, () -> RawImage.open(again, HostFile.Opener.NONE));
        assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
    }

    @Test
    void featuresThatWereNotOfferedAreNotAccepted() {
        assertEquals(0, driver.start(VirtioDriver.VERSION_1 | 1L << 33, 8) & 0xc);
        assertEquals(0, driver.start(0, 8) & 0xc);
        assertEquals(0xf, driver.start(VirtioDriver.VERSION_1, 8));
    }

    @Test
    void aLoopOfDescriptorsStopsTheDeviceUntilItIsReset() {
        driver.start(VirtioDriver.VERSION_1, 8);
        driver.descriptor(0, HEADER, 0, VirtioDriver.NEXT, 1);
        driver.descriptor(1, HEADER, 0, VirtioDriver.NEXT, 0);
        driver.offer(0);
        assertEquals(NEEDS_RESET, driver.status() & NEEDS_RESET);
        driver.start(VirtioDriver.VERSION_1, 8);
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_IN, 0, 512, true));
    }

    @Test
    void nothingADriverWritesThrowsOrHangs() {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            long features = VirtioDriver.VERSION_1 | (random.nextBoolean() ? 3L << 28 : 0) | random.nextInt(1 << 15);
            driver.start(features & offered(), 1 << random.nextInt(9));
            for (int i = 0; i < 64; i++) {
                randomDescriptor(random, VirtioDriver.TABLE + 16L * i);
                randomDescriptor(random, 0x5_0000L + 16L * i);
            }
            bench().memory.write(HEADER, 4, random.nextInt(16));
            bench().memory.write(HEADER + 8, 8, random.nextInt(SECTORS));
            for (int i = 0; i < 8; i++) {
                if (random.nextInt(8) == 0) {
                    driver.setCommon(random.nextInt(0x40), 1 << random.nextInt(3), random.nextLong());
                }
                if (random.nextInt(8) == 0) {
                    device.configWrite(random.nextInt(256), 1 << random.nextInt(3), random.nextInt());
                    device.configRead(random.nextInt(256), 1 << random.nextInt(3));
                }
                driver.offer(random.nextInt(70));
            }
            settle();
            bench().enable(device);
            driver = new VirtioDriver(bench(), device);
        }
        bench().enableMsix(device, 1, 2);
        driver.start(VirtioDriver.VERSION_1, 8);
        assertEquals(BlkRegs.S_OK, request(BlkRegs.T_IN, 0, 512, true));
    }

    private long offered() {
        driver.setCommon(0, 4, 0);
        long low = driver.common(4, 4);
        driver.setCommon(0, 4, 1);
        return low | driver.common(4, 4) << 32;
    }

    private void randomDescriptor(Random random, long at) {
        long[] places = {HEADER, DATA, STATUS, VirtioDriver.TABLE, 0x5_0000L, PciBench.RAM - 8, PciBench.WINDOW, -1};
        long[] lengths = {0, 1, 16, 20, 512, 1024, 4096, 0xffff_ffffL};
        long place = places[random.nextInt(random.nextInt(8) == 0 ? places.length : 5)];
        long length = lengths[random.nextInt(random.nextInt(8) == 0 ? lengths.length : 7)];
        int flags = random.nextInt(16) == 0 ? random.nextInt(0x10000) : random.nextInt(8);
        driver.descriptorAt(
                at, place, length, flags, random.nextInt(16) == 0 ? random.nextInt(0x10000) : random.nextInt(64));
    }
}
