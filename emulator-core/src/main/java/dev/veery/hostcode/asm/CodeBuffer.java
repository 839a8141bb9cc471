package dev.veery.hostcode.asm;

import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/**
 * A piece of memory being filled with code: raw bytes, labels, jumps. The bytes are written at one address and will run at
 * another, see {@link dev.veery.hostcode.CodeRegion}; offsets count from the start of the piece. For one thread; made once
 * and {@linkplain #start started} for each piece, so that nothing is allocated.
 *
 * <p>A label is an int, valid until the next {@code start}. A jump to a bound label is as short as it can be. A jump to
 * one that is not bound yet has four bytes of displacement, unless the caller promises by {@code ...Short} that one will
 * do.
 */
public class CodeBuffer {
    /** Every instruction fits, also one with superfluous prefixes. */
    private static final int SLACK = 32;

    private static final int UNBOUND = -1;

    /** Recommended multi-byte NOPs, SDM vol. 2, NOP; the length indexes the first byte. */
    private static final long[] NOPS = {
        0,
        0x90,
        0x9066,
        0x001f0f,
        0x00401f0f,
        0x0000441f0fL,
        0x0000441f0f66L,
        0x0000_0000_801f_0fL,
        0x0000_0000_0084_1f0fL
    };

    private static final int MAX_NOP = 8;

    private long start;
    private long here;
    private long limit;
    private long executableDelta;
    private boolean overflowed;

    private int labels;
    private int[] labelOffset = new int[64];
    /** Head of a label's list of fix-ups, -1 at the end. */
    private int[] labelFixups = new int[64];

    private int fixups;
    private int openFixups;
    private int[] fixupField = new int[64];
    /** What the displacement counts from; the complement of it for a one-byte displacement. */
    private int[] fixupBase = new int[64];

    private int[] fixupNext = new int[64];

    /** Makes a buffer that is full until it is started. */
    public CodeBuffer() {}

    /**
     * Starts a new piece and forgets all labels.
     *
     * @param writable where bytes are written
     * @param executable where they will run
     * @param size bytes, at least 64, below 2 GiB
     */
    public final void start(long writable, long executable, long size) {
        if (size < 2 * SLACK || size > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("no buffer for code: " + size + " bytes");
        }
        start = writable;
        here = writable;
        limit = writable + size - SLACK;
        executableDelta = executable - writable;
        overflowed = false;
        labels = 0;
        fixups = 0;
        openFixups = 0;
    }

    /**
     * Whether the piece was too small. Nothing was written outside it, but what is in it is rubbish. Instructions are
     * refused a few bytes before the end.
     */
    public final boolean overflowed() {
        return overflowed;
    }

    /** Bytes written. */
    public final int offset() {
        return (int) (here - start);
    }

    /** The address where an offset runs. */
    public final long executable(int offset) {
        return start + offset + executableDelta;
    }

    /** The address where an offset is written. */
    public final long writable(int offset) {
        return start + offset;
    }

    /** Makes a label. */
    public final int newLabel() {
        if (labels == labelOffset.length) {
            labelOffset = Arrays.copyOf(labelOffset, labels * 2);
            labelFixups = Arrays.copyOf(labelFixups, labels * 2);
        }
        labelOffset[labels] = UNBOUND;
        labelFixups[labels] = -1;
        return labels++;
    }

    /** Makes a label that stands here. */
    public final int newBoundLabel() {
        int label = newLabel();
        labelOffset[label] = offset();
        return label;
    }

    /** Whether the label has a place. */
    public final boolean isBound(int label) {
        return labelOffset[label] != UNBOUND;
    }

    /** Where a bound label stands. */
    public final int offsetOf(int label) {
        if (!isBound(label)) {
            throw new IllegalStateException("label " + label + " is not bound");
        }
        return labelOffset[label];
    }

    /** Puts a label here and resolves what refers to it; once per label. */
    public final void bind(int label) {
        if (isBound(label)) {
            throw new IllegalStateException("label " + label + " is bound already");
        }
        int at = offset();
        labelOffset[label] = at;
        for (int i = labelFixups[label]; i >= 0; i = fixupNext[i]) {
            long field = start + fixupField[i];
            int base = fixupBase[i];
            if (base >= 0) {
                OffHeap.putInt(field, at - base);
            } else {
                putShort(field, at - ~base);
            }
            openFixups--;
        }
    }

    private void putShort(long field, int distance) {
        if (distance != (byte) distance && !overflowed) {
            throw new IllegalStateException("a short jump of " + distance + " bytes");
        }
        OffHeap.putByte(field, distance);
    }

    /** Ends the piece: fails if something refers to a label that was never bound. */
    public final void finish() {
        if (openFixups != 0) {
            throw new IllegalStateException(openFixups + " references to unbound labels");
        }
    }

    private void addFixup(int label, int field, int base) {
        if (fixups == fixupField.length) {
            fixupField = Arrays.copyOf(fixupField, fixups * 2);
            fixupBase = Arrays.copyOf(fixupBase, fixups * 2);
            fixupNext = Arrays.copyOf(fixupNext, fixups * 2);
        }
        fixupField[fixups] = field;
        fixupBase[fixups] = base;
        fixupNext[fixups] = labelFixups[label];
        labelFixups[label] = fixups++;
        openFixups++;
    }

    /** To be called before each instruction: makes sure that it fits. */
    final void begin() {
        if (here > limit) {
            overflowed = true;
            here = limit;
        }
    }

    final void put1(int value) {
        OffHeap.putByte(here, value);
        here += 1;
    }

