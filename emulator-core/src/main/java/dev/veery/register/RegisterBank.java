package dev.veery.register;

import java.util.Arrays;

/**
 * A little-endian array of registers, accessed with any width at any offset. Offsets beyond its end read as ones and take
 * no writes, as a bus does where nobody answers.
 */
public final class RegisterBank {
    private final byte[] value;
    private final byte[] initial;
    private final byte[] writable;
    private final byte[] writeOneToClear;

    /** A bank of {@code size} bytes, all read-only zero. */
    public RegisterBank(int size) {
        value = new byte[size];
        initial = new byte[size];
        writable = new byte[size];
        writeOneToClear = new byte[size];
    }

    /** In bytes. */
    public int size() {
        return value.length;
    }

    /**
     * Declares a register.
     *
     * @param bytes its width, 1 to 8
     * @param resetValue what it holds after {@link #reset}, and now
     * @param writableMask the bits that software may write; the others keep their value
     */
    public RegisterBank declare(int offset, int bytes, long resetValue, long writableMask) {
        for (int i = 0; i < bytes; i++) {
            initial[offset + i] = (byte) (resetValue >>> 8 * i);
            value[offset + i] = initial[offset + i];
            writable[offset + i] = (byte) (writableMask >>> 8 * i);
        }
        return this;
    }

    /** Declares bits that are cleared by writing ones to them; they must not be writable as well. */
    public RegisterBank declareWriteOneToClear(int offset, int bytes, long mask) {
        for (int i = 0; i < bytes; i++) {
            writeOneToClear[offset + i] |= (byte) (mask >>> 8 * i);
        }
        return this;
    }

    /** Which bits software may write. */
    public long writableMask(int offset, int bytes) {
        return load(writable, offset, bytes);
    }

    /** Changes which bits software may write; what they hold stays. */
    public void setWritableMask(int offset, int bytes, long mask) {
        for (int i = 0; i < bytes; i++) {
            writable[offset + i] = (byte) (mask >>> 8 * i);
        }
    }

    /** Every register to its reset value; masks that were changed stay. */
    public void reset() {
        System.arraycopy(initial, 0, value, 0, value.length);
    }

    /** What software reads, zero-extended; ones beyond the end. */
    public long read(int offset, int bytes) {
        if (offset < 0 || offset > value.length - bytes) {
            return readBeyond(offset, bytes);
        }
        return load(value, offset, bytes);
    }

    private long readBeyond(int offset, int bytes) {
        long result = 0;
        for (int i = 0; i < bytes; i++) {
            int at = offset + i;
            long b = at >= 0 && at < value.length ? value[at] & 0xff : 0xff;
            result |= b << 8 * i;
        }
        return result;
    }

    private static long load(byte[] from, int offset, int bytes) {
        long result = 0;
        for (int i = 0; i < bytes; i++) {
            result |= (from[offset + i] & 0xffL) << 8 * i;
        }
        return result;
    }

    /** What software writes: only writable bits change, and bits written one where that clears. */
    public void write(int offset, int bytes, long data) {
        for (int i = 0; i < bytes; i++) {
            int at = offset + i;
            if (at >= 0 && at < value.length) {
                int in = (int) (data >>> 8 * i);
                int next = value[at] & ~writable[at] | in & writable[at];
                value[at] = (byte) (next & ~(in & writeOneToClear[at]));
            }
        }
    }

    /** What the hardware itself reads. */
    public long get(int offset, int bytes) {
        return load(value, offset, bytes);
    }

    /** What the hardware itself writes, masks notwithstanding. */
    public void set(int offset, int bytes, long data) {
        for (int i = 0; i < bytes; i++) {
            value[offset + i] = (byte) (data >>> 8 * i);
        }
    }

    /** Sets or clears the bits of {@code mask}, masks notwithstanding. */
    public void setBits(int offset, int bytes, long mask, boolean on) {
        long old = get(offset, bytes);
        set(offset, bytes, on ? old | mask : old & ~mask);
    }

    /** The contents, for tests and for saving. */
    public byte[] snapshot() {
        return Arrays.copyOf(value, value.length);
    }
}
