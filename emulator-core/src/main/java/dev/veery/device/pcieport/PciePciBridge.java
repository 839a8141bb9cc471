package dev.veery.device.pcieport;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciBridge;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.bus.pci.cap.ExpressCapability;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;

/** {@code -device pcie-pci-bridge}: conventional PCI below; what goes up carries the bridge's requester id. */
public final class PciePciBridge extends PciBridge {
    private static final String MSI = "msi";

    /** The type. */
    public static final DeviceType TYPE = DeviceType.named("pcie-pci-bridge")
            .description("PCI Express to PCI bridge")
            .bus("PCI")
            .category(DeviceCategory.BRIDGE)
            .properties(commonProperties())
            .property(Property.enumeration(MSI, "auto", "Whether the bridge itself has MSI", "auto", "on", "off"))
            .build(PciePciBridge::new);

    private PciePciBridge(DeviceConfig config) {
        super(config, new PciIdentity(0x1b36, 0x000e, 0, 0x060400, 0, 0), PciRegs.EXPRESS_CONFIG_SIZE, 1);
        addExpress(ExpressCapability.Type.PCI_BRIDGE, 0);
        addPowerManagement();
        if (!config.properties().choice(MSI).equals("off")) {
            addMsi(1);
        }
        addErrorReporting(false);
    }

    @Override
    public void checkPlace(PciBus wanted) {
        super.checkPlace(wanted);
        if (wanted.bridge() != null && !wanted.belowPort()) {
            throw new ConfigException("device " + this + " cannot go on conventional PCI bus '" + wanted.name() + "'");
        }
    }

    @Override
    protected void checkBelow(PciDevice device) {
        if (device instanceof PciePort) {
            throw new ConfigException(
                    "device " + device + " cannot go below device " + this + ": what is there is conventional PCI");
        }
    }

    @Override
    protected boolean expressBelow() {
        return false;
    }
}
