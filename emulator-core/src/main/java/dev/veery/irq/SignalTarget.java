package dev.veery.irq;

/**
 * A host kernel that has the local APICs and raises interrupts by itself when a file descriptor (an eventfd) is signalled.
 * Called with the machine lock held.
 */
public interface SignalTarget {
    /** No connection. */
    int NONE = -1;

    /**
     * Connects a signal to a message; one that has been given already is sent at once.
     *
     * @param signal number of an open descriptor, which stays open until {@link #disconnect}
     * @return a connection, or {@link #NONE} if the kernel does not take it
     */
    int connect(int signal, ApicMessage message);

    /** Has a connection send another message from now on; false, and no connection any more, if the kernel does not take it. */
    boolean change(int connection, ApicMessage message);

    /**
     * Connects a signal to a level-triggered input of the I/O APIC: a signal raises it until the guest ends the interrupt.
     *
     * @param ended number of an open descriptor that is signalled then
     * @param input of the I/O APIC
     * @return a connection, or {@link #NONE} if the kernel does not take it
     */
    int connectInput(int signal, int ended, int input);

    /** Ends a connection; a signal on its way may still arrive. */
    void disconnect(int connection);
}
