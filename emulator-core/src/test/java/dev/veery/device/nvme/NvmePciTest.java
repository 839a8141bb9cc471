package dev.veery.device.nvme;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.testbench.PciBench;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NvmePciTest extends NvmeFixture {
    @Test
    void identifiesItself() {
        assertEquals(0, admin(NvmeRegs.IDENTIFY, 0, DATA, 1, 0));
        assertEquals("S1", new String(memory(DATA + 4, 20), StandardCharsets.US_ASCII).trim());
        assertEquals(NvmeRegs.MAX_NAMESPACES, bench.memory.read(DATA + 516, 4));
        assertEquals(0, admin(NvmeRegs.IDENTIFY, 1, DATA, 0, 0));
        assertEquals(SECTORS, bench.memory.read(DATA, 8));
        assertEquals(NvmeRegs.INVALID_NAMESPACE, admin(NvmeRegs.IDENTIFY, 257, DATA, 0, 0));
        assertEquals(0, admin(NvmeRegs.IDENTIFY, 2, DATA, 0, 0));
        assertEquals(0, bench.memory.read(DATA, 8));
        assertEquals(NvmeRegs.INVALID_FIELD, admin(NvmeRegs.IDENTIFY, 1, DATA, 0x44, 0));
        assertEquals(NvmeRegs.INVALID_OPCODE, admin(0x7f, 0, DATA, 0, 0));
    }

    @Test
    void readsAcrossAListOfPages() throws IOException {
        byte[] contents = Files.readAllBytes(file);
        int pages = 9;
        for (int i = 1; i < pages; i++) {
            bench.memory.write(LIST + 8L * (i - 1), 8, DATA + 0x1000L * (2 * i));
        }
        assertEquals(0, io(NvmeRegs.READ, 5, pages * 8 - 1, DATA + 0x200, LIST));
        assertArrayEquals(Arrays.copyOfRange(contents, 5 * 512, 12 * 512), memory(DATA + 0x200, 0xe00));
        assertArrayEquals(Arrays.copyOfRange(contents, 12 * 512, 20 * 512), memory(DATA + 0x2000, 0x1000));
        assertArrayEquals(Arrays.copyOfRange(contents, 68 * 512, 76 * 512), memory(DATA + 0x1_0000, 0x1000));
    }

    @Test
    void writesAndZeroesReachTheFile() throws IOException {
        byte[] fresh = new byte[0x1800];
        new Random(8).nextBytes(fresh);
        bench.memory.write(DATA, fresh);
        assertEquals(0, io(NvmeRegs.WRITE, 100, 12, DATA, DATA + 0x1000));
        assertEquals(0, io(NvmeRegs.FLUSH, 0, 1, 0, 0));
        assertArrayEquals(fresh, Arrays.copyOfRange(Files.readAllBytes(file), 100 * 512, 112 * 512));
        assertEquals(0, io(NvmeRegs.WRITE_ZEROES, 100, 3, 0, 0));
        assertArrayEquals(new byte[1536], Arrays.copyOfRange(Files.readAllBytes(file), 100 * 512, 103 * 512));
    }

    @Test
    void refusesWhatLiesOutsideTheDiskOrMemory() {
        assertEquals(NvmeRegs.OUT_OF_RANGE, io(NvmeRegs.READ, SECTORS, 1, DATA, 0));
        assertEquals(NvmeRegs.OUT_OF_RANGE, io(NvmeRegs.READ, SECTORS - 1, 2, DATA, 0));
        assertEquals(NvmeRegs.OUT_OF_RANGE, io(NvmeRegs.WRITE, -1, 1, DATA, 0));
        assertEquals(NvmeRegs.TRANSFER_ERROR, io(NvmeRegs.READ, 0, 8, PciBench.RAM, 0));
        assertEquals(NvmeRegs.TRANSFER_ERROR, io(NvmeRegs.READ, 0, 8, PciBench.bar(nvme, 0), 0));
        assertEquals(NvmeRegs.INVALID_PRP, io(NvmeRegs.READ, 0, 16, DATA, DATA + 8));
        assertEquals(NvmeRegs.INVALID_FIELD, io(NvmeRegs.READ, 0, 1025, DATA, LIST));
    }

    @Test
    void theQueueIsFullUntilTheDriverLooks() {
        for (int i = 0; i < ENTRIES - 1; i++) {
            bench.memory.write(IO_SQ + 64L * i, 4, NvmeRegs.FLUSH | i << 16);
            bench.memory.write(IO_SQ + 64L * i + 4, 4, 1);
        }
        register(NvmeRegs.DOORBELLS + 8, ENTRIES - 1);
        settle();
        bench.memory.write(IO_SQ + 64L * (ENTRIES - 1), 8, NvmeRegs.FLUSH | 0x55 << 16 | 1L << 32);
        register(NvmeRegs.DOORBELLS + 8, 0);
        settle();
        assertEquals(0, bench.memory.read(IO_CQ + 16L * (ENTRIES - 1) + 12, 4));
        register(NvmeRegs.DOORBELLS + 12, 1);
        assertEquals(0x55 | 1 << 16, bench.memory.read(IO_CQ + 16L * (ENTRIES - 1) + 12, 4));
    }

    @Test
    void interruptsByPinWhileThereAreEntries() {
        register(NvmeRegs.CC, 0);
        enable();
        bench.memory.write(IO_SQ, 8, NvmeRegs.FLUSH | 1L << 32);
        register(NvmeRegs.DOORBELLS + 8, 1);
        settle();
        assertTrue(bench.pinAsserted());
        register(NvmeRegs.INTMS, 1);
        assertEquals(false, bench.pinAsserted());
        register(NvmeRegs.INTMC, 1);
        assertTrue(bench.pinAsserted());
        register(NvmeRegs.DOORBELLS + 12, 1);
        assertEquals(false, bench.pinAsserted());
    }

    @Test
    void namespacesHaveTheirOwnDisksAndBlocks() {
        assertEquals(0, admin(NvmeRegs.IDENTIFY, 0, DATA, Identify.ACTIVE_LIST, 0));
        assertArrayEquals(new byte[] {1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0}, memory(DATA, 12));
        assertEquals(0, admin(NvmeRegs.IDENTIFY, 3, DATA, Identify.NAMESPACE, 0));
        assertEquals(256, bench.memory.read(DATA, 8));
        assertEquals(12, bench.memory.read(DATA + 130, 1));
        bench.memory.fill(DATA, 0x2000, 0x55);
        assertEquals(0, command(1, NvmeRegs.READ, 3, DATA, 0, 255, 0, 0));
        assertArrayEquals(new byte[4096], memory(DATA, 4096));
        assertEquals(0x55, bench.memory.read(DATA + 4096, 1));
        assertEquals(NvmeRegs.OUT_OF_RANGE, command(1, NvmeRegs.READ, 3, DATA, 0, 256, 0, 0));
        assertEquals(NvmeRegs.WRITE_PROTECTED, command(1, NvmeRegs.WRITE, 3, DATA, 0, 0, 0, 0));
        assertEquals(NvmeRegs.INVALID_NAMESPACE, command(1, NvmeRegs.READ, 2, DATA, 0, 0, 0, 0));
        assertEquals(0, command(1, NvmeRegs.FLUSH, -1, 0, 0));
        assertThrows(ConfigException.class, () -> bench.addAny("nvme-ns", Map.of("drive", "e", "nsid", "3")));
    }

    @Test
    void comparesAndVerifies() throws IOException {
        bench.memory.write(DATA, Arrays.copyOfRange(Files.readAllBytes(file), 4096, 8192));
        assertEquals(0, io(NvmeRegs.COMPARE, 8, 8, DATA, 0));
        assertEquals(0, io(NvmeRegs.VERIFY, 8, 4000, 0, 0));
        bench.memory.write(DATA + 4095, 1, ~bench.memory.read(DATA + 4095, 1));
        assertEquals(NvmeRegs.COMPARE_FAILURE, io(NvmeRegs.COMPARE, 8, 8, DATA, 0));
        assertEquals(0, io(NvmeRegs.COMPARE, 8, 7, DATA, 0));
    }

    @Test
    void followsScatterGatherLists() throws IOException {
        byte[] contents = Files.readAllBytes(file);
        assertEquals(0, sgl(NvmeRegs.READ, 0, DATA + 4, 1024, 2));
        assertArrayEquals(Arrays.copyOf(contents, 1024), memory(DATA + 4, 1024));
        descriptor(LIST, 0, DATA, 100);
        descriptor(LIST + 16, 0, DATA + 0x1000, 0);
        descriptor(LIST + 32, 0x30, LIST + 0x800, 16);
        descriptor(LIST + 0x800, 0, DATA + 0x2000, 924);
        assertEquals(0, sgl(NvmeRegs.READ, 0x20, LIST, 48, 2));
        assertArrayEquals(Arrays.copyOf(contents, 100), memory(DATA, 100));
        assertArrayEquals(Arrays.copyOfRange(contents, 100, 1024), memory(DATA + 0x2000, 924));
        assertEquals(NvmeRegs.INVALID_SGL_LENGTH, sgl(NvmeRegs.READ, 0x20, LIST, 48, 3));
        assertEquals(NvmeRegs.INVALID_SGL_LENGTH, sgl(NvmeRegs.READ, 0x20, LIST, 48, 1));
        assertEquals(NvmeRegs.INVALID_SGL_TYPE, sgl(NvmeRegs.READ, 0x30, LIST, 48, 2));
        assertEquals(NvmeRegs.INVALID_SGL_SEGMENT, sgl(NvmeRegs.READ, 0x20, LIST, 40, 2));
        descriptor(LIST, 0x20, LIST, 16);
        assertEquals(NvmeRegs.INVALID_SGL_COUNT, sgl(NvmeRegs.READ, 0x20, LIST, 16, 2));
    }

    @Test
    void formatEmptiesTheNamespace() throws IOException {
        assertEquals(NvmeRegs.INVALID_FORMAT, admin(NvmeRegs.FORMAT, 1, 0, 1, 0));
        assertEquals(NvmeRegs.WRITE_PROTECTED, admin(NvmeRegs.FORMAT, 3, 0, 0, 0));
        assertEquals(0, admin(NvmeRegs.FORMAT, 1, 0, 0, 0));
        assertArrayEquals(new byte[SECTORS * 512], Files.readAllBytes(file));
    }

    @Test
    void tellsOfANamespaceThatCame() {
        assertEquals(0, admin(NvmeRegs.SET_FEATURES, 0, 0, 0xb, 1 << 8));
        bench.memory.write(ADMIN_SQ + 64L * tails[0], 8, NvmeRegs.ASYNC_EVENT | 0x99 << 16);
        tails[0]++;
        register(NvmeRegs.DOORBELLS, tails[0]);
        bench.lock.lock();
        try {
            bench.addAny("nvme-ns", Map.of("drive", "e"));
        } finally {
            bench.lock.unlock();
        }
        long entry = ADMIN_CQ + 16L * heads[0];
        assertEquals(2 | 4 << 16, bench.memory.read(entry, 4));
        assertEquals(0x99, bench.memory.read(entry + 12, 2));
        heads[0]++;
        register(NvmeRegs.DOORBELLS + 4, heads[0]);
        assertEquals(0, admin(NvmeRegs.GET_LOG, -1, DATA, 4 | 1023 << 16, 0));
        assertEquals(2, bench.memory.read(DATA, 8));
        assertEquals(0, admin(NvmeRegs.GET_LOG, -1, DATA, 4 | 1023 << 16, 0));
        assertEquals(0, bench.memory.read(DATA, 8));
    }

    @Test
    void tellsWhichCommandsThereAre() {
        assertEquals(0, admin(NvmeRegs.GET_LOG, -1, DATA, 5 | 1023 << 16, 0));
        assertEquals(1, bench.memory.read(DATA + 4 * NvmeRegs.IDENTIFY, 4));
        assertEquals(3, bench.memory.read(DATA + 4 * NvmeRegs.FORMAT, 4));
        assertEquals(0, bench.memory.read(DATA + 4 * 0x10, 4));
        assertEquals(1, bench.memory.read(DATA + 1024 + 4 * NvmeRegs.COMPARE, 4));
        assertEquals(3, bench.memory.read(DATA + 1024 + 4 * NvmeRegs.WRITE, 4));
        assertEquals(NvmeRegs.INVALID_LOG, admin(NvmeRegs.GET_LOG, -1, DATA, 0x80 | 1023 << 16, 0));
    }

    @Test
    void anEventWaitsForRoomInTheQueue() throws IOException {
        assertEquals(0, admin(NvmeRegs.SET_FEATURES, 0, 0, 0xb, 1 << 8));
        int head = heads[0];
        for (int i = 0; i < ENTRIES; i++) {
            int opcode = i == 0 ? NvmeRegs.ASYNC_EVENT : NvmeRegs.ABORT;
            bench.memory.write(ADMIN_SQ + 64L * tails[0], 8, opcode | i + 9L << 16);
            tails[0] = (tails[0] + 1) % ENTRIES;
            register(NvmeRegs.DOORBELLS, tails[0]);
        }
        int full = (head + ENTRIES - 1) % ENTRIES;
        long before = bench.memory.read(ADMIN_CQ + 16L * full + 12, 4);
        bench.lock.lock();
        try {
            disks.get(1).resize(2 << 20);
        } finally {
            bench.lock.unlock();
        }
        assertEquals(before, bench.memory.read(ADMIN_CQ + 16L * full + 12, 4));
        register(NvmeRegs.DOORBELLS + 4, (head + 1) % ENTRIES);
        assertEquals(2 | 4 << 16, bench.memory.read(ADMIN_CQ + 16L * full, 4));
    }

    @Test
    void tellsOfANamespaceThatGrew() throws IOException {
        assertEquals(0, admin(NvmeRegs.SET_FEATURES, 0, 0, 0xb, 1 << 8));
        bench.lock.lock();
        try {
            disks.get(1).resize(3 << 20);
        } finally {
            bench.lock.unlock();
        }
        assertEquals(0, admin(NvmeRegs.GET_LOG, -1, DATA, 4 | 1023 << 16, 0));
        assertEquals(3, bench.memory.read(DATA, 8));
        assertEquals(0, admin(NvmeRegs.IDENTIFY, 3, DATA, Identify.NAMESPACE, 0));
        assertEquals(768, bench.memory.read(DATA, 8));
    }

    @Test
    void aDeletedQueueIsForgottenOnceItsCommandsAreAnswered() {
        assertEquals(NvmeRegs.CQ_IN_USE, admin(NvmeRegs.DELETE_CQ, 0, 0, 1, 0));
        assertEquals(0, admin(NvmeRegs.DELETE_SQ, 0, 0, 1, 0));
        assertEquals(NvmeRegs.INVALID_QUEUE, admin(NvmeRegs.DELETE_SQ, 0, 0, 1, 0));
        assertEquals(0, admin(NvmeRegs.DELETE_CQ, 0, 0, 1, 0));
        assertEquals(NvmeRegs.INVALID_CQ, admin(NvmeRegs.CREATE_SQ, 0, IO_SQ, 1 | ENTRIES - 1 << 16, 1 | 1 << 16));
    }

    @Test
    void theCacheSwitchedOffStaysOffUntilReset() {
        assertEquals(0, admin(NvmeRegs.IDENTIFY, 0, DATA, 1, 0));
        assertEquals(7, bench.memory.read(DATA + 525, 1));
        assertEquals(0, admin(NvmeRegs.SET_FEATURES, 0, 0, 6, 0));
        assertEquals(0, admin(NvmeRegs.GET_FEATURES, 0, 0, 6, 0));
        assertEquals(0, bench.memory.read(ADMIN_CQ + 16L * (heads[0] - 1), 4));
        assertEquals(NvmeRegs.NOT_SAVEABLE, admin(NvmeRegs.SET_FEATURES, 0, 0, 6 | 1 << 31, 1));
        enable();
        assertEquals(0, admin(NvmeRegs.GET_FEATURES, 0, 0, 6, 0));
        assertEquals(1, bench.memory.read(ADMIN_CQ + 16L * (heads[0] - 1), 4));
    }

    @Test
    void shutDownCompletes() {
        register(NvmeRegs.CC, ENABLE | 1 << 14);
        settle();
        assertEquals(NvmeRegs.CSTS_RDY | NvmeRegs.CSTS_SHST_COMPLETE, register(NvmeRegs.CSTS));
    }

    @Test
    void aQueueThatIsNotMemoryStopsTheControllerUntilItIsReset() {
        register(NvmeRegs.CC, 0);
        register(NvmeRegs.ASQ, PciBench.bar(nvme, 0));
        register(NvmeRegs.CC, ENABLE);
        register(NvmeRegs.DOORBELLS, 1);
        assertEquals(NvmeRegs.CSTS_CFS, register(NvmeRegs.CSTS) & NvmeRegs.CSTS_CFS);
        enable();
        assertEquals(0, io(NvmeRegs.READ, 0, 8, DATA, 0));
    }

    @Test
    void nothingADriverDoesThrowsOrHangs() {
        Random random = new Random(9);
        long[] places = {DATA, LIST, ADMIN_SQ, IO_CQ, PciBench.RAM - 4096, PciBench.bar(nvme, 0), -4096, 0, DATA + 8};
        for (int round = 0; round < 200; round++) {
            for (int i = 0; i < 512; i++) {
                bench.memory.write(LIST + 8L * i, 8, places[random.nextInt(places.length)]);
            }
            for (int i = 0; i < 64; i++) {
                int type = random.nextInt(3) * 0x10 + (random.nextInt(3) == 0 ? 0x10 : 0);
                descriptor(DATA + 16L * i, type, places[random.nextInt(places.length)], 1L << random.nextInt(32));
            }
            for (int i = 0; i < ENTRIES; i++) {
                for (long queue : new long[] {ADMIN_SQ, IO_SQ}) {
                    long at = queue + 64L * i;
                    for (int word = 0; word < 16; word++) {
                        bench.memory.write(
                                at + 4L * word, 4, random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(4));
                    }
                    int rare = random.nextInt(2) == 0 ? NvmeRegs.FORMAT : NvmeRegs.DOORBELL_BUFFER;
                    int opcode = random.nextInt(12) == 0 ? rare : random.nextInt(16);
                    int pointer = random.nextInt(3) == 0 ? 1 << 14 : 0;
                    bench.memory.write(at, 4, opcode | pointer | random.nextInt(256) << 16);
                    bench.memory.write(at + 24, 8, places[random.nextInt(places.length)]);
                    bench.memory.write(at + 32, 8, places[random.nextInt(places.length)]);
                }
            }
            for (int i = 0; i < 12; i++) {
                register(NvmeRegs.DOORBELLS + 4 * random.nextInt(6), random.nextInt(ENTRIES));
                if (random.nextInt(20) == 0) {
                    register(4 * random.nextInt(16), random.nextInt());
                }
            }
            settle();
            if (register(NvmeRegs.CSTS) != NvmeRegs.CSTS_RDY) {
                enable();
            }
        }
        enable();
        assertEquals(0, io(NvmeRegs.READ, 0, 8, DATA, 0));
    }
}
