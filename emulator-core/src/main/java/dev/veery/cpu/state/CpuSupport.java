package dev.veery.cpu.state;

import org.jspecify.annotations.Nullable;

/** What the engine that runs a processor can give it. */
public interface CpuSupport {
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
    };

    /** What warnings call it. */
    String engine();

    /** Whether a processor may have the feature. */
    boolean supports(Feature feature);

    /** The identity of the processor that it runs on, for the models {@code host} and {@code max}; null without one. */
    default @Nullable CpuIdentity host() {
        return null;
    }
}
