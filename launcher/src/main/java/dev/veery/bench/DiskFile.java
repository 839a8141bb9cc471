package dev.veery.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A disk image for the guest; the guest's program knows what must be in it. */
final class DiskFile {
    static final long BYTES = 128L << 20;

    private static final int BLOCK = 4096;
    private static final int CHUNK = 1 << 20;

    private DiskFile() {}

    /** Writes one: each 4 KiB begin with a mark made from their number, as {@code devices.c} has it. */
    static void make(Path file) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (long at = 0; at < BYTES; at += CHUNK) {
                chunk.clear();
                for (int i = 0; i < CHUNK; i += BLOCK) {
                    chunk.putLong(i, mark((at + i) / BLOCK));
                }
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
            }
        }
    }

    static long mark(long block) {
        return block * 0x9e37_79b9_7f4a_7c15L ^ 0x7665_6572_792e_2e2eL;
    }
}
