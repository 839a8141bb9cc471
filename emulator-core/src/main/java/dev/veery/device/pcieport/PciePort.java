package dev.veery.device.pcieport;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.BridgeReserve;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciBridge;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.bus.pci.cap.ExpressCapability;
import dev.veery.bus.pci.cap.MsixCapability;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import java.util.List;

/** A root port, or a port of a switch. Below a root port or a downstream port there is one slot. */
public final class PciePort extends PciBridge {
    /** GT/s, by the code of a link's speed less 1; in front, for the types below need it. */
    private static final List<String> SPEEDS = List.of("2_5", "5", "8", "16");

    /** {@code -device pcie-root-port}. */
    public static final DeviceType ROOT_PORT = port(new Model(
            "pcie-root-port",
            "PCI Express Root Port",
            ExpressCapability.Type.ROOT_PORT,
            new PciIdentity(0x1b36, 0x000c, 0, 0x060400, 0, 0),
            0));

    /** {@code -device ioh3420}. */
    public static final DeviceType IOH3420 = port(new Model(
            "ioh3420",
            "Intel IOH device id 3420 PCIE Root Port",
            ExpressCapability.Type.ROOT_PORT,
            new PciIdentity(0x8086, 0x3420, 2, 0x060400, 0, 0),
            2));

    /** {@code -device x3130-upstream}. */
    public static final DeviceType UPSTREAM = port(new Model(
            "x3130-upstream",
            "TI X3130 Upstream Port of PCI Express Switch",
            ExpressCapability.Type.UPSTREAM_PORT,
            new PciIdentity(0x104c, 0x8232, 2, 0x060400, 0, 0),
            1));

    /** {@code -device xio3130-downstream}. */
    public static final DeviceType DOWNSTREAM = port(new Model(
            "xio3130-downstream",
            "TI X3130 Downstream Port of PCI Express Switch",
            ExpressCapability.Type.DOWNSTREAM_PORT,
            new PciIdentity(0x104c, 0x8233, 1, 0x060400, 0, 0),
            1));

    private static final String PORT = "port";
    private static final String CHASSIS = "chassis";
    private static final String SLOT = "slot";
    private static final String HOTPLUG = "hotplug";
    private static final String DISABLE_ACS = "disable-acs";
    private static final String POWER_CONTROLLER = "power_controller_present";
    private static final String ERROR_LOG = "aer_log_max";
    private static final String SPEED = "x-speed";
    private static final String WIDTH = "x-width";
    private static final int MAX_SLOT = 0x1fff;
    private static final int SLOT_BITS = 13;

    /** The BAR of the port that has MSI-X: one vector. */
    private static final long MSIX_BAR = 0x1000;

    private static final int MSIX_PENDING = 0x800;

    private final ExpressCapability.Type type;
    private final ExpressCapability express;
    private final BridgeReserve reserve;
    private final int chassis;
    private final int slot;
    private boolean interrupting;
    private boolean powered;

    /** One kind of port; {@code msiVectors} is 0 for MSI-X. */
    private record Model(
            String name, String description, ExpressCapability.Type type, PciIdentity identity, int msiVectors) {
        /** The port that stands for no product: it has MSI-X, and can be told what it is. */
        boolean generic() {
            return msiVectors == 0;
        }
    }

    private PciePort(DeviceConfig config, Model model) {
        super(config, model.identity, PciRegs.EXPRESS_CONFIG_SIZE, 1);
        type = model.type;
        express = addExpress(type, config.properties().integer(PORT));
        if (hasSlot()) {
            slot = config.properties().integer(SLOT);
            chassis = config.properties().integer(CHASSIS);
            if (slot > MAX_SLOT) {
                throw new ConfigException("Property '" + type().name() + "." + SLOT + "' takes 0 to " + MAX_SLOT);
            }
            express.addSlot(
                    slot, config.properties().bool(HOTPLUG), config.properties().bool(POWER_CONTROLLER));
        } else {
            slot = 0;
            chassis = 0;
        }
        if (!model.generic()) {
            addMsi(model.msiVectors);
        } else {
            MsixCapability msix = addMsix(1, 0, 0, MSIX_PENDING);
            MemoryRegion bar = MemoryRegion.container(model.name + "-msix", MSIX_BAR);
            bar.addChild(0, msix.tableRegion(model.name));
            bar.addChild(MSIX_PENDING, msix.pendingRegion(model.name));
            addBar(0, PciBar.Kind.MEMORY32, bar);
        }
        addErrorReporting(type == ExpressCapability.Type.ROOT_PORT);
        boolean root = type == ExpressCapability.Type.ROOT_PORT;
        if (hasSlot() && !(root && config.properties().bool(DISABLE_ACS))) {
            addAccessControl();
        }
        if (model.generic()) {
            express.setLink(
                    1 + SPEEDS.indexOf(config.properties().choice(SPEED)),
                    Integer.parseInt(config.properties().choice(WIDTH)));
        }
        reserve = model.generic() ? BridgeReserve.of(config.properties()) : BridgeReserve.NONE;
        addReserve(reserve);
    }

