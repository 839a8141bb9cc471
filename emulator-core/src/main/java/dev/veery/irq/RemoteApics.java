package dev.veery.irq;

/**
 * Local APICs that are not the machine's own chips, such as those inside a host kernel: they take what {@link InterruptBus}
 * would have decided. Called with the machine lock held; allocates nothing once a vector has been used.
 */
@FunctionalInterface
public interface RemoteApics {
    /**
     * Delivers a message to those it addresses; arbitration is theirs.
     *
     * @param dest 32 bits; {@link InterruptBus#BROADCAST} for all
     * @param mode one of the delivery modes of {@link InterruptBus}
     * @param level level-triggered: the end of interrupt comes back to the bus
     * @return whether any of them took it
     */
    boolean deliver(int dest, boolean logical, int mode, int vector, boolean level);
}
