package dev.veery.cpu.state;

import java.util.Arrays;

/** The identity and features of a processor as CPUID shows them. Immutable; {@link CpuModels} makes them. */
public final class CpuModel {
    /** Vendor string of Intel's processors. */
    public static final String INTEL = "GenuineIntel";

    /** Vendor string of AMD's processors. */
    public static final String AMD = "AuthenticAMD";

    private final String name;
    private final CpuIdentity identity;
    private final int[] words;
    private final int cores;
    private final int threads;
    private final Paravirtual paravirtual;
    private final long tscHz;

    CpuModel(
            String name,
            CpuIdentity identity,
            int[] words,
            int cores,
            int threads,
            Paravirtual paravirtual,
            long tscHz) {
        this.name = name;
        this.identity = identity;
        this.words = words;
        this.cores = cores;
        this.threads = threads;
        this.paravirtual = paravirtual;
        this.tscHz = tscHz;
    }

    /**
     * The same processor in a package of several.
     *
     * @param newCores cores a package, at least 1
     * @param newThreads threads a core, at least 1
     */
    public CpuModel withTopology(int newCores, int newThreads) {
        return new CpuModel(name, identity, words, newCores, newThreads, paravirtual, tscHz);
    }

    /** The name as given to {@code -cpu}. */
    public String name() {
        return name;
    }

    /** Whether {@code feature} is on for this processor; instructions that need one that is off raise #UD. */
    public boolean has(Feature feature) {
        return (words[feature.word().ordinal()] >>> feature.bit() & 1) != 0;
    }

    /** The feature bits of one CPUID register, as far as they do not depend on the processor's state. */
    public int word(Feature.Word word) {
        return words[word.ordinal()];
    }

    /** A hash of vendor and features: processors with another one execute other instructions. */
    public long featureHash() {
        return 31L * identity.vendor().hashCode() + Arrays.hashCode(words);
    }

    /** Physical address width in bits, 36 to 52. */
    public int physicalBits() {
        return identity.physicalBits();
    }

    /** Vendor, family and the other numbers. */
    public CpuIdentity identity() {
        return identity;
    }

    /** Whether the vendor string is Intel's: SYSENTER works in long mode, SYSCALL only in 64-bit code. */
    public boolean isIntel() {
        return identity.vendor().equals(INTEL);
    }

    /**
     * The APIC id of a processor: thread, core and package in bit fields of their own (SDM vol. 3, section 9.9.1), so that
     * ids have gaps where a number is no power of two.
     *
     * @param index of the processor in its machine; threads count first, then cores
     */
    public int apicId(int index) {
        int core = index / threads;
        int socket = core / cores;
        return (socket << coreBits() | core % cores) << threadBits() | index % threads;
    }

    /** Bits of an APIC id that number the threads of a core. */
    public int threadBits() {
        return bits(threads);
    }

    /** Bits of an APIC id that number the cores of a package. */
    public int coreBits() {
        return bits(cores);
    }

    private static int bits(int count) {
        return 32 - Integer.numberOfLeadingZeros(count - 1);
    }

    /** Cores a package. */
    public int cores() {
        return cores;
    }

    /** Threads a core. */
    public int threads() {
        return threads;
    }

    /** What the hypervisor may show of itself. */
    public Paravirtual paravirtual() {
        return paravirtual;
    }

    /** The frequency that the user wants for the time-stamp counter, or 0 for the engine's own. */
    public long tscHz() {
        return tscHz;
    }
}
