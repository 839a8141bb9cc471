package dev.veery.accel.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.base.ConfigException;
import dev.veery.linux.abi.Kvm;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** What is said of a host whose KVM lacks something. */
class MissingCapabilityTest {
    private static IntUnaryOperator allBut(int missing) {
        return capability -> capability == missing ? 0 : 1;
    }

    @Test
    void aHostThatIsTooOldIsNamedInOneLine() {
        KvmMachine.require(allBut(-1));
        ConfigException e =
                assertThrows(ConfigException.class, () -> KvmMachine.require(allBut(Kvm.KVM_CAP_READONLY_MEM)));
        assertEquals(
                "the host's KVM lacks KVM_CAP_READONLY_MEM; use Linux 4.11 or later, or another accelerator",
                e.getMessage());
    }

    @Test
    void missingInterruptControllersComeWithTheModeToUse() {
        KvmIrqchip.require(allBut(Kvm.KVM_CAP_SPLIT_IRQCHIP), true);
        ConfigException split =
                assertThrows(ConfigException.class, () -> KvmIrqchip.require(allBut(Kvm.KVM_CAP_SPLIT_IRQCHIP), false));
        assertEquals(
                "the host's KVM lacks KVM_CAP_SPLIT_IRQCHIP; use -machine kernel-irqchip=on or off",
                split.getMessage());
        ConfigException none =
                assertThrows(ConfigException.class, () -> KvmIrqchip.require(allBut(Kvm.KVM_CAP_IRQCHIP), true));
        assertEquals("the host's KVM lacks KVM_CAP_IRQCHIP; use -machine kernel-irqchip=off", none.getMessage());
    }
}
