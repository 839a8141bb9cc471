package dev.veery.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RamBlockTest {
    private final GuestRam memory = new GuestRam(new OffHeapRamAllocator());
    private final List<String> writes = new ArrayList<>();
    private RamBlock block;
    private long kept = -1;

    @BeforeEach
    void allocate() {
        memory.setCodeListener((ram, offset, length) -> {
            writes.add(Long.toHexString(offset) + "+" + length);
            return kept;
        });
        block = memory.allocate("ram", 16 * RamBlock.PAGE_SIZE);
    }

    @AfterEach
    void free() {
        memory.close();
    }

    @Test
    void onlyWritesThatTouchMarkedChunksAreReported() {
        assertEquals(0, block.markCode(2, 1L << 1));

        block.noteWrite(0x203f, 1);
        block.noteWrite(0x2080, 8);
        block.noteWrite(0x1040, 8);
        assertEquals(List.of(), writes);
        block.noteWrite(0x203f, 2);
        block.noteWrite(0x207f, 1);
        kept = 0;
        block.noteWrite(0x2041, 1);
        block.noteWrite(0x2040, 1);

        assertEquals(List.of("203f+2", "207f+1", "2041+1"), writes);
    }

    @Test
    void writeAcrossPagesIsReportedPageByPage() {
        block.markCode(1, 1L << 63);
        block.markCode(3, 1);

        block.noteWrite(0x1ffc, 0x1008);

        assertEquals(List.of("1ffc+4", "3000+4"), writes);
    }

    @Test
    void markingAddsToTheMask() {
        block.markCode(5, 0b0101);

        assertEquals(0b0101, block.markCode(5, 0b0110));
        assertEquals(0b0111, block.codeMask(5));
        assertEquals(0b0111, block.markMoreCode(5, 0b1000));
        assertEquals(0b1111, block.codeMask(5));
        assertEquals(0, block.markMoreCode(6, 1));
        assertEquals(0, block.codeMask(6));
    }

    @Test
    void aReportTakesTheMarksAwayThatTheEngineDoesNotKeep() {
        block.markCode(4, 0b111);
        kept = 0b0110;

        block.noteWrite(0x4000, 0x80);

        assertEquals(0b110, block.codeMask(4));
        kept = 0;
        block.noteWrite(0x4040, 1);
        assertEquals(0b100, block.codeMask(4));
    }

    @Test
    void chunkMaskCoversEveryTouchedChunk() {
        assertEquals(1, RamBlock.chunkMask(0x5000, 64));
        assertEquals(0b11, RamBlock.chunkMask(0x503f, 2));
        assertEquals(1L << 63, RamBlock.chunkMask(0x5fff, 1));
        assertEquals(-1L, RamBlock.chunkMask(0x5000, 4096));
    }

    @Test
    void everyWayOfWritingIsNoticed() {
        MemoryRegion root = MemoryRegion.container("root", MemoryRegion.WHOLE);
        root.addChild(0x10000, MemoryRegion.ram("ram", block));
        AddressSpace space = new AddressSpace("test", root, new MachineLock());
        block.markCode(0, -1L);

        space.write(0x10008, 4, 1);
        space.write(0x10010, new byte[3]);
        space.copyIn(0x10020, block.host() + 0x1000, 5);
        space.fill(0x10030, 6, 0);
        OffHeap.putByte(space.hostPointer(0x10040, 1, true), 1);
        space.noteWrite(0x10040, 1);

        assertEquals(List.of("8+4", "10+3", "20+5", "30+6", "40+1"), writes);
    }

    @Test
    void dirtyLogsAreIndependent() {
        DirtyLog first = block.startDirtyLog();
        block.noteWrite(0x3ffe, 4);
        DirtyLog second = block.startDirtyLog();
        block.noteWrite(0x8000, 1);

        assertArrayEquals(new long[] {0b1_0001_1000}, first.takeDirty(0, 16));
        assertEquals(-1, first.nextDirty(0));
        assertEquals(8, second.nextDirty(0));
        assertFalse(second.isDirty(3));
        assertArrayEquals(new long[] {0b1}, second.takeDirty(8, 4));
        first.close();
        block.noteWrite(0, 1);
        assertFalse(first.isDirty(0));
        assertTrue(second.isDirty(0));
    }

    @Test
    void takingDirtyPagesLeavesTheOthers() {
        RamBlock big = memory.allocate("big", 300 * RamBlock.PAGE_SIZE);
        DirtyLog log = big.startDirtyLog();
        for (int page : new int[] {0, 63, 64, 130, 131, 299}) {
            big.noteWrite((long) page << RamBlock.PAGE_SHIFT, 1);
        }

        assertArrayEquals(new long[] {0b11, 0b1000}, log.takeDirty(63, 68));
        assertEquals(0, log.nextDirty(0));
        assertEquals(131, log.nextDirty(1));
        assertEquals(299, log.nextDirty(132));
    }

    @Test
    void writesNeedReportingWhereCodeOrACleanLoggedPageIs() {
        List<RamBlock> changed = new ArrayList<>();
        memory.addTrackingListener(changed::add);
        assertFalse(block.writeTracked(1));
        block.markCode(1, 1);
        assertTrue(block.writeTracked(1));
        assertFalse(block.writeTracked(2));

        DirtyLog log = block.startDirtyLog();
        assertEquals(1, changed.size());
        assertTrue(block.writeTracked(2));
        block.noteWrite(0x2000, 1);
        assertFalse(block.writeTracked(2));
        log.takeDirty(0, 16);
        assertEquals(2, changed.size());
        assertTrue(block.writeTracked(2));
        log.close();
        assertFalse(block.writeTracked(2));
    }

    @Test
    void fallbackMemoryIsZeroedAndAligned() {
        RamAllocator allocator = new OffHeapRamAllocator();
        for (int round = 0; round < 4; round++) {
            RamBacking backing = allocator.allocate("test", 0x40000);
            assertEquals(0, backing.host() & 0xfff);
            for (long at = 0; at < 0x40000; at += 8) {
                assertEquals(0, OffHeap.getLong(backing.host() + at));
            }
            OffHeap.fill(backing.host(), 0x40000, 0xa5);
            backing.close();
        }
    }

    @Test
    void oddSizesAreRefused() {
        RamBacking odd = new RamBacking() {
            @Override
            public long host() {
                return 0x10000;
            }

            @Override
            public long size() {
                return 0x1001;
            }

            @Override
            public void close() {}
        };

        assertThrows(IllegalArgumentException.class, () -> new RamBlock("odd", odd));
    }
}
