package dev.veery.cpu.jit;

import dev.veery.cpu.interp.Block;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The places where emitted code returns to Java, by number: an instruction for the interpreter, or a jump to be linked. */
final class Sites {
    private @Nullable Block[] block = new Block[1 << 12];

    /** Index of the instruction; -1 for a link. */
    private int[] index = new int[1 << 12];

    private long[] rip = new long[1 << 12];

    /** Where to continue, or the writable address of a link's displacement. */
    private long[] resume = new long[1 << 12];

    /** The executable address of a link's displacement. */
    private long[] field = new long[1 << 12];

    private int next;
    private @Nullable Block owner;

    /** Number of the first site of a new block. */
    int begin(Block b) {
        owner = b;
        return next;
    }

    /** Keeps {@code count} sites. */
    void end(int count) {
        next += count;
    }

    private void ensure(int site) {
        if (site >= index.length) {
            int size = Math.max(site + 1, index.length * 2);
            block = Arrays.copyOf(block, size);
            index = Arrays.copyOf(index, size);
            rip = Arrays.copyOf(rip, size);
            resume = Arrays.copyOf(resume, size);
            field = Arrays.copyOf(field, size);
        }
        block[site] = owner;
    }

    void call(int site, int instruction, long blockRip, long resumeAt) {
        ensure(site);
        index[site] = instruction;
        rip[site] = blockRip;
        resume[site] = resumeAt;
    }

    void link(int site, long writableField, long executableField) {
        ensure(site);
        index[site] = -1;
        resume[site] = writableField;
        field[site] = executableField;
    }

    boolean isLink(int site) {
        return index[site] < 0;
    }

    @Nullable
    Block block(int site) {
        return block[site];
    }

    int index(int site) {
        return index[site];
    }

    long rip(int site) {
        return rip[site];
    }

    long resume(int site) {
        return resume[site];
    }

    long field(int site) {
        return field[site];
    }

    void clear() {
        Arrays.fill(block, 0, next, null);
        next = 0;
    }
}
