package dev.veery.q35;

import dev.veery.base.ConfigException;
import dev.veery.bus.isa.IsaBus;
import dev.veery.bus.isa.IsaDevice;
import dev.veery.bus.pci.PciBridge;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciRegs;
import dev.veery.device.nvme.NvmeNsDevice;
import dev.veery.device.pcieport.PciePort;
import dev.veery.dma.DmaDomainLease;
import dev.veery.model.Device;
import dev.veery.model.DeviceManager;
import dev.veery.model.HotplugHandler;
import dev.veery.q35.vtd.IntelIommuDevice;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Vets devices and gives them their places. */
final class Q35Plug implements HotplugHandler {
    /** The first slot given to a device that does not ask for one; 0 is the host bridge. */
    private static final int FIRST_FREE_SLOT = 1;

    private static final String SYSTEM_BUS = "main-system-bus";

    private final Q35Chips chips;
    private final PciBus pci;
    private final boolean strictOrder;
    private final Map<Device, Integer> boardPlaces = new IdentityHashMap<>();

    /** By name; the guest never sees these. */
    private final Map<String, PciBus> buses = new HashMap<>();

    /** Slots of ports by chassis and number. */
    private final Map<Integer, PciePort> slots = new HashMap<>();

    /** Hot plug by ACPI; null where the ports do it themselves. */
    private @Nullable Q35HotPlug hotPlug;

    /** Whether devices come and go while the guest may run. */
    private boolean running;

    private Consumer<Device> remover = device -> {
        throw new IllegalStateException("the guest lets " + device + " go before the start");
    };

    /** With {@code strictOrder}, an IOMMU must be named before the devices behind it. */
    Q35Plug(Q35Chips chips, boolean strictOrder) {
        this.chips = chips;
        this.strictOrder = strictOrder;
        pci = chips.pci;
        buses.put(pci.name(), pci);
    }

    /**
     * From now on devices come and go while the guest runs.
     *
     * @param remove takes out a device that the guest lets go
     */
    void start(Consumer<Device> remove) {
        running = true;
        remover = remove;
        if (hotPlug != null) {
            hotPlug.start(remove);
        }
    }

    /** Has slots managed by ACPI; to be called before there are ports. */
    void useAcpiHotPlug(Q35HotPlug by) {
        hotPlug = by;
    }

    private boolean pluggable(PciBridge bridge) {
        Q35HotPlug acpi = hotPlug;
        return acpi != null ? acpi.reaches(bridge) : bridge.hotPlug();
    }

    /** Adds a function of the board at its fixed place. */
    void addBoardDevice(DeviceManager devices, PciDevice device, int slot, int function) {
        boardPlaces.put(device, slot << 3 | function);
        devices.add(device);
    }

    @Override
    public void prePlug(Device device) {
        if (device instanceof PciDevice) {
            vetFunction((PciDevice) device);
        } else if (device instanceof IsaDevice) {
            checkBus(device, IsaBus.NAME);
            ((IsaDevice) device).checkPorts();
        } else if (device instanceof NvmeNsDevice) {
            ((NvmeNsDevice) device).checkPlace();
        } else if (device instanceof IntelIommuDevice) {
            checkBus(device, SYSTEM_BUS);
            vetIommu(device);
        } else {
            throw new ConfigException("device " + device + " has no place in this machine");
        }
    }

    private void vetFunction(PciDevice device) {
        PciBus bus = busOf(device);
        PciBridge bridge = bus.bridge();
        if (running && (bridge == null || !pluggable(bridge))) {
            throw new ConfigException("Bus '" + bus.name() + "' does not support hotplugging");
        }
        device.checkPlace(bus);
        place(device, bus);
        if (device instanceof PciBridge) {
            checkName((PciBridge) device);
        }
        if (device instanceof PciePort && ((PciePort) device).hasSlot()) {
            PciePort port = (PciePort) device;
            PciePort other = slots.get(port.slotKey());
            if (other != null) {
                throw new ConfigException("device " + port + " has the same chassis and slot number as device " + other
                        + "; give one of them another chassis= or slot=");
            }
        }
    }

    /** One IOMMU a machine, there when memory is given out; with a strict order, in front of whoever will use it. */
    private void vetIommu(Device device) {
        chips.dma.checkInstall("device " + device);
        if (chips.interrupts.ioApic == null
                && !device.properties().choice(IntelIommuDevice.INTREMAP).equals("off")) {
            throw new ConfigException("device " + device
                    + " cannot remap interrupts of an I/O APIC in the kernel; use -machine kernel-irqchip=split or off,"
                    + " or intremap=off");
        }
        DmaDomainLease first = chips.dma.leases().stream()
                .filter(DmaDomainLease::usesMemory)
                .findFirst()
                .orElse(null);
        if (strictOrder && first != null) {
            throw new ConfigException("viommu-order=strict: " + first + " is named before device " + device
                    + ", which translates for it; move '-device "
                    + device.type().name() + "' in front of device "
                    + first.device());
        }
    }

    private void plugIommu(IntelIommuDevice device) {
        chips.dma.install(device.unit());
        chips.memory.addChild(Q35MemoryMap.VTD, device.registers(), 1);
        chips.messages.connect(device.unit().remapping(chips.apicBus));
        // Behind all devices: they are quiet by then.
        chips.resets.add(device.unit());
    }

    private void checkName(PciBridge bridge) {
        String id = bridge.id();
        if (id != null && (id.equals(IsaBus.NAME) || id.equals(SYSTEM_BUS) || buses.containsKey(id))) {
            throw new ConfigException("there is a bus '" + id + "' already; choose another id for device " + bridge);
        }
    }

