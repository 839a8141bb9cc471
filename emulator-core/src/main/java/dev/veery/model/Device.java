package dev.veery.model;

import org.jspecify.annotations.Nullable;

/**
 * A device with a life of its own: one that a user may ask for, or one of the board's that is treated alike. The steps
 * are driven by {@link DeviceManager}; a step out of order is a defect of ours and throws {@link IllegalStateException}.
 */
public abstract class Device implements Resettable {
    /** How far a device has come. */
    public enum State {
        /** Made from its configuration; nothing else knows of it. */
        CONSTRUCTED,
        /** Complete in itself. */
        REALIZED,
        /** In its place in the machine. */
        PLUGGED,
        /** May rely on the whole machine. */
        COMMITTED,
        /** Gone; it does not come back. */
        UNREALIZED
    }

    private final DeviceConfig config;
    private State state = State.CONSTRUCTED;

    /** Constructs; changes nothing outside. */
    protected Device(DeviceConfig config) {
        this.config = config;
    }

    /** Its type. */
    public final DeviceType type() {
        return config.type();
    }

    /** The user's name for it, or null. */
    public final @Nullable String id() {
        return config.id();
    }

    /** The id of the bus that the user wants it on, or null. */
    public final @Nullable String bus() {
        return config.bus();
    }

    /** Its properties. */
    public final PropertyValues properties() {
        return config.properties();
    }

    /** How far it has come. */
    public final State state() {
        return state;
    }

    /**
     * Acquires what the device needs and makes it complete in itself. If this throws, {@link #onUnrealize} follows.
     *
     * @throws dev.veery.base.ConfigException if the host or the configuration does not allow it
     */
    protected abstract void onRealize();

    /**
     * Relies on the rest of the machine for the first time: all devices are plugged.
     *
     * @throws dev.veery.base.ConfigException if the machine as a whole does not allow it
     */
    protected void onCommit() {}

    /** Returns to the power-on state. */
    protected void onReset() {}

    /** Releases what {@link #onRealize} acquired, as far as it came. */
    protected void onUnrealize() {}

    final void realize() {
        require(State.CONSTRUCTED, "realize");
        onRealize();
        state = State.REALIZED;
    }

    final void plugged() {
        require(State.REALIZED, "plug");
        state = State.PLUGGED;
    }

    final void commit() {
        require(State.PLUGGED, "commit");
        onCommit();
        state = State.COMMITTED;
    }

    /** Returns to the power-on state; only after commit. */
    @Override
    public final void reset() {
        require(State.COMMITTED, "reset");
        onReset();
    }

    /** From any state but the last. */
    final void unrealize() {
        if (state == State.UNREALIZED) {
            throw new IllegalStateException(this + " is unrealized twice");
        }
        state = State.UNREALIZED;
        onUnrealize();
    }

    private void require(State expected, String step) {
        if (state != expected) {
            throw new IllegalStateException(step + " of " + this + " in state " + state);
        }
    }

    /** Names the device to the user: its type, and its id if it has one. */
    @Override
    public final String toString() {
        return id() == null ? "'" + type().name() + "'" : "'" + type().name() + "' (id '" + id() + "')";
    }
}
