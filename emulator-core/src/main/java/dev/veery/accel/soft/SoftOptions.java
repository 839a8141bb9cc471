package dev.veery.accel.soft;

import dev.veery.cpu.jit.TranslationCache;
import dev.veery.time.InstructionClock;
import java.security.SecureRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How the software processors of a machine run.
 *
 * @param turns whether they take turns, each on its own thread, instead of running at the same time
 * @param clock the machine's clock if that runs with instructions: then one thread executes all processors, in a fixed order;
 *     else null
 * @param random where RDRAND and RDSEED get their numbers from
 */
public record SoftOptions(
        boolean turns,
        @Nullable InstructionClock clock,
        LongSupplier random,
        @Nullable TranslationCache cache) {
    /** At the same time, with the host's time and chance. */
    public static SoftOptions plain() {
        return turns(false);
    }

    /** With the host's time and chance. */
    public static SoftOptions turns(boolean turns) {
        return new SoftOptions(turns, null, new SecureRandom()::nextLong, null);
    }
}
