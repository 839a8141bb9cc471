package dev.veery.memory;

import dev.veery.base.Unsigned;
import dev.veery.memory.access.OffHeap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Registers of a device of the host that are mapped into this process: an access is the device's own access, of the same
 * width, without the machine lock. It is memory that vanishes: while the device does not decode its addresses, touching it
 * raises SIGBUS. Hence it is touched only between {@link #enter} and {@link #leave}, and whoever takes the device away
 * calls {@link #close} first.
 */
public final class DeviceWindow {
    private static final int SPINS = 100;

    private final Object owner;
    private final long host;
    private final long size;

    /** Who is inside; a user shows itself first, then looks whether it is open, and the closer does it the other way round. */
    private final AtomicInteger users = new AtomicInteger();

    private volatile boolean open;

    /**
     * A closed one.
     *
     * @param owner the device
     * @param host address of the first byte in this process, a multiple of {@link RamBlock#PAGE_SIZE}
     * @param size bytes, whole pages
     */
    public DeviceWindow(Object owner, long host, long size) {
        if (size <= 0 || ((host | size) & RamBlock.PAGE_SIZE - 1) != 0) {
            throw new IllegalArgumentException(owner + ": host " + Long.toHexString(host) + ", size " + size);
        }
        this.owner = owner;
        this.host = host;
        this.size = size;
    }

    /** The device. */
    public Object owner() {
        return owner;
    }

    /** Where it is in this process; to be told to the kernel, not to be touched. */
    public long host() {
        return host;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** Whether the device answers there. */
    public boolean isOpen() {
        return open;
    }

    /** The device answers from now on. */
    public void open() {
        open = true;
    }

    /** When this returns nobody is inside, and nobody gets in. Those inside wait for nothing: it takes as long as an access. */
    public void close() {
        open = false;
        for (int i = 0; users.get() != 0; i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    /** Begins an access; if this answers false the device does not answer, and {@link #leave} must not be called. */
    boolean enter() {
        users.incrementAndGet();
        if (open) {
            return true;
        }
        users.decrementAndGet();
        return false;
    }

    /** Ends an access. */
    void leave() {
        users.decrementAndGet();
    }

    /** Reads 1, 2, 4 or 8 bytes in one access, from inside. */
    long read(long offset, int length) {
        assert Unsigned.fits(offset, length, size) : owner + " " + Long.toHexString(offset);
        switch (length) {
            case 1:
                return OffHeap.getByteAcquire(host + offset) & 0xffL;
            case 2:
                return OffHeap.getCharAcquire(host + offset);
            case 4:
                return OffHeap.getIntAcquire(host + offset) & 0xffff_ffffL;
            default:
                return OffHeap.getLongAcquire(host + offset);
        }
    }

    /** Writes 1, 2, 4 or 8 bytes in one access, from inside. */
    void write(long offset, int length, long value) {
        assert Unsigned.fits(offset, length, size) : owner + " " + Long.toHexString(offset);
        switch (length) {
            case 1:
                OffHeap.putByteRelease(host + offset, (int) value);
                break;
            case 2:
                OffHeap.putShortRelease(host + offset, (int) value);
                break;
            case 4:
                OffHeap.putIntRelease(host + offset, (int) value);
                break;
            default:
                OffHeap.putLongRelease(host + offset, value);
                break;
        }
    }
}
