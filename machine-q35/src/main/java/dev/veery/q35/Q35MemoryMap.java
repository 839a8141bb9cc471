package dev.veery.q35;

import dev.veery.acpi.AcpiPlatform;
import dev.veery.base.Bits;
import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.firmware.E820Entry;
import dev.veery.q35.chipset.AcpiPciHotplug;
import dev.veery.smbios.SmbiosTables;
import java.util.ArrayList;
import java.util.List;

/**
 * Every physical address and port of the board.
 *
 * <pre>
 * 0000_0000 - 0009_FFFF  RAM; the last KiB is the extended BIOS data area
 * 000A_0000 - 000B_FFFF  PCI (VGA), or RAM while SMRAM is open
 * 000C_0000 - 000F_FFFF  RAM or PCI, as the PAM registers say
 *   000E_0000              ACPI tables     000F_0000  SMBIOS     000F_F000  boot GDT
 * 0010_0000 - low end    RAM: all of it below 2.75 GiB, else 2 GiB
 * low end   - AFFF_FFFF  PCI
 * B000_0000 - BFFF_FFFF  PCI configuration space (PCIEXBAR)
 * C000_0000 - FEBF_FFFF  PCI
 * FEC0_0000              I/O APIC
 * FED0_0000              HPET
 * FED1_C000 - FED1_FFFF  root complex registers (RCBA)
 * FED9_0000              IOMMU, when present
 * FEE0_0000              local APICs; message-signalled interrupts
 * FF00_0000              pc-testdev, when present
 * 1_0000_0000 - high end the rest of RAM
 * behind it              PCI, 64-bit window
 * </pre>
 *
 * @param lowEnd end of RAM below 4 GiB
 * @param highEnd end of RAM above 4 GiB; 4 GiB when there is none
 */
public record Q35MemoryMap(long lowEnd, long highEnd) {
    public static final long MIN_RAM = 64 * Units.MIB;
    public static final long MAX_RAM = 64 * Units.GIB;

    /** From this much RAM on, only {@link #LOW_LIMIT} of it lies below 4 GiB, to leave room for PCI. */
    private static final long SPLIT_FROM = 0xb000_0000L;

    private static final long LOW_LIMIT = 2 * Units.GIB;
    private static final long FOUR_GIB = 4 * Units.GIB;

    public static final long EBDA = 0x9_fc00L;
    private static final long CONVENTIONAL_END = 0xa_0000L;
    public static final long ACPI_TABLES = 0xe_0000L;
    public static final long SMBIOS = 0xf_0000L;
    /** Where the boot GDT of package firmware begins: SMBIOS must end below. */
    public static final long SMBIOS_END = 0xf_f000L;

    public static final long BIOS_END = Units.MIB;
    public static final long ECAM = 0xb000_0000L;
    public static final long ECAM_SIZE = 256 * Units.MIB;
    public static final int LAST_BUS = 255;
    public static final long PCI_ABOVE_ECAM = ECAM + ECAM_SIZE;
    public static final long IO_APIC = 0xfec0_0000L;
    public static final long HPET = 0xfed0_0000L;
    public static final long RCBA = 0xfed1_c000L;
    private static final long RCBA_SIZE = 0x4000;
    public static final long VTD = 0xfed9_0000L;
    private static final long VTD_SIZE = 0x1000;
    public static final long LOCAL_APIC = 0xfee0_0000L;
    public static final long MSI_WINDOW_SIZE = Units.MIB;

    private static final long WINDOW64_ALIGNMENT = Units.GIB;
    private static final long WINDOW64_SIZE = 32 * Units.GIB;

    // Ports.
    public static final int DMA1 = 0x00;
    public static final int PIC1 = 0x20;
    public static final int PIT = 0x40;
    public static final int KEYBOARD_DATA = 0x60;
    public static final int SYSTEM_CONTROL_B = 0x61;
    public static final int KEYBOARD_COMMAND = 0x64;
    public static final int RTC = 0x70;
    public static final int DMA_PAGES = 0x80;
    public static final int SYSTEM_CONTROL_A = 0x92;
    public static final int PIC2 = 0xa0;
    public static final int APM_CONTROL = 0xb2;
    public static final int DMA2 = 0xc0;
    public static final int ELCR = 0x4d0;
    /** COM1 to COM4. */
    static final List<Integer> COM_PORTS = List.of(0x3f8, 0x2f8, 0x3e8, 0x2e8);

    public static final int FW_CFG = 0x510;
    public static final int FW_CFG_DMA = 0x514;
    public static final int PM_BASE = 0x600;
    public static final int PM_LENGTH = 0x80;
    /** Registers of PCI hot plug by ACPI. */
    public static final int PCI_HOTPLUG = 0xcc0;

    public static final int PCI_CONFIG_ADDRESS = 0xcf8;
    public static final int RESET_CONTROL = 0xcf9;
    public static final int PCI_CONFIG_DATA = 0xcfc;
    /** First port that firmware gives to BARs. */
    public static final int PCI_PORTS = 0xc000;

