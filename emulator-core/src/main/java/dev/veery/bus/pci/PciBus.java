package dev.veery.bus.pci;

import dev.veery.dma.DmaPlanner;
import dev.veery.memory.MemoryRegion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** A bus with room for 32 devices of 8 functions. */
public final class PciBus {
    /** Number of device numbers. */
    public static final int SLOTS = 32;

    private static final int FUNCTIONS = 256;
    private static final int PINS = 4;

    private final String name;
    private final IntSupplier number;
    private final MemoryRegion memory;
    private final MemoryRegion io;
    private final IntxSink intx;
    private final DmaPlanner dma;
    private @Nullable PciBridge bridge;
    private final @Nullable PciDevice[] functions = new PciDevice[FUNCTIONS];

    /** How many functions assert each pin of each slot: a pin is a wired OR. */
    private final int[] asserted = new int[SLOTS * PINS];

    /**
     * Makes an empty bus.
     *
     * @param name what the user calls it
     * @param number asked for the bus number: that of a bridge's bus is its register
     * @param memory what the bus forwards of memory space; BARs are mapped into it
     * @param io what it forwards of port space
     * @param dma who resolves the leases of its devices
     */
    public PciBus(
            String name, IntSupplier number, MemoryRegion memory, MemoryRegion io, IntxSink intx, DmaPlanner dma) {
        this.name = name;
        this.number = number;
        this.memory = memory;
        this.io = io;
        this.intx = intx;
        this.dma = dma;
    }

    /** The bus below a bridge that has just been put onto {@code above}. */
    PciBus(PciBridge bridge, PciBus above) {
        this(
                bridge.busName(),
                bridge::secondary,
                bridge.memoryBelow(),
                bridge.ioBelow(),
                bridge.pinsBelow(),
                above.dma());
        this.bridge = bridge;
    }

    /** The bridge above it, or null for a root bus. */
    public @Nullable PciBridge bridge() {
        return bridge;
    }

    /** How many device numbers there are. */
    public int slots() {
        PciBridge above = bridge;
        return above == null ? SLOTS : above.slotsBelow();
    }

    /** Whether it is PCI Express below a port, so that devices that can are endpoints with a link. */
    public boolean belowPort() {
        PciBridge above = bridge;
        return above != null && above.expressBelow();
    }

    /** Whether transactions get from here to memory. */
    boolean mastering() {
        PciBridge above = bridge;
        return above == null || above.poweredBelow() && above.mastering();
    }

    /** Whether configuration requests beyond 256 bytes get here: not through conventional PCI. */
    boolean extended() {
        PciBridge above = bridge;
        return above == null || above.expressBelow() && above.pciBus().extended();
    }

    /** What the transactions of a function here carry when they reach the root: a bridge to conventional PCI puts its own. */
    int requesterId(int devfn) {
        PciBridge above = bridge;
        if (above == null || above.expressBelow()) {
            return number() << 8 | devfn;
        }
        PciBus up = above.pciBus();
        boolean conventional = up.bridge != null && !up.bridge.expressBelow();
        // PCI Express to PCI Bridge 1.0, 2.3: device 0 of the bus below stands for everything there.
        return conventional ? up.requesterId(0) : number() << 8;
    }

    /** The bus whose bridge stands for every function here, so that an IOMMU cannot tell them apart; null if it can. */
    public @Nullable PciBus sharedRequester() {
        PciBridge above = bridge;
        if (above == null || above.expressBelow()) {
            return null;
        }
        PciBus further = above.pciBus().sharedRequester();
        return further == null ? this : further;
    }

    /** The bridge above, and those above that, turn a pin of a slot here into this one, slot * 4 + pin, of the root bus. */
    public int rootPin(int slot, int pin) {
        PciBus at = this;
        int atSlot = slot;
        int atPin = pin;
        while (at.bridge != null) {
            atPin = (atSlot + atPin) % PINS;
            atSlot = at.bridge.devfn() >> 3;
            at = at.bridge.pciBus();
        }
        return atSlot * PINS + atPin;
    }

    /** Resets everything on it and below, as the bridge's secondary bus reset does. */
    void resetAll() {
        for (PciDevice device : functions) {
            if (device != null) {
                device.reset();
                PciBus under = device.secondaryBus();
                if (under != null) {
                    under.resetAll();
                }
            }
        }
    }

    /** What the user calls it. */
    public String name() {
        return name;
    }

    /** Its number now. */
    public int number() {
        return number.getAsInt();
    }

    MemoryRegion memory() {
        return memory;
    }

    MemoryRegion io() {
        return io;
    }

    /** Who resolves the leases of its devices, and of those on buses below. */
    public DmaPlanner dma() {
        return dma;
    }

    /** The functions on it, ascending by their numbers; a copy. */
    public List<PciDevice> functions() {
        List<PciDevice> all = new ArrayList<>();
        for (PciDevice function : functions) {
            if (function != null) {
                all.add(function);
            }
        }
        return all;
    }

    /** The functions here and on the buses below, in an order in which they can be taken out. */
    List<PciDevice> removable() {
        List<PciDevice> all = new ArrayList<>();
        List<PciDevice> here = functions();
        Collections.reverse(here);
        for (PciDevice function : here) {
            PciBus under = function.secondaryBus();
            if (under != null) {
                all.addAll(under.removable());
            }
            all.add(function);
        }
        return all;
    }

    /** The function at slot * 8 + function, or null. */
    public @Nullable PciDevice at(int devfn) {
        return functions[devfn];
    }

    /** Puts a function in its place, which must be free. */
    public void attach(int devfn, PciDevice device) {
        if (functions[devfn] != null) {
            throw new IllegalStateException(name + ": " + device + " on top of " + functions[devfn]);
        }
        functions[devfn] = device;
        device.attached(this, devfn);
        if (bridge != null) {
            bridge.onBelowChanged();
        }
    }

    /** Takes a function out; its wires and mappings go with it. */
    public void detach(PciDevice device) {
        device.detaching();
        functions[device.devfn()] = null;
        if (bridge != null) {
            bridge.onBelowChanged();
        }
    }

    /** The first wholly empty slot at or above {@code first}, as slot * 8, or -1. */
    public int freeSlot(int first) {
        for (int slot = first; slot < slots(); slot++) {
            boolean free = true;
            for (int function = 0; function < 8; function++) {
                free &= functions[slot * 8 + function] == null;
            }
            if (free) {
                return slot * 8;
            }
        }
        return -1;
    }

    /** The bus of that number at or below this one, or null. */
    public @Nullable PciBus find(int wanted) {
        if (number() == wanted) {
            return this;
        }
        for (PciDevice device : functions) {
            // A guest may number a bridge's bus like its own: only ever descend.
            PciBus below = device != null && device.leadsTo(wanted) ? device.secondaryBus() : null;
            if (below != null) {
                return below.find(wanted);
            }
        }
        return null;
    }

    /** As {@link IntxSink#onEnded}, for a pin here; a bridge above hands it on. */
    void onIntxEnded(int slot, int pin, Runnable ended) {
        intx.onEnded(slot, pin, ended);
    }

    /** One source of a slot's pin changed; the caller reports only changes. */
    void changeIntx(int slot, int pin, boolean level) {
        int at = slot * PINS + pin;
        asserted[at] += level ? 1 : -1;
        if (asserted[at] == (level ? 1 : 0)) {
            intx.set(slot, pin, level);
        }
    }
}
