package dev.veery.cpu.jit;

import dev.veery.cpu.interp.Block;
import dev.veery.hostcode.asm.CodeBuffer;
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

    /** For a link that leaves its page: where it leads while it is not linked; otherwise 0. */
    private long[] unlinked = new long[1 << 12];

    /** Links that leave their page and are linked. */
    private int[] far = new int[1 << 10];

    private int farCount;

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
            unlinked = Arrays.copyOf(unlinked, size);
        }
        block[site] = owner;
    }

    void call(int site, int instruction, long blockRip, long resumeAt) {
        ensure(site);
        index[site] = instruction;
        rip[site] = blockRip;
        resume[site] = resumeAt;
    }

    /**
     * Declares a jump to be linked.
     *
     * @param returns address of its return to Java when it leaves its page, otherwise 0
     */
    void link(int site, long writableField, long executableField, long returns) {
        ensure(site);
        index[site] = -1;
        resume[site] = writableField;
        field[site] = executableField;
        unlinked[site] = returns;
    }

    /** Makes the jump lead to {@code code}. */
    void connect(int site, long code) {
        CodeBuffer.patchJump(resume[site], field[site], code);
        if (unlinked[site] != 0) {
            if (farCount == far.length) {
                far = Arrays.copyOf(far, 2 * farCount);
            }
            far[farCount++] = site;
        }
    }

    /** Takes back what {@link #connect} did to jumps that leave their page. */
    void disconnectFar() {
        for (int i = 0; i < farCount; i++) {
            int site = far[i];
            CodeBuffer.patchJump(resume[site], field[site], unlinked[site]);
        }
        farCount = 0;
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

    void clear() {
        Arrays.fill(block, 0, next, null);
        next = 0;
        farCount = 0;
    }
}
