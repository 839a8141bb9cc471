package dev.veery.device.i8042;

/** Ports, bits and commands of the controller. */
final class I8042Regs {
    /** Port 64h, read. */
    static final int STATUS_OBF = 1 << 0;

    static final int STATUS_SYS = 1 << 2;
    /** The last write went to port 64h. */
    static final int STATUS_COMMAND = 1 << 3;
    /** The key lock is open. */
    static final int STATUS_UNLOCKED = 1 << 4;
    /** The byte in the output buffer is the auxiliary device's. */
    static final int STATUS_AUX_OBF = 1 << 5;

    /** Command byte: byte 0 of the controller's memory. */
    static final int CTR_KBD_INT = 1 << 0;

    static final int CTR_AUX_INT = 1 << 1;
    static final int CTR_SYS = 1 << 2;
    static final int CTR_KBD_DISABLE = 1 << 4;
    static final int CTR_AUX_DISABLE = 1 << 5;
    static final int CTR_TRANSLATE = 1 << 6;
    static final int CTR_WRITABLE = 0x7f;

    static final int OUTPUT_NOT_RESET = 1 << 0;
    static final int OUTPUT_A20 = 1 << 1;
    static final int OUTPUT_KBD_IRQ = 1 << 4;
    static final int OUTPUT_AUX_IRQ = 1 << 5;
    /** All pins float high after the controller's own reset; the two interrupt pins show the buffer. */
    static final int OUTPUT_RESET = 0xcf;

    /** Port 64h, write. 20h to 3Fh read the memory, 60h to 7Fh write it. */
    static final int CMD_READ_MEMORY = 0x20;

    static final int CMD_WRITE_MEMORY = 0x60;
    static final int MEMORY_BYTES = 0x20;
    static final int CMD_PASSWORD_TEST = 0xa4;
    static final int CMD_AUX_DISABLE = 0xa7;
    static final int CMD_AUX_ENABLE = 0xa8;
    static final int CMD_AUX_TEST = 0xa9;
    static final int CMD_SELF_TEST = 0xaa;
    static final int CMD_KBD_TEST = 0xab;
    static final int CMD_KBD_DISABLE = 0xad;
    static final int CMD_KBD_ENABLE = 0xae;
    static final int CMD_READ_INPUT = 0xc0;
    static final int CMD_READ_OUTPUT = 0xd0;
    static final int CMD_WRITE_OUTPUT = 0xd1;
    static final int CMD_LOOP_KBD = 0xd2;
    static final int CMD_LOOP_AUX = 0xd3;
    static final int CMD_WRITE_AUX = 0xd4;
    /** Not IBM's, but in every PC since. */
    static final int CMD_A20_OFF = 0xdd;

    static final int CMD_A20_ON = 0xdf;
    static final int CMD_READ_TEST = 0xe0;
    /** F0h to FFh pull low for 6 microseconds the output pins 0 to 3 whose bit is 0. */
    static final int CMD_PULSE = 0xf0;

    static final int NO_PASSWORD = 0xf1;
    static final int SELF_TEST_PASSED = 0x55;
    static final int TEST_PASSED = 0x00;
    /** Input port: not locked. */
    static final int INPUT_UNLOCKED = 0x80;

    private I8042Regs() {}
}
