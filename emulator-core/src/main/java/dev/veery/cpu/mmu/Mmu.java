package dev.veery.cpu.mmu;

import dev.veery.cpu.state.CpuState;

/**
 * One processor's way to memory: segmentation, paging, TLB. Addresses are linear unless said otherwise; every method may
 * throw {@link dev.veery.cpu.state.CpuFault} (page fault, #GP or #SS for a non-canonical address, #AC).
 */
public abstract class Mmu {
    /** Offset in CS of the first byte of the block being executed, for addresses relative to RIP. */
    public long blockRip;

    /** Linear address of {@code offset} in segment {@code seg}, after the checks of SDM vol. 3 section 5.3 (and canonical form is left to the access). */
    public abstract long linear(int seg, long offset, int size, boolean write);

    /** Loads zero-extended, at the current privilege level. */
    public abstract int load8(long linear);

    public abstract int load16(long linear);

    /** Zero-extended to 64 bits. */
    public abstract long load32(long linear);

    public abstract long load64(long linear);

    public abstract void store8(long linear, long value);

    public abstract void store16(long linear, long value);

    public abstract void store32(long linear, long value);

    public abstract void store64(long linear, long value);

    /** Copies {@code size} (up to 512) bytes of guest memory to host address {@code to}; all pages are checked before anything is read. */
    public abstract void loadBytes(long linear, long to, int size);

    /** Copies {@code size} (up to 512) bytes from host address {@code from} to guest memory; all pages are checked before anything is written. */
    public abstract void storeBytes(long linear, long from, int size);

    /** Raises the page fault that a write of {@code size} bytes would raise, if any; writes nothing. */
    public abstract void probeWrite(long linear, int size);

    /**
     * Host address of guest RAM that may be read and written for a read-modify-write, or 0 when the access has to be
     * made by a load and a store (device, page crossing, tracked page); either way a write is known not to fault.
     */
    public abstract long hostForWrite(long linear, int size);

    /**
     * Host address of writable guest RAM in one page, tracked or not, or 0 for everything else; may fault as a write does.
     * After a write there, {@link #noteTracked} comes before any other access.
     */
    public abstract long hostForTracked(long linear, int size);

    /** The memory that {@link #hostForTracked} gave last was written. */
    public abstract void noteTracked(int size);

    /** Host address of {@code size} bytes of guest RAM in one page if the TLB has it at hand, else 0; never faults. */
    public abstract long hostForRead(long linear, int size);

    /**
     * As {@link #hostForRead}, wherever the translation is: may fault as a read does. The address stays good when another one takes the
     * TLB slot, which a copy's target may.
     */
    public abstract long hostForSource(long linear, int size);

    /** DR7 changed: data breakpoints are looked at anew. */
    public abstract void debugChanged();

    /** Implicit supervisor load (descriptor tables, TSS), whatever the privilege level; sizes 1, 2, 4, 8, zero-extended. */
    public abstract long loadSystem(long linear, int size);

    /** Implicit supervisor store. */
    public abstract void storeSystem(long linear, int size, long value);

    /** The privilege level, CR0, CR4, EFER or RFLAGS.AC changed: permissions of cached translations are looked at anew. */
    public abstract void modeChanged();

    /** Drops every translation, of all address spaces. */
    public abstract void flushAll();

    /** Drops translations without the G bit, of all address spaces. */
    public abstract void flushNonGlobal();

    /**
     * CR3 was written (SDM vol. 3, section 4.10.4.1).
     *
     * @param keep translations of its PCID that are cached are still good; otherwise those without the G bit are dropped
     */
    public abstract void changeAddressSpace(boolean keep);

    /** Drops translations of a PCID without the G bit. */
    public abstract void flushSpace(int pcid);

    /** INVLPG: drops translations of a page, of the current PCID and global ones. */
    public abstract void flushPage(long linear);

    /** Drops translations of a page, of a PCID. */
    public abstract void flushPage(int pcid, long linear);

    /** Whether the four page-directory-pointer entries at {@code cr3} have no reserved bit set (SDM vol. 3, section 4.4.1). */
    public abstract boolean pdptesValid(long cr3);

    /** The processor this belongs to. */
    public abstract CpuState state();
}
