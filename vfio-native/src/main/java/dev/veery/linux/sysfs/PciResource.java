package dev.veery.linux.sysfs;

/**
 * An address range of a PCI function: a line of its {@code resource} file.
 *
 * @param index 0 to 5 for BARs, {@link #ROM} for the expansion ROM
 * @param start address in the host, 0 if it is not placed
 * @param size bytes, above 0
 * @param flags the kernel's IORESOURCE_* bits (include/linux/ioport.h)
 */
public record PciResource(int index, long start, long size, long flags) {
    /** The index of the expansion ROM. */
    public static final int ROM = 6;

    private static final long IO = 0x100;
    private static final long PREFETCH = 0x2000;
    private static final long MEM_64 = 0x10_0000;

    /** Whether it is in port space. */
    public boolean io() {
        return (flags & IO) != 0;
    }

    /** Whether reads have no side effect. */
    public boolean prefetchable() {
        return (flags & PREFETCH) != 0;
    }

    /** Whether it takes two BARs. */
    public boolean is64Bit() {
        return (flags & MEM_64) != 0;
    }
}
