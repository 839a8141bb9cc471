package dev.veery.firmware;

/**
 * One range of the BIOS memory map (ACPI 15.1, INT 15h E820h).
 *
 * @param base first physical address
 * @param size in bytes, above 0
 * @param type one of the constants below
 */
public record E820Entry(long base, long size, int type) {
    /** RAM the operating system may use. */
    public static final int RAM = 1;

    /** Not to be used. */
    public static final int RESERVED = 2;

    /** ACPI tables; RAM once they have been read. */
    public static final int ACPI = 3;

    /** ACPI memory that must be kept. */
    public static final int NVS = 4;

    /** Refuses empty ranges and ranges that wrap. */
    public E820Entry {
        if (size <= 0 || base < 0 || base + size < 0) {
            throw new IllegalArgumentException("memory map entry " + Long.toHexString(base) + "+" + size);
        }
    }

    /** First address behind the range. */
    public long end() {
        return base + size;
    }
}
