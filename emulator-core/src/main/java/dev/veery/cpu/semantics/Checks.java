package dev.veery.cpu.semantics;

import dev.veery.cpu.state.CpuState;

/** Checks that many system operations share. */
public final class Checks {
    private Checks() {}

    /** #GP(0) unless at privilege level 0 (SDM vol. 3, section 5.9). */
    public static void requireCpl0(CpuState s) {
        if (s.cpl != 0) {
            throw s.gp0();
        }
    }

    /** #UD in real and virtual-8086 mode, for instructions that know only descriptors. */
    public static void requireProtected(CpuState s) {
        if (!s.protectedMode()) {
            throw s.ud();
        }
    }

    /** Whether {@code address} is canonical for 48-bit linear addresses (SDM vol. 1, section 3.3.7.1). */
    public static boolean canonical(long address) {
        return address << 16 >> 16 == address;
    }

    /** #GP(0) unless {@code address} is canonical. */
    public static void requireCanonical(CpuState s, long address) {
        if (!canonical(address)) {
            throw s.gp0();
        }
    }
}
