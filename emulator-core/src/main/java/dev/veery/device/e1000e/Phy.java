package dev.veery.device.e1000e;

/** The PHY's registers as MDIC reaches them (9 and 10.2.2.7): a gigabit link that is up. */
final class Phy {
    private static final int REGISTERS = 32;
    private static final int BMCR = 0;
    private static final int BMCR_RESET = 1 << 15;
    private static final int BMCR_AUTONEG = 1 << 12;
    private static final int BMCR_RESTART = 1 << 9;
    private static final int BMSR = 1;
    private static final int FIRST_VENDOR = 16;
    private static final int PAGE_SELECT = 22;

    private static final int MDIC_REG_SHIFT = 16;
    private static final int MDIC_PHY_SHIFT = 21;
    private static final int MDIC_OP_SHIFT = 26;
    private static final int MDIC_WRITE = 1;
    private static final int MDIC_READ = 2;
    private static final int MDIC_READY = 1 << 28;
    private static final int MDIC_ERROR = 1 << 30;
    private static final int ADDRESS = 1;

    private final int[] values = new int[REGISTERS];
    private final Runnable linkChanged;

    Phy(Runnable linkChanged) {
        this.linkChanged = linkChanged;
        reset();
    }

    void reset() {
        java.util.Arrays.fill(values, 0);
        values[BMCR] = BMCR_AUTONEG | 1 << 8 | 1 << 6;
        // Every speed up to 100 Mb/s, extended status, negotiation complete, link up.
        values[BMSR] = 0x7969 | 1 << 5 | 1 << 2;
        values[2] = 0x0141;
        values[3] = 0x0cb1;
        values[4] = 0x0de1;
        values[5] = 0x4de1;
        values[6] = 0x000f;
        values[9] = 0x0e00;
        // The partner does 1000 Mb/s in both duplex modes, and both receivers are fine.
        values[10] = 0x3c00;
        values[15] = 0x3000;
        values[16] = 0x0060;
        // 1000 Mb/s, full duplex, resolved, link up.
        values[17] = 0xac00;
    }

    /** Carries out what was written to MDIC; returns what it reads as afterwards. */
    int command(int mdic) {
        int register = mdic >>> MDIC_REG_SHIFT & REGISTERS - 1;
        int operation = mdic >>> MDIC_OP_SHIFT & 3;
        int done = mdic & ~(0xffff | MDIC_ERROR) | MDIC_READY;
        if ((mdic >>> MDIC_PHY_SHIFT & REGISTERS - 1) != ADDRESS) {
            return done | MDIC_ERROR;
        }
        if (operation == MDIC_READ) {
            return done | read(register);
        }
        if (operation == MDIC_WRITE) {
            write(register, mdic & 0xffff);
            return done | mdic & 0xffff;
        }
        return done | MDIC_ERROR;
    }

    private boolean onOtherPage(int register) {
        return register >= FIRST_VENDOR && register != PAGE_SELECT && values[PAGE_SELECT] != 0;
    }

    private int read(int register) {
        return onOtherPage(register) ? 0 : values[register];
    }

    private void write(int register, int value) {
        boolean readOnly = register == BMSR || register == 2 || register == 3 || register == 10 || register == 15;
        if (onOtherPage(register) || readOnly || register == 17) {
            return;
        }
        if (register != BMCR) {
            values[register] = value;
            return;
        }
        values[BMCR] = value & ~(BMCR_RESET | BMCR_RESTART);
        if ((value & (BMCR_RESET | BMCR_RESTART)) != 0) {
            linkChanged.run();
        }
    }
}
