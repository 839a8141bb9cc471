package dev.veery.cpu.state;

import java.util.Map;

/**
 * What a hypervisor shows of itself in CPUID, under QEMU's names; only accelerators that have such an interface show it.
 *
 * @param shown whether there is a signature leaf at all ({@code kvm=on})
 * @param hidden bits of leaf 4000_0001h EAX that stay clear (Linux: Documentation/virt/kvm/x86/cpuid.rst)
 */
public record Paravirtual(boolean shown, int hidden) {
    /** All that there is. */
    public static final Paravirtual ALL = new Paravirtual(true, 0);

    private static final Map<String, Integer> BITS = Map.ofEntries(
            Map.entry("kvmclock", 1 | 1 << 3),
            Map.entry("kvm-nopiodelay", 1 << 1),
            Map.entry("kvm-mmu", 1 << 2),
            Map.entry("kvm-asyncpf", 1 << 4),
            Map.entry("kvm-steal-time", 1 << 5),
            Map.entry("kvm-pv-eoi", 1 << 6),
            Map.entry("kvm-pv-unhalt", 1 << 7),
            Map.entry("kvm-pv-tlb-flush", 1 << 9),
            Map.entry("kvm-asyncpf-vmexit", 1 << 10),
            Map.entry("kvm-pv-ipi", 1 << 11),
            Map.entry("kvm-poll-control", 1 << 12),
            Map.entry("kvm-pv-sched-yield", 1 << 13),
            Map.entry("kvm-asyncpf-int", 1 << 14),
            Map.entry("kvmclock-stable-bit", 1 << 24));

    /** Whether {@code name} is one of the features. */
    static boolean knows(String name) {
        return BITS.containsKey(name);
    }

    /** With a feature that may be shown, or not. */
    Paravirtual with(String name, boolean on) {
        int bits = BITS.getOrDefault(name, 0);
        return new Paravirtual(shown, on ? hidden & ~bits : hidden | bits);
    }
}
