package dev.veery.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.accel.kvm.IrqchipMode;
import dev.veery.accel.kvm.KvmProbe;
import dev.veery.base.ConfigException;
import dev.veery.config.AccelOption;
import dev.veery.config.AccelOption.Kind;
import dev.veery.hostcode.linux.LinuxHostCode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** What is there differs from host to host: the expectations follow it. */
class AcceleratorsTest {
    private static final boolean KVM = KvmProbe.run().verdict() != KvmProbe.Verdict.ABSENT;

    @Test
    void whatIsNotAvailableFallsThroughToTheNext() {
        List<AccelOption> wishes = List.of(new AccelOption(Kind.KVM), new AccelOption(Kind.INTERP));
        assertEquals(
                KVM ? "kvm" : "interp",
                Accelerators.choose(wishes, IrqchipMode.ON, Assertions::fail).name());
    }

    @Test
    void whenNoneIsLeftAllAreNamed() {
        List<AccelOption> wishes = List.of(new AccelOption(Kind.KVM));
        if (KVM) {
            assertEquals(
                    "kvm",
                    Accelerators.choose(wishes, IrqchipMode.ON, Assertions::fail)
                            .name());
            return;
        }
        ConfigException e = assertThrows(
                ConfigException.class, () -> Accelerators.choose(wishes, IrqchipMode.ON, Assertions::fail));
        assertTrue(e.getMessage().startsWith("accelerator kvm is not available: "), e.getMessage());
        assertTrue(e.getMessage().endsWith("; use -accel tcg for the software CPU"), e.getMessage());
    }

    @Test
    void theSoftwareCpuTranslatesWhereTheHostAllowsIt() {
        boolean translates = new LinuxHostCode().problem().isEmpty();
        List<AccelOption> wishes = List.of(new AccelOption(Kind.TCG));
        assertEquals(
                translates ? "jit" : "interp",
                Accelerators.choose(wishes, IrqchipMode.ON, warning -> {}).name());
    }

    @Test
    void autoTakesKvmOnlyWhereItIsFastAndSaysWhyNot() {
        KvmProbe.Result host = KvmProbe.run();
        List<String> warnings = new ArrayList<>();
        String chosen = Accelerators.choose(List.of(new AccelOption(Kind.AUTO)), IrqchipMode.ON, warnings::add)
                .name();
        assertEquals(host.verdict() == KvmProbe.Verdict.NATIVE, chosen.equals("kvm"));
        List<String> ofKvm = warnings.stream().filter(w -> w.contains("KVM")).toList();
        assertEquals(
                host.verdict() == KvmProbe.Verdict.SOFTWARE_ASSISTED
                        ? List.of("not using KVM: " + host.reason())
                        : List.of(),
                ofKvm);
        assertFalse(host.reason().contains("\n"));
    }
}
