package dev.veery.firmware;

import dev.veery.base.MachineLock;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.RamBlock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Small hand-made kernels and RAM disks, and a machine of 64 MiB to load them into. */
final class Images {
    static final long RAM = 64L << 20;

    private Images() {}

    static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    static byte[] noise(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Two setup sectors and {@code body} as the protected-mode part; protocol 2.15. */
    static byte[] bzImage(byte[] body) {
        int setup = 3 * 512;
        ByteBuffer b = buffer(setup + body.length);
        b.put(0x1f1, (byte) 2).putInt(0x1f4, (body.length + 15) / 16).putChar(0x1fe, (char) 0xaa55);
        b.put(0x200, (byte) 0xeb).put(0x201, (byte) 0x6a);
        b.put(0x202, "HdrS".getBytes(StandardCharsets.US_ASCII)).putChar(0x206, (char) 0x20f);
        b.put(0x211, (byte) 1).putInt(0x22c, 0x7fff_ffff).put(0x234, (byte) 1).putInt(0x238, 2047);
        b.putLong(0x258, 0x100_0000L).putInt(0x260, 0x20_0000);
        b.position(setup);
        return b.put(body).array();
    }

    /** One segment at 2 MiB, linked at a high virtual address, and a PVH note that enters it at +16. */
    static byte[] pvhElf(byte[] body) {
        ByteBuffer b = buffer(0x200 + body.length);
        elf64Header(b, 0xffff_8000_0020_0000L, 2);
        programHeader(b, 0, 4, 0x100, 0, 20);
        programHeader(b, 1, 1, 0x200, 0x20_0000L, body.length);
        b.putLong(64 + 56 + 40, body.length + 0x1000L);
        b.putInt(0x100, 4)
                .putInt(0x104, 4)
                .putInt(0x108, 18)
                .putInt(0x10c, 0x006e_6558)
                .putInt(0x110, 0x20_0010);
        b.position(0x200);
        return b.put(body).array();
    }

    private static void elf64Header(ByteBuffer b, long entry, int segments) {
        b.putInt(0, 0x464c_457f).put(4, (byte) 2).put(5, (byte) 1).putChar(18, (char) 62);
        b.putLong(24, entry).putLong(32, 64).putChar(54, (char) 56).putChar(56, (char) segments);
    }

    private static void programHeader(ByteBuffer b, int index, int type, long offset, long address, long size) {
        int at = 64 + 56 * index;
        b.putInt(at, type).putLong(at + 8, offset);
        b.putLong(at + 16, 0xffff_8000_0000_0000L + address).putLong(at + 24, address);
        b.putLong(at + 32, size).putLong(at + 40, size);
    }

    /** Address fields: the whole file at 1 MiB, some zeroed memory behind it, entered at +32. */
    static byte[] multibootFlat(byte[] body) {
        ByteBuffer b = buffer(64 + body.length);
        multibootHeader(b, 16, 1 << 16);
        b.putInt(28, 0x10_0010).putInt(32, 0x10_0000).putInt(36, 0).putInt(40, 0x10_0000 + 64 + body.length + 4096);
        b.putInt(44, 0x10_0020);
        b.position(64);
        return b.put(body).array();
    }

    static byte[] multibootElf(byte[] body) {
        ByteBuffer b = buffer(0x200 + body.length);
        b.putInt(0, 0x464c_457f).put(4, (byte) 1).put(5, (byte) 1).putChar(18, (char) 3);
        b.putInt(24, 0x40_0004).putInt(28, 52).putChar(42, (char) 32).putChar(44, (char) 1);
        b.putInt(52, 1).putInt(56, 0x200).putInt(60, 0x40_0000).putInt(64, 0x40_0000);
        b.putInt(68, body.length).putInt(72, body.length);
        multibootHeader(b, 0x100, 3);
        b.position(0x200);
        return b.put(body).array();
    }

    private static void multibootHeader(ByteBuffer b, int at, int flags) {
        b.putInt(at, 0x1bad_b002).putInt(at + 4, flags).putInt(at + 8, -(0x1bad_b002 + flags));
    }

    /** A newc archive of one file. */
    static byte[] cpio(byte[] contents) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        member(out, "init", contents);
        member(out, "TRAILER!!!", new byte[0]);
        return out.toByteArray();
    }

    private static void member(ByteArrayOutputStream out, String name, byte[] contents) {
        String header = "070701" + "00000001".repeat(6) + String.format("%08X", contents.length) + "00000000".repeat(4)
                + String.format("%08X", name.length() + 1) + "00000000";
        out.writeBytes((header + name + "\0").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(new byte[-out.size() & 3]);
        out.writeBytes(contents);
        out.writeBytes(new byte[-out.size() & 3]);
    }

    static byte[] gzip(byte[] contents) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(contents);
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One frame of three raw blocks with a checksum field. */
    static byte[] zstd(byte[] contents) {
        ByteBuffer b = buffer(16 + 3 * (3 + contents.length));
        b.putInt(0xfd2f_b528).put((byte) 0x24).put((byte) 1);
        for (int i = 0; i < 3; i++) {
            int header = contents.length << 3 | (i == 2 ? 1 : 0);
            b.putChar((char) header).put((byte) (header >> 16)).put(contents);
        }
        b.putInt(0);
        return java.util.Arrays.copyOf(b.array(), b.position());
    }

    static List<E820Entry> memoryMap() {
        return List.of(
                new E820Entry(0, 0x9_fc00, E820Entry.RAM),
                new E820Entry(0x9_fc00, 0x400, E820Entry.RESERVED),
                new E820Entry(0xe_0000, 0x2_0000, E820Entry.RESERVED),
                new E820Entry(1 << 20, RAM - (1 << 20), E820Entry.RAM));
    }

    /** RAM of 64 MiB, freed by closing. */
    static final class Machine implements AutoCloseable {
        private final RamBlock block = new RamBlock("ram", new OffHeapRamAllocator().allocate("ram", RAM));
        final AddressSpace memory = new AddressSpace("memory", MemoryRegion.ram("ram", block), new MachineLock());

        byte[] bytes(long address, int length) {
            byte[] bytes = new byte[length];
            memory.read(address, bytes);
            return bytes;
        }

        String text(long address) {
            StringBuilder text = new StringBuilder();
            for (long at = address; memory.read(at, 1) != 0; at++) {
                text.append((char) memory.read(at, 1));
            }
            return text.toString();
        }

        @Override
        public void close() {
            memory.close();
            block.close();
        }
    }
}
