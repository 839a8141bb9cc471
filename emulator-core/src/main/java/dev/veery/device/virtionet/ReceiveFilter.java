package dev.veery.device.virtionet;

import dev.veery.dma.DmaVector;
import dev.veery.memory.access.OffHeap;

/** Which frames the driver wants to see (5.1.6.5.1 and 5.1.6.5.2). */
final class ReceiveFilter {
    static final int CLASS_RX = 0;
    static final int CLASS_MAC = 1;
    private static final int RX_PROMISC = 0;
    private static final int RX_MODES = 6;
    private static final int MAC_TABLE_SET = 0;
    private static final int MAC_ADDR_SET = 1;
    /** Longest list that is looked at; a longer one lets everything of its kind through. */
    private static final int TABLE = 64;

    static final int MAC_BYTES = 6;
    private static final int HEADER = 2;
    private static final long BROADCAST = 0xffff_ffff_ffffL;

    /** 5.1.6.5.1: promiscuous, all multicast, all unicast, no multicast, no unicast, no broadcast. */
    private final boolean[] modes = new boolean[RX_MODES];

    private final long[] unicast = new long[TABLE];
    private final long[] multicast = new long[TABLE];
    private int unicasts;
    private int multicasts;
    private long own;

    /** As after reset: everything passes until the driver knows better. */
    void reset(long mac) {
        java.util.Arrays.fill(modes, false);
        modes[RX_PROMISC] = true;
        unicasts = 0;
        multicasts = 0;
        own = mac;
    }

    /** The device's address, its first byte lowest. */
    long own() {
        return own;
    }

    /** Carries out a command; false if it is unknown or malformed. */
    boolean command(DmaVector command) {
        if (command.length() < HEADER) {
            return false;
        }
        int type = (int) command.get(0, 1);
        int code = (int) command.get(1, 1);
        if (type == CLASS_RX && code < RX_MODES && command.length() == HEADER + 1) {
            modes[code] = command.get(HEADER, 1) != 0;
            return true;
        }
        if (type == CLASS_MAC && code == MAC_ADDR_SET && command.length() == HEADER + MAC_BYTES) {
            own = mac(command, HEADER);
            return true;
        }
        return type == CLASS_MAC && code == MAC_TABLE_SET && setTables(command);
    }

    private static long mac(DmaVector from, long at) {
        return from.get(at, 4) | from.get(at + 4, 2) << 32;
    }

    private boolean setTables(DmaVector command) {
        long at = HEADER;
        int first = tableLength(command, at);
        if (first < 0) {
            return false;
        }
        long second = at + 4 + (long) first * MAC_BYTES;
        int count = tableLength(command, second);
        if (count < 0 || second + 4 + (long) count * MAC_BYTES != command.length()) {
            return false;
        }
        unicasts = copy(command, at + 4, first, unicast);
        multicasts = copy(command, second + 4, count, multicast);
        return true;
    }

    /** How many addresses follow; -1 if there are not so many. */
    private static int tableLength(DmaVector command, long at) {
        if (at + 4 > command.length()) {
            return -1;
        }
        long count = command.get(at, 4);
        return count * MAC_BYTES <= command.length() - at - 4 ? (int) count : -1;
    }

    private static int copy(DmaVector from, long at, int count, long[] to) {
        if (count > TABLE) {
            return TABLE + 1;
        }
        for (int i = 0; i < count; i++) {
            to[i] = mac(from, at + (long) i * MAC_BYTES);
        }
        return count;
    }

    /** Whether a frame, at least 6 bytes at {@code host}, is for the driver. */
    boolean wants(long host) {
        if (modes[RX_PROMISC]) {
            return true;
        }
        long to = OffHeap.getInt(host) & 0xffff_ffffL | (long) OffHeap.getChar(host + 4) << 32;
        if (to == BROADCAST) {
            return !modes[5];
        }
        if ((to & 1) != 0) {
            return !modes[3] && (modes[1] || contains(multicast, multicasts, to));
        }
        return !modes[4] && (modes[2] || to == own || contains(unicast, unicasts, to));
    }

    private static boolean contains(long[] table, int count, long address) {
        if (count > TABLE) {
            return true;
        }
        for (int i = 0; i < count; i++) {
            if (table[i] == address) {
                return true;
            }
        }
        return false;
    }
}
