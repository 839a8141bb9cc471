package dev.veery.testbench;

import dev.veery.accel.kvm.IrqchipMode;
import org.junit.jupiter.api.Tag;

/** The contract with only local APICs in the kernel. */
@Tag("kvm")
class KvmSplitContractTest extends KvmLocalApicContractTest {
    @Override
    IrqchipMode mode() {
        return IrqchipMode.SPLIT;
    }
}