    private static DeviceType port(Model model) {
        DeviceType.Builder builder = DeviceType.named(model.name)
                .description(model.description)
                .bus("PCI")
                .category(DeviceCategory.BRIDGE)
                .properties(commonProperties())
                .property(Property.uint8(PORT, 0, "Number of the port"))
                .property(Property.uint16(ERROR_LOG, 8, "Errors to remember; without effect here, none happen"));
        if (model.type.downstream()) {
            builder.property(Property.uint8(CHASSIS, 0, "Number of the chassis"))
                    .property(Property.uint16(SLOT, 0, "Number of the slot, different from others of the chassis"))
                    .property(Property.bool(HOTPLUG, true, "Whether the slot's device may come and go"))
                    .property(Property.bool(POWER_CONTROLLER, true, "Whether the guest switches the slot's power"));
        }
        if (model.type == ExpressCapability.Type.ROOT_PORT) {
            builder.property(Property.bool(DISABLE_ACS, false, "Leave out access control services"));
        }
        if (model.generic()) {
            builder.properties(BridgeReserve.properties())
                    .property(Property.enumeration(
                            SPEED, "16", "GT/s that the link could do", SPEEDS.toArray(String[]::new)))
                    .property(Property.enumeration(
                            WIDTH, "32", "Lanes that the link could have", "1", "2", "4", "8", "12", "16", "32"));
        }
        return builder.build(config -> new PciePort(config, model));
    }

    /** Whether there is a slot below: not for the port of a switch that leads up. */
    public boolean hasSlot() {
        return type.downstream();
    }

    /** Chassis and slot as one number, which no two ports share. */
    public int slotKey() {
        return chassis << SLOT_BITS | slot;
    }

    @Override
    public BridgeReserve reserve() {
        return reserve;
    }

    @Override
    public void checkPlace(PciBus wanted) {
        super.checkPlace(wanted);
        PciBridge above = wanted.bridge();
        if (type == ExpressCapability.Type.ROOT_PORT && above != null) {
            throw new ConfigException(
                    "device " + this + " is a root port and goes on a root bus, not below device " + above);
        }
        if (type == ExpressCapability.Type.UPSTREAM_PORT && (above == null || !wanted.belowPort())) {
            throw new ConfigException(
                    "device " + this + " goes below a root port or the downstream port of a switch;" + " give it bus=");
        }
        if (type == ExpressCapability.Type.DOWNSTREAM_PORT && !(above instanceof PciePort port && !port.hasSlot())) {
            throw misplacedDownstream();
        }
    }

    private ConfigException misplacedDownstream() {
        return new ConfigException("device " + this + " goes below an x3130-upstream; give it bus=");
    }

    @Override
    protected void checkBelow(PciDevice device) {
        boolean downstream =
                device instanceof PciePort && ((PciePort) device).type == ExpressCapability.Type.DOWNSTREAM_PORT;
        if (!hasSlot() && !downstream) {
            throw new ConfigException("device " + device + " cannot go directly below device " + this
                    + ", which takes xio3130-downstream ports");
        }
    }

    @Override
    protected boolean expressBelow() {
        return true;
    }

    @Override
    protected int slotsBelow() {
        return hasSlot() ? 1 : PciBus.SLOTS;
    }

    /** Firmware manages the slot, and the port does not say that it could. */
    public void leaveHotPlugToFirmware() {
        express.leaveHotPlugToFirmware();
    }

    @Override
    public boolean hotPlug() {
        return express.hotPlug();
    }

    @Override
    protected boolean poweredBelow() {
        return express.powered();
    }

    /** Presses the attention button; the guest answers by switching the slot's power off. */
    @Override
    public void requestEject(PciDevice device) {
        if (express.poweredDown()) {
            eject();
        } else if (express.blinking()) {
            throw new ConfigException("Hot-unplug failed: guest is busy (power indicator of " + this + " is blinking)");
        } else {
            express.pressButton();
            update();
        }
    }

    @Override
    protected void onBelowChanged() {
        if (hasSlot()) {
            // Function 0 comes last and goes last: then all of the device is there, or gone.
            express.setOccupied(below().at(0) != null, state() == State.COMMITTED);
            update();
        }
    }

    @Override
    protected void onPciReset() {
        super.onPciReset();
        interrupting = false;
        express.reset();
        powered = express.powered();
    }

    @Override
    protected void onConfigWritten(int offset, int size) {
        if (express.written(offset, size)) {
            if (express.powered() != powered) {
                powered = !powered;
                powerChanged();
            }
            if (express.poweredDown()) {
                eject();
            }
        }
        update();
    }

    /** 6.7.3.4: a message when there is something to tell, or the pin as long as there is. */
    private void update() {
        boolean now = express.interrupting();
        if (now == interrupting) {
            return;
        }
        interrupting = now;
        if (!now || !sendMessage(0)) {
            intx().set(now);
        }
    }
}
