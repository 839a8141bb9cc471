package dev.veery.device.i8042;

/** An enhanced keyboard with scan code sets 1 and 2. Keys come from the host through {@link #key}. */
public final class Ps2Keyboard extends Ps2Device {
    /** {@link #key} code of the Pause key, which has a sequence of its own and no release. */
    public static final int PAUSE = 0xe1_1477;

    private static final int[] PAUSE_SET_2 = {0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77};
    private static final int[] PAUSE_SET_1 = {0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5};

    private static final int CMD_SET_LEDS = 0xed;
    private static final int CMD_ECHO = 0xee;
    private static final int CMD_SCAN_CODE_SET = 0xf0;
    private static final int CMD_TYPEMATIC = 0xf3;
    /** To FAh: kinds of all keys, which only set 3 knows; acknowledged and without effect. */
    private static final int CMD_ALL_KEYS_FIRST = 0xf7;

    private static final int CMD_ALL_KEYS_LAST = 0xfa;
    /** To FDh: the kind of one key, likewise. */
    private static final int CMD_ONE_KEY_FIRST = 0xfb;

    private static final int CMD_ONE_KEY_LAST = 0xfd;

    private static final int ID_FIRST = 0xab;
    private static final int ID_SECOND = 0x83;
    private static final int LED_MASK = 7;

    private boolean scanning;
    private int set;
    private int leds;

    /** A keyboard after its power-on test. */
    public Ps2Keyboard() {
        setDefaults();
    }

    /**
     * Presses or releases a key.
     *
     * @param code the key's make code in set 2, with E0h in bits 15 to 8 for an extended key, or {@link #PAUSE}
     * @return false if the keyboard has no room now; nothing happened then
     */
    public boolean key(int code, boolean down) {
        if (!scanning) {
            return true;
        }
        if (eventRoom() < PAUSE_SET_2.length) {
            return false;
        }
        if (code == PAUSE) {
            if (down) {
                for (int part : set == 1 ? PAUSE_SET_1 : PAUSE_SET_2) {
                    event(part);
                }
            }
        } else {
            if (code > 0xff) {
                event(code >>> 8);
            }
            if (set == 1) {
                event(ScanCodes.toSet1(code & 0xff) | (down ? 0 : ScanCodes.SET1_BREAK));
            } else {
                if (!down) {
                    event(ScanCodes.BREAK_PREFIX);
                }
                event(code & 0xff);
            }
        }
        notifyController();
        return true;
    }

    /** The lights: bit 0 scroll lock, bit 1 num lock, bit 2 caps lock. */
    public int leds() {
        return leds;
    }

    @Override
    int firstCommand() {
        return CMD_SET_LEDS;
    }

    @Override
    void command(int command) {
        if (command >= CMD_ALL_KEYS_FIRST && command <= CMD_ALL_KEYS_LAST) {
            reply(ACK);
            return;
        }
        if (command >= CMD_ONE_KEY_FIRST && command <= CMD_ONE_KEY_LAST) {
            acknowledgeAndExpect(command);
            return;
        }
        switch (command) {
            case CMD_ECHO:
                reply(CMD_ECHO);
                break;
            case CMD_SET_LEDS:
            case CMD_SCAN_CODE_SET:
            case CMD_TYPEMATIC:
                acknowledgeAndExpect(command);
                break;
            case CMD_GET_ID:
                reply(ACK);
                reply(ID_FIRST);
                reply(ID_SECOND);
                break;
            case CMD_ENABLE:
                clearEvents();
                scanning = true;
                reply(ACK);
                break;
            case CMD_DISABLE:
                defaultsKeepingLights();
                scanning = false;
                reply(ACK);
                break;
            case CMD_SET_DEFAULT:
                defaultsKeepingLights();
                reply(ACK);
                break;
            case CMD_RESET:
                reset();
                reply(ACK);
                reply(SELF_TEST_PASSED);
                break;
            default:
                reply(RESEND);
                break;
        }
    }

    private void acknowledgeAndExpect(int command) {
        reply(ACK);
        expectArgument(command);
    }

    @Override
    void argument(int command, int value) {
        switch (command) {
            case CMD_SET_LEDS:
                leds = value & LED_MASK;
                reply(ACK);
                break;
            case CMD_SCAN_CODE_SET:
                scanCodeSet(value);
                break;
            default:
                reply(ACK);
                break;
        }
    }

    private void scanCodeSet(int value) {
        switch (value) {
            case 0:
                reply(ACK);
                reply(set);
                break;
            case 1:
            case 2:
                set = value;
                clearEvents();
                reply(ACK);
                break;
            default:
                reply(RESEND);
                break;
        }
    }

    private void defaultsKeepingLights() {
        clearEvents();
        set = 2;
    }

    @Override
    void setDefaults() {
        scanning = true;
        set = 2;
        leds = 0;
    }
}
