package dev.veery.firmware;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.memory.AddressSpace;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Linux/x86 boot protocol, 32-bit entry: the protected-mode part of a bzImage at 1 MiB, a zero page instead of the
 * real-mode setup code's work. Offsets are those of boot.rst and zero-page.rst.
 */
final class LinuxLoader {
    private static final int SECTOR = 512;
    private static final int ZERO_PAGE_SIZE = 4096;
    private static final int SETUP_SECTS = 0x1f1;
    private static final int SYSSIZE = 0x1f4;
    private static final int JUMP_LENGTH = 0x201;
    private static final int HEADER = 0x202;
    private static final int VERSION = 0x206;
    private static final int TYPE_OF_LOADER = 0x210;
    private static final int LOADFLAGS = 0x211;
    private static final int CODE32_START = 0x214;
    private static final int RAMDISK_IMAGE = 0x218;
    private static final int RAMDISK_SIZE = 0x21c;
    private static final int CMD_LINE_PTR = 0x228;
    private static final int INITRD_ADDR_MAX = 0x22c;
    private static final int RELOCATABLE_KERNEL = 0x234;
    private static final int CMDLINE_SIZE = 0x238;
    private static final int SETUP_DATA = 0x250;
    private static final int PREF_ADDRESS = 0x258;
    private static final int INIT_SIZE = 0x260;
    private static final int HEADER_END = 0x26c;

    private static final int ZP_EXT_MEM_K = 0x002;
    private static final int ZP_ACPI_RSDP_ADDR = 0x070;
    private static final int ZP_ALT_MEM_K = 0x1e0;
    private static final int ZP_E820_ENTRIES = 0x1e8;
    private static final int ZP_E820_TABLE = 0x2d0;
    private static final int E820_MAX = 128;

    private static final int MAGIC_HDRS = 0x5372_6448;
    /** First version with cmdline_size; Linux 2.6.22. */
    private static final int OLDEST_VERSION = 0x206;

    private static final int VERSION_INIT_SIZE = 0x20a;
    private static final int LOADED_HIGH = 1;
    /** Bootloader without an assigned number. */
    private static final int LOADER_UNDEFINED = 0xff;

    private static final int SETUP_RNG_SEED = 9;
    private static final int SETUP_DATA_HEADER = 16;

    private static final long LOAD_ADDRESS = Units.MIB;
    private static final long ZERO_PAGE = 0x1_0000L;
    private static final long COMMAND_LINE = 0x2_0000L;
    private static final int COMMAND_LINE_ROOM = 0x1_0000;
    private static final long SETUP_DATA_ADDRESS = 0x1_2000L;
    private static final long STACK = 0x1_0000L;
    private static final int PAGE = 4096;

    private final ImageFile file;
    private final BootRequest request;
    private final AddressSpace memory;
    private final ByteBuffer header;
    private final int version;

    private LinuxLoader(ImageFile file, BootRequest request, AddressSpace memory, ByteBuffer header) {
        this.file = file;
        this.request = request;
        this.memory = memory;
        this.header = header;
        version = header.getChar(VERSION);
    }

    /** Whether the file carries the setup header of a Linux kernel. */
    static boolean recognises(ImageFile file) {
        return file.contains(HEADER, 4) && file.read(HEADER, 4).getInt() == MAGIC_HDRS;
    }

    static EntryState load(ImageFile file, BootRequest request, AddressSpace memory) {
        if (!file.contains(0, HEADER_END)) {
            throw file.bad("the file is truncated within the Linux setup header");
        }
        return new LinuxLoader(file, request, memory, file.read(0, HEADER_END)).load();
    }

    private EntryState load() {
        if (version < OLDEST_VERSION) {
            throw file.bad(String.format(
                    "Linux boot protocol %d.%02d is too old, 2.06 or later is needed", version >> 8, version & 0xff));
        }
        if ((header.get(LOADFLAGS) & LOADED_HIGH) == 0) {
            throw file.bad("a zImage cannot be booted, build a bzImage");
        }
        RamLayout layout = new RamLayout(request.memory());
        long setupSize = setupSize();
        long kernelSize = file.size() - setupSize;
        claimKernel(layout, kernelSize);
        layout.claim(ZERO_PAGE, COMMAND_LINE + COMMAND_LINE_ROOM - ZERO_PAGE);
        file.copyTo(memory, setupSize, LOAD_ADDRESS, kernelSize);
        ByteBuffer zeroPage = zeroPage();
        placeInitrd(zeroPage, layout);
        placeCommandLine(zeroPage);
        placeSeed(zeroPage, request.rngSeed());
        memory.write(ZERO_PAGE, zeroPage.array());
        BootGdt.write(memory);
        return EntryState.flat32(LOAD_ADDRESS, 0, 0, ZERO_PAGE, STACK, BootGdt.CODE);
    }

    /** Size of the real-mode part; the protected-mode part behind it is as long as the header says, or longer. */
    private long setupSize() {
        int sectors = header.get(SETUP_SECTS) & 0xff;
        long setup = (sectors == 0 ? 4 : sectors) * (long) SECTOR + SECTOR;
        long body = (header.getInt(SYSSIZE) & 0xffff_ffffL) * 16;
        // The last paragraph may be padding that the file does not have.
        if (file.size() + 15 < setup + body || file.size() <= setup) {
            throw file.bad("the file is truncated: " + file.size() + " bytes of " + (setup + body));
        }
        return setup;
    }

