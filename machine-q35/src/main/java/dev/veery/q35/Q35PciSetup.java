package dev.veery.q35;

import dev.veery.base.Bits;
import dev.veery.base.ConfigException;
import dev.veery.bus.pci.BridgeReserve;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciBridge;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciRegs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What firmware does about PCI: numbers the buses, sizes bridge windows from the leaves up and places everything from the
 * root down, the largest first; then decoding and the interrupt line registers.
 */
final class Q35PciSetup {
    /** Kinds of address that are given out one by one. */
    private enum Space {
        PORTS,
        MEMORY,
        PREFETCH
    }

    /** Room for a device that comes later, below each port. */
    private static final long SPARE = 2 * PciBridge.memoryGrain();

    private static final int PORT_END = 0x1_0000;
    private static final int PINS = 4;
    private static final int MEMORY_SHIFT = 16;

    private final Q35Chips chips;
    private int lastBus;

    Q35PciSetup(Q35Chips chips) {
        this.chips = chips;
    }

    void run() {
        number(chips.pci);
        Bus root = new Bus(chips.pci);
        if (root.place(Space.PORTS, Q35MemoryMap.PCI_PORTS) > PORT_END) {
            throw new ConfigException("the PCI devices need more ports than there are; use fewer, or less io-reserve=");
        }
        placeRootMemory(root);
        enable(chips.pci);
    }

    /** Depth first, so that what is below a bridge has consecutive numbers. */
    private void number(PciBus bus) {
        for (PciDevice function : bus.functions()) {
            PciBus below = function.secondaryBus();
            if (below != null) {
                lastBus++;
                if (lastBus > Q35MemoryMap.LAST_BUS) {
                    throw new ConfigException("device " + function + " needs a bus, and all are taken");
                }
                function.configWrite(PciRegs.PRIMARY_BUS, 1, bus.number());
                function.configWrite(PciRegs.SECONDARY_BUS, 1, lastBus);
                function.configWrite(PciRegs.SUBORDINATE_BUS, 1, Q35MemoryMap.LAST_BUS);
                number(below);
                reserveBuses(below);
                function.configWrite(PciRegs.SUBORDINATE_BUS, 1, lastBus);
                closeWindows(function);
            }
        }
    }

    private void reserveBuses(PciBus below) {
        long wanted = reserve(below).buses();
        lastBus = wanted < 0 ? lastBus : (int) Math.min(Q35MemoryMap.LAST_BUS, lastBus + wanted);
    }

    private static BridgeReserve reserve(PciBus bus) {
        PciBridge bridge = bus.bridge();
        return bridge == null ? BridgeReserve.NONE : bridge.reserve();
    }

    /** What a bridge sets aside at least: what the user says, or some memory where a device may come later. */
    private static long least(PciBus bus, Space space) {
        BridgeReserve reserve = reserve(bus);
        PciBridge bridge = bus.bridge();
        boolean pluggable = bridge != null && bridge.hotPlug();
        switch (space) {
            case PORTS:
                return Math.max(0, reserve.io());
            case MEMORY:
                return reserve.memory() >= 0 ? reserve.memory() : pluggable ? SPARE : 0;
            default:
                return reserve.prefetch() >= 0 ? reserve.prefetch() : pluggable ? SPARE : 0;
        }
    }

    /** A window whose base lies behind its limit forwards nothing. */
    private static void closeWindows(PciDevice bridge) {
        bridge.configWrite(PciRegs.IO_BASE, 2, 0x00f0);
        bridge.configWrite(PciRegs.MEMORY_BASE, 4, 0xfff0);
        bridge.configWrite(PciRegs.PREFETCH_BASE, 4, 0xfff0);
    }

    /** Memory goes below 4 GiB while there is room; wide base addresses of the root bus, the largest first, go above. */
    private void placeRootMemory(Bus root) {
        List<Item> all = new ArrayList<>();
        root.items.forEach(item -> {
            if (item.space != Space.PORTS) {
                all.add(item);
            }
        });
        all.sort(Comparator.comparingLong((Item item) -> item.size).reversed());
        long low = Q35MemoryMap.PCI_ABOVE_ECAM;
        long high = chips.map.window64();
        for (Item item : all) {
            long next = Bits.alignUp(low, item.alignment);
            if (next + item.size <= Q35MemoryMap.IO_APIC) {
                low = next + item.size;
            } else if (item.wide) {
                next = Bits.alignUp(high, item.alignment);
                high = next + item.size;
                if (high > chips.map.lastAddress() + 1) {
                    throw tooLarge(item);
                }
            } else {
                throw tooLarge(item);
            }
            item.assign(next);
        }
    }

    private static ConfigException tooLarge(Item item) {
        return new ConfigException("device " + item.owner + " does not fit into the PCI memory window");
    }

