package dev.veery.irq;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The path between local APICs, I/O APICs and message-signalled interrupts (SDM vol. 3, 11.6 and 11.11): decides which
 * local APICs a message addresses, arbitrates lowest-priority delivery, and carries ends of interrupt back. Allocates
 * nothing once the machine is wired. Called with the machine lock held.
 */
public final class InterruptBus implements MsiSink {
    /** Delivery modes, as ICR, LVT, redirection entries and MSI data encode them (SDM 11.6.1). */
    public static final int FIXED = 0;

    public static final int LOWEST_PRIORITY = 1;
    public static final int SMI = 2;
    public static final int NMI = 4;
    public static final int INIT = 5;
    public static final int STARTUP = 6;
    public static final int EXTINT = 7;

    /** The destination that addresses every APIC. */
    public static final int BROADCAST = -1;

    /** The destination of the same meaning in messages with only eight bits for it. */
    private static final int BROADCAST_8 = 0xff;

    /** SDM 11.11.1: address bits 31:20 of a message; bits 19:12 destination, 3 redirection hint, 2 destination mode. */
    private static final int MSI_WINDOW = 0xfee;

    private static final int MSI_WINDOW_SHIFT = 20;
    private static final int MSI_DEST_SHIFT = 12;
    private static final int MSI_REDIRECTION_HINT = 1 << 3;
    private static final int MSI_LOGICAL = 1 << 2;

    /** SDM 11.11.2: data bits 15 trigger mode, 14 level, 10:8 delivery mode, 7:0 vector. */
    private static final int MSI_LEVEL_TRIGGERED = 1 << 15;

    private static final int MSI_ASSERT = 1 << 14;
    private static final int MSI_MODE_SHIFT = 8;

    private ApicTarget[] targets = new ApicTarget[0];
    private EoiListener[] listeners = new EoiListener[0];

    /** Where messages go when the local APICs are elsewhere. */
    private @Nullable RemoteApics remote;

    /** What {@link #send} decodes. */
    private final ApicMessage decoded = new ApicMessage();

    /** Where the last lowest-priority arbitration ended: equals take turns. */
    private int lastWinner;

    /** Adds a local APIC; the board does this while wiring. */
    public void attach(ApicTarget target) {
        targets = Arrays.copyOf(targets, targets.length + 1);
        targets[targets.length - 1] = target;
    }

    /** Adds a receiver of end-of-interrupt broadcasts; the board does this while wiring. */
    public void attach(EoiListener listener) {
        listeners = Arrays.copyOf(listeners, listeners.length + 1);
        listeners[listeners.length - 1] = listener;
    }

    /** Names the local APICs of a machine that has none of its own; the board does this while wiring. */
    public void connect(RemoteApics apics) {
        remote = apics;
    }

    /** Widens an 8-bit destination as xAPIC and unremapped MSI messages carry it: FFh becomes {@link #BROADCAST}. */
    public static int widen(int dest8) {
        return dest8 == BROADCAST_8 ? BROADCAST : dest8;
    }

    /**
     * Delivers to every addressed APIC, or to one of them in lowest-priority mode.
     *
     * @param dest 32 bits; {@link #BROADCAST} for all
     * @return whether any APIC was addressed and took the message
     */
    public boolean deliver(int dest, boolean logical, int mode, int vector, boolean level) {
        return route(dest, logical, null, mode, vector, level);
    }

    /** Delivers to every APIC except {@code except}, which may be null; the IPI shorthands. */
    public boolean deliverToAll(@Nullable ApicTarget except, int mode, int vector, boolean level) {
        return route(BROADCAST, false, except, mode, vector, level);
    }

    /** A compatibility-format message (SDM 11.11); the requester matters only to interrupt remapping, which is upstream. */
    @Override
    public void send(int requesterId, long address, int data) {
        if (resolve(requesterId, address, data, decoded)) {
            route(decoded.destination(), decoded.logical(), null, decoded.mode(), decoded.vector(), decoded.level());
        }
    }

    @Override
    public boolean resolve(int requesterId, long address, int data, ApicMessage out) {
        if (address >>> MSI_WINDOW_SHIFT != MSI_WINDOW) {
            return false;
        }
        boolean level = (data & MSI_LEVEL_TRIGGERED) != 0;
        if (level && (data & MSI_ASSERT) == 0) {
            return false;
        }
        boolean logical = (address & MSI_LOGICAL) != 0;
        int mode = data >>> MSI_MODE_SHIFT & 7;
        if (mode == FIXED && logical && (address & MSI_REDIRECTION_HINT) != 0) {
            mode = LOWEST_PRIORITY;
        }
        out.set(widen((int) (address >>> MSI_DEST_SHIFT) & 0xff), logical, mode, data & 0xff, level);
        return true;
    }

    /** A local APIC ended a level-triggered vector (SDM 11.8.5). */
    public void endOfInterrupt(int vector) {
        for (EoiListener listener : listeners) {
            listener.endOfInterrupt(vector);
        }
    }

    private boolean route(int dest, boolean logical, @Nullable ApicTarget except, int mode, int vector, boolean level) {
        RemoteApics elsewhere = remote;
        if (elsewhere != null) {
            return elsewhere.deliver(dest, logical, mode, vector, level);
        }
        if (mode == LOWEST_PRIORITY) {
            return routeToLowest(dest, logical, except, vector, level);
        }
        boolean taken = false;
        for (ApicTarget target : targets) {
            if (target != except && target.matches(dest, logical)) {
                taken |= mode != FIXED || target.acceptsFixed();
                target.accept(mode, vector, level);
            }
        }
        return taken;
    }

    private boolean routeToLowest(int dest, boolean logical, @Nullable ApicTarget except, int vector, boolean level) {
        int winner = -1;
        int lowest = Integer.MAX_VALUE;
        int count = targets.length;
        for (int i = 1; i <= count; i++) {
            int index = (lastWinner + i) % count;
            ApicTarget target = targets[index];
            if (target != except && target.matches(dest, logical) && target.acceptsFixed()) {
                int priority = target.processorPriority();
                if (priority < lowest) {
                    lowest = priority;
                    winner = index;
                }
            }
        }
        if (winner < 0) {
            return false;
        }
        lastWinner = winner;
        targets[winner].accept(FIXED, vector, level);
        return true;
    }
}