    /** Takes the memory that the kernel is loaded to, and that it decompresses itself into. */
    private void claimKernel(RamLayout layout, long kernelSize) {
        long end = LOAD_ADDRESS + kernelSize;
        if (version >= VERSION_INIT_SIZE) {
            long preferred = header.getLong(PREF_ADDRESS);
            long initSize = header.getInt(INIT_SIZE) & 0xffff_ffffL;
            boolean fixed = header.get(RELOCATABLE_KERNEL) == 0;
            if (preferred < 0 || preferred >>> 32 != 0) {
                throw file.bad("its preferred address is not below 4 GiB");
            }
            long runs = fixed ? preferred : Math.max(preferred, LOAD_ADDRESS);
            end = Math.max(end, runs + initSize);
        }
        long top = layout.top();
        if (!layout.claim(LOAD_ADDRESS, end - LOAD_ADDRESS)) {
            throw file.bad(String.format(
                    "the kernel needs RAM up to %d MiB, the machine has %d MiB below the PCI hole; use a larger -m",
                    (end + Units.MIB - 1) / Units.MIB, top / Units.MIB));
        }
    }

    private ByteBuffer zeroPage() {
        ByteBuffer page = ByteBuffer.allocate(ZERO_PAGE_SIZE).order(header.order());
        int end = Math.min(HEADER + (header.get(JUMP_LENGTH) & 0xff), HEADER_END);
        for (int i = SETUP_SECTS; i < end; i++) {
            page.put(i, header.get(i));
        }
        page.put(TYPE_OF_LOADER, (byte) LOADER_UNDEFINED);
        page.putInt(CODE32_START, (int) LOAD_ADDRESS);
        page.putLong(ZP_ACPI_RSDP_ADDR, request.rsdp());
        // The screen information stays zero: without a display, the decompressor then writes to no text buffer.
        List<E820Entry> map = request.memory();
        if (map.size() > E820_MAX) {
            throw new IllegalStateException("memory map of " + map.size() + " entries");
        }
        page.put(ZP_E820_ENTRIES, (byte) map.size());
        for (int i = 0; i < map.size(); i++) {
            E820Entry entry = map.get(i);
            page.position(ZP_E820_TABLE + 20 * i);
            page.putLong(entry.base()).putLong(entry.size()).putInt(entry.type());
            if (entry.type() == E820Entry.RAM && entry.base() == Units.MIB) {
                long kib = entry.size() / Units.KIB;
                page.putChar(ZP_EXT_MEM_K, (char) Math.min(kib, 0xffff));
                page.putInt(ZP_ALT_MEM_K, (int) kib);
            }
        }
        return page.clear();
    }

    private void placeInitrd(ByteBuffer zeroPage, RamLayout layout) {
        String name = request.initrd();
        if (name == null) {
            return;
        }
        try (ImageFile initrd = ImageFile.open("initrd", name)) {
            InitrdCheck.check(initrd);
            long limit = (header.getInt(INITRD_ADDR_MAX) & 0xffff_ffffL) + 1;
            long address = layout.placeBelow(limit, initrd.size(), PAGE);
            if (address < Units.MIB) {
                throw initrd.bad(String.format(
                        "its %d MiB do not fit in RAM beside the kernel; use a larger -m",
                        (initrd.size() + Units.MIB - 1) / Units.MIB));
            }
            initrd.copyTo(memory, 0, address, initrd.size());
            zeroPage.putInt(RAMDISK_IMAGE, (int) address).putInt(RAMDISK_SIZE, (int) initrd.size());
        }
    }

    private void placeCommandLine(ByteBuffer zeroPage) {
        byte[] text = request.commandLine().getBytes(StandardCharsets.UTF_8);
        long limit = Math.min(header.getInt(CMDLINE_SIZE) & 0xffff_ffffL, COMMAND_LINE_ROOM - 1);
        if (text.length > limit) {
            throw new ConfigException("the command line of " + text.length + " bytes is longer than the " + limit
                    + " that kernel '" + file.name() + "' takes");
        }
        memory.write(COMMAND_LINE, text);
        memory.write(COMMAND_LINE + text.length, 1, 0);
        zeroPage.putInt(CMD_LINE_PTR, (int) COMMAND_LINE);
    }

    private void placeSeed(ByteBuffer zeroPage, byte @Nullable [] seed) {
        if (seed == null || version < 0x209) {
            return;
        }
        memory.write(SETUP_DATA_ADDRESS, 8, 0);
        memory.write(SETUP_DATA_ADDRESS + 8, 4, SETUP_RNG_SEED);
        memory.write(SETUP_DATA_ADDRESS + 12, 4, seed.length);
        memory.write(SETUP_DATA_ADDRESS + SETUP_DATA_HEADER, seed);
        zeroPage.putLong(SETUP_DATA, SETUP_DATA_ADDRESS);
    }
}
