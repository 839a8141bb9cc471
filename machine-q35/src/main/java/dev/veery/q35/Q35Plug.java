package dev.veery.q35;

import dev.veery.base.ConfigException;
import dev.veery.bus.isa.IsaBus;
import dev.veery.bus.isa.IsaDevice;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciRegs;
import dev.veery.device.nvme.NvmeNsDevice;
import dev.veery.dma.DmaDomainLease;
import dev.veery.model.Device;
import dev.veery.model.DeviceManager;
import dev.veery.model.HotplugHandler;
import dev.veery.q35.vtd.IntelIommuDevice;
import java.util.IdentityHashMap;
import java.util.Map;

/** Vets devices and gives them their places. */
final class Q35Plug implements HotplugHandler {
    /** The first slot given to a device that does not ask for one; 0 is the host bridge. */
    private static final int FIRST_FREE_SLOT = 1;

    private static final String SYSTEM_BUS = "main-system-bus";

    private final Q35Chips chips;
    private final PciBus pci;
    private final boolean strictOrder;
    private final Map<Device, Integer> boardPlaces = new IdentityHashMap<>();

    /** With {@code strictOrder}, an IOMMU must be named before the devices behind it. */
    Q35Plug(Q35Chips chips, boolean strictOrder) {
        this.chips = chips;
        this.strictOrder = strictOrder;
        pci = chips.pci;
    }

    /** Adds a function of the board at its fixed place. */
    void addBoardDevice(DeviceManager devices, PciDevice device, int slot, int function) {
        boardPlaces.put(device, slot << 3 | function);
        devices.add(device);
    }

    @Override
    public void prePlug(Device device) {
        if (device instanceof PciDevice) {
            checkBus(device, pci.name());
            place((PciDevice) device);
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

    /** One IOMMU a machine, there when memory is given out; with a strict order, in front of whoever will use it. */
    private void vetIommu(Device device) {
        chips.dma.checkInstall("device " + device);
        if (strictOrder && !chips.dma.leases().isEmpty()) {
            DmaDomainLease first = chips.dma.leases().get(0);
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

    private static void checkBus(Device device, String name) {
        String wanted = device.bus();
        if (wanted == null || wanted.equals(name)) {
            return;
        }
        if (wanted.equals(IsaBus.NAME) || wanted.startsWith("pcie.0")) {
            throw new ConfigException(
                    "Device '" + device.type().name() + "' can't go on bus '" + wanted + "', only on '" + name + "'");
        }
        throw new ConfigException("Bus '" + wanted + "' not found");
    }

    /** Where a function goes: slot * 8 + function. */
    private int place(PciDevice device) {
        Integer fixed = boardPlaces.get(device);
        int devfn = fixed != null ? fixed : device.properties().pciAddress(PciDevice.ADDR);
        if (devfn < 0) {
            int free = pci.freeSlot(FIRST_FREE_SLOT);
            if (free < 0) {
                throw new ConfigException("PCI: no slot available for device " + device + ", all in use");
            }
            return free;
        }
        PciDevice other = pci.at(devfn);
        if (other != null) {
            throw new ConfigException(String.format(
                    "PCI: slot %d function %d not available for device %s, in use by device %s",
                    devfn >> 3, devfn & 7, device, other));
        }
        PciDevice first = pci.at(devfn & ~7);
        if (first != null && (first.config().get(PciRegs.HEADER_TYPE, 1) & PciRegs.HEADER_MULTIFUNCTION) == 0) {
            throw new ConfigException(String.format(
                    "PCI: device %s cannot be function %d of slot %d: device %s there lacks multifunction=on",
                    device, devfn & 7, devfn >> 3, first));
        }
        return devfn;
    }

    @Override
    public void plug(Device device) {
        if (device instanceof PciDevice) {
            PciDevice function = (PciDevice) device;
            if (!boardPlaces.containsKey(device) && device.properties().bool(PciDevice.MULTIFUNCTION)) {
                function.setMultifunction();
            }
            pci.attach(place(function), function);
        } else if (device instanceof IntelIommuDevice) {
            plugIommu((IntelIommuDevice) device);
        }
    }

    @Override
    public void unplug(Device device) {
        if (device instanceof PciDevice) {
            pci.detach((PciDevice) device);
        } else if (device instanceof IntelIommuDevice) {
            throw new ConfigException("device " + device + " cannot be removed: others use memory through it");
        }
    }
}
