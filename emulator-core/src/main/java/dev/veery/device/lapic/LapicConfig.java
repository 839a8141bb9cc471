package dev.veery.device.lapic;

/**
 * What a local APIC is made as; CPUID must agree.
 *
 * @param apicId the initial APIC id, 32 bits; below 255 to be reachable in xAPIC mode
 * @param bootstrap whether this processor boots the machine (IA32_APIC_BASE bit 8)
 * @param physicalBits width of physical addresses, 32 to 52: the reserved bits of IA32_APIC_BASE
 * @param x2apic whether x2APIC mode can be entered (CPUID.01H:ECX bit 21)
 * @param tscDeadline whether the timer has TSC-deadline mode (CPUID.01H:ECX bit 24)
 */
public record LapicConfig(int apicId, boolean bootstrap, int physicalBits, boolean x2apic, boolean tscDeadline) {
    /** Checks ranges. */
    public LapicConfig {
        if (physicalBits < 32 || physicalBits > 52) {
            throw new IllegalArgumentException("physicalBits " + physicalBits);
        }
    }
}