    private void enable(PciBus bus) {
        for (PciDevice function : bus.functions()) {
            int pin = (int) function.config().get(PciRegs.INTERRUPT_PIN, 1);
            if (pin != 0) {
                int atRoot = bus.rootPin(function.devfn() >> 3, pin - 1);
                int line = chips.lpc.isaIrqOf(atRoot / PINS, atRoot % PINS);
                function.configWrite(PciRegs.INTERRUPT_LINE, 1, line);
            }
            PciBus below = function.secondaryBus();
            int command = below == null ? 0 : PciRegs.COMMAND_IO | PciRegs.COMMAND_MEMORY | PciRegs.COMMAND_MASTER;
            for (PciBar bar : function.bars()) {
                if (bar.kind() != PciBar.Kind.ROM) {
                    command |= bar.kind() == PciBar.Kind.IO ? PciRegs.COMMAND_IO : PciRegs.COMMAND_MEMORY;
                }
            }
            function.configWrite(PciRegs.COMMAND, 2, command);
            if (below != null) {
                enable(below);
            }
        }
    }

    /** Something that wants an address: a base address register or a bridge's window. */
    private abstract static class Item {
        final PciDevice owner;
        final Space space;
        final long size;
        final long alignment;
        final boolean wide;

        Item(PciDevice owner, Space space, long size, long alignment, boolean wide) {
            this.owner = owner;
            this.space = space;
            this.size = size;
            this.alignment = alignment;
            this.wide = wide;
        }

        abstract void assign(long address);
    }

    private static final class BarItem extends Item {
        private final PciBar bar;

        BarItem(PciDevice owner, PciBar bar) {
            super(owner, spaceOf(bar), bar.size(), bar.size(), bar.wide());
            this.bar = bar;
        }

        private static Space spaceOf(PciBar bar) {
            switch (bar.kind()) {
                case IO:
                    return Space.PORTS;
                case MEMORY64_PREFETCHABLE:
                    return Space.PREFETCH;
                default:
                    return Space.MEMORY;
            }
        }

        @Override
        void assign(long address) {
            owner.configWrite(bar.offset(), bar.wide() ? 8 : 4, address);
        }
    }

    /** What is on a bus, and how much its bridge must forward of each kind. */
    private static final class Bus {
        final List<Item> items = new ArrayList<>();

        Bus(PciBus bus) {
            for (PciDevice function : bus.functions()) {
                function.bars().forEach(bar -> items.add(new BarItem(function, bar)));
                PciBus below = function.secondaryBus();
                if (below != null) {
                    Bus inner = new Bus(below);
                    for (Space space : Space.values()) {
                        long size = inner.size(space, below);
                        if (size != 0) {
                            items.add(new WindowItem(function, space, size, inner));
                        }
                    }
                }
            }
            items.sort(Comparator.comparingLong((Item item) -> item.size).reversed());
        }

        /** Whole units of a window. */
        private long size(Space space, PciBus bus) {
            long grain = space == Space.PORTS ? PciBridge.ioGrain() : PciBridge.memoryGrain();
            return Bits.alignUp(Math.max(place(space, 0, false), least(bus, space)), grain);
        }

        long alignment(Space space) {
            long most = space == Space.PORTS ? PciBridge.ioGrain() : PciBridge.memoryGrain();
            for (Item item : items) {
                most = item.space == space ? Math.max(most, item.alignment) : most;
            }
            return most;
        }

        long place(Space space, long base) {
            return place(space, base, true);
        }

        /** Gives out addresses from {@code base}, which is aligned for the largest; returns where they end. */
        private long place(Space space, long base, boolean assign) {
            long next = base;
            for (Item item : items) {
                if (item.space == space) {
                    next = Bits.alignUp(next, item.alignment);
                    if (assign) {
                        item.assign(next);
                    }
                    next += item.size;
                }
            }
            return next;
        }
    }

    private static final class WindowItem extends Item {
        private final Bus inner;

        WindowItem(PciDevice bridge, Space space, long size, Bus inner) {
            super(bridge, space, size, inner.alignment(space), space == Space.PREFETCH);
            this.inner = inner;
        }

        @Override
        void assign(long address) {
            long last = address + size - 1;
            switch (space) {
                case PORTS:
                    owner.configWrite(PciRegs.IO_BASE, 1, address >>> 8);
                    owner.configWrite(PciRegs.IO_LIMIT, 1, last >>> 8);
                    break;
                case MEMORY:
                    owner.configWrite(PciRegs.MEMORY_BASE, 2, address >>> MEMORY_SHIFT);
                    owner.configWrite(PciRegs.MEMORY_LIMIT, 2, last >>> MEMORY_SHIFT);
                    break;
                default:
                    owner.configWrite(PciRegs.PREFETCH_BASE, 2, address >>> MEMORY_SHIFT);
                    owner.configWrite(PciRegs.PREFETCH_LIMIT, 2, last >>> MEMORY_SHIFT);
                    owner.configWrite(PciRegs.PREFETCH_BASE_UPPER, 4, address >>> 32);
                    owner.configWrite(PciRegs.PREFETCH_LIMIT_UPPER, 4, last >>> 32);
                    break;
            }
            inner.place(space, address);
        }
    }
}
