package dev.veery.cpu.state;

/** The identity and features of a processor as CPUID shows them. Immutable. */
public interface CpuModel {
    /** The name as given to {@code -cpu}. */
    String name();

    /** Whether {@code feature} is on for this processor; instructions that need one that is off raise #UD. */
    boolean has(Feature feature);

    /** Physical address width in bits, 36 to 52. */
    int physicalBits();
}
