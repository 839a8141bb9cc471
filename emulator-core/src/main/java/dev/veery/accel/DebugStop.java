package dev.veery.accel;

/**
 * Why a processor stopped for a debugger.
 *
 * @param reason why
 * @param address linear: of the next instruction; for data, what the breakpoint watches
 */
public record DebugStop(Reason reason, long address) {
    /** The reasons. */
    public enum Reason {
        /** An instruction or iteration was executed. */
        STEP,
        /** The next instruction has a hardware breakpoint. */
        EXECUTE,
        /** The last instruction touched what is watched. */
        DATA,
        /** The next instruction is an INT3. */
        SOFTWARE
    }
}
