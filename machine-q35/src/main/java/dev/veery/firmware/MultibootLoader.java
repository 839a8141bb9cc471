package dev.veery.firmware;

import dev.veery.base.Units;
import dev.veery.memory.AddressSpace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The Multiboot specification 0.6.96: how flat test kernels and hobby systems are loaded. */
final class MultibootLoader {
    /** 3.1.1: the header lies within the first 8192 bytes, aligned to 4. */
    private static final int SEARCH = 8192;

    private static final int HEADER_MAGIC = 0x1bad_b002;
    private static final long BOOT_MAGIC = 0x2bad_b002L;
    private static final int HEADER_SIZE = 12;
    private static final int ADDRESS_FIELDS_END = 32;
    private static final int FLAG_ADDRESS_FIELDS = 1 << 16;
    /** 3.1.2: a loader must refuse when a bit of 0 to 15 is set that it does not know. */
    private static final int UNKNOWN_REQUIREMENTS = 0xfff8;

    private static final int INFO_MEMORY = 1;
    private static final int INFO_BOOT_DEVICE = 1 << 1;
    private static final int INFO_CMDLINE = 1 << 2;
    private static final int INFO_MODS = 1 << 3;
    private static final int INFO_MMAP = 1 << 6;
    private static final int INFO_LOADER_NAME = 1 << 9;
    private static final int INFO_SIZE = 120;
    private static final int MODULE_SIZE = 16;
    private static final int MMAP_SIZE = 24;
    /** First hard disk, no partitions. */
    private static final int BOOT_DEVICE = 0x80ff_ffff;

    private static final String LOADER_NAME = "veery";
    private static final int MEM_LOWER_KIB = 639;
    private static final int PAGE = 4096;
    private static final long STACK = 0x7c00;

    private final ImageFile file;
    private final BootRequest request;
    private final AddressSpace memory;
    private final RamLayout layout;

    private record Module(long start, long end, byte[] text) {}

    private MultibootLoader(ImageFile file, BootRequest request, AddressSpace memory) {
        this.file = file;
        this.request = request;
        this.memory = memory;
        layout = new RamLayout(request.memory());
    }

    /** Offset of the Multiboot header, or -1. */
    static int header(ImageFile file) {
        ByteBuffer b = file.readUpTo(0, SEARCH);
        for (int at = 0; at + HEADER_SIZE <= b.limit(); at += 4) {
            if (b.getInt(at) == HEADER_MAGIC && HEADER_MAGIC + b.getInt(at + 4) + b.getInt(at + 8) == 0) {
                return at;
            }
        }
        return -1;
    }

    static EntryState load(ImageFile file, int header, BootRequest request, AddressSpace memory) {
        return new MultibootLoader(file, request, memory).load(header);
    }

    private EntryState load(int header) {
        int flags = file.read(header, HEADER_SIZE).getInt(4);
        if ((flags & UNKNOWN_REQUIREMENTS) != 0) {
            throw file.bad(String.format("it requires unknown Multiboot features, flags 0x%x", flags));
        }
        long entry;
        long end;
        if ((flags & FLAG_ADDRESS_FIELDS) != 0) {
            ByteBuffer fields = file.read(header, ADDRESS_FIELDS_END);
            end = loadByAddressFields(header, fields);
            entry = u32(fields, 28);
        } else if (ElfImage.recognises(file)) {
            ElfImage elf = ElfImage.parse(file);
            elf.load(memory, layout);
            entry = elf.physicalEntry();
            end = elf.end();
        } else {
            throw file.bad("it is a Multiboot image without address fields, and not an ELF file");
        }
        if (entry >>> 32 != 0) {
            throw file.bad(String.format("its entry point 0x%x is not below 4 GiB", entry));
        }
        long info = placeInformation(Math.max(end, Units.MIB));
        BootGdt.write(memory);
        return EntryState.flat32(entry, BOOT_MAGIC, info, 0, STACK, BootGdt.CODE);
    }

    private static long u32(ByteBuffer b, int at) {
        return b.getInt(at) & 0xffff_ffffL;
    }

