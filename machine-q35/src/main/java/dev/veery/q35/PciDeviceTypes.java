package dev.veery.q35;

import dev.veery.device.e1000e.E1000eDevice;
import dev.veery.device.edu.EduDevice;
import dev.veery.device.nvme.NvmeBuses;
import dev.veery.device.nvme.NvmeNsDevice;
import dev.veery.device.nvme.NvmePci;
import dev.veery.device.pcieport.PciePciBridge;
import dev.veery.device.pcieport.PciePort;
import dev.veery.device.pcitest.PciTestDevice;
import dev.veery.device.virtioblk.VirtioBlkPci;
import dev.veery.device.virtionet.VirtioNetPci;
import dev.veery.device.virtiorng.VirtioRngPci;
import dev.veery.model.DeviceRegistry;
import dev.veery.net.MacAddresses;
import dev.veery.time.VirtualClock;

/** The PCI devices that users may add. */
final class PciDeviceTypes {
    private PciDeviceTypes() {}

    static DeviceRegistry addTo(DeviceRegistry registry, VirtualClock clock, Q35Backends backends, int cpus) {
        NvmeBuses nvme = new NvmeBuses();
        MacAddresses addresses = new MacAddresses();
        return registry.add(PciTestDevice.TYPE)
                .add(PciePort.ROOT_PORT)
                .add(PciePort.IOH3420)
                .add(PciePort.UPSTREAM)
                .add(PciePort.DOWNSTREAM)
                .add(PciePciBridge.TYPE)
                .add(EduDevice.type(clock))
                .add(E1000eDevice.type(clock, backends.nets(), addresses))
                .add(VirtioRngPci.type(clock, backends.entropy()))
                .add(VirtioBlkPci.type(backends.drives(), cpus))
                .add(VirtioNetPci.type(clock, backends.nets(), addresses))
                .add(NvmePci.type(backends.drives(), clock, nvme))
                .add(NvmeNsDevice.type(backends.drives(), nvme));
    }
}
