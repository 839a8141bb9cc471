package dev.veery.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes an archive as the kernel takes it for an initial RAM disk: cpio, "newc" form (Documentation/driver-api/early-userspace). */
final class Cpio {
    static final int DIRECTORY = 0040755;
    static final int PROGRAM = 0100755;
    static final int CHARACTER_DEVICE = 0020600;

    private static final byte[] NOTHING = {};

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int inode = 1;

    Cpio add(String name, int mode, byte[] content) {
        return add(name, mode, 0, 0, content);
    }

    Cpio device(String name, int major, int minor) {
        return add(name, CHARACTER_DEVICE, major, minor, NOTHING);
    }

    byte[] finish() {
        add("TRAILER!!!", 0, NOTHING);
        return out.toByteArray();
    }

    private Cpio add(String name, int mode, int major, int minor, byte[] content) {
        byte[] path = (name + "\0").getBytes(StandardCharsets.US_ASCII);
        // Inode, mode, owner, group, links, time, size, device, device represented, name's length, checksum.
        int[] fields = {inode++, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, path.length, 0};
        StringBuilder header = new StringBuilder("070701");
        for (int field : fields) {
            header.append(String.format("%08X", field));
        }
        out.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(path);
        pad();
        out.writeBytes(content);
        pad();
        return this;
    }

    private void pad() {
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }
}
