package dev.veery.cpu.semantics;

import dev.veery.memory.access.OffHeap;

/**
 * PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM (SDM vol. 1, section 4.1 of vol. 2, "Imm8 control byte"). The first operand
 * is the destination register, called the set or pattern here; the second is the text.
 */
public final class StringCompare {
    private static final int IMM_WORDS = 1;
    private static final int IMM_SIGNED = 1 << 1;
    private static final int EQUAL_ANY = 0;
    private static final int RANGES = 1;
    private static final int EQUAL_EACH = 2;
    private static final int IMM_NEGATE = 1 << 4;
    private static final int IMM_ONLY_VALID = 1 << 5;
    private static final int IMM_HIGHEST_OR_EXPAND = 1 << 6;

    private StringCompare() {}

    /** Number of elements: 16 bytes or 8 words. */
    public static int elements(int imm) {
        return (imm & IMM_WORDS) == 0 ? 16 : 8;
    }

    /** Length of a string that a zero element ends, at most {@link #elements}. */
    public static int implicitLength(long operand, int imm) {
        int n = elements(imm);
        for (int k = 0; k < n; k++) {
            if (element(operand, k, imm & ~IMM_SIGNED) == 0) {
                return k;
            }
        }
        return n;
    }

    /** Length from EAX or EDX (RAX or RDX with REX.W), whose absolute value saturates at {@link #elements}. */
    public static int explicitLength(long value, int imm) {
        int n = elements(imm);
        return value > -n && value < n ? (int) Math.abs(value) : n;
    }

    private static int element(long operand, int k, int imm) {
        if ((imm & IMM_WORDS) != 0) {
            int w = OffHeap.getShort(operand + 2L * k);
            return (imm & IMM_SIGNED) != 0 ? w : w & 0xffff;
        }
        int b = OffHeap.getByte(operand + k);
        return (imm & IMM_SIGNED) != 0 ? b : b & 0xff;
    }

    /** IntRes2: a bit for each element of the text. */
    public static int compare(long set, int setLength, long text, int textLength, int imm) {
        int n = elements(imm);
        int res;
        switch (imm >>> 2 & 3) {
            case EQUAL_ANY:
                res = equalAny(set, setLength, text, textLength, imm);
                break;
            case RANGES:
                res = ranges(set, setLength, text, textLength, imm);
                break;
            case EQUAL_EACH:
                res = equalEach(set, setLength, text, textLength, imm);
                break;
            default:
                res = equalOrdered(set, setLength, text, textLength, imm);
                break;
        }
        if ((imm & IMM_NEGATE) != 0) {
            res ^= (imm & IMM_ONLY_VALID) != 0 ? (1 << textLength) - 1 : (1 << n) - 1;
        }
        return res;
    }

    private static int equalAny(long set, int setLength, long text, int textLength, int imm) {
        int res = 0;
        for (int j = 0; j < textLength; j++) {
            int c = element(text, j, imm);
            for (int k = 0; k < setLength; k++) {
                if (element(set, k, imm) == c) {
                    res |= 1 << j;
                    break;
                }
            }
        }
        return res;
    }

    /** Pairs of bounds; a lone lower bound at the end matches nothing. */
    private static int ranges(long set, int setLength, long text, int textLength, int imm) {
        int res = 0;
        for (int j = 0; j < textLength; j++) {
            int c = element(text, j, imm);
            for (int k = 0; k + 1 < setLength; k += 2) {
                if (c >= element(set, k, imm) && c <= element(set, k + 1, imm)) {
                    res |= 1 << j;
                    break;
                }
            }
        }
        return res;
    }

    /** Elements beyond both ends are equal, beyond one only are not. */
    private static int equalEach(long set, int setLength, long text, int textLength, int imm) {
        int n = elements(imm);
        int res = 0;
        for (int k = 0; k < n; k++) {
            boolean inSet = k < setLength;
            boolean inText = k < textLength;
            if (inSet && inText ? element(set, k, imm) == element(text, k, imm) : inSet == inText) {
                res |= 1 << k;
            }
        }
        return res;
    }

    /** Where the pattern starts within the text; what lies beyond the text's register is taken to match. */
    private static int equalOrdered(long set, int setLength, long text, int textLength, int imm) {
        int n = elements(imm);
        int res = 0;
        for (int j = 0; j < n; j++) {
            boolean match = true;
            for (int k = 0; k < setLength && j + k < n && match; k++) {
                match = j + k < textLength && element(set, k, imm) == element(text, j + k, imm);
            }
            if (match) {
                res |= 1 << j;
            }
        }
        return res;
    }

    /** ECX of the index forms. */
    public static int index(int result, int imm) {
        if (result == 0) {
            return elements(imm);
        }
        return (imm & IMM_HIGHEST_OR_EXPAND) != 0
                ? 31 - Integer.numberOfLeadingZeros(result)
                : Integer.numberOfTrailingZeros(result);
    }

    /** XMM0 of the mask forms, written to {@code dst}: the bits themselves or a whole element for each. */
    public static void mask(int result, int imm, long dst) {
        long low = result;
        long high = 0;
        if ((imm & IMM_HIGHEST_OR_EXPAND) != 0) {
            if ((imm & IMM_WORDS) != 0) {
                low = expand(result, 4, 16);
                high = expand(result >>> 4, 4, 16);
            } else {
                low = expand(result, 8, 8);
                high = expand(result >>> 8, 8, 8);
            }
        }
        OffHeap.putLong(dst, low);
        OffHeap.putLong(dst + 8, high);
    }

    private static long expand(int bits, int count, int width) {
        long r = 0;
        long ones = (1L << width) - 1;
        for (int n = 0; n < count; n++) {
            if ((bits >>> n & 1) != 0) {
                r |= ones << n * width;
            }
        }
        return r;
    }
}
