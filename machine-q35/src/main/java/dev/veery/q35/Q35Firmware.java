package dev.veery.q35;

import dev.veery.acpi.AcpiPlatform;
import dev.veery.acpi.AcpiTables;
import dev.veery.base.ConfigException;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.Feature;
import dev.veery.device.fwcfg.FwCfgKeys;
import dev.veery.device.pvpanic.PvpanicDevice;
import dev.veery.device.serial.IsaSerialDevice;
import dev.veery.firmware.BiosArea;
import dev.veery.firmware.BootRequest;
import dev.veery.firmware.DirectBoot;
import dev.veery.firmware.E820Entry;
import dev.veery.firmware.EntryState;
import dev.veery.model.Device;
import dev.veery.q35.vtd.IntelIommuDevice;
import dev.veery.q35.vtd.ReservedRange;
import dev.veery.q35.vtd.VtdUnit;
import dev.veery.smbios.SmbiosTables;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The firmware's part of a start: no BIOS runs, so after each reset the board leaves chips and memory in the state in
 * which one hands over.
 */
final class Q35Firmware {
    private final Q35Settings settings;
    private final Q35Chips chips;
    private @Nullable Q35HotPlug hotPlug;

    Q35Firmware(Q35Settings settings, Q35Chips chips) {
        this.settings = settings;
        this.chips = chips;
    }

    /** Has the tables describe slots that ACPI manages. */
    void useAcpiHotPlug(Q35HotPlug by) {
        hotPlug = by;
    }

    /** Fills fw_cfg, once all devices are known. */
    void describe(List<Device> devices) {
        chips.fwCfg.addNumber(FwCfgKeys.NB_CPUS, 2, settings.cpus());
        chips.fwCfg.addNumber(FwCfgKeys.MAX_CPUS, 2, settings.cpus());
        chips.fwCfg.addNumber(FwCfgKeys.RAM_SIZE, 8, settings.ramBytes());
        chips.fwCfg.addNumber(FwCfgKeys.NOGRAPHIC, 2, settings.options().bool(Q35Options.GRAPHICS) ? 0 : 1);
        chips.fwCfg.addNumber(FwCfgKeys.IRQ0_OVERRIDE, 1, 1);
        chips.fwCfg.addNumber(FwCfgKeys.BOOT_MENU, 2, 0);
        ByteBuffer uuid = ByteBuffer.allocate(16);
        uuid.putLong(settings.uuid().getMostSignificantBits());
        chips.fwCfg.addBytes(
                FwCfgKeys.UUID,
                uuid.putLong(settings.uuid().getLeastSignificantBits()).array());
        List<E820Entry> map = memoryMap(devices);
        ByteBuffer e820 = ByteBuffer.allocate(20 * map.size()).order(ByteOrder.LITTLE_ENDIAN);
        map.forEach(e -> e820.putLong(e.base()).putLong(e.size()).putInt(e.type()));
        chips.fwCfg.addFile("etc/e820", e820.array());
        for (Device device : devices) {
            if (device instanceof PvpanicDevice) {
                int port = ((PvpanicDevice) device).port();
                chips.fwCfg.addFile("etc/pvpanic-port", new byte[] {(byte) port, (byte) (port >> 8)});
            }
        }
    }

    /**
     * Sets up the chips, writes the tables and loads the kernel.
     *
     * @return the registers of the bootstrap processor
     * @throws ConfigException if there is nothing to boot or it cannot be loaded
     */
    EntryState run(List<Device> devices) {
        Q35Settings.Boot boot = settings.boot();
        if (boot == null) {
            throw new ConfigException("nothing to boot: give a kernel with -kernel");
        }
        // Memory changes with most of these registers; nothing is read of it before all are written.
        chips.memorySpace.begin();
        try {
            setUpChipset();
            new Q35PciSetup(chips).run();
        } finally {
            chips.memorySpace.commit();
        }
        chips.interrupts.setUp();
        if (chips.keyboard != null) {
            chips.keyboard.setUpAsFirmware();
        }
        AcpiTables.Image acpi = writeTables(devices);
        return DirectBoot.load(
                new BootRequest(
                        boot.kernel(),
                        boot.initrd(),
                        boot.commandLine(),
                        memoryMap(devices),
                        acpi.rsdp(),
                        settings.rngSeed()),
                chips.memorySpace);
    }

    /** RAM without what an IOMMU's device has of it. */
    private List<E820Entry> memoryMap(List<Device> devices) {
        for (Device device : devices) {
            if (device instanceof IntelIommuDevice) {
                for (ReservedRange range : ((IntelIommuDevice) device).reserved()) {
                    return chips.map.e820(range.first(), range.last());
                }
            }
        }
        return chips.map.e820();
    }

    private void setUpChipset() {
        chips.mch.setUpAsFirmware(Q35MemoryMap.ECAM, chips.map.lowEnd(), chips.map.highEnd());
        chips.lpc.setUpAsFirmware(Q35MemoryMap.PM_BASE, Q35MemoryMap.RCBA, Q35IrqMap.FIRMWARE_PIRQS);
        chips.smbus.setUpAsFirmware();
    }

