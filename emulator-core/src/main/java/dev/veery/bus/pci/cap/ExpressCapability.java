package dev.veery.bus.pci.cap;

import dev.veery.register.RegisterBank;

/** The PCI Express capability: version 2 (PCI Express 5.0, 7.5.3), or the shorter version 1 of older endpoints (1.1, 7.8). */
public final class ExpressCapability {
    /** Capability id. */
    public static final int ID = 0x10;

    /** Bytes of configuration space. */
    public static final int LENGTH = 60;

    /** Bytes of configuration space of an endpoint with version 1. */
    public static final int LENGTH_VERSION_1 = 20;

    /** What a function is in the tree (7.5.3.2). */
    public enum Type {
        ENDPOINT(0),
        ROOT_PORT(4),
        UPSTREAM_PORT(5),
        DOWNSTREAM_PORT(6),
        PCI_BRIDGE(7);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        /** Whether a link leads down from it. */
        public boolean downstream() {
            return this == ROOT_PORT || this == DOWNSTREAM_PORT;
        }
    }

    private static final int CAPABILITIES = 2;
    private static final int DEVICE_CAPABILITIES = 4;
    private static final int DEVICE_CONTROL = 8;
    private static final int DEVICE_STATUS = 0xa;
    private static final int LINK_CAPABILITIES = 0xc;
    private static final int LINK_CONTROL = 0x10;
    private static final int LINK_STATUS = 0x12;
    private static final int SLOT_CAPABILITIES = 0x14;
    private static final int SLOT_CONTROL = 0x18;
    private static final int SLOT_STATUS = 0x1a;
    private static final int ROOT_CONTROL = 0x1c;
    private static final int ROOT_STATUS = 0x20;
    private static final int LINK_CAPABILITIES_2 = 0x2c;
    private static final int LINK_CONTROL_2 = 0x30;

    /** 7.5.3.2: an endpoint on the root bus. */
    private static final int INTEGRATED_ENDPOINT = 9;

    private static final int VERSION_1 = 1;
    private static final int VERSION_2 = 2;
    private static final int TYPE_SHIFT = 4;
    private static final int SLOT_IMPLEMENTED = 1 << 8;
    private static final int ROLE_BASED_ERRORS = 1 << 15;
    private static final int FUNCTION_LEVEL_RESET = 1 << 28;
    private static final int DEVICE_CONTROL_WRITABLE = 0x78ff;
    private static final int INITIATE_RESET = 1 << 15;
    private static final int DEVICE_STATUS_W1C = 0xf;

    /** 2.5 GT/s, one lane: what every link can do, and what links here are set to. */
    private static final int SPEED_AND_WIDTH = 1 | 1 << 4;

    private static final int WIDTH_SHIFT = 4;

    private static final int LINK_ACTIVE_REPORTING = 1 << 20;
    private static final int PORT_SHIFT = 24;
    private static final int LINK_CONTROL_WRITABLE = 0x0ffb & ~(1 << 5);
    private static final int LINK_ACTIVE = 1 << 13;
    private static final int SPEEDS_2_5 = 1 << 1;

    /** 7.5.3.9 and 7.5.3.10, as a port with a button, a power controller and two lights has them. */
    private static final int ATTENTION_BUTTON = 1;

    private static final int POWER_CONTROLLER = 1 << 1;
    private static final int LIGHTS = 1 << 3 | 1 << 4;
    private static final int HOT_PLUG_CAPABLE = 1 << 6;
    private static final int HOT_PLUG = 1 << 5 | HOT_PLUG_CAPABLE;
    private static final int NO_COMMAND_COMPLETED = 1 << 18;
    private static final int SLOT_NUMBER_SHIFT = 19;
    private static final int SLOT_CONTROL_WRITABLE = 0x13ff;
    private static final int LIGHTS_OFF = 3 << 6 | 3 << 8;

    private static final int HOT_PLUG_INTERRUPT = 1 << 5;
    private static final int POWER_LIGHT = 3 << 8;
    private static final int POWER_LIGHT_ON = 1 << 8;
    private static final int POWER_LIGHT_BLINKING = 2 << 8;
    private static final int POWER_OFF = 1 << 10;
    private static final int LINK_CHANGED_ENABLE = 1 << 12;

    /** 7.5.3.11 slot status. */
    private static final int BUTTON_PRESSED = 1;

