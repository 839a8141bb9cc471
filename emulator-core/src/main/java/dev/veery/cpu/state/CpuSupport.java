package dev.veery.cpu.state;

import org.jspecify.annotations.Nullable;

/** What the engine that runs a processor can give it. */
public interface CpuSupport {
    /** One tick of a software processor's time-stamp counter is a nanosecond. */
    long SOFTWARE_TSC_HZ = 1_000_000_000;

    /** The software processor: what {@link Feature#implemented()} says, and no host whose identity it could show. */
    CpuSupport SOFTWARE = new CpuSupport() {
        @Override
        public String engine() {
            return "the software processor";
        }

        @Override
        public boolean supports(Feature feature) {
            return feature.implemented();
        }

        @Override
        public boolean offers(Feature feature) {
            // Interpreted, a step of 256 bits takes longer than two of 128.
            return supports(feature)
                    && feature != Feature.AVX
                    && feature != Feature.AVX2
                    && feature != Feature.FMA
                    && feature != Feature.F16C;
        }

        @Override
        public boolean tscFrequency(long hz) {
            return hz == SOFTWARE_TSC_HZ;
        }
    };

    /** What warnings call it. */
    String engine();

    /** Whether a processor may have the feature. */
    boolean supports(Feature feature);

    /** Whether the model {@code max} has a feature unasked: programs choose their inner loops by what is there. */
    default boolean offers(Feature feature) {
        return supports(feature);
    }

    /** Whether it can be told the frequency of time-stamp counters; whether it can give this one turns out later. */
    default boolean tscFrequency(long hz) {
        return true;
    }

    /** The identity of the processor that it runs on, for the models {@code host} and {@code max}; null without one. */
    default @Nullable CpuIdentity host() {
        return null;
    }
}
