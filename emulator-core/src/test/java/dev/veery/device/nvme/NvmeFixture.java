package dev.veery.device.nvme;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.base.MachineLock;
import dev.veery.block.BlockImage;
import dev.veery.block.CacheMode;
import dev.veery.block.DiskQueue;
import dev.veery.block.DiskSpec;
import dev.veery.block.HostFile;
import dev.veery.block.NullImage;
import dev.veery.block.RawImage;
import dev.veery.bus.pci.PciDevice;
import dev.veery.testbench.PciBench;
import dev.veery.time.ManualClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A driver for a controller with two namespaces: what tests need to talk to it. */
abstract class NvmeFixture {
    static final long ADMIN_SQ = 0x10_0000L;
    static final long ADMIN_CQ = 0x11_0000L;
    static final long IO_SQ = 0x12_0000L;
    static final long IO_CQ = 0x13_0000L;
    static final long DATA = 0x20_0000L;
    static final long LIST = 0x30_0000L;
    static final int ENTRIES = 8;
    static final int SECTORS = 4096;
    static final int ENABLE = 1 | 6 << 16 | 4 << 20;

    @TempDir
    Path dir;

    Path file = Path.of("");
    final List<DiskQueue> disks = new ArrayList<>();
    PciBench bench;
    PciDevice nvme;
    final int[] tails = new int[2];
    final int[] heads = new int[2];

    @BeforeEach
    void start() throws IOException {
        file = dir.resolve("disk");
        byte[] contents = new byte[SECTORS * 512];
        new Random(7).nextBytes(contents);
        Files.write(file, contents);
        PciBench[] later = new PciBench[1];
        Function<String, DiskQueue> drives = id -> {
            boolean second = id.equals("e");
            DiskSpec spec = new DiskSpec(
                    id, second ? null : file.toString(), 1 << 20, second, CacheMode.WRITEBACK, false, true);
            BlockImage image = second ? new NullImage(1 << 20, true) : RawImage.open(spec, HostFile.Opener.NONE);
            DiskQueue made = new DiskQueue(id, image, later[0].lock);
            disks.add(made);
            return made;
        };
        NvmeBuses buses = new NvmeBuses();
        bench = new PciBench(
                NvmePci.type(drives, new ManualClock(new MachineLock()), buses), NvmeNsDevice.type(drives, buses));
        later[0] = bench;
        nvme = bench.add("nvme", Map.of("drive", "d", "serial", "S1"));
        bench.addAny("nvme-ns", Map.of("drive", "e", "nsid", "3", "logical_block_size", "4096"));
        bench.start();
        enable();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    void register(int offset, long value) {
        bench.memory.write(PciBench.bar(nvme, 0) + offset, 4, value);
    }

    long register(int offset) {
        return bench.memory.read(PciBench.bar(nvme, 0) + offset, 4);
    }

    /** Resets, enables, and makes one pair of I/O queues. */
    void enable() {
        register(NvmeRegs.CC, 0);
        bench.memory.fill(ADMIN_SQ, 0x4_0000, 0);
        register(NvmeRegs.AQA, ENTRIES - 1 | ENTRIES - 1 << 16);
        register(NvmeRegs.ASQ, ADMIN_SQ);
        register(NvmeRegs.ASQ + 4, 0);
        register(NvmeRegs.ACQ, ADMIN_CQ);
        register(NvmeRegs.ACQ + 4, 0);
        register(NvmeRegs.CC, ENABLE);
        assertEquals(NvmeRegs.CSTS_RDY, register(NvmeRegs.CSTS));
        Arrays.fill(tails, 0);
        Arrays.fill(heads, 0);
        assertEquals(0, admin(NvmeRegs.CREATE_CQ, 0, IO_CQ, 1 | ENTRIES - 1 << 16, 1 | 2));
        assertEquals(0, admin(NvmeRegs.CREATE_SQ, 0, IO_SQ, 1 | ENTRIES - 1 << 16, 1 | 1 << 16));
    }

    int admin(int opcode, int namespace, long prp1, int word10, int word11) {
        return command(0, opcode, namespace, prp1, 0, word10, word11, 0);
    }

    /** Sends an I/O command with an SGL descriptor in it; eight blocks from the first on. */
    int sgl(int opcode, int type, long address, long length, int blocks) {
        return command(1, opcode | 1 << 14, 1, address, length | (long) type << 56, 0, 0, blocks - 1);
    }

    void descriptor(long at, int type, long address, long length) {
        bench.memory.write(at, 8, address);
        bench.memory.write(at + 8, 8, length | (long) type << 56);
    }

    int io(int opcode, long block, int blocks, long prp1, long prp2) {
        return command(1, opcode, 1, prp1, prp2, (int) block, (int) (block >>> 32), blocks - 1);
    }

    /** Sends a command, waits, and returns its status. */
    int command(int queue, int opcode, int namespace, long prp1, long prp2, int... words) {
        long at = (queue == 0 ? ADMIN_SQ : IO_SQ) + 64L * tails[queue];
        bench.memory.fill(at, 64, 0);
        bench.memory.write(at, 4, opcode | 0x77 << 16);
        bench.memory.write(at + 4, 4, namespace);
        bench.memory.write(at + 24, 8, prp1);
        bench.memory.write(at + 32, 8, prp2);
        for (int i = 0; i < words.length; i++) {
            bench.memory.write(at + 40 + 4L * i, 4, words[i]);
        }
        tails[queue] = (tails[queue] + 1) % ENTRIES;
        register(NvmeRegs.DOORBELLS + 8 * queue, tails[queue]);
        settle();
        long entry = (queue == 0 ? ADMIN_CQ : IO_CQ) + 16L * heads[queue];
        long last = bench.memory.read(entry + 12, 4);
        assertEquals(0x77, last & 0xffff);
        heads[queue] = (heads[queue] + 1) % ENTRIES;
        register(NvmeRegs.DOORBELLS + 8 * queue + 4, heads[queue]);
        return (int) (last >>> 17);
    }

    void settle() {
        bench.lock.lock();
        try {
            disks.forEach(DiskQueue::drain);
        } finally {
            bench.lock.unlock();
        }
    }

    byte[] memory(long at, int length) {
        byte[] bytes = new byte[length];
        bench.memory.read(at, bytes);
        return bytes;
    }
}
