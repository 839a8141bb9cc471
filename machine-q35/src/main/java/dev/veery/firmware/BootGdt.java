package dev.veery.firmware;

import dev.veery.memory.AddressSpace;

/**
 * The descriptor table that kernels are entered with. It lies in the BIOS area, which no kernel uses as RAM. Linux wants
 * code at 10h and data at 18h (boot.rst, 32-bit boot protocol); the others take any.
 */
final class BootGdt {
    static final long ADDRESS = 0xf_f000L;
    static final int CODE = 0x10;
    static final int DATA = 0x18;
    static final int TASK = 0x20;

    /** Accessed, readable, code, S, present; 32-bit, 4 KiB granularity. */
    static final int CODE_ATTRIBUTES = 0xc09b;
    /** Accessed, writable, data, S, present; 32-bit, 4 KiB granularity. */
    static final int DATA_ATTRIBUTES = 0xc093;
    /** Busy 32-bit task state, present. */
    static final int TASK_ATTRIBUTES = 0x8b;

    static final int TASK_LIMIT = 0x67;

    private static final long[] DESCRIPTORS = {
        0,
        flat(CODE_ATTRIBUTES),
        flat(CODE_ATTRIBUTES),
        flat(DATA_ATTRIBUTES),
        (long) TASK_ATTRIBUTES << 40 | TASK_LIMIT,
    };

    static final int LIMIT = 8 * DESCRIPTORS.length - 1;

    private BootGdt() {}

    private static long flat(int attributes) {
        return 0xf_0000_0000_ffffL | (attributes & 0xffL) << 40 | (attributes & 0xf000L) << 40;
    }

    static void write(AddressSpace memory) {
        for (int i = 0; i < DESCRIPTORS.length; i++) {
            memory.write(ADDRESS + 8L * i, 8, DESCRIPTORS[i]);
        }
    }
}
