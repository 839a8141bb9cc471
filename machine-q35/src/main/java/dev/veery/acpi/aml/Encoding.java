package dev.veery.acpi.aml;

import java.io.ByteArrayOutputStream;

/** The lexical level of AML: names, package lengths, integers. */
final class Encoding {
    private static final int DUAL_NAME_PREFIX = 0x2e;
    private static final int MULTI_NAME_PREFIX = 0x2f;
    private static final int SEGMENT_LENGTH = 4;
    /** ACPI 20.2.4: a package length has 28 bits. */
    private static final int MAX_PKG_LENGTH = (1 << 28) - 1;

    private Encoding() {}

    static void little(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >>> 8 * i));
        }
    }

    /** ACPI 20.2.2 NameString: optional root or parent prefixes, then segments separated by dots. */
    static void name(ByteArrayOutputStream out, String path) {
        int start = 0;
        while (start < path.length() && (path.charAt(start) == '\\' || path.charAt(start) == '^')) {
            out.write(path.charAt(start++));
        }
        if (start == path.length()) {
            out.write(0);
            return;
        }
        String[] segments = path.substring(start).split("\\.", -1);
        if (segments.length == 2) {
            out.write(DUAL_NAME_PREFIX);
        } else if (segments.length > 2) {
            out.write(MULTI_NAME_PREFIX);
            out.write(segments.length);
        }
        for (String segment : segments) {
            segment(out, segment);
        }
    }

    static void segment(ByteArrayOutputStream out, String segment) {
        if (!isSegment(segment)) {
            throw new IllegalArgumentException("not an AML name: " + segment);
        }
        for (int i = 0; i < SEGMENT_LENGTH; i++) {
            out.write(i < segment.length() ? segment.charAt(i) : '_');
        }
    }

    /** Tables have thousands of them: a regular expression takes a tenth of the emulator's start. */
    private static boolean isSegment(String segment) {
        if (segment.isEmpty() || segment.length() > SEGMENT_LENGTH || isDigit(segment.charAt(0))) {
            return false;
        }
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (!isDigit(c) && c != '_' && (c < 'A' || c > 'Z')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** ACPI 20.2.4 PkgLength of a body of {@code length} bytes; the encoded length counts itself. */
    static void pkgLength(ByteArrayOutputStream out, int length) {
        for (int extra = 0; extra < 4; extra++) {
            int total = length + 1 + extra;
            if (total <= (extra == 0 ? 0x3f : (1 << 4 + 8 * extra) - 1)) {
                pkgLengthRaw(out, total, extra);
                return;
            }
        }
        throw new IllegalArgumentException("AML package above " + MAX_PKG_LENGTH + " bytes");
    }

    private static void pkgLengthRaw(ByteArrayOutputStream out, int total, int extra) {
        if (extra == 0) {
            out.write(total);
            return;
        }
        out.write(extra << 6 | total & 0xf);
        little(out, total >>> 4, extra);
    }

    /** The width of a field element in bits: the same code as a package length, but it does not count itself. */
    static void fieldWidth(ByteArrayOutputStream out, int bits) {
        int extra = bits <= 0x3f ? 0 : bits < 1 << 12 ? 1 : bits < 1 << 20 ? 2 : 3;
        pkgLengthRaw(out, bits, extra);
    }

    /** ACPI 20.2.3 integer constants, the shortest that holds the value. */
    static void integer(ByteArrayOutputStream out, long value) {
        if (value == 0 || value == 1) {
            out.write((int) value);
        } else if (value >>> 8 == 0) {
            out.write(0x0a);
            little(out, value, 1);
        } else if (value >>> 16 == 0) {
            out.write(0x0b);
            little(out, value, 2);
        } else if (value >>> 32 == 0) {
            out.write(0x0c);
            little(out, value, 4);
        } else {
            out.write(0x0e);
            little(out, value, 8);
        }
    }
}
