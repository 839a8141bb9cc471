package dev.veery.firmware;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Finds out whether an initial RAM disk is complete, so that a download cut short is an error line here and not a kernel
 * panic there. An initrd is a sequence of cpio archives, each perhaps compressed (Linux, driver-api/early-userspace/
 * buffer-format). Formats that cannot be judged without a decompressor of their own pass.
 */
final class InitrdCheck {
    private static final int GZIP = 0x8b1f;
    private static final int ZSTD = 0xfd2f_b528;
    private static final int ZSTD_SKIPPABLE = 0x184d_2a50;
    private static final int LZ4_LEGACY = 0x184c_2102;
    private static final int XZ = 0x587a_37fd;

    private static final int CPIO_HEADER = 110;
    private static final int CPIO_FILE_SIZE = 54;
    private static final int CPIO_NAME_SIZE = 94;
    private static final String CPIO_TRAILER = "TRAILER!!!\0";
    /** PATH_MAX of Linux: what its unpacker accepts. */
    private static final int MAX_NAME = 4096;

    /** Above this size of a gzip member the time to inflate it would be felt, so it is believed. */
    private static final long GZIP_LIMIT = 64L << 20;

    private static final int CHUNK = 1 << 16;
    private static final int MAX_PADDING = 4096;

    private final ImageFile file;
    private long at;

    private InitrdCheck(ImageFile file) {
        this.file = file;
    }

    /** Complains when the file is incomplete or damaged. */
    static void check(ImageFile file) {
        InitrdCheck check = new InitrdCheck(file);
        while (check.skipPadding() && check.part()) {
            // Each part moves the position.
        }
    }

    /** Zero bytes may stand between parts; false at the end of the file. */
    private boolean skipPadding() {
        while (at < file.size()) {
            ByteBuffer b = file.readUpTo(at, 512);
            while (b.hasRemaining()) {
                if (b.get() != 0) {
                    return true;
                }
                at++;
            }
        }
        return false;
    }

    /** Passes one part; false when the rest cannot be judged. */
    private boolean part() {
        if (!file.contains(at, 6)) {
            return false;
        }
        ByteBuffer b = file.read(at, 6);
        int magic = b.getInt(0);
        if (b.getChar(0) == GZIP) {
            return gzip();
        }
        if (magic == ZSTD || (magic & ~0xf) == ZSTD_SKIPPABLE) {
            zstdFrame(magic != ZSTD);
            return true;
        }
        if (magic == LZ4_LEGACY) {
            lz4();
            return true;
        }
        if (magic == XZ) {
            xzFooter();
            return false;
        }
        String text = new String(b.array(), StandardCharsets.ISO_8859_1);
        if (text.equals("070701") || text.equals("070702")) {
            cpio();
            return true;
        }
        return false;
    }

    private void need(long length) {
        if (length < 0 || !file.contains(at, length)) {
            throw file.bad("the initrd is truncated at " + file.size() + " bytes");
        }
    }

    private void cpio() {
        while (true) {
            need(CPIO_HEADER);
            ByteBuffer header = file.read(at, CPIO_HEADER);
            String magic = new String(header.array(), 0, 6, StandardCharsets.ISO_8859_1);
            int nameSize = (int) Math.min(hex(header, CPIO_NAME_SIZE), MAX_NAME + 1L);
            if (!magic.startsWith("07070") || nameSize == 0 || nameSize > MAX_NAME) {
                throw file.bad("its cpio archive is damaged at byte " + at);
            }
            need(CPIO_HEADER + (long) nameSize);
            byte[] name = file.read(at + CPIO_HEADER, nameSize).array();
            at = align4(at + CPIO_HEADER + nameSize);
            if (new String(name, StandardCharsets.ISO_8859_1).equals(CPIO_TRAILER)) {
                return;
            }
            long size = hex(header, CPIO_FILE_SIZE);
            need(size);
            at = align4(at + size);
        }
    }

