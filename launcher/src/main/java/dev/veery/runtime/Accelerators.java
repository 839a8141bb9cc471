package dev.veery.runtime;

import dev.veery.accel.Accelerator;
import dev.veery.accel.soft.InterpreterAccelerator;
import dev.veery.accel.soft.JitAccelerator;
import dev.veery.base.ConfigException;
import dev.veery.config.AccelOption;
import dev.veery.hostcode.HostCode;
import dev.veery.hostcode.linux.LinuxHostCode;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds the first accelerator of those wished for that there is. */
final class Accelerators {
    private Accelerators() {}

    /**
     * Makes it.
     *
     * @param warnings told when the software CPU has to do without the translator
     */
    static Accelerator choose(List<AccelOption> wishes, Consumer<String> warnings) {
        StringBuilder missing = new StringBuilder();
        for (AccelOption wish : wishes) {
            if (wish.kind().available()) {
                if (wish.kind() == AccelOption.Kind.INTERP) {
                    return new InterpreterAccelerator();
                }
                HostCode host = new LinuxHostCode();
                Optional<String> problem = host.problem();
                if (problem.isEmpty()) {
                    return new JitAccelerator(host);
                }
                if (wish.kind() == AccelOption.Kind.TCG) {
                    warnings.accept("guest code is interpreted, which is slow: " + problem.get());
                    return new InterpreterAccelerator();
                }
            }
            missing.append(missing.length() == 0 ? "" : ", ").append(wish.kind().option());
        }
        throw new ConfigException(
                "accelerator " + missing + " is not available in this version; use -accel tcg for the software CPU");
    }
}
