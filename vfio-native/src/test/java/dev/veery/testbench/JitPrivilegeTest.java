package dev.veery.testbench;

/** Privilege checks, in translated code. */
class JitPrivilegeTest extends PrivilegeTest {
    @Override
    TestMachine machine() {
        return EagerJit.machine();
    }
}
