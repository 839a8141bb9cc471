package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.accel.soft.JitAccelerator;
import dev.veery.cpu.state.CpuModels;
import dev.veery.hostcode.linux.LinuxHostCode;
import dev.veery.memory.FlatView;
import dev.veery.memory.access.OffHeap;
import org.junit.jupiter.api.Test;

/** What the translator does when code changes under its hands, before anybody has told it. */
class JitRaceTest {
    private static final int HOT = 3;
    private static final int FUNCTION = 0x40;

    @Test
    void aBlockIsNotTranslatedFromOtherInstructionsThanItHas() {
        LinuxHostCode host = new LinuxHostCode();
        assumeTrue(host.problem().isEmpty(), () -> host.problem().orElse(""));
        try (TestMachine t = new TestMachine(new JitAccelerator(host, HOT), CpuModels.parse("max"))) {
            Tables.long64(t);
            Code code = new Code();
            for (int run = 1; run <= HOT; run++) {
                code.b(0xe8).d(FUNCTION - code.length() - 4).exit(run);
            }
            // A two-byte nop, inc eax twice, ret; behind it what is reached only if the ret is lost.
            t.start(
                    Tables.CODE,
                    code.fill(FUNCTION)
                            .b(0x66, 0x90, 0xff, 0xc0, 0xff, 0xc0, 0xc3)
                            .exit(9));
            assertEquals(Stop.exit(1), t.run(), t::where);
            assertEquals(Stop.exit(2), t.resume(), t::where);

            // Written as another processor does it, which has not told yet: int3 in place of the nop's first byte.
            FlatView view = t.memory.view();
            int range = view.find(Tables.CODE);
            OffHeap.putByte(view.hostAddress(range) + Tables.CODE + FUNCTION - view.start(range), 0xcc);

            assertEquals(Stop.exit(HOT), t.resume(), t::where);
            assertTrue(t.guardsIntact());
        }
    }
}