    final void put2(int value) {
        OffHeap.putShort(here, value);
        here += 2;
    }

    final void put4(int value) {
        OffHeap.putInt(here, value);
        here += 4;
    }

    final void put8(long value) {
        OffHeap.putLong(here, value);
        here += 8;
    }

    /** Four bytes of displacement to a label, relative to the end of the field and {@code tail} more bytes. */
    final void putDisp(int label, int tail) {
        int field = offset();
        int base = field + 4 + tail;
        if (isBound(label)) {
            put4(labelOffset[label] - base);
        } else {
            addFixup(label, field, base);
            put4(0);
        }
    }

    /** Four bytes of displacement to an address of the executable view. */
    final void putDispTo(long target, int tail) {
        long distance = target - (here + executableDelta + 4 + tail);
        if (distance != (int) distance) {
            throw new IllegalArgumentException("out of reach: " + Long.toHexString(target));
        }
        put4((int) distance);
    }

    private void putShortDisp(int label) {
        int field = offset();
        if (isBound(label)) {
            putShort(here, labelOffset[label] - (field + 1));
        } else {
            addFixup(label, field, ~(field + 1));
        }
        here += 1;
    }

    /** A byte of data or code. */
    public final void emit8(int value) {
        begin();
        put1(value);
    }

    /** Two bytes of data or code, little-endian. */
    public final void emit16(int value) {
        begin();
        put2(value);
    }

    /** Four bytes of data or code. */
    public final void emit32(int value) {
        begin();
        put4(value);
    }

    /** Eight bytes of data or code. */
    public final void emit64(long value) {
        begin();
        put8(value);
    }

    /** Up to the size of the buffer in bytes of NOPs, as few instructions as possible. */
    public final void nop(int bytes) {
        for (int left = bytes; left > 0; left -= MAX_NOP) {
            begin();
            int length = Math.min(left, MAX_NOP);
            OffHeap.putLong(here, NOPS[length]);
            here += length;
        }
    }

    /** NOPs until the address in the executable view is a multiple of {@code alignment}, a power of two. */
    public final void align(int alignment) {
        nop((int) -(here + executableDelta) & alignment - 1);
    }

    /** JMP. */
    public final void jmp(int label) {
        begin();
        if (isNear(label)) {
            put1(0xeb);
            putShortDisp(label);
        } else {
            put1(0xe9);
            putDisp(label, 0);
        }
    }

    /** Jcc, a condition of {@link Cond}. */
    public final void jcc(int cond, int label) {
        begin();
        if (isNear(label)) {
            put1(0x70 | cond);
            putShortDisp(label);
        } else {
            put1(0x0f);
            put1(0x80 | cond);
            putDisp(label, 0);
        }
    }

    private boolean isNear(int label) {
        return isBound(label) && offset() + 2 - labelOffset[label] <= 128;
    }

    /** JMP of two bytes; the label is at most 127 bytes ahead or 128 back, else binding it fails. */
    public final void jmpShort(int label) {
        begin();
        put1(0xeb);
        putShortDisp(label);
    }

    /** Jcc of two bytes, as {@link #jmpShort}. */
    public final void jccShort(int cond, int label) {
        begin();
        put1(0x70 | cond);
        putShortDisp(label);
    }

    /** JRCXZ: jumps if RCX is zero, without touching flags; as {@link #jmpShort}. */
    public final void jrcxz(int label) {
        begin();
        put1(0xe3);
        putShortDisp(label);
    }

    /** CALL. */
    public final void call(int label) {
        begin();
        put1(0xe8);
        putDisp(label, 0);
    }

    /** JMP of five bytes to an address of the executable view, within 2 GiB. */
    public final void jmpTo(long target) {
        begin();
        put1(0xe9);
        putDispTo(target, 0);
    }

    /** Jcc of six bytes to an address of the executable view. */
    public final void jccTo(int cond, long target) {
        begin();
        put1(0x0f);
        put1(0x80 | cond);
        putDispTo(target, 0);
    }

    /** CALL of an address of the executable view, within 2 GiB. */
    public final void callTo(long target) {
        begin();
        put1(0xe8);
        putDispTo(target, 0);
    }

    /**
     * JMP that {@link #patchJump} can turn to elsewhere while it runs: its displacement is aligned.
     *
     * @return the offset of the displacement
     */
    public final int jmpPatchable(long target) {
        begin();
        padField(1);
        jmpTo(target);
        return offset() - 4;
    }

    /** Jcc that {@link #patchJump} can turn to elsewhere; returns the offset of its displacement. */
    public final int jccPatchable(int cond, long target) {
        begin();
        padField(2);
        jccTo(cond, target);
        return offset() - 4;
    }

    private void padField(int opcodeBytes) {
        nop((int) -(here + executableDelta + opcodeBytes) & 3);
    }

    /**
     * Turns a patchable jump to elsewhere, while other threads may be running it: each of them jumps to the old or the new
     * target. One aligned store through the writable view; the processor keeps its instruction fetch coherent by physical
     * address, so a thread sees the new target soon, at the latest when it has entered the code anew.
     *
     * @param writableField where the displacement is written
     * @param executableField where it runs
     */
    public static void patchJump(long writableField, long executableField, long target) {
        long distance = target - (executableField + 4);
        if (distance != (int) distance || (writableField & 3) != 0) {
            throw new IllegalArgumentException("cannot patch to " + Long.toHexString(target));
        }
        OffHeap.putIntRelease(writableField, (int) distance);
    }
}
