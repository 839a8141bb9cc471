package dev.veery.smbios;

import dev.veery.base.Units;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/** The entry point and the structures behind it, as one block of guest memory. */
public final class SmbiosTables {
    private static final int ENTRY_LENGTH = 24;
    private static final String MANUFACTURER = "Veery";

    private static final int BIOS_INFORMATION = 0;
    private static final int SYSTEM_INFORMATION = 1;
    private static final int CHASSIS = 3;
    private static final int PROCESSOR = 4;
    private static final int PHYSICAL_MEMORY_ARRAY = 16;
    private static final int MEMORY_DEVICE = 17;
    private static final int MAPPED_ADDRESS = 19;
    private static final int BOOT_INFORMATION = 32;
    private static final int END_OF_TABLE = 127;

    /** Enumeration value for "unknown" in most fields, and "other" is 1. */
    private static final int UNKNOWN = 2;

    private static final int OTHER = 1;

    /** A size in the 16-bit field of type 17 that says: see the extended size. */
    private static final int EXTENDED_SIZE = 0x7fff;
    /** A range in the 32-bit fields of type 19 that says: see the 64-bit ones. */
    private static final long EXTENDED_ADDRESS = 0xffff_ffffL;

    private static final int NO_ERROR_INFORMATION = 0xfffe;
    private static final int HANDLE_BIOS = 0x000;
    private static final int HANDLE_SYSTEM = 0x100;
    private static final int HANDLE_CHASSIS = 0x300;
    private static final int HANDLE_PROCESSOR = 0x400;
    private static final int HANDLE_ARRAY = 0x1000;
    private static final int HANDLE_DIMM = 0x1100;
    private static final int HANDLE_MAPPED = 0x1300;
    private static final int HANDLE_BOOT = 0x2000;
    private static final int HANDLE_END = 0x7f00;

    private SmbiosTables() {}

    /**
     * What the tables say.
     *
     * @param product name of the machine
     * @param version of this program
     * @param uuid of the machine
     * @param cpuVersion brand string of the processors
     * @param cpuSignature CPUID leaf 1 EAX in the low half, EDX in the high half
     * @param sockets processor packages
     * @param cores of a package
     * @param threads of a core
     * @param ram ranges of RAM in the guest, in order
     */
    public record Machine(
            String product,
            String version,
            UUID uuid,
            String cpuVersion,
            long cpuSignature,
            int sockets,
            int cores,
            int threads,
            List<Range> ram) {
        /** Takes a copy of the list. */
        public Machine {
            ram = List.copyOf(ram);
        }

        long ramBytes() {
            return ram.stream().mapToLong(Range::length).sum();
        }
    }

    /** {@code length} bytes of RAM from {@code base}. */
    public record Range(long base, long length) {}

    /**
     * Builds the block; the entry point is its first 24 bytes.
     *
     * @param address where it must be placed: a multiple of 16 in 0xF0000 to 0xFFFFF, or anywhere with EFI
     */
    public static byte[] build(Machine machine, long address) {
        ByteArrayOutputStream structures = new ByteArrayOutputStream();
        structures.writeBytes(bios(machine));
        structures.writeBytes(system(machine));
        structures.writeBytes(chassis());
        for (int socket = 0; socket < machine.sockets(); socket++) {
            structures.writeBytes(processor(machine, socket));
        }
        structures.writeBytes(memoryArray(machine));
        structures.writeBytes(memoryDevice(machine));
        for (int i = 0; i < machine.ram().size(); i++) {
            structures.writeBytes(mapped(machine.ram().get(i), i));
        }
        structures.writeBytes(
                new Structure(BOOT_INFORMATION, HANDLE_BOOT).zeros(7).finish());
        structures.writeBytes(new Structure(END_OF_TABLE, HANDLE_END).finish());
        ByteBuffer all = ByteBuffer.allocate(ENTRY_LENGTH + structures.size()).order(ByteOrder.LITTLE_ENDIAN);
        all.put("_SM3_".getBytes(StandardCharsets.US_ASCII)).put((byte) 0).put((byte) ENTRY_LENGTH);
        all.put((byte) 3).put((byte) 0).put((byte) 0).put((byte) 1).put((byte) 0);
        all.putInt(structures.size()).putLong(address + ENTRY_LENGTH);
        int sum = 0;
        for (int i = 0; i < ENTRY_LENGTH; i++) {
            sum += all.get(i);
        }
        all.put(5, (byte) -sum);
        return all.put(structures.toByteArray()).array();
    }

