package dev.veery.boot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Initial RAM disks with another first process than the one they were made with. */
final class InitialRamDisk {
    private InitialRamDisk() {}

    /** An archive, with a second one behind it that holds {@code init}, a script for busybox's shell. */
    static byte[] withInit(byte[] archive, String init) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(archive);
        pad(out);
        entry(out, "init", 0100755, init.getBytes(StandardCharsets.US_ASCII));
        entry(out, "TRAILER!!!", 0, new byte[0]);
        return out.toByteArray();
    }

    /** A file in the newc format of cpio (Documentation/driver-api/early-userspace/buffer-format.rst). */
    private static void entry(ByteArrayOutputStream out, String name, int mode, byte[] content) throws IOException {
        String header = String.format(
                "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
                0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length() + 1, 0);
        out.write((header + name + "\0").getBytes(StandardCharsets.US_ASCII));
        pad(out);
        out.write(content);
        pad(out);
    }

    private static void pad(ByteArrayOutputStream out) {
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }
}
