package dev.veery.device.rtc;

/** MC146818A registers, "Address map" and "Registers". */
final class Mc146818Regs {
    static final int SECONDS = 0x00;
    static final int SECONDS_ALARM = 0x01;
    static final int MINUTES = 0x02;
    static final int MINUTES_ALARM = 0x03;
    static final int HOURS = 0x04;
    static final int HOURS_ALARM = 0x05;
    static final int DAY_OF_WEEK = 0x06;
    static final int DAY_OF_MONTH = 0x07;
    static final int MONTH = 0x08;
    static final int YEAR = 0x09;
    static final int REG_A = 0x0a;
    static final int REG_B = 0x0b;
    static final int REG_C = 0x0c;
    static final int REG_D = 0x0d;
    static final int FIRST_RAM = 0x0e;
    /** The century, where the FADT says it is. */
    static final int CENTURY = 0x32;
    /** The century again, where IBM's PS/2 had it. */
    static final int CENTURY_PS2 = 0x37;

    /** Update in progress; read only. */
    static final int A_UIP = 0x80;

    static final int A_DV_SHIFT = 4;
    static final int A_DV_MASK = 0x07;
    /** The highest divider setting that counts; above are test modes and the reset of the divider. */
    static final int DV_LAST_COUNTING = 2;

    static final int A_RS_MASK = 0x0f;

    static final int B_SET = 0x80;
    static final int B_PIE = 0x40;
    static final int B_AIE = 0x20;
    static final int B_UIE = 0x10;
    static final int B_SQWE = 0x08;
    /** Data mode: set for binary, clear for BCD. */
    static final int B_DM = 0x04;
    /** Set for 24 hours, clear for 12. */
    static final int B_24H = 0x02;

    static final int C_IRQF = 0x80;
    static final int C_PF = 0x40;
    static final int C_AF = 0x20;
    static final int C_UF = 0x10;

    /** Valid RAM and time: the battery is good. */
    static final int D_VRT = 0x80;

    /** Both top bits of an alarm byte: any value matches. */
    static final int ALARM_DONT_CARE = 0xc0;

    static final int HOURS_PM = 0x80;

    private Mc146818Regs() {}
}
