package dev.veery.cpu.jit;

import dev.veery.cpu.state.Feature;
import dev.veery.hostcode.HostCode;
import dev.veery.hostcode.HostCpuid;

/**
 * What the host's processor has of what the guest may be shown; an instruction that the host does not have is the
 * interpreter's.
 *
 * @param lzcnt LZCNT
 * @param movbe MOVBE
 * @param bmi1 BMI1, TZCNT with it
 * @param bmi2 BMI2
 * @param avx AVX, and the host's kernel saves the registers
 * @param avx2 AVX2
 * @param fma FMA
 * @param f16c F16C
 */
public record HostFeatures(
        boolean lzcnt,
        boolean movbe,
        boolean bmi1,
        boolean bmi2,
        boolean avx,
        boolean avx2,
        boolean fma,
        boolean f16c) {
    /** XCR0: SSE and AVX. */
    private static final long VECTOR_STATE = 6;

    /** Asks the processor. */
    public static HostFeatures of(HostCode host) {
        try (HostCpuid id = new HostCpuid(host)) {
            int features = id.ecx(1, 0);
            int extended = id.eax(0, 0) >= 7 ? id.ebx(7, 0) : 0;
            int amd = Integer.compareUnsigned(id.eax(0x8000_0000, 0), 0x8000_0001) >= 0 ? id.ecx(0x8000_0001, 0) : 0;
            boolean vectors = (id.xcr0() & VECTOR_STATE) == VECTOR_STATE && bit(features, 28);
            return new HostFeatures(
                    bit(amd, 5),
                    bit(features, 22),
                    bit(extended, 3),
                    bit(extended, 8),
                    vectors,
                    vectors && bit(extended, 5),
                    vectors && bit(features, 12),
                    vectors && bit(features, 29));
        }
    }

    /** Whether the host has a feature; true for those that emitted code does not take from the host as they are. */
    public boolean has(Feature feature) {
        switch (feature) {
            case ABM:
                return lzcnt;
            case MOVBE:
                return movbe;
            case BMI1:
                return bmi1;
            case BMI2:
                return bmi2;
            case AVX:
                return avx;
            case AVX2:
                return avx2;
            case FMA:
                return fma;
            case F16C:
                return f16c;
            default:
                return true;
        }
    }

    /** All of it as bits. */
    int bits() {
        int word = 0;
        for (boolean b : new boolean[] {lzcnt, movbe, bmi1, bmi2, avx, avx2, fma, f16c}) {
            word = 2 * word + (b ? 1 : 0);
        }
        return word;
    }

    private static boolean bit(int word, int n) {
        return (word >>> n & 1) != 0;
    }
}