    /** Splits {@code ramBytes}, which the caller has checked against the limits. */
    public static Q35MemoryMap of(long ramBytes) {
        long low = ramBytes >= SPLIT_FROM ? LOW_LIMIT : ramBytes;
        return new Q35MemoryMap(low, FOUR_GIB + ramBytes - low);
    }

    /** RAM above 4 GiB, in bytes. */
    public long highSize() {
        return highEnd - FOUR_GIB;
    }

    /** The memory map for the operating system, ascending. */
    public List<E820Entry> e820() {
        List<E820Entry> map = new ArrayList<>();
        map.add(range(0, EBDA, E820Entry.RAM));
        map.add(range(EBDA, CONVENTIONAL_END, E820Entry.RESERVED));
        map.add(range(ACPI_TABLES, BIOS_END, E820Entry.RESERVED));
        map.add(range(BIOS_END, lowEnd, E820Entry.RAM));
        map.add(range(ECAM, ECAM + ECAM_SIZE, E820Entry.RESERVED));
        map.add(range(RCBA, RCBA + RCBA_SIZE, E820Entry.RESERVED));
        if (highSize() > 0) {
            map.add(range(FOUR_GIB, highEnd, E820Entry.RAM));
        }
        return map;
    }

    /**
     * The same with pages of RAM reserved.
     *
     * @throws ConfigException if they are not all in one range of RAM
     */
    List<E820Entry> e820(long first, long last) {
        List<E820Entry> map = new ArrayList<>();
        boolean found = false;
        for (E820Entry e : e820()) {
            long end = e.base() + e.size();
            if (e.type() != E820Entry.RAM || first < e.base() || last >= end) {
                map.add(e);
                continue;
            }
            found = true;
            if (first > e.base()) {
                map.add(range(e.base(), first, E820Entry.RAM));
            }
            map.add(range(first, last + 1, E820Entry.RESERVED));
            if (last + 1 < end) {
                map.add(range(last + 1, end, E820Entry.RAM));
            }
        }
        if (!found) {
            throw new ConfigException(
                    String.format("there is no RAM at 0x%x to 0x%x to reserve for a device", first, last));
        }
        return map;
    }

    private static E820Entry range(long from, long to, int type) {
        return new E820Entry(from, to - from, type);
    }

    /** RAM as SMBIOS lists it. */
    public List<SmbiosTables.Range> ram() {
        List<SmbiosTables.Range> ranges = new ArrayList<>();
        ranges.add(new SmbiosTables.Range(0, lowEnd));
        if (highSize() > 0) {
            ranges.add(new SmbiosTables.Range(FOUR_GIB, highSize()));
        }
        return ranges;
    }

    /** What the host bridge forwards to PCI. */
    public List<AcpiPlatform.Window> pciWindows() {
        List<AcpiPlatform.Window> windows = new ArrayList<>();
        if (lowEnd < ECAM) {
            windows.add(new AcpiPlatform.Window(lowEnd, ECAM - 1));
        }
        windows.add(new AcpiPlatform.Window(PCI_ABOVE_ECAM, IO_APIC - 1));
        windows.add(new AcpiPlatform.Window(window64(), window64() + WINDOW64_SIZE - 1));
        return windows;
    }

    /** Where the 64-bit window begins. */
    public long window64() {
        return Bits.alignUp(highEnd, WINDOW64_ALIGNMENT);
    }

    /** Where firmware says that the uncached hole for devices begins: a power of two below 4 GiB, with no RAM behind. */
    public long uncachedFrom() {
        return lowEnd <= LOW_LIMIT ? LOW_LIMIT : PCI_ABOVE_ECAM;
    }

    /** Highest physical address that the board uses. */
    public long lastAddress() {
        return window64() + WINDOW64_SIZE - 1;
    }

    /** Memory that no driver may claim. */
    static List<AcpiPlatform.Window> reserved(boolean iommu) {
        List<AcpiPlatform.Window> windows = new ArrayList<>();
        windows.add(new AcpiPlatform.Window(ECAM, ECAM + ECAM_SIZE - 1));
        windows.add(new AcpiPlatform.Window(RCBA, RCBA + RCBA_SIZE - 1));
        if (iommu) {
            windows.add(new AcpiPlatform.Window(VTD, VTD + VTD_SIZE - 1));
        }
        return windows;
    }

    /** Ports that no driver may claim. */
    static List<AcpiPlatform.Ports> reservedPorts(boolean hotPlug) {
        List<AcpiPlatform.Ports> ports = new ArrayList<>(List.of(
                new AcpiPlatform.Ports(APM_CONTROL, 2),
                new AcpiPlatform.Ports(ELCR, 2),
                new AcpiPlatform.Ports(PM_BASE, PM_LENGTH)));
        if (hotPlug) {
            ports.add(new AcpiPlatform.Ports(PCI_HOTPLUG, AcpiPciHotplug.LENGTH));
        }
        return ports;
    }
}
