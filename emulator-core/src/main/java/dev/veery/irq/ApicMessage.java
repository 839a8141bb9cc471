package dev.veery.irq;

/**
 * A message as local APICs get it (SDM vol. 3, 11.6 and 11.11): decoded, and remapped if something remaps. A holder, to be
 * filled again and again; its fields are the arguments of {@link InterruptBus#deliver}.
 */
public final class ApicMessage {
    private int destination;
    private boolean logical;
    private int mode;
    private int vector;
    private boolean level;

    /** Says something else from now on. */
    public void set(int newDestination, boolean isLogical, int newMode, int newVector, boolean isLevel) {
        destination = newDestination;
        logical = isLogical;
        mode = newMode;
        vector = newVector;
        level = isLevel;
    }

    /** 32 bits; {@link InterruptBus#BROADCAST} for all. */
    public int destination() {
        return destination;
    }

    /** Whether the destination is a logical one. */
    public boolean logical() {
        return logical;
    }

    /** One of the delivery modes of {@link InterruptBus}. */
    public int mode() {
        return mode;
    }

    /** 0 to 255. */
    public int vector() {
        return vector;
    }

    /** Whether it is level-triggered. */
    public boolean level() {
        return level;
    }
}
