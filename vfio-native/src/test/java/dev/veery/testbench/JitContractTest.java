package dev.veery.testbench;

/** What a board may expect of any accelerator, of the translator. */
class JitContractTest extends AcceleratorContractTest {
    @Override
    TestMachine machine() {
        return EagerJit.machine();
    }
}
