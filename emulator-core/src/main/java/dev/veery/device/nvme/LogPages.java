package dev.veery.device.nvme;

import dev.veery.memory.access.OffHeap;
import java.util.BitSet;

/** Get Log Page (5.14), and what the pages tell. */
final class LogPages {
    static final int ERRORS = 0x01;
    static final int HEALTH = 0x02;
    static final int CHANGED_NAMESPACES = 0x04;
    private static final int FIRMWARE = 0x03;
    private static final int EFFECTS = 0x05;

    /** Kelvin. */
    static final int TEMPERATURE = 323;

    static final int WARNING_TEMPERATURE = 343;
    static final int CRITICAL_TEMPERATURE = 373;

    /** Entries of the error page; Identify says one less. */
    static final int ERROR_ENTRIES = 64;

    private static final int ERROR_ENTRY = 64;
    private static final int RETAIN_EVENT = 1 << 15;
    private static final int FIRMWARE_BYTES = 512;
    private static final int HEALTH_BYTES = 512;

    private static final int SUPPORTED = 1;
    private static final int CHANGES_DATA = 1 << 1;
    private static final int NVM_COMMANDS = 1024;

    private static final int[] ADMIN = {
        NvmeRegs.DELETE_SQ, NvmeRegs.CREATE_SQ, NvmeRegs.GET_LOG, NvmeRegs.DELETE_CQ, NvmeRegs.CREATE_CQ,
        NvmeRegs.IDENTIFY, NvmeRegs.ABORT, NvmeRegs.SET_FEATURES, NvmeRegs.GET_FEATURES, NvmeRegs.ASYNC_EVENT,
        NvmeRegs.DOORBELL_BUFFER
    };
    private static final int[] NVM_READING = {NvmeRegs.FLUSH, NvmeRegs.READ, NvmeRegs.COMPARE, NvmeRegs.VERIFY};
    private static final int[] NVM_CHANGING = {NvmeRegs.WRITE, NvmeRegs.WRITE_ZEROES, NvmeRegs.DATASET};

    private final NvmePci owner;
    private final BitSet changed = new BitSet();

    /** The newest error comes first; index of the newest, which moves down. */
    private final ErrorEntry[] errors = new ErrorEntry[ERROR_ENTRIES];

    private int newest;
    private long errorCount;

    // 5.14.1.2; bytes, not the units of the page.
    private long bytesRead;
    private long bytesWritten;
    private long reads;
    private long writes;
    private long mediaErrors;

    private record ErrorEntry(long number, int queue, int command, int status, int namespace, long block) {}

    LogPages(NvmePci owner) {
        this.owner = owner;
    }

    /** The counters stay: they tell of the device's life. */
    void reset() {
        changed.clear();
    }

    void countRead(long bytes) {
        reads++;
        bytesRead += bytes;
    }

    void countWrite(long bytes) {
        writes++;
        bytesWritten += bytes;
    }

    void mediaError(NvmeCommand command) {
        mediaErrors++;
        errorCount++;
        newest = (newest + ERROR_ENTRIES - 1) % ERROR_ENTRIES;
        errors[newest] = new ErrorEntry(
                errorCount, command.queue.id, command.id(), command.status, command.namespace(), command.wide(10));
    }

    void namespaceChanged(int id) {
        changed.set(id);
    }