    /** 3.1.3: the kernel says itself where its parts belong. */
    private long loadByAddressFields(int header, ByteBuffer fields) {
        long headerAddress = u32(fields, 12);
        long loadAddress = u32(fields, 16);
        long loadEnd = u32(fields, 20);
        long bssEnd = u32(fields, 24);
        long offset = header - (headerAddress - loadAddress);
        if (loadAddress > headerAddress || offset < 0) {
            throw file.bad("its Multiboot address fields place the header outside the image");
        }
        long length = loadEnd == 0 ? file.size() - offset : loadEnd - loadAddress;
        if (length < 0 || !file.contains(offset, length)) {
            throw file.bad("the file is truncated, or its Multiboot load addresses are wrong");
        }
        long end = Math.max(loadAddress + length, bssEnd);
        if (!layout.claim(loadAddress, end - loadAddress)) {
            throw file.bad(String.format("its image at 0x%x to 0x%x is not in free RAM", loadAddress, end));
        }
        file.copyTo(memory, offset, loadAddress, length);
        memory.fill(loadAddress + length, end - loadAddress - length, 0);
        return end;
    }

    private List<Module> placeModules(long floor) {
        List<Module> modules = new ArrayList<>();
        String list = request.initrd();
        if (list == null) {
            return modules;
        }
        for (String item : list.split(",", -1)) {
            int space = item.indexOf(' ');
            String name = space < 0 ? item : item.substring(0, space);
            try (ImageFile module = ImageFile.open("module", name)) {
                long address = layout.placeAbove(floor, module.size(), PAGE);
                if (address < 0) {
                    throw module.bad("it does not fit in RAM behind the kernel; use a larger -m");
                }
                module.copyTo(memory, 0, address, module.size());
                modules.add(new Module(address, address + module.size(), text(item)));
            }
        }
        return modules;
    }

    private static byte[] text(String s) {
        return (s + "\0").getBytes(StandardCharsets.UTF_8);
    }

    /** 3.3: the information structure, then the module list, the memory map and the strings. */
    private long placeInformation(long floor) {
        List<Module> modules = placeModules(floor);
        List<E820Entry> map = request.memory();
        byte[] commandLine = text(file.name() + " " + request.commandLine());
        byte[] loaderName = text(LOADER_NAME);
        long size = INFO_SIZE + (long) MODULE_SIZE * modules.size() + (long) MMAP_SIZE * map.size();
        long strings = size;
        size += commandLine.length + loaderName.length;
        for (Module module : modules) {
            size += module.text.length;
        }
        long info = layout.placeAbove(floor, size, PAGE);
        if (info < 0) {
            throw file.bad("no RAM is left for the boot information; use a larger -m");
        }
        ByteBuffer b = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        int modsAt = INFO_SIZE;
        int mapAt = modsAt + MODULE_SIZE * modules.size();
        b.position((int) strings);
        int commandLineAt = append(b, commandLine);
        int loaderNameAt = append(b, loaderName);
        for (int i = 0; i < modules.size(); i++) {
            Module module = modules.get(i);
            int at = modsAt + MODULE_SIZE * i;
            b.putInt(at, (int) module.start).putInt(at + 4, (int) module.end);
            b.putInt(at + 8, (int) info + append(b, module.text));
        }
        for (int i = 0; i < map.size(); i++) {
            int at = mapAt + MMAP_SIZE * i;
            b.putInt(at, MMAP_SIZE - 4).putLong(at + 4, map.get(i).base());
            b.putLong(at + 12, map.get(i).size()).putInt(at + 20, map.get(i).type());
        }
        int modsFlag = modules.isEmpty() ? 0 : INFO_MODS;
        b.putInt(0, INFO_MEMORY | INFO_BOOT_DEVICE | INFO_CMDLINE | modsFlag | INFO_MMAP | INFO_LOADER_NAME);
        b.putInt(4, MEM_LOWER_KIB).putInt(8, upperKib()).putInt(12, BOOT_DEVICE);
        b.putInt(16, (int) info + commandLineAt);
        b.putInt(20, modules.size()).putInt(24, (int) info + modsAt);
        b.putInt(44, MMAP_SIZE * map.size()).putInt(48, (int) info + mapAt);
        b.putInt(64, (int) info + loaderNameAt);
        memory.write(info, b.array());
        return info;
    }

    private static int append(ByteBuffer b, byte[] text) {
        int at = b.position();
        b.put(text);
        return at;
    }

    /** Contiguous RAM from 1 MiB, in KiB. */
    private int upperKib() {
        for (E820Entry entry : request.memory()) {
            if (entry.type() == E820Entry.RAM && entry.base() == Units.MIB) {
                return (int) Math.min(entry.size() / Units.KIB, Integer.MAX_VALUE);
            }
        }
        return 0;
    }
}
