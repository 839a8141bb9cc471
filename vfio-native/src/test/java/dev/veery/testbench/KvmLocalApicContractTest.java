package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The contract with local APICs in the kernel. */
abstract class KvmLocalApicContractTest extends KvmContractTest {
    /** The timer is the kernel's: real time, and nobody to ask before it fires. */
    @Test
    @Override
    void deadlineTimerFiresWhenTheCounterReachesIt() {
        Tables.long64(t);
        Code code = deadlineTimer();
        code.b(0x0f, 0x31, 0x05).d(5_000_000).b(0x83, 0xd2, 0).mov(1, 0x6e0).b(0x0f, 0x30); // rdtsc; add; adc; wrmsr
        t.start(Tables.CODE, code.b(0xfb, 0xf4, 0xeb, 0xfd));
        assertEquals(Stop.vector(0x40), t.run(), t::where);
    }
}
