package dev.veery.hostcode;

import dev.veery.base.Units;

/**
 * Memory for code, mapped twice: bytes are written at {@link #writable} and run at {@link #executable}, so that no address
 * is both. Guards that nobody can touch surround both views. Allocation within it is the owner's: {@link #position} is
 * where the next piece goes.
 *
 * <p>A store through the writable view is seen by instruction fetch at the executable one as soon as the storing thread's
 * own stores are visible to others. A thread that runs code it has not run before may be entered right after the code was
 * written and published; running code may be changed only by single aligned stores, as
 * {@link dev.veery.hostcode.asm.CodeBuffer#patchJump} does.
 */
public final class CodeRegion implements AutoCloseable {
    /** Direct jumps reach everywhere within a region. */
    public static final long MAX_SIZE = Units.GIB;

    private final long writable;
    private final long executable;
    private final long size;
    private final Runnable unmap;
    private long position;
    private boolean closed;

    /**
     * Describes views that exist.
     *
     * @param unmap removes both, once
     */
    public CodeRegion(long writable, long executable, long size, Runnable unmap) {
        this.writable = writable;
        this.executable = executable;
        this.size = size;
        this.unmap = unmap;
    }

    /** Where the first byte is written. */
    public long writable() {
        return writable;
    }

    /** Where the first byte runs. */
    public long executable() {
        return executable;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** Bytes in use, from the start. */
    public long position() {
        return position;
    }

    /** Moves the position, to at most {@link #size}. */
    public void position(long position) {
        if (position < 0 || position > size) {
            throw new IllegalArgumentException("position " + position + " of " + size);
        }
        this.position = position;
    }

    /** Bytes behind the position. */
    public long remaining() {
        return size - position;
    }

    /** Whether {@code address} is one of the executable view. */
    public boolean isExecutable(long address) {
        return address - executable >= 0 && address - executable < size;
    }

    /** Where the byte is written that runs at {@code address}. */
    public long writableOf(long address) {
        return address - executable + writable;
    }

    /** Removes both views; no thread may be in the code or enter it any more. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            unmap.run();
        }
    }
}
