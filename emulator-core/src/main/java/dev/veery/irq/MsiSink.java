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
}
