package dev.veery.firmware;

import dev.veery.base.Bits;
import dev.veery.base.Units;
import dev.veery.memory.AddressSpace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** An ELF kernel that tells its 32-bit physical entry point in a Xen note (PHYS32_ENTRY), such as an unpacked vmlinux. */
final class PvhLoader {
    private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;
    private static final int NOTE_HEADER = 12;
    /** Bounds what a hostile file makes us read; real note segments are below 1 KiB. */
    private static final int MAX_NOTES = 1 << 20;

    private static final int START_MAGIC = 0x336e_c578;
    private static final int START_INFO_SIZE = 56;
    private static final int MODULE_SIZE = 32;
    private static final int MEMORY_ENTRY_SIZE = 24;
    private static final int PAGE = 4096;

    private PvhLoader() {}

    /** The entry point of the note, or -1 when there is none. */
    static long entry(ImageFile file, ElfImage elf) {
        for (ElfImage.Segment segment : elf.segments()) {
            if (segment.type() != ElfImage.PT_NOTE || !file.contains(segment.offset(), segment.fileSize())) {
                continue;
            }
            int length = (int) Math.min(segment.fileSize(), MAX_NOTES);
            long entry = entryInNotes(file.read(segment.offset(), length));
            if (entry >= 0) {
                return entry;
            }
        }
        return -1;
    }

    private static long entryInNotes(ByteBuffer notes) {
        long at = 0;
        while (at + NOTE_HEADER <= notes.limit()) {
            long nameSize = notes.getInt((int) at) & 0xffff_ffffL;
            long descSize = notes.getInt((int) at + 4) & 0xffff_ffffL;
            int type = notes.getInt((int) at + 8);
            long desc = at + NOTE_HEADER + Bits.alignUp(nameSize, 4);
            if (desc + descSize > notes.limit()) {
                return -1;
            }
            boolean xen = nameSize == 4 && notes.getInt((int) at + NOTE_HEADER) == 0x006e_6558;
            if (xen && type == XEN_ELFNOTE_PHYS32_ENTRY && descSize >= 4) {
                return notes.getInt((int) desc) & 0xffff_ffffL;
            }
            at = desc + Bits.alignUp(descSize, 4);
        }
        return -1;
    }

    static EntryState load(ImageFile file, ElfImage elf, long entry, BootRequest request, AddressSpace memory) {
        RamLayout layout = new RamLayout(request.memory());
        elf.load(memory, layout);
        byte[] commandLine = (request.commandLine() + "\0").getBytes(StandardCharsets.UTF_8);
        int mapSize = MEMORY_ENTRY_SIZE * request.memory().size();
        int fixed = START_INFO_SIZE + MODULE_SIZE + mapSize;
        long info = layout.placeAbove(0, fixed + (long) commandLine.length, PAGE);
        if (info < 0) {
            throw file.bad("no RAM is left for its start information; use a larger -m");
        }
        long modules = info + START_INFO_SIZE;
        long map = modules + MODULE_SIZE;
        long text = map + mapSize;
        ByteBuffer b = ByteBuffer.allocate(fixed + commandLine.length).order(ByteOrder.LITTLE_ENDIAN);
        boolean hasModule = request.initrd() != null;
        b.putInt(START_MAGIC).putInt(1).putInt(0).putInt(hasModule ? 1 : 0);
        b.putLong(hasModule ? modules : 0).putLong(text).putLong(request.rsdp()).putLong(map);
        b.putInt(request.memory().size()).putInt(0);
        placeModule(b, layout, request, memory);
        b.putLong(0).putLong(0);
        for (E820Entry range : request.memory()) {
            b.putLong(range.base()).putLong(range.size()).putInt(range.type()).putInt(0);
        }
        memory.write(info, b.put(commandLine).array());
        BootGdt.write(memory);
        return EntryState.flat32(entry, 0, info, 0, 0, BootGdt.CODE);
    }

    private static void placeModule(ByteBuffer b, RamLayout layout, BootRequest request, AddressSpace memory) {
        String name = request.initrd();
        if (name == null) {
            b.putLong(0).putLong(0);
            return;
        }
        try (ImageFile initrd = ImageFile.open("initrd", name)) {
            InitrdCheck.check(initrd);
            long address = layout.placeBelow(1L << 32, initrd.size(), PAGE);
            if (address < Units.MIB) {
                throw initrd.bad("it does not fit in RAM beside the kernel; use a larger -m");
            }
            initrd.copyTo(memory, 0, address, initrd.size());
            b.putLong(address).putLong(initrd.size());
        }
    }
}
