package dev.veery.accel;

import java.util.List;

/**
 * Where a debugger on the host wants a processor to stop. The guest's own debug registers are not touched; while hardware
 * breakpoints are set here, some accelerators do not carry out the guest's.
 *
 * @param singleStep stop after each instruction, and after each iteration of a repeated one; interrupts wait, where the
 *     accelerator can make them
 * @param software stop at INT3 (CC) in place of raising #BP, RIP being that of the INT3; who puts it there is the debugger
 * @param hardware up to {@link #MAX_HARDWARE}
 */
public record GuestDebug(boolean singleStep, boolean software, List<Breakpoint> hardware) {
    /** As many as debug registers hold. */
    public static final int MAX_HARDWARE = 4;

    /** Nothing: the processor runs as it would. */
    public static final GuestDebug NONE = new GuestDebug(false, false, List.of());

    /** What a breakpoint waits for. */
    public enum Kind {
        /** The instruction at an address, before it is executed; one that the processor starts at counts. */
        EXECUTE,
        /** A store; the processor stops behind the instruction. */
        WRITE,
        /** A load or a store; the processor stops behind the instruction. */
        ACCESS
    }

    /**
     * A place.
     *
     * @param address linear; a multiple of {@code length}
     * @param length 1, 2, 4 or 8 bytes; 1 for {@link Kind#EXECUTE}
     */
    public record Breakpoint(Kind kind, long address, int length) {
        /** Checks the values. */
        public Breakpoint {
            boolean size = length == 1 || kind != Kind.EXECUTE && (length == 2 || length == 4 || length == 8);
            if (!size || (address & length - 1) != 0) {
                throw new IllegalArgumentException(kind + " of " + length + " bytes at " + Long.toHexString(address));
            }
        }
    }

    /** Checks the values. */
    public GuestDebug {
        hardware = List.copyOf(hardware);
        if (hardware.size() > MAX_HARDWARE) {
            throw new IllegalArgumentException(hardware.size() + " hardware breakpoints");
        }
    }

    /** Whether anything is wanted. */
    public boolean active() {
        return singleStep || software || !hardware.isEmpty();
    }
}
