package dev.veery.device.i8042;

/**
 * A PS/2 mouse that turns into one with a wheel, or with a wheel and five buttons, when the host sends the sequences of
 * sample rates that IntelliMouse drivers send.
 */
public final class Ps2Mouse extends Ps2Device {
    /** Buttons for {@link #move}. */
    public static final int LEFT = 1 << 0;

    /** The right button. */
    public static final int RIGHT = 1 << 1;

    /** The middle button. */
    public static final int MIDDLE = 1 << 2;

    private static final int CMD_SCALE_1_1 = 0xe6;
    private static final int CMD_SCALE_2_1 = 0xe7;
    private static final int CMD_RESOLUTION = 0xe8;
    private static final int CMD_STATUS = 0xe9;
    private static final int CMD_STREAM = 0xea;
    private static final int CMD_READ_DATA = 0xeb;
    private static final int CMD_WRAP_OFF = 0xec;
    private static final int CMD_WRAP_ON = 0xee;
    private static final int CMD_REMOTE = 0xf0;
    private static final int CMD_SAMPLE_RATE = 0xf3;

    private static final int STATUS_SCALE_2_1 = 1 << 4;
    private static final int STATUS_ENABLED = 1 << 5;
    private static final int STATUS_REMOTE = 1 << 6;

    private static final int ID_PLAIN = 0;
    private static final int ID_WHEEL = 3;
    private static final int ID_FIVE_BUTTONS = 4;

    private static final int PACKET_ALWAYS_1 = 1 << 3;
    private static final int PACKET_X_SIGN = 1 << 4;
    private static final int PACKET_Y_SIGN = 1 << 5;
    private static final int BASIC_BUTTONS = 7;
    /** The fourth and fifth button, next to four bits of wheel. */
    private static final int EXTRA_BUTTONS_SHIFT = 3;

    private static final int EXTRA_BUTTONS_POSITION = 4;

    private static final int MAX_MOVE = 255;

    private int id;
    private int rate;
    private int lastRates;
    private int resolution;
    private boolean doubleScale;
    private boolean enabled;
    private boolean remote;
    private boolean wrap;
    private int buttons;
    private int x;
    private int y;
    private int wheel;

    /** A mouse after its power-on test. */
    public Ps2Mouse() {
        setDefaults();
    }

    /**
     * Moves it, turns its wheel and sets its buttons.
     *
     * @param dx counts to the right
     * @param dy counts away from the user
     * @param dz notches of the wheel towards the user
     * @param pressed the buttons that are down now: {@link #LEFT}, {@link #RIGHT}, {@link #MIDDLE}, bits 3 and 4
     */
    public void move(int dx, int dy, int dz, int pressed) {
        buttons = pressed;
        x += dx;
        y += dy;
        wheel += dz;
        if (enabled && !remote && !wrap && eventRoom() >= packetBytes()) {
            packet(doubleScale, this::event);
            notifyController();
        }
    }

    private int packetBytes() {
        return id == ID_PLAIN ? 3 : 4;
    }

    /** Takes a byte of a packet. */
    private interface Sink {
        void put(int value);
    }

    /** What has not been reported yet, as much as a packet holds; the rest stays for the next. */
    private void packet(boolean scaled, Sink sink) {
        int dx = clamp(x, -MAX_MOVE - 1, MAX_MOVE);
        int dy = clamp(y, -MAX_MOVE - 1, MAX_MOVE);
        x -= dx;
        y -= dy;
        int sentX = scaled ? scale(dx) : dx;
        int sentY = scaled ? scale(dy) : dy;
        sink.put(buttons & BASIC_BUTTONS
                | PACKET_ALWAYS_1
                | (sentX < 0 ? PACKET_X_SIGN : 0)
                | (sentY < 0 ? PACKET_Y_SIGN : 0));
        sink.put(sentX & 0xff);
        sink.put(sentY & 0xff);
        if (id == ID_PLAIN) {
            wheel = 0;
            return;
        }
        int dz = id == ID_WHEEL ? clamp(wheel, -128, 127) : clamp(wheel, -8, 7);
        wheel -= dz;
        sink.put(
                id == ID_WHEEL ? dz & 0xff : dz & 0xf | (buttons >> EXTRA_BUTTONS_SHIFT & 3) << EXTRA_BUTTONS_POSITION);
    }