    private static final int PRESENCE_CHANGED = 1 << 3;
    private static final int COMMAND_COMPLETED = 1 << 4;
    private static final int PRESENT = 1 << 6;
    private static final int LINK_CHANGED = 1 << 8;
    private static final int EVENTS = BUTTON_PRESSED | PRESENCE_CHANGED | COMMAND_COMPLETED;
    private static final int SLOT_STATUS_W1C = 0x11f;

    private final RegisterBank config;
    private final int offset;
    private final Type type;
    private final int version;
    private boolean hotPlug;

    /** Whether the guest manages the slot by these registers. */
    private boolean managed;

    private boolean powerController;
    private boolean occupied;

    /**
     * Declares the registers.
     *
     * @param offset of the capability, whose header the device has written
     * @param port number, for ports
     */
    public ExpressCapability(RegisterBank config, int offset, Type type, int port) {
        this(config, offset, type, port, VERSION_2);
    }

    private ExpressCapability(RegisterBank config, int offset, Type type, int port, int version) {
        this.config = config;
        this.offset = offset;
        this.type = type;
        this.version = version;
        boolean resets = type == Type.ENDPOINT && version == VERSION_2;
        config.declare(offset + CAPABILITIES, 2, version | type.code << TYPE_SHIFT, 0);
        config.declare(offset + DEVICE_CAPABILITIES, 4, ROLE_BASED_ERRORS | (resets ? FUNCTION_LEVEL_RESET : 0), 0);
        config.declare(offset + DEVICE_CONTROL, 2, 0x2810, DEVICE_CONTROL_WRITABLE);
        config.declareWriteOneToClear(offset + DEVICE_STATUS, 2, DEVICE_STATUS_W1C);
        int reporting = type.downstream() ? LINK_ACTIVE_REPORTING : 0;
        config.declare(offset + LINK_CAPABILITIES, 4, SPEED_AND_WIDTH | reporting | (long) port << PORT_SHIFT, 0);
        config.declare(offset + LINK_CONTROL, 2, 0, LINK_CONTROL_WRITABLE);
        config.declare(offset + LINK_STATUS, 2, SPEED_AND_WIDTH, 0);
        if (version == VERSION_2) {
            config.declare(offset + LINK_CAPABILITIES_2, 4, SPEEDS_2_5, 0);
            config.declare(offset + LINK_CONTROL_2, 2, 1, 0xf);
        }
        if (type == Type.ROOT_PORT) {
            config.declare(offset + ROOT_CONTROL, 2, 0, 0x1f);
            config.declareWriteOneToClear(offset + ROOT_STATUS, 4, 1 << 16);
        }
    }

    /** The registers of an endpoint with version 1, which cannot be reset as a function; its first 20 bytes are all. */
    public static ExpressCapability version1(RegisterBank config, int offset) {
        return new ExpressCapability(config, offset, Type.ENDPOINT, 0, VERSION_1);
    }

    /** The function is on the root bus: an endpoint there is part of the root complex, and has no link. */
    public void integrate() {
        if (type == Type.ENDPOINT) {
            config.declare(offset + CAPABILITIES, 2, version | INTEGRATED_ENDPOINT << TYPE_SHIFT, 0);
            config.declare(offset + LINK_CAPABILITIES, 8, 0, 0);
            if (version == VERSION_2) {
                config.declare(offset + LINK_CAPABILITIES_2, 8, 0, 0);
            }
        }
    }

    /**
     * Says what the link could do.
     *
     * @param speed 1 for 2.5 GT/s, 2 for 5, 3 for 8, 4 for 16
     * @param width lanes, 1 to 32
     */
    public void setLink(int speed, int width) {
        long fixed = config.get(offset + LINK_CAPABILITIES, 4) & ~0x3ffL;
        config.declare(offset + LINK_CAPABILITIES, 4, fixed | speed | (long) width << WIDTH_SHIFT, 0);
        config.declare(offset + LINK_CAPABILITIES_2, 4, (1L << speed + 1) - 2, 0);
        config.declare(offset + LINK_CONTROL_2, 2, speed, 0xf);
    }

