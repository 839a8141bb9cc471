package dev.veery.cpu.jit;

import dev.veery.cpu.interp.Block;
import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.asm.CodeBuffer;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The places where emitted code returns to Java, by number: an instruction for the interpreter, or a jump to be linked.
 * There are several for each translated block, so they are outside the heap, 16 bytes each:
 *
 * <pre>
 *   0  piece      number of the translated block
 *   4  index      of the instruction; -1 for a link
 *   8  at         offset in the region: where to continue (0 for nowhere), or of a link's displacement
 *  12  unlinked   for a link that may leave its page: offset of where it leads while it is not linked; otherwise 0
 * </pre>
 */
final class Sites {
    /** How many there may be before everything is translated again. */
    private static final int MAX = 1 << 20;

    private static final int SIZE = 16;
    private static final int INDEX = 4;
    private static final int AT = 8;
    private static final int UNLINKED = 12;

    private final CodeRegion region;
    private final long base = OffHeap.allocateUninitialized((long) MAX * SIZE, 64);
    private @Nullable Block[] pieceBlock = new Block[1 << 10];
    private long[] pieceRip = new long[1 << 10];
    private int pieces;

    /** Links that leave their page and are linked. */
    private int[] far = new int[1 << 10];

    private int farCount;
    private int next;

    Sites(CodeRegion region) {
        this.region = region;
    }

    /** Whether there is room for {@code count} more. */
    boolean haveRoom(int count) {
        return next + count <= MAX;
    }

    /** Number of the first site of a new piece: the translation of {@code b} at {@code rip}. */
    int begin(Block b, long rip) {
        if (pieces == pieceRip.length) {
            pieceBlock = Arrays.copyOf(pieceBlock, 2 * pieces);
            pieceRip = Arrays.copyOf(pieceRip, 2 * pieces);
        }
        pieceBlock[pieces] = b;
        pieceRip[pieces] = rip;
        return next;
    }

    /** Keeps the piece begun last and {@code count} sites. */
    void end(int count) {
        next += count;
        pieces++;
    }

    private void put(int site, int index, long at, long unlinked) {
        long s = base + (long) site * SIZE;
        OffHeap.putInt(s, pieces);
        OffHeap.putInt(s + INDEX, index);
        OffHeap.putInt(s + AT, (int) at);
        OffHeap.putInt(s + UNLINKED, (int) unlinked);
    }

    private int get(int site, int field) {
        return OffHeap.getInt(base + (long) site * SIZE + field);
    }

    /**
     * Declares an instruction of the piece begun last.
     *
     * @param resumeAt executable address where to continue, or 0
     */
    void call(int site, int instruction, long resumeAt) {
        put(site, instruction, resumeAt == 0 ? 0 : resumeAt - region.executable(), 0);
    }

    /**
     * Declares a jump to be linked.
     *
     * @param field executable address of its displacement
     * @param returns executable address of its return to Java when it leaves its page, otherwise 0
     */
    void link(int site, long field, long returns) {
        put(site, -1, field - region.executable(), returns == 0 ? 0 : returns - region.executable());
    }

    /** Writes what {@link #restore} needs to {@code to}: 12 bytes, with offsets that count from {@code position}. */
    void keep(int site, long to, int position) {
        OffHeap.putInt(to, get(site, INDEX));
        for (int field = AT; field <= UNLINKED; field += Integer.BYTES) {
            int at = get(site, field);
            OffHeap.putInt(to + field - INDEX, at == 0 ? 0 : at - position);
        }
    }

    /** Declares a site of the piece begun last as {@link #keep} wrote it. */
    void restore(int site, long from, int position) {
        int at = OffHeap.getInt(from + AT - INDEX);
        int unlinked = OffHeap.getInt(from + UNLINKED - INDEX);
        put(site, OffHeap.getInt(from), at == 0 ? 0 : at + position, unlinked == 0 ? 0 : unlinked + position);
    }

    /** Makes the jump lead to {@code code}. */
    void connect(int site, long code) {
        patch(site, code);
        if (get(site, UNLINKED) != 0) {
            if (farCount == far.length) {
                far = Arrays.copyOf(far, 2 * farCount);
            }
            far[farCount++] = site;
        }
    }

    private void patch(int site, long code) {
        int at = get(site, AT);
        CodeBuffer.patchJump(region.writable() + at, region.executable() + at, code);
    }

    /** Takes back what {@link #connect} did to jumps that leave their page. */
    void disconnectFar() {
        for (int i = 0; i < farCount; i++) {
            patch(far[i], region.executable() + get(far[i], UNLINKED));
        }
        farCount = 0;
    }

    boolean isLink(int site) {
        return get(site, INDEX) < 0;
    }

    Block block(int site) {
        return Objects.requireNonNull(pieceBlock[get(site, 0)]);
    }

    /** Index of the instruction in its block. */
    int index(int site) {
        return get(site, INDEX);
    }

    /** RIP of the first instruction of the block. */
    long rip(int site) {
        return pieceRip[get(site, 0)];
    }

    /** Executable address where to continue behind the instruction, or 0. */
    long resume(int site) {
        int at = get(site, AT);
        return at == 0 ? 0 : region.executable() + at;
    }

    /** Forgets everything; each block that was translated loses its code. */
    void clear() {
        for (int i = 0; i < pieces; i++) {
            Objects.requireNonNull(pieceBlock[i]).dropCode();
        }
        Arrays.fill(pieceBlock, 0, pieces, null);
        pieces = 0;
        next = 0;
        farCount = 0;
    }

    /** Frees off-heap memory; the instance is dead afterwards. */
    void free() {
        OffHeap.free(base);
    }
}