    /** The ACPI tables; the order in which devices were added does not show in them. */
    AcpiTables.Image describeToAcpi(List<Device> devices) {
        List<AcpiPlatform.SerialPort> serials = new ArrayList<>();
        OptionalInt pvpanic = OptionalInt.empty();
        AcpiPlatform.Iommu iommu = null;
        for (Device device : devices) {
            if (device instanceof IsaSerialDevice) {
                IsaSerialDevice port = (IsaSerialDevice) device;
                serials.add(new AcpiPlatform.SerialPort(port.port(), port.irq()));
            } else if (device instanceof PvpanicDevice) {
                pvpanic = OptionalInt.of(((PvpanicDevice) device).port());
            } else if (device instanceof IntelIommuDevice) {
                iommu = iommu((IntelIommuDevice) device);
            }
        }
        serials.sort(Comparator.comparingInt((AcpiPlatform.SerialPort port) -> unit(port.ioBase()))
                .thenComparingInt(AcpiPlatform.SerialPort::ioBase));
        return AcpiTables.build(platform(serials, pvpanic, iommu), Q35MemoryMap.ACPI_TABLES);
    }

    /** COM1 to COM4 by their usual ports, 0 to 3; others come behind. */
    private static int unit(int port) {
        int found = Q35MemoryMap.COM_PORTS.indexOf(port);
        return found < 0 ? Q35MemoryMap.COM_PORTS.size() : found;
    }

    private AcpiTables.Image writeTables(List<Device> devices) {
        List<Integer> comPorts = new ArrayList<>();
        for (Device device : devices) {
            if (device instanceof IsaSerialDevice) {
                comPorts.add(((IsaSerialDevice) device).port());
            }
        }
        comPorts.sort(Comparator.comparingInt(Q35Firmware::unit).thenComparingInt(Integer::intValue));
        AcpiTables.Image acpi = describeToAcpi(devices);
        requireRoom("ACPI", acpi.bytes().length, Q35MemoryMap.SMBIOS - Q35MemoryMap.ACPI_TABLES);
        byte[] smbios = SmbiosTables.build(smbiosMachine(), Q35MemoryMap.SMBIOS);
        requireRoom("SMBIOS", smbios.length, Q35MemoryMap.SMBIOS_END - Q35MemoryMap.SMBIOS);
        chips.memorySpace.fill(acpi.address(), Q35MemoryMap.BIOS_END - acpi.address(), 0);
        BiosArea.write(chips.memorySpace, Q35MemoryMap.EBDA, comPorts);
        chips.memorySpace.write(acpi.address(), acpi.bytes());
        chips.memorySpace.write(Q35MemoryMap.SMBIOS, smbios);
        return acpi;
    }

    private static void requireRoom(String what, int length, long room) {
        if (length > room) {
            throw new ConfigException("the " + what + " tables of " + length + " bytes do not fit; use fewer CPUs");
        }
    }

    private static AcpiPlatform.Iommu iommu(IntelIommuDevice device) {
        VtdUnit unit = device.unit();
        return new AcpiPlatform.Iommu(
                Q35MemoryMap.VTD,
                unit.addressWidth(),
                unit.remapsInterrupts(),
                unit.deviceTlb(),
                Q35IrqMap.IO_APIC_REQUESTER,
                device.reserved().stream()
                        .map(r -> new AcpiPlatform.ReservedMemory(r.first(), r.last(), List.of(r.source())))
                        .toList());
    }

    private AcpiPlatform platform(
            List<AcpiPlatform.SerialPort> serials, OptionalInt pvpanic, AcpiPlatform.@Nullable Iommu iommu) {
        return new AcpiPlatform(
                IntStream.range(0, settings.cpus())
                        .map(settings.cpuModel()::apicId)
                        .boxed()
                        .toList(),
                Q35MemoryMap.LOCAL_APIC,
                Q35MemoryMap.IO_APIC,
                Q35IrqMap.SCI,
                Q35MemoryMap.PM_BASE,
                Q35MemoryMap.RESET_CONTROL,
                Q35MemoryMap.ECAM,
                Q35MemoryMap.LAST_BUS,
                chips.hpet == null ? 0 : Q35MemoryMap.HPET,
                chips.map.pciWindows(),
                serials,
                chips.keyboard != null,
                false,
                OptionalInt.of(Q35MemoryMap.FW_CFG),
                pvpanic,
                Q35MemoryMap.reserved(iommu != null),
                Q35MemoryMap.reservedPorts(hotPlug != null),
                iommu,
                hotPlug == null ? null : hotPlug.describe());
    }

    private SmbiosTables.Machine smbiosMachine() {
        CpuModel model = settings.cpuModel();
        long features = Integer.toUnsignedLong(model.word(Feature.Word.L1_EDX));
        long signature = Integer.toUnsignedLong(model.identity().signature());
        return new SmbiosTables.Machine(
                "Standard PC (Q35 + ICH9, 2009)",
                settings.version(),
                settings.uuid(),
                model.identity().modelId(),
                features << 32 | signature,
                sockets(settings.cpus(), model.cores() * model.threads()),
                model.cores(),
                model.threads(),
                chips.map.ram());
    }

    private static int sockets(int cpus, int cpusInSocket) {
        return (cpus + cpusInSocket - 1) / cpusInSocket;
    }
}
