package dev.veery.device.e1000e;

/** The words of the NVM (6.1) behind EERD and EEWR. What is written is lost at power-off. */
final class Nvm {
    private static final int WORDS = 64;
    private static final int CHECKSUM = 0x3f;
    private static final int SUM = 0xbaba;
    private static final int ADDRESS_SHIFT = 2;
    private static final int START = 1;
    private static final int DONE = 1 << 1;
    private static final int DATA_SHIFT = 16;

    private final int[] words = new int[WORDS];

    Nvm(long mac) {
        for (int i = 0; i < 3; i++) {
            words[i] = (int) (mac >>> 16 * i) & 0xffff;
        }
        words[0x03] = 0x0420;
        words[0x05] = 0x2010;
        // No printed board number; LED defaults; vendor and device.
        words[0x08] = 0xffff;
        words[0x09] = 0xffff;
        words[0x0a] = 0x026b;
        words[0x0c] = 0x8086;
        words[0x0d] = 0x10d3;
        words[0x0f] = 0x8058;
        words[0x24] = 0x1020;
        int sum = 0;
        for (int i = 0; i < CHECKSUM; i++) {
            sum += words[i];
        }
        words[CHECKSUM] = SUM - sum & 0xffff;
    }

    private static int address(int value) {
        return value >>> ADDRESS_SHIFT & 0x3fff;
    }

    /** What EERD reads as after a value was written. */
    int read(int value) {
        if ((value & START) == 0) {
            return value;
        }
        int address = address(value);
        int word = address < WORDS ? words[address] : 0xffff;
        return value & 0xffff & ~START | DONE | word << DATA_SHIFT;
    }

    /** What EEWR reads as after a value was written. */
    int write(int value) {
        if ((value & START) != 0 && address(value) < WORDS) {
            words[address(value)] = value >>> DATA_SHIFT;
        }
        return value & ~START | DONE;
    }
}