    /**
     * Adds a slot.
     *
     * @param number physical slot number, 13 bits
     * @param pluggable whether its device may come and go
     * @param powerController whether the guest switches the slot's power
     */
    public void addSlot(int number, boolean pluggable, boolean powerController) {
        hotPlug = pluggable;
        managed = pluggable;
        this.powerController = powerController;
        long control = config.get(offset + CAPABILITIES, 2) | SLOT_IMPLEMENTED;
        config.declare(offset + CAPABILITIES, 2, control, 0);
        int abilities = NO_COMMAND_COMPLETED;
        if (pluggable) {
            abilities = ATTENTION_BUTTON | LIGHTS | HOT_PLUG | (powerController ? POWER_CONTROLLER : 0);
        }
        config.declare(offset + SLOT_CAPABILITIES, 4, abilities | (long) number << SLOT_NUMBER_SHIFT, 0);
        int power = powerController ? POWER_OFF : 0;
        config.declare(offset + SLOT_CONTROL, 2, LIGHTS_OFF | power, SLOT_CONTROL_WRITABLE | power);
        config.declareWriteOneToClear(offset + SLOT_STATUS, 2, SLOT_STATUS_W1C);
    }

    /** Others manage the slot: it always has power, and announces nothing. */
    public void leaveHotPlugToFirmware() {
        managed = false;
        long abilities = config.get(offset + SLOT_CAPABILITIES, 4);
        config.declare(offset + SLOT_CAPABILITIES, 4, abilities & ~HOT_PLUG_CAPABLE, 0);
    }

    /** Brings status and power in line with what is plugged, after a reset. */
    public void reset() {
        show();
        if (hotPlug && occupied) {
            // Firmware leaves the power of occupied slots on.
            config.setBits(offset + SLOT_CONTROL, 2, POWER_OFF | POWER_LIGHT, false);
            config.setBits(offset + SLOT_CONTROL, 2, POWER_LIGHT_ON, true);
        }
    }

    private void show() {
        if (type.downstream()) {
            config.setBits(offset + SLOT_STATUS, 2, PRESENT, occupied);
            config.setBits(offset + LINK_STATUS, 2, LINK_ACTIVE, occupied);
        }
    }

    /**
     * Says whether the slot has something in it.
     *
     * @param running whether the guest is to be told of a change
     */
    public void setOccupied(boolean present, boolean running) {
        if (present == occupied) {
            return;
        }
        occupied = present;
        show();
        if (running && managed) {
            // The button makes an operating system power up what has come.
            int events = PRESENCE_CHANGED | LINK_CHANGED | (present ? BUTTON_PRESSED : 0);
            config.setBits(offset + SLOT_STATUS, 2, events, true);
        }
    }

    /** Asks the guest to let the device go, as the attention button does. */
    public void pressButton() {
        config.setBits(offset + SLOT_STATUS, 2, BUTTON_PRESSED, true);
    }

    /** Whether the slot's device may come and go. */
    public boolean hotPlug() {
        return hotPlug;
    }

    /** Whether what is in the slot has power. */
    public boolean powered() {
        return !managed || (config.get(offset + SLOT_CONTROL, 2) & POWER_OFF) == 0;
    }

    /** Whether the light says that the guest is busy with the slot. */
    public boolean blinking() {
        return (config.get(offset + SLOT_CONTROL, 2) & POWER_LIGHT) == POWER_LIGHT_BLINKING;
    }

    /** Whether the slot has something to tell that the guest wants to hear. */
    public boolean interrupting() {
        long control = config.get(offset + SLOT_CONTROL, 2);
        long status = config.get(offset + SLOT_STATUS, 2);
        long wanted = control & EVENTS | ((control & LINK_CHANGED_ENABLE) != 0 ? LINK_CHANGED : 0);
        return managed && (control & HOT_PLUG_INTERRUPT) != 0 && (status & wanted) != 0;
    }

    /** Whether the guest has switched the slot's power off and its light with it: the device may be taken out. */
    public boolean poweredDown() {
        int off = POWER_LIGHT | (powerController ? POWER_OFF : 0);
        return managed && (config.get(offset + SLOT_CONTROL, 2) & off) == off;
    }

    /**
     * Configuration space was written; every write of slot control is a command, and completed at once.
     *
     * @return whether slot control was among it
     */
    public boolean written(int at, int bytes) {
        boolean slot = managed && at < offset + SLOT_CONTROL + 2 && at + bytes > offset + SLOT_CONTROL;
        if (slot) {
            config.setBits(offset + SLOT_STATUS, 2, COMMAND_COMPLETED, true);
        }
        return slot;
    }

    /** Whether {@code value}, written to {@code at}, asks for a function-level reset (7.5.3.4). */
    public boolean asksForReset(int at, int bytes, long value) {
        int within = offset + DEVICE_CONTROL + 1 - at;
        return (config.get(offset + DEVICE_CAPABILITIES, 4) & FUNCTION_LEVEL_RESET) != 0
                && within >= 0
                && within < bytes
                && (value >>> 8 * within & INITIATE_RESET >> 8) != 0;
    }
}
