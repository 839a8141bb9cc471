package dev.veery.testbench;

/** System calls, in translated code. */
class JitSystemCallTest extends SystemCallTest {
    @Override
    TestMachine machine() {
        return EagerJit.machine();
    }
}
