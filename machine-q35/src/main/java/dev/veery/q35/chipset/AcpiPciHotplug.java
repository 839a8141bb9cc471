package dev.veery.q35.chipset;

import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;

/**
 * The registers by which firmware's methods learn what came and went in PCI slots, and say what may be taken out: those of
 * QEMU's {@code docs/specs/acpi_pci_hotplug}, so that its DSDT could drive them as well. Buses with slots have numbers of
 * their own, which the guest's bus numbers do not change.
 */
public final class AcpiPciHotplug implements MmioHandler, Resettable {
    /** Ports; accesses of 4 bytes. */
    public static final int LENGTH = 0x18;

    /** Slots that have something new, a bit each; forgotten when read. */
    static final int UP = 0x00;

    /** Slots whose device is asked to go; forgotten when read. */
    static final int DOWN = 0x04;

    /** Slots whose device may be taken out; write-only. */
    static final int EJECT = 0x08;

    /** Slots whose device can be taken out. */
    static final int REMOVABLE = 0x0c;

    /** The bus that the other registers are about. */
    static final int SELECT = 0x10;

    /** Number of a network interface by its slot; none has one here. */
    static final int INDEX = 0x14;

    private static final int SLOTS = 32;

    /** What the slots belong to. */
    public interface Slots {
        /** A bit for each slot of a bus whose device, if there is one, can be taken out. */
        int removable(int bus);

        /** Takes out what is in a slot; nothing may be there. */
        void eject(int bus, int slot);
    }

    private final Slots slots;
    private final Runnable event;
    private int[] up = new int[0];
    private int[] down = new int[0];
    private int selected;

    /**
     * Makes the block, without buses.
     *
     * @param event raises the general-purpose event whose method reads the registers
     */
    public AcpiPciHotplug(Slots slots, Runnable event) {
        this.slots = slots;
        this.event = event;
    }

    /** There are buses 0 to {@code count} - 1; nothing is under way on them. */
    public void setBuses(int count) {
        up = new int[count];
        down = new int[count];
    }

    /** Tells the guest that a slot has something new. */
    public void announce(int bus, int slot) {
        up[bus] |= 1 << slot;
        down[bus] &= ~(1 << slot);
        event.run();
    }

    /** Asks the guest to let the device in a slot go. */
    public void request(int bus, int slot) {
        down[bus] |= 1 << slot;
        event.run();
    }

    /** Takes out what was asked to go, whatever the guest thinks of it. */
    public void finish() {
        for (int bus = 0; bus < down.length; bus++) {
            for (int slot = 0; slot < SLOTS; slot++) {
                if ((down[bus] >>> slot & 1) != 0) {
                    slots.eject(bus, slot);
                }
            }
            down[bus] = 0;
        }
    }

    @Override
    public void reset() {
        selected = 0;
    }

    private boolean exists() {
        return selected >= 0 && selected < up.length;
    }

    @Override
    public long read(long offset, int size) {
        switch ((int) offset) {
            case UP:
                return exists() ? take(up) : 0;
            case DOWN:
                return exists() ? take(down) : 0;
            case REMOVABLE:
                return exists() ? slots.removable(selected) & 0xffff_ffffL : 0;
            case SELECT:
                return selected & 0xffff_ffffL;
            default:
                return 0;
        }
    }

    private long take(int[] bits) {
        int value = bits[selected];
        bits[selected] = 0;
        return value & 0xffff_ffffL;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset == SELECT) {
            selected = (int) value;
        } else if (offset == EJECT && exists()) {
            int bus = selected;
            for (int slot = 0; slot < SLOTS; slot++) {
                if ((value >>> slot & 1) != 0) {
                    down[bus] &= ~(1 << slot);
                    slots.eject(bus, slot);
                }
            }
        }
    }
}