    int get(NvmeCommand command) {
        long length = ((command.word(10) >>> 16 & 0xffffL | (command.word(11) & 0xffffL) << 16) + 1) * 4;
        long from = command.wide(12);
        boolean retain = (command.word(10) & RETAIN_EVENT) != 0;
        int id = command.word(10) & 0xff;
        long page = owner.cleanPage();
        int bytes;
        switch (id) {
            case ERRORS:
                bytes = errors(page);
                break;
            case HEALTH:
                if (command.namespace() != 0 && command.namespace() != NvmeRegs.ALL_NAMESPACES) {
                    return NvmeRegs.INVALID_FIELD;
                }
                bytes = health(page);
                break;
            case FIRMWARE:
                OffHeap.putByte(page, 1);
                Identify.firmware(page + 8);
                bytes = FIRMWARE_BYTES;
                break;
            case CHANGED_NAMESPACES:
                bytes = changed(page);
                break;
            case EFFECTS:
                bytes = effects(page);
                break;
            default:
                return NvmeRegs.INVALID_LOG;
        }
        if (from < 0 || from >= bytes || (from & 3) != 0) {
            return NvmeRegs.INVALID_FIELD;
        }
        int status = command.map(owner.memory(), length, true);
        if (status == NvmeRegs.OK) {
            command.data.put(0, page + from, Math.min(length, bytes - from));
            if (!retain) {
                acknowledge(id);
            }
        }
        return status;
    }

    private void acknowledge(int id) {
        switch (id) {
            case ERRORS:
                owner.events().acknowledge(AsyncEvents.TYPE_ERROR);
                break;
            case HEALTH:
                owner.events().acknowledge(AsyncEvents.TYPE_HEALTH);
                break;
            case CHANGED_NAMESPACES:
                changed.clear();
                owner.events().acknowledge(AsyncEvents.TYPE_NOTICE);
                break;
            default:
                break;
        }
    }

    /** 5.14.1.1. */
    private int errors(long page) {
        for (int i = 0; i < ERROR_ENTRIES; i++) {
            ErrorEntry entry = errors[(newest + i) % ERROR_ENTRIES];
            if (entry != null) {
                long at = page + (long) i * ERROR_ENTRY;
                OffHeap.putLong(at, entry.number);
                OffHeap.putShort(at + 8, entry.queue);
                OffHeap.putShort(at + 10, entry.command);
                OffHeap.putShort(at + 12, entry.status << 1);
                OffHeap.putShort(at + 14, 0xffff);
                OffHeap.putLong(at + 16, entry.block);
                OffHeap.putInt(at + 24, entry.namespace);
            }
        }
        return ERROR_ENTRIES * ERROR_ENTRY;
    }

    /** 5.14.1.2; data is counted in thousands of 512 bytes, rounded up. */
    private int health(long page) {
        OffHeap.putByte(page, owner.features().temperatureCritical() ? 2 : 0);
        OffHeap.putShort(page + 1, TEMPERATURE);
        OffHeap.putByte(page + 3, 100);
        OffHeap.putByte(page + 4, 10);
        OffHeap.putLong(page + 32, (bytesRead + 511_999) / 512_000);
        OffHeap.putLong(page + 48, (bytesWritten + 511_999) / 512_000);
        OffHeap.putLong(page + 64, reads);
        OffHeap.putLong(page + 80, writes);
        OffHeap.putLong(page + 112, 1);
        OffHeap.putLong(page + 128, owner.nanos() / 3_600_000_000_000L);
        OffHeap.putLong(page + 160, mediaErrors);
        OffHeap.putLong(page + 176, errorCount);
        return HEALTH_BYTES;
    }

    /** 5.14.1.4. */
    private int changed(long page) {
        int count = 0;
        for (int id = changed.nextSetBit(0); id >= 0; id = changed.nextSetBit(id + 1)) {
            OffHeap.putInt(page + 4L * count, id);
            count++;
        }
        return NvmeRegs.PAGE;
    }

    /** 5.14.1.5: which commands there are, and which change data. */
    private static int effects(long page) {
        for (int code : ADMIN) {
            OffHeap.putInt(page + 4L * code, SUPPORTED);
        }
        OffHeap.putInt(page + 4L * NvmeRegs.FORMAT, SUPPORTED | CHANGES_DATA);
        for (int code : NVM_READING) {
            OffHeap.putInt(page + NVM_COMMANDS + 4L * code, SUPPORTED);
        }
        for (int code : NVM_CHANGING) {
            OffHeap.putInt(page + NVM_COMMANDS + 4L * code, SUPPORTED | CHANGES_DATA);
        }
        return NvmeRegs.PAGE;
    }
}