    private static long align4(long value) {
        return value + 3 & ~3L;
    }

    private long hex(ByteBuffer header, int offset) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            int digit = Character.digit(header.get(offset + i), 16);
            if (digit < 0) {
                throw file.bad("its cpio archive is damaged at byte " + at);
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** RFC 1952; false when the member is too long to be looked at. */
    private boolean gzip() {
        if (file.size() - at > GZIP_LIMIT) {
            return false;
        }
        gzipHeader();
        Inflater inflater = new Inflater(true);
        try {
            byte[] sink = new byte[CHUNK];
            while (!inflater.finished()) {
                if (inflater.needsInput()) {
                    need(1);
                    inflater.setInput(file.readUpTo(at, CHUNK));
                    at = Math.min(file.size(), at + CHUNK);
                }
                inflater.inflate(sink);
            }
            at -= inflater.getRemaining();
        } catch (DataFormatException e) {
            throw file.bad("its gzip data is damaged: " + e.getMessage());
        } finally {
            inflater.end();
        }
        need(8);
        at += 8;
        return true;
    }

    private void gzipHeader() {
        need(10);
        int flags = file.read(at, 10).get(3);
        at += 10;
        if ((flags & 4) != 0) {
            need(2);
            at += 2 + file.read(at, 2).getChar();
        }
        for (int flag = 8; flag <= 16; flag <<= 1) {
            if ((flags & flag) != 0) {
                skipString();
            }
        }
        at += (flags & 2) != 0 ? 2 : 0;
    }

    private void skipString() {
        do {
            need(1);
        } while (file.read(at++, 1).get(0) != 0);
    }

    /** RFC 8878 sections 3.1.1 and 3.1.2: block sizes are plain, so completeness shows without decompression. */
    private void zstdFrame(boolean skippable) {
        if (skippable) {
            need(8);
            at += 8 + (file.read(at + 4, 4).getInt() & 0xffff_ffffL);
            need(0);
            return;
        }
        need(5);
        int descriptor = file.read(at + 4, 1).get() & 0xff;
        boolean single = (descriptor & 0x20) != 0;
        int[] sizeBytes = {single ? 1 : 0, 2, 4, 8};
        int[] dictionaryBytes = {0, 1, 2, 4};
        at += 5 + (single ? 0 : 1) + dictionaryBytes[descriptor & 3] + sizeBytes[descriptor >> 6];
        boolean last;
        do {
            need(3);
            ByteBuffer b = file.read(at, 3);
            int header = b.getChar(0) | (b.get(2) & 0xff) << 16;
            last = (header & 1) != 0;
            int type = header >> 1 & 3;
            if (type == 3) {
                throw file.bad("its zstd data is damaged at byte " + at);
            }
            at += 3;
            int size = type == 1 ? 1 : header >> 3;
            need(size);
            at += size;
        } while (!last);
        int checksum = (descriptor & 4) != 0 ? 4 : 0;
        need(checksum);
        at += checksum;
    }

    /** The legacy frame of LZ4: sizes and blocks until something that is no size. */
    private void lz4() {
        final long largestBlock = (8L << 20) + (8L << 20) / 255 + 16;
        at += 4;
        while (at < file.size()) {
            need(4);
            long size = file.read(at, 4).getInt() & 0xffff_ffffL;
            if (size == 0 || size > largestBlock) {
                return;
            }
            at += 4;
            need(size);
            at += size;
        }
    }

    /** The .xz format, 2.1.2: a stream ends in "YZ", then perhaps zeros. */
    private void xzFooter() {
        long end = file.size();
        // Padding is a few bytes; the bound keeps a file of zeros from being read byte by byte.
        while (end > file.size() - MAX_PADDING
                && end - at > 12
                && file.read(end - 1, 1).get() == 0) {
            end--;
        }
        if (end - at < 32 || file.read(end - 2, 2).getChar() != 0x5a59) {
            throw file.bad("the initrd is truncated: its xz data has no end");
        }
    }
}
