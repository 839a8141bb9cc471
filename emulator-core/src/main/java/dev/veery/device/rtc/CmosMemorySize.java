package dev.veery.device.rtc;

import dev.veery.base.Units;

/** The bytes in which a PC's firmware keeps the amount of memory. */
public final class CmosMemorySize {
    private static final int BASE_KIB = 0x15;
    private static final int EXTENDED_KIB = 0x17;
    private static final int EXTENDED_KIB_FOUND = 0x30;
    private static final int ABOVE_16_MIB = 0x34;
    private static final int ABOVE_4_GIB = 0x5b;

    private static final int CONVENTIONAL_KIB = 640;
    private static final long UNIT_64_KIB = 64 * Units.KIB;

    private CmosMemorySize() {}

    /**
     * Stores the amounts: 15h conventional KiB, 17h and 30h KiB above 1 MiB, 34h units of 64 KiB above 16 MiB, each at most
     * FFFFh, and 5Bh units of 64 KiB above 4 GiB, three bytes.
     *
     * @param below4GiB bytes of memory that start at address 0
     * @param above4GiB bytes of memory that start at 4 GiB
     */
    public static void store(Mc146818 rtc, long below4GiB, long above4GiB) {
        long extendedKiB = Math.max(0, below4GiB - Units.MIB) / Units.KIB;
        putWord(rtc, BASE_KIB, CONVENTIONAL_KIB);
        putWord(rtc, EXTENDED_KIB, extendedKiB);
        putWord(rtc, EXTENDED_KIB_FOUND, extendedKiB);
        putWord(rtc, ABOVE_16_MIB, Math.max(0, below4GiB - 16 * Units.MIB) / UNIT_64_KIB);
        long above = above4GiB / UNIT_64_KIB;
        for (int i = 0; i < 3; i++) {
            rtc.setNvram(ABOVE_4_GIB + i, (int) (above >>> 8 * i) & 0xff);
        }
    }

    private static void putWord(Mc146818 rtc, int at, long value) {
        long capped = Math.min(value, 0xffff);
        rtc.setNvram(at, (int) capped & 0xff);
        rtc.setNvram(at + 1, (int) capped >>> 8);
    }
}
