package dev.veery.runtime;

import dev.veery.accel.Accelerator;
import dev.veery.accel.soft.InterpreterAccelerator;
import dev.veery.base.ConfigException;
import dev.veery.config.AccelOption;
import java.util.List;

/** Finds the first accelerator of those wished for that there is. */
final class Accelerators {
    private Accelerators() {}

    /** Makes it. */
    static Accelerator choose(List<AccelOption> wishes) {
        StringBuilder missing = new StringBuilder();
        for (AccelOption wish : wishes) {
            if (wish.kind().available()) {
                return new InterpreterAccelerator();
            }
            missing.append(missing.length() == 0 ? "" : ", ").append(wish.kind().option());
        }
        throw new ConfigException(
                "accelerator " + missing + " is not available in this version; use -accel tcg for the software CPU");
    }
}
