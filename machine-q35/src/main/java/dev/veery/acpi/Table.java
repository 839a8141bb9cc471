package dev.veery.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A table under construction: little-endian fields behind the common header of ACPI 5.2.6. */
final class Table {
    static final int HEADER_LENGTH = 36;
    private static final int LENGTH_OFFSET = 4;
    private static final int CHECKSUM_OFFSET = 9;
    static final String OEM_ID = "VEERY ";
    private static final String OEM_TABLE_ID = "VEERYQ35";
    private static final String CREATOR_ID = "VEER";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Table(String signature, int revision) {
        text(signature).u32(0).u8(revision).u8(0).text(OEM_ID).text(OEM_TABLE_ID);
        u32(1).text(CREATOR_ID).u32(1);
    }

    Table u8(int value) {
        out.write(value);
        return this;
    }

    Table u16(int value) {
        return u8(value).u8(value >>> 8);
    }

    Table u32(long value) {
        return u16((int) value).u16((int) (value >>> 16));
    }

    Table u64(long value) {
        return u32(value).u32(value >>> 32);
    }

    Table text(String ascii) {
        return bytes(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    Table bytes(byte... values) {
        out.writeBytes(values);
        return this;
    }

    Table zeros(int count) {
        return bytes(new byte[count]);
    }

    int length() {
        return out.size();
    }

    /** ACPI 5.2.3.2 Generic Address Structure in I/O space; {@code bits} wide. */
    Table ioAddress(int bits, int accessSize, long address) {
        return u8(1).u8(bits).u8(0).u8(accessSize).u64(address);
    }

    /** The finished table: length and checksum filled in. */
    byte[] finish() {
        byte[] table = out.toByteArray();
        for (int i = 0; i < 4; i++) {
            table[LENGTH_OFFSET + i] = (byte) (table.length >>> 8 * i);
        }
        checksum(table, 0, table.length, CHECKSUM_OFFSET);
        return table;
    }

    /** Sets the byte at {@code at} so that {@code [from, to)} sums to 0 modulo 256. */
    static void checksum(byte[] table, int from, int to, int at) {
        table[at] = 0;
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += table[i];
        }
        table[at] = (byte) -sum;
    }
}
