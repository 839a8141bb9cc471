package dev.veery.testbench;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.accel.soft.JitAccelerator;
import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.hostcode.linux.LinuxHostCode;

/** Machines whose processor translates every block before it runs for the first time. */
final class EagerJit {
    private EagerJit() {}

    static TestMachine machine() {
        return machine(ExecutionTrace.NONE);
    }

    static TestMachine machine(ExecutionTrace trace) {
        LinuxHostCode host = new LinuxHostCode();
        assumeTrue(host.problem().isEmpty(), () -> host.problem().orElse(""));
        return new TestMachine(new JitAccelerator(host, 1), CpuModels.parse("max"), trace);
    }
}