    private static byte[] bios(Machine machine) {
        Structure s = new Structure(BIOS_INFORMATION, HANDLE_BIOS);
        s.string(MANUFACTURER).string(machine.version()).u16(0xf000);
        // A fixed date keeps the bytes the same in every build.
        s.string("01/01/2026").u8(0);
        final long characteristicsUnsupported = 1 << 3;
        s.u64(characteristicsUnsupported);
        // Extension 1: ACPI. Extension 2: virtual machine, targeted content distribution not supported.
        return s.u8(1).u8(1 << 4).u8(0).u8(0).u8(0xff).u8(0xff).finish();
    }

    private static byte[] system(Machine machine) {
        Structure s = new Structure(SYSTEM_INFORMATION, HANDLE_SYSTEM);
        s.string(MANUFACTURER)
                .string(machine.product())
                .string(machine.version())
                .u8(0);
        long high = machine.uuid().getMostSignificantBits();
        // Version 2.6 and later: the first three groups are little-endian.
        s.u32(high >>> 32).u16((int) (high >>> 16)).u16((int) high);
        s.u64(Long.reverseBytes(machine.uuid().getLeastSignificantBits()));
        final int wakeUpPowerSwitch = 6;
        return s.u8(wakeUpPowerSwitch).u8(0).u8(0).finish();
    }

    private static byte[] chassis() {
        Structure s = new Structure(CHASSIS, HANDLE_CHASSIS);
        final int safe = 3;
        s.string(MANUFACTURER)
                .u8(OTHER)
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(safe)
                .u8(safe)
                .u8(safe)
                .u8(UNKNOWN);
        return s.u32(0).u8(0).u8(0).u8(0).u8(0).u8(0).finish();
    }

    private static byte[] processor(Machine machine, int socket) {
        Structure s = new Structure(PROCESSOR, HANDLE_PROCESSOR + socket);
        final int central = 3;
        final int populatedAndEnabled = 0x41;
        s.string("CPU " + socket).u8(central).u8(OTHER).string(MANUFACTURER);
        s.u64(machine.cpuSignature()).string(machine.cpuVersion());
        s.u8(0).u16(0).u16(0).u16(0).u8(populatedAndEnabled).u8(OTHER);
        s.u16(0xffff).u16(0xffff).u16(0xffff).u8(0).u8(0).u8(0);
        final int capable64Bit = 1 << 2;
        int cores = machine.cores();
        int threads = cores * machine.threads();
        // Counts of 255 and more stand in the wide fields alone (SMBIOS 7.5).
        return s.u8(Math.min(cores, 0xff))
                .u8(Math.min(cores, 0xff))
                .u8(Math.min(threads, 0xff))
                .u16(capable64Bit)
                .u16(OTHER)
                .u16(cores)
                .u16(cores)
                .u16(threads)
                .finish();
    }

    private static byte[] memoryArray(Machine machine) {
        Structure s = new Structure(PHYSICAL_MEMORY_ARRAY, HANDLE_ARRAY);
        final int systemMemory = 3;
        final int multiBitEcc = 6;
        final long useExtendedCapacity = 0x8000_0000L;
        s.u8(OTHER).u8(systemMemory).u8(multiBitEcc);
        return s.u32(useExtendedCapacity)
                .u16(NO_ERROR_INFORMATION)
                .u16(1)
                .u64(machine.ramBytes())
                .finish();
    }

    private static byte[] memoryDevice(Machine machine) {
        Structure s = new Structure(MEMORY_DEVICE, HANDLE_DIMM);
        final int dimm = 9;
        final int ram = 7;
        long mib = machine.ramBytes() / Units.MIB;
        s.u16(HANDLE_ARRAY).u16(NO_ERROR_INFORMATION).u16(0xffff).u16(0xffff);
        s.u16((int) Math.min(mib, EXTENDED_SIZE))
                .u8(dimm)
                .u8(0)
                .string("DIMM 0")
                .u8(0);
        s.u8(ram).u16(1 << 1).u16(0).string(MANUFACTURER).u8(0).u8(0).u8(0);
        return s.u8(0)
                .u32(mib >= EXTENDED_SIZE ? mib : 0)
                .u16(0)
                .u16(0)
                .u16(0)
                .u16(0)
                .finish();
    }

    private static byte[] mapped(Range range, int index) {
        Structure s = new Structure(MAPPED_ADDRESS, HANDLE_MAPPED + index);
        long last = range.base() + range.length() - 1;
        boolean wide = last >>> 10 >= EXTENDED_ADDRESS;
        s.u32(wide ? EXTENDED_ADDRESS : range.base() >>> 10).u32(wide ? 0 : last >>> 10);
        return s.u16(HANDLE_ARRAY)
                .u8(1)
                .u64(wide ? range.base() : 0)
                .u64(wide ? last : 0)
                .finish();
    }
}
