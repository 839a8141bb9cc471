package dev.veery.smbios;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** One SMBIOS structure (DSP0134 6.1): a formatted area, then its strings, each ended by a zero byte. */
final class Structure {
    private static final int LENGTH_OFFSET = 1;

    private final ByteArrayOutputStream formatted = new ByteArrayOutputStream();
    private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
    private int stringCount;

    Structure(int type, int handle) {
        u8(type).u8(0).u16(handle);
    }

    Structure u8(int value) {
        formatted.write(value);
        return this;
    }

    Structure u16(int value) {
        return u8(value).u8(value >>> 8);
    }

    Structure u32(long value) {
        return u16((int) value).u16((int) (value >>> 16));
    }

    Structure u64(long value) {
        return u32(value).u32(value >>> 32);
    }

    Structure zeros(int count) {
        formatted.writeBytes(new byte[count]);
        return this;
    }

    /** Appends the number of a new string; 0 when it is empty, for a zero byte would end the list. */
    Structure string(String text) {
        if (text.isEmpty()) {
            return u8(0);
        }
        strings.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        strings.write(0);
        return u8(++stringCount);
    }

    byte[] finish() {
        if (stringCount == 0) {
            strings.write(0);
        }
        strings.write(0);
        byte[] head = formatted.toByteArray();
        head[LENGTH_OFFSET] = (byte) head.length;
        byte[] all = java.util.Arrays.copyOf(head, head.length + strings.size());
        System.arraycopy(strings.toByteArray(), 0, all, head.length, strings.size());
        return all;
    }
}
