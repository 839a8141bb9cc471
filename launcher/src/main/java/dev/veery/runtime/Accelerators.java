package dev.veery.runtime;

import dev.veery.accel.Accelerator;
import dev.veery.accel.kvm.IrqchipMode;
import dev.veery.accel.kvm.KvmAccelerator;
import dev.veery.accel.kvm.KvmProbe;
import dev.veery.accel.soft.InterpreterAccelerator;
import dev.veery.accel.soft.JitAccelerator;
import dev.veery.accel.soft.SoftOptions;
import dev.veery.base.ConfigException;
import dev.veery.config.AccelOption;
import dev.veery.cpu.jit.TranslationCache;
import dev.veery.hostcode.HostCode;
import dev.veery.hostcode.linux.LinuxHostCode;
import dev.veery.time.InstructionClock;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
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
        return choose(wishes, irqchip, null, new SecureRandom()::nextLong, cache -> null, warnings);
    }

    /**
     * Makes it.
     *
     * @param irqchip where KVM's interrupt controllers are to be
     * @param clock the machine's if it runs with instructions, which only a software CPU can drive; else null
     * @param random where a software CPU's random numbers come from
     * @param caches where a translator keeps its work, by what {@link AccelOption#cache} says; null for nowhere
     * @param warnings told when the software CPU has to do without the translator, or KVM is passed over as too slow
     */
    static Accelerator choose(
            List<AccelOption> wishes,
            IrqchipMode irqchip,
            @Nullable InstructionClock clock,
            LongSupplier random,
            Function<String, @Nullable TranslationCache> caches,
            Consumer<String> warnings) {
        List<String> problems = new ArrayList<>();
        for (AccelOption wish : wishes) {
            Supplier<SoftOptions> options =
                    () -> new SoftOptions(wish.takesTurns(), clock, random, caches.apply(wish.cache()));
            Accelerator found = switch (wish.kind()) {
                case AUTO -> clock == null ? auto(options, irqchip, warnings) : software(options, warnings);
                case KVM -> clock == null ? kvm(problems, irqchip, warnings) : uncounted(problems);
                case TCG -> software(options, warnings);
                case JIT -> translator(options, problems);
                case INTERP -> new InterpreterAccelerator(new SoftOptions(wish.takesTurns(), clock, random, null));
            };
            if (found != null) {
                return found;
            }
        }
        throw new ConfigException(String.join("; ", problems) + "; use -accel tcg for the software CPU");
    }

    private static Accelerator auto(Supplier<SoftOptions> options, IrqchipMode irqchip, Consumer<String> warnings) {
        KvmProbe.Result host = KvmProbe.run();
        if (host.verdict() == KvmProbe.Verdict.NATIVE) {
            return new KvmAccelerator(irqchip, warnings);
        }
        if (host.verdict() == KvmProbe.Verdict.SOFTWARE_ASSISTED) {
            warnings.accept("not using KVM: " + host.reason());
        }
        return software(options, warnings);
    }

    private static @Nullable Accelerator uncounted(List<String> problems) {
        problems.add("accelerator kvm cannot count instructions as -icount needs it");
        return null;
    }

    /** KVM as the user asked for it, even where it is slow. */
    private static @Nullable Accelerator kvm(List<String> problems, IrqchipMode irqchip, Consumer<String> warnings) {
        Optional<String> problem = KvmProbe.problem();
        if (problem.isPresent()) {
            problems.add("accelerator kvm is not available: " + problem.get());
            return null;
        }
        return new KvmAccelerator(irqchip, warnings);
    }

    private static @Nullable Accelerator translator(Supplier<SoftOptions> options, List<String> problems) {
        HostCode host = new LinuxHostCode();
        Optional<String> problem = host.problem();
        if (problem.isPresent()) {
            problems.add("accelerator jit is not available: " + problem.get());
            return null;
        }
        return new JitAccelerator(host, options.get());
    }

    private static Accelerator software(Supplier<SoftOptions> options, Consumer<String> warnings) {
        HostCode host = new LinuxHostCode();
        Optional<String> problem = host.problem();
        if (problem.isEmpty()) {
            return new JitAccelerator(host, options.get());
        }
        warnings.accept("guest code is interpreted, which is slow: " + problem.get());
        return new InterpreterAccelerator(options.get());
    }
}
