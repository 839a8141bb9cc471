package dev.veery.bus.pci;

import dev.veery.dma.DmaPlanner;
import dev.veery.memory.MemoryRegion;
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
    }

    /** Takes a function out; its wires and mappings go with it. */
    public void detach(PciDevice device) {
        device.detaching();
        functions[device.devfn()] = null;
    }

    /** The first wholly empty slot at or above {@code first}, as slot * 8, or -1. */
    public int freeSlot(int first) {
        for (int slot = first; slot < SLOTS; slot++) {
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
            PciBus below = device == null ? null : device.secondaryBus();
            // A guest may number a bridge's bus like its own: only ever descend.
            PciBus found = below == null ? null : below.find(wanted);
            if (found != null) {
                return found;
            }
        }
        return null;
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
