package dev.veery.firmware;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to boot, and the machine it is booted on.
 *
 * @param kernel path of the kernel
 * @param initrd path of the initial RAM disk; for Multiboot a comma-separated list of {@code path arguments}
 * @param commandLine the kernel's command line
 * @param memory the memory map, in ascending order, not overlapping
 * @param rsdp physical address of the ACPI root pointer
 * @param rngSeed random bytes for the kernel, or null for none
 */
public record BootRequest(
        String kernel,
        @Nullable String initrd,
        String commandLine,
        List<E820Entry> memory,
        long rsdp,
        byte @Nullable [] rngSeed) {
    /** Takes a copy of the list. */
    public BootRequest {
        memory = List.copyOf(memory);
    }
}
