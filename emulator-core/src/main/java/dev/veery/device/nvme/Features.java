package dev.veery.device.nvme;

import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/** Get Features and Set Features (5.9, 5.21). Nothing is saved across resets. */
final class Features {
    private static final int ARBITRATION = 0x01;
    private static final int POWER = 0x02;
    private static final int TEMPERATURE = 0x04;
    private static final int RECOVERY = 0x05;
    private static final int WRITE_CACHE = 0x06;
    private static final int QUEUES = 0x07;
    private static final int COALESCING = 0x08;
    private static final int VECTOR = 0x09;
    private static final int ATOMICITY = 0x0a;
    private static final int EVENTS = 0x0b;
    private static final int TIMESTAMP = 0x0e;
    private static final int COUNT = 0x0f;

    /** Select, dword 10. */
    private static final int SELECT_CURRENT = 0;

    private static final int SELECT_CAPABILITIES = 3;
    private static final int SAVE = 1 << 31;

    private static final int CHANGEABLE = 1 << 2;
    private static final int PER_NAMESPACE = 1 << 1;

    /** What only takes a value that is kept. */
    private static final int PLAIN = 1 << ARBITRATION | 1 << RECOVERY | 1 << COALESCING | 1 << ATOMICITY | 1 << EVENTS;

    private static final int KNOWN =
            PLAIN | 1 << POWER | 1 << TEMPERATURE | 1 << WRITE_CACHE | 1 << QUEUES | 1 << VECTOR | 1 << TIMESTAMP;

    private static final int EVENTS_TEMPERATURE = 1 << 1;
    private static final int EVENTS_NAMESPACE = 1 << 8;

    /** 5.21.1.4: Kelvin, bit 20 for the lower bound, bits 19 to 16 for the sensor. */
    private static final int THRESHOLD_LOW = 1 << 20;

    private static final int THRESHOLD_SELECT = 3 << 20;
    private static final int SENSOR = 0xf << 16;
    private static final int COALESCING_DISABLED = 1 << 16;
    private static final int TIMESTAMP_BYTES = 8;
    private static final long TIMESTAMP_MASK = (1L << 48) - 1;
    private static final long TIMESTAMP_SET = 1L << 49;
    private static final int NANOS = 1_000_000;

    private final NvmePci owner;
    private final int[] values = new int[COUNT];
    private final boolean[] uncoalesced;
    private int lowTemperature;
    private long timestamp;
    private long timestampAt;
    private long timestampOrigin;

    Features(NvmePci owner, int vectors) {
        this.owner = owner;
        uncoalesced = new boolean[vectors];
    }

    void reset() {
        for (int i = 0; i < COUNT; i++) {
            values[i] = initial(i);
        }
        Arrays.fill(uncoalesced, false);
        lowTemperature = 0;
        timestamp = 0;
        timestampAt = owner.nanos();
        timestampOrigin = 0;
    }

    private static int initial(int feature) {
        switch (feature) {
            case TEMPERATURE:
                return LogPages.WARNING_TEMPERATURE;
            case WRITE_CACHE:
                return 1;
            default:
                return 0;
        }
    }

    /** Whether writes may be complete before they are stable. */
    boolean writeCache() {
        return values[WRITE_CACHE] != 0;
    }

    boolean namespaceEvents() {
        return (values[EVENTS] & EVENTS_NAMESPACE) != 0;
    }

    /** Whether the temperature is outside the bounds that the driver set. */
    boolean temperatureCritical() {
        return LogPages.TEMPERATURE >= values[TEMPERATURE] || LogPages.TEMPERATURE <= lowTemperature;
    }

    int get(NvmeCommand command) {
        int feature = command.word(10) & 0xff;
        int select = command.word(10) >>> 8 & 7;
        if (!known(feature) || select > SELECT_CAPABILITIES) {
            return NvmeRegs.INVALID_FIELD;
        }
        if (feature == RECOVERY && select != SELECT_CAPABILITIES && owner.namespace(command.namespace()) == null) {
            return NvmeRegs.INVALID_NAMESPACE;
        }
        if (select == SELECT_CAPABILITIES) {
            command.result = CHANGEABLE | (feature == RECOVERY ? PER_NAMESPACE : 0);
            return NvmeRegs.OK;
        }
        boolean current = select == SELECT_CURRENT;
        switch (feature) {
            case QUEUES:
                command.result = queues();
                return NvmeRegs.OK;
            case VECTOR:
                return getVector(command, current);
            case TEMPERATURE:
                return getTemperature(command, current);
            case TIMESTAMP:
                return getTimestamp(command, current);
            default:
                command.result = current ? values[feature] : initial(feature);
                return NvmeRegs.OK;
        }
    }

    private static boolean known(int feature) {
        return feature < COUNT && (KNOWN >>> feature & 1) != 0;
    }

    private int queues() {
        int most = owner.ioQueues() - 1;
        return most << 16 | most;
    }

