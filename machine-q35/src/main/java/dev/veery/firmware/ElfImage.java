package dev.veery.firmware;

import dev.veery.memory.AddressSpace;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The program headers of an x86 ELF32 or ELF64 executable (System V ABI, chapters 4 and 5). */
final class ElfImage {
    private static final int MAGIC = 0x464c_457f;
    private static final int CLASS64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int PT_LOAD = 1;
    static final int PT_NOTE = 4;
    private static final int EHDR32 = 52;
    private static final int EHDR64 = 64;
    private static final int PHDR32 = 32;
    private static final int PHDR64 = 56;
    /** Real kernels have fewer than ten; bounds what a hostile file makes us read. */
    private static final int MAX_PROGRAM_HEADERS = 256;

    private final ImageFile file;
    private final List<Segment> segments = new ArrayList<>();
    private final boolean wide;
    private final long entry;

    /** A program header. */
    record Segment(int type, long offset, long vaddr, long paddr, long fileSize, long memorySize) {}

    private ElfImage(ImageFile file) {
        this.file = file;
        ByteBuffer ident = file.read(0, 20);
        wide = ident.get(4) == CLASS64;
        int machine = ident.getChar(18);
        if (ident.get(5) != LITTLE_ENDIAN || machine != EM_386 && machine != EM_X86_64) {
            throw file.bad("it is an ELF file for another processor than x86");
        }
        ByteBuffer header = file.read(0, wide ? EHDR64 : EHDR32);
        entry = wide ? header.getLong(24) : header.getInt(24) & 0xffff_ffffL;
        long table = wide ? header.getLong(32) : header.getInt(28) & 0xffff_ffffL;
        int entrySize = header.getChar(wide ? 54 : 42);
        int count = header.getChar(wide ? 56 : 44);
        if (count == 0 || count > MAX_PROGRAM_HEADERS || entrySize < (wide ? PHDR64 : PHDR32)) {
            throw file.bad("it has no usable ELF program headers");
        }
        if (!file.contains(table, (long) count * entrySize)) {
            throw file.bad("the file is truncated: its ELF program headers lie beyond its end");
        }
        for (int i = 0; i < count; i++) {
            segments.add(segment(file.read(table + (long) i * entrySize, wide ? PHDR64 : PHDR32)));
        }
    }

    static boolean recognises(ImageFile file) {
        return file.contains(0, 20) && file.read(0, 4).getInt() == MAGIC;
    }

    static ElfImage parse(ImageFile file) {
        return new ElfImage(file);
    }

    private Segment segment(ByteBuffer b) {
        if (wide) {
            return new Segment(b.getInt(0), b.getLong(8), b.getLong(16), b.getLong(24), b.getLong(32), b.getLong(40));
        }
        return new Segment(b.getInt(0), u32(b, 4), u32(b, 8), u32(b, 12), u32(b, 16), u32(b, 20));
    }

    private static long u32(ByteBuffer b, int at) {
        return b.getInt(at) & 0xffff_ffffL;
    }

    List<Segment> segments() {
        return segments;
    }

    /** The entry point as a physical address: kernels may be linked at virtual ones. */
    long physicalEntry() {
        for (Segment s : segments) {
            if (s.type == PT_LOAD && Long.compareUnsigned(entry - s.vaddr, s.memorySize) < 0) {
                return entry - s.vaddr + s.paddr;
            }
        }
        return entry;
    }

    /** Copies the loadable segments to their physical addresses; what they have beyond the file becomes zero. */
    void load(AddressSpace memory, RamLayout layout) {
        boolean any = false;
        for (Segment s : segments) {
            if (s.type != PT_LOAD || s.memorySize == 0) {
                continue;
            }
            any = true;
            if (!file.contains(s.offset, s.fileSize)) {
                throw file.bad("the file is truncated: an ELF segment lies beyond its end");
            }
            if (Long.compareUnsigned(s.fileSize, s.memorySize) > 0) {
                throw file.bad("an ELF segment is larger in the file than in memory");
            }
            if (!layout.claim(s.paddr, s.memorySize)) {
                throw file.bad(String.format(
                        "its segment of %d bytes at 0x%x is not in free RAM; use a larger -m", s.memorySize, s.paddr));
            }
            file.copyTo(memory, s.offset, s.paddr, s.fileSize);
            memory.fill(s.paddr + s.fileSize, s.memorySize - s.fileSize, 0);
        }
        if (!any) {
            throw file.bad("it has no loadable ELF segment");
        }
    }

    /** The end of the highest loadable segment. */
    long end() {
        long end = 0;
        for (Segment s : segments) {
            if (s.type == PT_LOAD) {
                end = Math.max(end, s.paddr + s.memorySize);
            }
        }
        return end;
    }
}
