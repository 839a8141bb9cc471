package dev.veery.testbench;

/** Random code in ring 0, translated. */
class JitRingZeroFuzzTest extends RingZeroFuzzTest {
    @Override
    TestMachine machine() {
        return EagerJit.machine();
    }
}