    private int getVector(NvmeCommand command, boolean current) {
        int vector = command.word(11) & 0xffff;
        if (vector >= uncoalesced.length) {
            return NvmeRegs.INVALID_FIELD;
        }
        command.result = vector | (current && uncoalesced[vector] ? COALESCING_DISABLED : 0);
        return NvmeRegs.OK;
    }

    private int getTemperature(NvmeCommand command, boolean current) {
        int word = command.word(11);
        boolean low = (word & THRESHOLD_SELECT) == THRESHOLD_LOW;
        if ((word & THRESHOLD_SELECT) > THRESHOLD_LOW) {
            return NvmeRegs.INVALID_FIELD;
        }
        // There is no sensor besides the composite one.
        if ((word & SENSOR) == 0) {
            int initial = low ? 0 : LogPages.WARNING_TEMPERATURE;
            command.result = current ? (low ? lowTemperature : values[TEMPERATURE]) : initial;
        }
        return NvmeRegs.OK;
    }

    private int getTimestamp(NvmeCommand command, boolean current) {
        int status = command.map(owner.memory(), TIMESTAMP_BYTES, true);
        if (status == NvmeRegs.OK) {
            long page = owner.cleanPage();
            long now = timestamp + (owner.nanos() - timestampAt) / NANOS & TIMESTAMP_MASK;
            OffHeap.putLong(page, current ? now | timestampOrigin : 0);
            command.data.put(0, page, TIMESTAMP_BYTES);
        }
        return status;
    }

    int set(NvmeCommand command) {
        int feature = command.word(10) & 0xff;
        int value = command.word(11);
        if (!known(feature)) {
            return NvmeRegs.INVALID_FIELD;
        }
        if ((command.word(10) & SAVE) != 0) {
            return NvmeRegs.NOT_SAVEABLE;
        }
        switch (feature) {
            case QUEUES:
                return setQueues(command, value);
            case POWER:
                // One power state, no workload hints.
                return (value & 0xff) == 0 ? NvmeRegs.OK : NvmeRegs.INVALID_FIELD;
            case WRITE_CACHE:
                return setWriteCache(command, value & 1);
            case TEMPERATURE:
                return setTemperature(value);
            case VECTOR:
                return setVector(value);
            case TIMESTAMP:
                return setTimestamp(command);
            case RECOVERY:
                if (command.namespace() != NvmeRegs.ALL_NAMESPACES && owner.namespace(command.namespace()) == null) {
                    return NvmeRegs.INVALID_NAMESPACE;
                }
                values[feature] = value;
                return NvmeRegs.OK;
            default:
                values[feature] = value;
                return NvmeRegs.OK;
        }
    }

    private int setQueues(NvmeCommand command, int value) {
        if ((value & 0xffff) == 0xffff || value >>> 16 == 0xffff) {
            return NvmeRegs.INVALID_FIELD;
        }
        // 5.21.1.7: before the first I/O queue is made.
        if (owner.queues().anyIo()) {
            return NvmeRegs.SEQUENCE_ERROR;
        }
        command.result = queues();
        return NvmeRegs.OK;
    }

    /** Switching the cache off makes what it holds stable. */
    private int setWriteCache(NvmeCommand command, int on) {
        boolean flush = values[WRITE_CACHE] != 0 && on == 0;
        values[WRITE_CACHE] = on;
        return flush ? owner.flushAll(command) : NvmeRegs.OK;
    }

    private int setTemperature(int value) {
        if ((value & THRESHOLD_SELECT) > THRESHOLD_LOW) {
            return NvmeRegs.INVALID_FIELD;
        }
        if ((value & SENSOR) == 0 || (value & SENSOR) == SENSOR) {
            if ((value & THRESHOLD_SELECT) == 0) {
                values[TEMPERATURE] = value & 0xffff;
            } else {
                lowTemperature = value & 0xffff;
            }
        }
        if (temperatureCritical() && (values[EVENTS] & EVENTS_TEMPERATURE) != 0) {
            owner.events().happened(AsyncEvents.TYPE_HEALTH, AsyncEvents.HEALTH_TEMPERATURE, LogPages.HEALTH);
        }
        return NvmeRegs.OK;
    }

    private int setVector(int value) {
        int vector = value & 0xffff;
        if (vector >= uncoalesced.length) {
            return NvmeRegs.INVALID_FIELD;
        }
        uncoalesced[vector] = (value & COALESCING_DISABLED) != 0;
        return NvmeRegs.OK;
    }

    private int setTimestamp(NvmeCommand command) {
        int status = command.map(owner.memory(), TIMESTAMP_BYTES, false);
        if (status == NvmeRegs.OK) {
            timestamp = command.data.get(0, TIMESTAMP_BYTES) & TIMESTAMP_MASK;
            timestampAt = owner.nanos();
            timestampOrigin = TIMESTAMP_SET;
        }
        return status;
    }
}
