package dev.veery.runtime;

import dev.veery.accel.Accelerator;
import dev.veery.accel.kvm.IrqchipMode;
import dev.veery.accel.kvm.KvmAccelerator;
import dev.veery.accel.kvm.KvmProbe;
import dev.veery.accel.soft.InterpreterAccelerator;
import dev.veery.accel.soft.JitAccelerator;
import dev.veery.base.ConfigException;
import dev.veery.config.AccelOption;
import dev.veery.hostcode.HostCode;
import dev.veery.hostcode.linux.LinuxHostCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds the first accelerator of those wished for that there is. */
final class Accelerators {
    private Accelerators() {}

    /**
     * Makes it.
     *
     * @param irqchip where KVM's interrupt controllers are to be
     * @param warnings told when the software CPU has to do without the translator, or KVM is passed over as too slow
     */
    static Accelerator choose(List<AccelOption> wishes, IrqchipMode irqchip, Consumer<String> warnings) {
        List<String> problems = new ArrayList<>();
        for (AccelOption wish : wishes) {
            Accelerator found = switch (wish.kind()) {
                case AUTO -> auto(wish.takesTurns(), irqchip, warnings);
                case KVM -> kvm(problems, irqchip, warnings);
                case TCG -> software(wish.takesTurns(), warnings);
                case JIT -> translator(wish.takesTurns(), problems);
                case INTERP -> new InterpreterAccelerator(wish.takesTurns());
            };
            if (found != null) {
                return found;
            }
        }
        throw new ConfigException(String.join("; ", problems) + "; use -accel tcg for the software CPU");
    }

    private static Accelerator auto(boolean turns, IrqchipMode irqchip, Consumer<String> warnings) {
        KvmProbe.Result host = KvmProbe.run();
        if (host.verdict() == KvmProbe.Verdict.NATIVE) {
            return new KvmAccelerator(irqchip, warnings);
        }
        if (host.verdict() == KvmProbe.Verdict.SOFTWARE_ASSISTED) {
            warnings.accept("not using KVM: " + host.reason());
        }
        return software(turns, warnings);
    }

    /** KVM as the user asked for it, even where it is slow. */
    private static @Nullable Accelerator kvm(List<String> problems, IrqchipMode irqchip, Consumer<String> warnings) {
        KvmProbe.Result host = KvmProbe.run();
        if (host.verdict() == KvmProbe.Verdict.ABSENT) {
            problems.add("accelerator kvm is not available: " + host.reason());
            return null;
        }
        return new KvmAccelerator(irqchip, warnings);
    }

    private static @Nullable Accelerator translator(boolean turns, List<String> problems) {
        HostCode host = new LinuxHostCode();
        Optional<String> problem = host.problem();
        if (problem.isPresent()) {
            problems.add("accelerator jit is not available: " + problem.get());
            return null;
        }
        return new JitAccelerator(host, turns);
    }

    private static Accelerator software(boolean turns, Consumer<String> warnings) {
        HostCode host = new LinuxHostCode();
        Optional<String> problem = host.problem();
        if (problem.isEmpty()) {
            return new JitAccelerator(host, turns);
        }
        warnings.accept("guest code is interpreted, which is slow: " + problem.get());
        return new InterpreterAccelerator(turns);
    }
}
