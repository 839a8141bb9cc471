package dev.veery.cpu.state;

/**
 * An exception of the guest's processor on its way to delivery (SDM vol. 3, chapter 6). Each {@link CpuState} owns one
 * and throws it again and again: it has no stack trace and nothing is allocated. Whoever throws it has changed no
 * architectural state that the instruction must not change when it faults.
 */
public final class CpuFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Vector, one of {@link Vector}. */
    public int vector;

    /** Error code, meaningful when {@link Vector#hasErrorCode} says so. */
    public int errorCode;

    /** What CR2 becomes for a page fault. */
    public long address;

    /** Set when a #GP(0) was raised for a non-canonical address: an access through SS turns it into #SS(0). */
    public boolean nonCanonical;

    CpuFault() {
        super(null, null, false, false);
    }
}
