package dev.veery.acpi;

import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What the tables describe: addresses and interrupt numbers, decided by the board.
 *
 * @param apicIds of the processors, in the order of their unit numbers
 * @param lapicBase physical address of the local APICs, below 4 GiB
 * @param ioApicBase physical address of the I/O APIC, which is APIC id 0 of its kind and starts at interrupt 0
 * @param sci global interrupt of the system control interrupt, level-triggered, active-high
 * @param pmBase I/O base of the power-management block laid out as in ICH9 13.8.3: PM1a event, control at +4, timer at
 *     +8, GPE0 at +20h
 * @param resetPort I/O port of the reset control register, which resets on {@link Fadt#RESET_VALUE}
 * @param ecamBase memory-mapped configuration space of segment 0
 * @param lastBus highest bus number it covers
 * @param hpetBase address of the HPET, 0 for none
 * @param memoryWindows what the host bridge forwards to PCI; may lie below or above 4 GiB
 * @param serialPorts in order of their unit numbers
 * @param i8042 whether a keyboard controller is present
 * @param vga whether a VGA display is present
 * @param fwCfgPort I/O base of fw_cfg, if present
 * @param pvpanicPort I/O port of pvpanic, if present
 * @param reserved address ranges of the board itself that no driver may claim
 * @param reservedPorts I/O ranges of the board itself that no driver may claim
 * @param iommu the DMA remapping unit, or null
 * @param hotPlug how ACPI manages PCI slots, or null where the ports do
 */
public record AcpiPlatform(
        List<Integer> apicIds,
        long lapicBase,
        long ioApicBase,
        int sci,
        int pmBase,
        int resetPort,
        long ecamBase,
        int lastBus,
        long hpetBase,
        List<Window> memoryWindows,
        List<SerialPort> serialPorts,
        boolean i8042,
        boolean vga,
        OptionalInt fwCfgPort,
        OptionalInt pvpanicPort,
        List<Window> reserved,
        List<Ports> reservedPorts,
        @Nullable Iommu iommu,
        @Nullable HotPlug hotPlug) {

    /** Takes copies of the lists. */
    public AcpiPlatform {
        apicIds = List.copyOf(apicIds);
        if (apicIds.isEmpty()) {
            throw new IllegalArgumentException("no processor");
        }
        memoryWindows = List.copyOf(memoryWindows);
        serialPorts = List.copyOf(serialPorts);
        reserved = List.copyOf(reserved);
        reservedPorts = List.copyOf(reservedPorts);
    }

    /** Number of processors. */
    int cpus() {
        return apicIds.size();
    }

    /** Physical addresses {@code first} to {@code last}, both included. */
    public record Window(long first, long last) {}

    /** {@code length} I/O ports from {@code first}; at most 255. */
    public record Ports(int first, int length) {}

    /**
     * A DMA remapping unit that all of PCI is behind.
     *
     * @param base physical address of its registers
     * @param addressWidth bits of host addresses
     * @param interruptRemapping whether it remaps interrupts
     * @param deviceTlb whether devices may cache translations
     * @param ioApicSource bus, device and function that the I/O APIC's messages carry
     * @param reserved memory that devices go on using and that must stay mapped for them
     */
    public record Iommu(
            long base,
            int addressWidth,
            boolean interruptRemapping,
            boolean deviceTlb,
            int ioApicSource,
            List<ReservedMemory> reserved) {
        /** Takes a copy of the list. */
        public Iommu {
            reserved = List.copyOf(reserved);
        }
    }

    /** Physical addresses {@code first} to {@code last} for the functions {@code sources} of bus 0. */
    public record ReservedMemory(long first, long last, List<Integer> sources) {}

    /**
     * PCI hot plug by ACPI.
     *
     * @param port I/O base of the registers, as in QEMU's docs/specs/acpi_pci_hotplug
     * @param bridges on the root bus that lead to slots
     */
    public record HotPlug(int port, List<Bridge> bridges) {
        /** Takes a copy of the list. */
        public HotPlug {
            bridges = List.copyOf(bridges);
        }
    }

    /**
     * A bridge to a slot, or to other such bridges.
     *
     * @param devfn device * 8 + function
     * @param number what the registers call the bus below, or -1 if it has no slots
     * @param slot whether the device in slot 0 may come and go
     * @param below bridges on that bus
     */
    public record Bridge(int devfn, int number, boolean slot, List<Bridge> below) {
        /** Takes a copy of the list. */
        public Bridge {
            below = List.copyOf(below);
        }
    }

    /** A 16550 at {@code ioBase} on ISA interrupt {@code irq}. */
    public record SerialPort(int ioBase, int irq) {}
}
