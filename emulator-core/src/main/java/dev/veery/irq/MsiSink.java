package dev.veery.irq;

/** Where message-signalled interrupts are written. Called with the machine lock held; allocates nothing. */
@FunctionalInterface
public interface MsiSink {
    /**
     * Delivers a message.
     *
     * @param requesterId bus, device and function of the sender as 16 bits, for interrupt remapping
     * @param address guest physical address of the write, normally 0xFEExxxxx
     * @param data the dword written
     */
    void send(int requesterId, long address, int data);

    /**
     * Works out what {@link #send} would do now, doing nothing and recording no fault; may allocate.
     *
     * @param out filled in on success
     * @return false if it cannot be told, or would not reach a local APIC
     */
    default boolean resolve(int requesterId, long address, int data, ApicMessage out) {
        return false;
    }

    /** Has {@code changed} called whenever what {@link #resolve} answers may have changed. */
    default void onRemapped(Runnable changed) {}
}