    private static int clamp(int value, int low, int high) {
        return Math.max(low, Math.min(high, value));
    }

    /** 2:1 scaling: 0 1 1 3 6 9 for up to 5 counts, twice the count above. */
    private static int scale(int value) {
        int count = Math.abs(value);
        int scaled;
        switch (count) {
            case 0:
            case 1:
                scaled = count;
                break;
            case 2:
                scaled = 1;
                break;
            case 3:
                scaled = 3;
                break;
            case 4:
                scaled = 6;
                break;
            case 5:
                scaled = 9;
                break;
            default:
                scaled = Math.min(2 * count, MAX_MOVE);
                break;
        }
        return value < 0 ? -scaled : scaled;
    }

    /** No value below is a command, but sample rates lie above: arguments are whatever follows. */
    @Override
    int firstCommand() {
        return CMD_SCALE_1_1;
    }

    @Override
    void command(int command) {
        if (wrap && command != CMD_RESET && command != CMD_WRAP_OFF) {
            reply(command);
            return;
        }
        switch (command) {
            case CMD_SCALE_1_1:
            case CMD_SCALE_2_1:
                doubleScale = command == CMD_SCALE_2_1;
                reply(ACK);
                break;
            case CMD_RESOLUTION:
            case CMD_SAMPLE_RATE:
                reply(ACK);
                expectArgument(command);
                break;
            case CMD_STATUS:
                status();
                break;
            case CMD_STREAM:
            case CMD_REMOTE:
                remote = command == CMD_REMOTE;
                dropMovement();
                reply(ACK);
                break;
            case CMD_READ_DATA:
                reply(ACK);
                packet(false, this::reply);
                break;
            case CMD_WRAP_OFF:
            case CMD_WRAP_ON:
                wrap = command == CMD_WRAP_ON;
                dropMovement();
                reply(ACK);
                break;
            case CMD_GET_ID:
                reply(ACK);
                reply(id);
                break;
            case CMD_ENABLE:
            case CMD_DISABLE:
                enabled = command == CMD_ENABLE;
                dropMovement();
                reply(ACK);
                break;
            case CMD_SET_DEFAULT:
                defaultsKeepingId();
                reply(ACK);
                break;
            case CMD_RESET:
                reset();
                reply(ACK);
                reply(SELF_TEST_PASSED);
                reply(id);
                break;
            default:
                reply(RESEND);
                break;
        }
    }

    @Override
    void argument(int command, int value) {
        if (command == CMD_RESOLUTION) {
            resolution = value & 3;
        } else {
            rate = value;
            recogniseKnock();
        }
        reply(ACK);
    }

    /** 200, 100, 80 asks for the wheel; then 200, 200, 80 for five buttons. */
    private void recogniseKnock() {
        lastRates = lastRates << 8 & 0xff_ffff | rate;
        if (lastRates == (200 << 16 | 100 << 8 | 80) && id == ID_PLAIN) {
            id = ID_WHEEL;
        } else if (lastRates == (200 << 16 | 200 << 8 | 80) && id != ID_PLAIN) {
            id = ID_FIVE_BUTTONS;
        }
    }

    private void status() {
        // The status byte has left, middle, right from bit 2 down.
        int flags =
                ((buttons & LEFT) != 0 ? 4 : 0) | ((buttons & MIDDLE) != 0 ? 2 : 0) | ((buttons & RIGHT) != 0 ? 1 : 0);
        if (doubleScale) {
            flags |= STATUS_SCALE_2_1;
        }
        if (enabled) {
            flags |= STATUS_ENABLED;
        }
        if (remote) {
            flags |= STATUS_REMOTE;
        }
        reply(ACK);
        reply(flags);
        reply(resolution);
        reply(rate);
    }

    private void dropMovement() {
        x = 0;
        y = 0;
        wheel = 0;
        clearEvents();
    }

    private void defaultsKeepingId() {
        rate = 100;
        resolution = 2;
        doubleScale = false;
        enabled = false;
        remote = false;
        wrap = false;
        dropMovement();
    }

    @Override
    void setDefaults() {
        id = ID_PLAIN;
        lastRates = 0;
        defaultsKeepingId();
    }
}
