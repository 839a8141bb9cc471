package dev.veery.q35;

import dev.veery.acpi.AcpiPlatform;
import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciBridge;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.model.Device;
import dev.veery.q35.chipset.AcpiPciHotplug;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * PCI hot plug by ACPI, which the guest's ports then leave alone: slots of the ports that are there at a reset. Buses are
 * numbered by their place in the tree, so that the order in which devices were named does not show.
 */
final class Q35HotPlug implements AcpiPciHotplug.Slots {
    /** The general-purpose event of PCI hot plug, as in QEMU. */
    private static final int EVENT = 1;

    private final AcpiPciHotplug registers;
    private final PciBus root;

    /** The bridges above the buses with slots, by the numbers of those. */
    private final List<PciBridge> bridges = new ArrayList<>();

    /** The guest lets go what is being removed. */
    private boolean ejecting;

    private Consumer<Device> remover = device -> {
        throw new IllegalStateException("the guest lets " + device + " go before the start");
    };

    Q35HotPlug(Q35Chips chips) {
        root = chips.pci;
        registers = new AcpiPciHotplug(this, () -> chips.lpc.pm().raiseGpe(EVENT));
        chips.mapHotPlug(registers);
    }

    /** As {@link Q35Plug#start}. */
    void start(Consumer<Device> remove) {
        remover = remove;
        number();
    }

    /** The machine is reset: what was asked to go goes now, as nobody is there who could mind. */
    void reset() {
        registers.finish();
        number();
    }

    private void number() {
        bridges.clear();
        collect(root);
        registers.setBuses(bridges.size());
    }

    private void collect(PciBus bus) {
        for (PciDevice function : bus.functions()) {
            PciBus below = function.secondaryBus();
            if (below != null) {
                if (((PciBridge) function).hotPlug()) {
                    bridges.add((PciBridge) function);
                }
                collect(below);
            }
        }
    }

    /** Whether devices may come and go below a bridge. */
    boolean reaches(PciBridge bridge) {
        return bridges.contains(bridge);
    }

    /** A function has come. The guest hears of function 0, which comes last. */
    void added(PciDevice function) {
        PciBridge bridge = function.pciBus().bridge();
        if (bridge != null && (function.devfn() & 7) == 0) {
            registers.announce(bridges.indexOf(bridge), function.devfn() >> 3);
        }
    }

    /** A function goes. A guest that did not let it go is asked to, as by then nothing else tells it. */
    void removed(PciDevice function) {
        PciBridge bridge = function.pciBus().bridge();
        int number = bridge == null ? -1 : bridges.indexOf(bridge);
        if (!ejecting && number >= 0 && (function.devfn() & 7) == 0) {
            registers.request(number, function.devfn() >> 3);
        }
    }

    /** Asks the guest to let a device go. */
    void request(PciDevice function) {
        PciBridge bridge = function.pciBus().bridge();
        int number = bridge == null ? -1 : bridges.indexOf(bridge);
        if (number < 0) {
            throw new ConfigException("Bus '" + function.pciBus().name() + "' does not support hotplugging");
        }
        registers.request(number, function.devfn() >> 3);
    }

    @Override
    public int removable(int bus) {
        PciBus below = bridges.get(bus).below();
        int bits = -1;
        for (PciDevice function : below.functions()) {
            if (!function.type().hotpluggable()) {
                bits &= ~(1 << (function.devfn() >> 3));
            }
        }
        return bits;
    }

    @Override
    public void eject(int bus, int slot) {
        if ((removable(bus) >>> slot & 1) == 0) {
            return;
        }
        List<PciDevice> functions = new ArrayList<>(bridges.get(bus).below().functions());
        functions.removeIf(function -> function.devfn() >> 3 != slot);
        ejecting = true;
        try {
            for (int i = functions.size() - 1; i >= 0; i--) {
                remover.accept(functions.get(i));
            }
        } finally {
            ejecting = false;
        }
    }

    /** What the DSDT says of it. */
    AcpiPlatform.HotPlug describe() {
        return new AcpiPlatform.HotPlug(Q35MemoryMap.PCI_HOTPLUG, describe(root));
    }

    private List<AcpiPlatform.Bridge> describe(PciBus bus) {
        List<AcpiPlatform.Bridge> described = new ArrayList<>();
        for (PciDevice function : bus.functions()) {
            PciBus below = function.secondaryBus();
            if (below == null) {
                continue;
            }
            List<AcpiPlatform.Bridge> inner = describe(below);
            int number = bridges.indexOf((PciBridge) function);
            // A bridge that is there already leads to other slots and does not go.
            boolean slot = number >= 0 && !(below.at(0) instanceof PciBridge);
            if (number >= 0 || !inner.isEmpty()) {
                described.add(new AcpiPlatform.Bridge(function.devfn(), number, slot, inner));
            }
        }
        return described;
    }
}
