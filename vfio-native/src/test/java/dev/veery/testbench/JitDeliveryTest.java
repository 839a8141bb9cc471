package dev.veery.testbench;

/** Interrupts and exceptions, in translated code. */
class JitDeliveryTest extends DeliveryTest {
    @Override
    TestMachine machine() {
        return EagerJit.machine();
    }
}
