package dev.veery.config;

/**
 * What happens when the guest does something final.
 *
 * @param reboot on a reset by the guest
 * @param shutdown on a power-off by the guest
 * @param panic when the guest reports a panic
 */
public record Actions(Reboot reboot, Shutdown shutdown, Panic panic) {
    /** Values of {@code reboot}. */
    public enum Reboot {
        RESET,
        SHUTDOWN
    }

    /** Values of {@code shutdown}. */
    public enum Shutdown {
        POWEROFF,
        PAUSE
    }

    /** Values of {@code panic}. */
    public enum Panic {
        PAUSE,
        SHUTDOWN,
        EXIT_FAILURE,
        NONE
    }

    /** As without the option. */
    public static final Actions DEFAULT = new Actions(Reboot.RESET, Shutdown.POWEROFF, Panic.SHUTDOWN);
}