    /** The bus that a PCI device asks for; the root bus if it does not. */
    private PciBus busOf(Device device) {
        String wanted = device.bus();
        PciBus bus = wanted == null ? pci : buses.get(wanted);
        if (bus != null) {
            return bus;
        }
        if (IsaBus.NAME.equals(wanted) || SYSTEM_BUS.equals(wanted)) {
            throw new ConfigException(
                    "Device '" + device.type().name() + "' can't go on bus '" + wanted + "', only on a PCI bus");
        }
        throw new ConfigException("Bus '" + wanted + "' not found");
    }

    private void checkBus(Device device, String name) {
        String wanted = device.bus();
        if (wanted == null || wanted.equals(name)) {
            return;
        }
        if (wanted.equals(IsaBus.NAME) || buses.containsKey(wanted)) {
            throw new ConfigException(
                    "Device '" + device.type().name() + "' can't go on bus '" + wanted + "', only on '" + name + "'");
        }
        throw new ConfigException("Bus '" + wanted + "' not found");
    }

    /** Where a function goes: slot * 8 + function. */
    private int place(PciDevice device, PciBus bus) {
        Integer fixed = boardPlaces.get(device);
        int devfn = fixed != null ? fixed : device.properties().pciAddress(PciDevice.ADDR);
        if (devfn < 0) {
            int free = bus.freeSlot(bus == pci ? FIRST_FREE_SLOT : 0);
            if (free < 0) {
                throw new ConfigException(
                        "PCI: no slot available for device " + device + ", all in use on bus '" + bus.name() + "'");
            }
            return free;
        }
        if (devfn >> 3 >= bus.slots()) {
            throw new ConfigException(String.format(
                    "PCI: slot %d is not valid for device %s, bus '%s' only allows plugging into slot 0",
                    devfn >> 3, device, bus.name()));
        }
        PciDevice other = bus.at(devfn);
        if (other != null) {
            throw new ConfigException(String.format(
                    "PCI: slot %d function %d not available for device %s, in use by device %s",
                    devfn >> 3, devfn & 7, device, other));
        }
        PciDevice first = bus.at(devfn & ~7);
        if (first != null && (first.config().get(PciRegs.HEADER_TYPE, 1) & PciRegs.HEADER_MULTIFUNCTION) == 0) {
            throw new ConfigException(String.format(
                    "PCI: device %s cannot be function %d of slot %d: device %s there lacks multifunction=on",
                    device, devfn & 7, devfn >> 3, first));
        }
        if (running && first != null) {
            throw new ConfigException(String.format(
                    "PCI: slot %d function 0 is in use by device %s, and new functions come before it: device %s cannot"
                            + " be added",
                    devfn >> 3, first, device));
        }
        return devfn;
    }

    @Override
    public void plug(Device device) {
        if (device instanceof PciDevice) {
            plugFunction((PciDevice) device);
        } else if (device instanceof IntelIommuDevice) {
            plugIommu((IntelIommuDevice) device);
        }
    }

    private void plugFunction(PciDevice function) {
        if (!boardPlaces.containsKey(function) && function.properties().bool(PciDevice.MULTIFUNCTION)) {
            function.setMultifunction();
        }
        PciBus bus = busOf(function);
        if (function instanceof PciePort && hotPlug != null) {
            ((PciePort) function).leaveHotPlugToFirmware();
        }
        bus.attach(place(function, bus), function);
        if (function instanceof PciBridge) {
            PciBridge bridge = (PciBridge) function;
            buses.put(bridge.below().name(), bridge.below());
            bridge.onEject(device -> remover.accept(device));
        }
        if (function instanceof PciePort && ((PciePort) function).hasSlot()) {
            slots.put(((PciePort) function).slotKey(), (PciePort) function);
        }
        if (running && hotPlug != null) {
            hotPlug.added(function);
        }
    }

    /** Whether the device may go at once; otherwise the guest has been asked. */
    @Override
    public boolean requestUnplug(Device device) {
        if (!(device instanceof PciDevice)) {
            return true;
        }
        if (hotPlug != null) {
            hotPlug.request((PciDevice) device);
            return false;
        }
        PciBridge bridge = ((PciDevice) device).pciBus().bridge();
        if (bridge == null || !bridge.hotPlug()) {
            throw new ConfigException(
                    "Bus '" + ((PciDevice) device).pciBus().name() + "' does not support hotplugging");
        }
        bridge.requestEject((PciDevice) device);
        return false;
    }

    @Override
    public void unplug(Device device) {
        if (device instanceof PciDevice) {
            PciDevice function = (PciDevice) device;
            PciBus below = function.secondaryBus();
            if (below != null) {
                checkEmpty(device, below);
                buses.remove(below.name());
            }
            if (function instanceof PciePort && ((PciePort) function).hasSlot()) {
                slots.remove(((PciePort) function).slotKey());
            }
            if (running && hotPlug != null) {
                hotPlug.removed(function);
            }
            function.pciBus().detach(function);
        } else if (device instanceof IntelIommuDevice) {
            throw new ConfigException("device " + device + " cannot be removed: others use memory through it");
        }
    }

    private static void checkEmpty(Device device, PciBus below) {
        if (!below.functions().isEmpty()) {
            throw new ConfigException("device " + device + " cannot go before device "
                    + below.functions().get(0) + " on its bus");
        }
    }
}
