package dev.veery.time;

/** A one-shot timer on a {@link VirtualClock}. Its methods are called with the machine lock held. */
public interface VmTimer {
    /** Arms for {@code deadline} nanoseconds of virtual time, replacing an earlier deadline; a past one expires at once. */
    void arm(long deadline);

    /** Disarms; does nothing when not armed. */
    void cancel();

    /** Whether the timer is armed. */
    boolean armed();
}
