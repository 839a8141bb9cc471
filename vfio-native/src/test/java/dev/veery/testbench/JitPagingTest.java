package dev.veery.testbench;

/** Paging, under translated code. */
class JitPagingTest extends PagingTest {
    @Override
    TestMachine machine() {
        return EagerJit.machine();
    }
}
