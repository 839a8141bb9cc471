package dev.veery.device.nvme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.memory.Doorbell;
import dev.veery.memory.FlatView;
import dev.veery.testbench.PciBench;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Doorbells in memory: what counts, and who rings. */
class ShadowDoorbellsTest extends NvmeFixture {
    private static final long VALUES = 0x40_0000L;
    private static final long EVENTS = 0x40_1000L;
    private static final long TAIL = 8;
    private static final long HEAD = 12;

    private void use() {
        assertEquals(0, command(0, NvmeRegs.DOORBELL_BUFFER, 0, VALUES, EVENTS));
    }

    private void put(int slot, int id) {
        bench.memory.write(IO_SQ + 64L * slot, 8, NvmeRegs.FLUSH | id << 16 | 1L << 32);
    }

    /** The command whose answer stands in a slot of the completion queue, with the phase tag. */
    private long answer(int slot) {
        return bench.memory.read(IO_CQ + 16L * slot + 12, 4);
    }

    private long event(long doorbell) {
        return bench.memory.read(EVENTS + doorbell, 4);
    }

    private List<Doorbell> signals() {
        FlatView view = bench.memory.view();
        return view.region(view.find(PciBench.bar(nvme, 0) + NvmeRegs.DOORBELLS + TAIL))
                .doorbells();
    }

    @Test
    void theValueInMemoryCountsNotTheRegisters() {
        use();
        put(0, 0x31);
        bench.memory.write(VALUES + TAIL, 4, 1);
        register(NvmeRegs.DOORBELLS + (int) TAIL, 5);
        settle();
        assertEquals(0x31 | 1 << 16, answer(0));
        assertEquals(0, answer(1));
        assertEquals(1, event(TAIL));
        // The admin queue goes on by its registers, and a driver that looks at its event index rings them.
        assertEquals(0, admin(NvmeRegs.IDENTIFY, 0, DATA, 1, 0));
        assertEquals(tails[0], event(0));
    }

    @Test
    void whatCameBeforeStaysValid() {
        put(0, 0x31);
        register(NvmeRegs.DOORBELLS + (int) TAIL, 1);
        settle();
        use();
        assertEquals(1, bench.memory.read(VALUES + TAIL, 4));
        put(1, 0x32);
        bench.memory.write(VALUES + TAIL, 4, 2);
        register(NvmeRegs.DOORBELLS + (int) TAIL, 2);
        settle();
        assertEquals(0x32 | 1 << 16, answer(1));
    }

    @Test
    void whatComesWithoutARingIsFoundWhenACommandEnds() {
        use();
        bench.lock.lock();
        try {
            put(0, 0x31);
            bench.memory.write(VALUES + TAIL, 4, 1);
            register(NvmeRegs.DOORBELLS + (int) TAIL, 1);
            put(1, 0x32);
            bench.memory.write(VALUES + TAIL, 4, 2);
        } finally {
            bench.lock.unlock();
        }
        settle();
        // What the first one's end brought.
        settle();
        assertEquals(0x31 | 1 << 16, answer(0));
        assertEquals(0x32 | 1 << 16, answer(1));
        assertEquals(2, event(TAIL));
    }

    @Test
    void theHeadIsRungOnlyWhereRoomIsAwaited() {
        bench.enableMsix(nvme, 0, 1);
        use();
        for (int i = 0; i < ENTRIES - 1; i++) {
            put(i, 0x40 + i);
        }
        bench.memory.write(VALUES + TAIL, 4, ENTRIES - 1);
        register(NvmeRegs.DOORBELLS + (int) TAIL, ENTRIES - 1);
        settle();
        assertEquals(0x46 | 1 << 16, answer(6));
        assertEquals(7, event(HEAD));
        // Room that was made without a word is found.
        bench.memory.write(VALUES + HEAD, 4, 1);
        put(7, 0x47);
        bench.memory.write(VALUES + TAIL, 4, 0);
        register(NvmeRegs.DOORBELLS + (int) TAIL, 0);
        settle();
        assertEquals(0x47 | 1 << 16, answer(7));
        // None: the next entry that is taken is to be told.
        put(0, 0x48);
        bench.memory.write(VALUES + TAIL, 4, 1);
        register(NvmeRegs.DOORBELLS + (int) TAIL, 1);
        settle();
        assertEquals(0x40 | 1 << 16, answer(0));
        assertEquals(1, event(HEAD));
        bench.memory.write(VALUES + HEAD, 4, 4);
        register(NvmeRegs.DOORBELLS + (int) HEAD, 4);
        assertEquals(0x48, answer(0));
        assertEquals(1, event(HEAD));
    }

    @Test
    void thePinFollowsTheHeadInMemory() {
        use();
        put(0, 0x31);
        put(1, 0x32);
        bench.memory.write(VALUES + TAIL, 4, 2);
        register(NvmeRegs.DOORBELLS + (int) TAIL, 2);
        settle();
        assertTrue(bench.pinAsserted());
        assertEquals(0, event(HEAD));
        bench.memory.write(VALUES + HEAD, 4, 1);
        register(NvmeRegs.DOORBELLS + (int) HEAD, 1);
        assertTrue(bench.pinAsserted());
        assertEquals(1, event(HEAD));
        bench.memory.write(VALUES + HEAD, 4, 2);
        register(NvmeRegs.DOORBELLS + (int) HEAD, 2);
        assertFalse(bench.pinAsserted());
    }

    @Test
    void registersBecomeSignalsUntilTheReset() {
        assertEquals(List.of(), signals());
        use();
        put(0, 0x31);
        bench.memory.write(VALUES + TAIL, 4, 1);
        bench.lock.lock();
        try {
            signals().get(0).rung().run();
        } finally {
            bench.lock.unlock();
        }
        settle();
        assertEquals(0x31 | 1 << 16, answer(0));
        Doorbell last = signals().get(0);
        enable();
        assertEquals(List.of(), signals());
        // One that was rung before the reset finds nothing.
        put(0, 0x33);
        bench.memory.write(VALUES + TAIL, 4, 1);
        last.rung().run();
        settle();
        assertEquals(0, answer(0));
    }

    @Test
    void impossiblePagesAndTailsDoNoHarm() {
        assertEquals(NvmeRegs.INVALID_FIELD, command(0, NvmeRegs.DOORBELL_BUFFER, 0, VALUES + 4, EVENTS));
        assertEquals(NvmeRegs.TRANSFER_ERROR, command(0, NvmeRegs.DOORBELL_BUFFER, 0, VALUES, PciBench.RAM));
        assertEquals(0, io(NvmeRegs.FLUSH, 0, 1, 0, 0));
        use();
        bench.memory.write(VALUES + TAIL, 4, ENTRIES);
        register(NvmeRegs.DOORBELLS + (int) TAIL, 2);
        settle();
        assertEquals(0, answer(1));
        assertEquals(NvmeRegs.CSTS_RDY, register(NvmeRegs.CSTS));
    }
}
