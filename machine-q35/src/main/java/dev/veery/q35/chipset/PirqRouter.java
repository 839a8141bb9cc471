package dev.veery.q35.chipset;

import dev.veery.bus.pci.IntxSink;
import dev.veery.irq.IrqLine;
import java.util.ArrayList;
import java.util.List;

/**
 * The interrupt pins of bus 0 to PIRQA-H, and from there to I/O APIC inputs 16 to 23 and, as the PIRQn_ROUT registers
 * say, to the 8259s (ICH9 5.10 and 10.1.42 to 10.1.48). The DSDT's _PRT says the same.
 */
final class PirqRouter implements IntxSink {
    static final int PIRQS = 8;
    private static final int PINS = 4;
    /** PIRQn_ROUT: not routed to the 8259s. */
    private static final int IRQEN = 1 << 7;
    /** PIRQn_ROUT: inputs that are never shared with PCI. */
    private static final int FORBIDDEN = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 8 | 1 << 13;

    private final IrqLine[] apic;
    private final IrqLine[] isa;

    /** For each PIRQ and pin, the slots wired to it, a bit each. */
    private final int[] slots = new int[PIRQS * PINS];

    /** For each pin, the slots that assert it, a bit each. */
    private final int[] asserted = new int[PINS];

    private final int[] route = new int[PIRQS];
    private int levels;

    /** How many asserted PIRQs each 8259 input carries. */
    private final int[] sharers = new int[16];

    private final List<Ended> listeners = new ArrayList<>();
    private final List<Runnable> changes = new ArrayList<>();

    /**
     * Makes a router.
     *
     * @param apic the wires of PIRQA-H to the I/O APIC
     * @param isa interrupt wires 0 to 15, one source of each
     */
    PirqRouter(IrqLine[] apic, IrqLine[] isa) {
        this.apic = apic;
        this.isa = isa;
        for (int pirq = 0; pirq < PIRQS; pirq++) {
            route[pirq] = IRQEN;
        }
    }

    /** Wires a pin of a slot to a PIRQ, and to no other. */
    void wire(int slot, int pin, int pirq) {
        for (int p = 0; p < PIRQS; p++) {
            slots[p * PINS + pin] &= ~(1 << slot);
        }
        slots[pirq * PINS + pin] |= 1 << slot;
    }

    /** The PIRQ that a pin of a slot is wired to. */
    int pirqOf(int slot, int pin) {
        for (int pirq = 0; pirq < PIRQS; pirq++) {
            if ((slots[pirq * PINS + pin] >>> slot & 1) != 0) {
                return pirq;
            }
        }
        throw new IllegalStateException("slot " + slot + " is not wired");
    }

    /** Whether a PIRQ reaches the 8259s too. */
    boolean reachesIsa(int pirq) {
        return (route[pirq] & IRQEN) == 0 && (FORBIDDEN >>> (route[pirq] & 0xf) & 1) == 0;
    }

    /** Has {@code changed} called whenever pins lead elsewhere. */
    void onChanged(Runnable changed) {
        changes.add(changed);
    }

    /** PIRQn_ROUT was written. */
    void setRoute(int pirq, int value) {
        if (route[pirq] == value) {
            return;
        }
        reroute(pirq, value);
        changes.forEach(Runnable::run);
    }

    private void reroute(int pirq, int value) {
        boolean on = (levels >>> pirq & 1) != 0;
        if (on) {
            driveIsa(pirq, false);
        }
        route[pirq] = value;
        if (on) {
            driveIsa(pirq, true);
        }
    }

    private record Ended(int slot, int pin, Runnable listener) {}

    @Override
    public void onEnded(int slot, int pin, Runnable ended) {
        listeners.add(new Ended(slot, pin, ended));
    }

    /** The guest ended the interrupt of a PIRQ. */
    void ended(int pirq) {
        for (int i = 0; i < listeners.size(); i++) {
            Ended each = listeners.get(i);
            if (((slots[pirq * PINS + each.pin] & asserted[each.pin]) >>> each.slot & 1) != 0) {
                each.listener.run();
            }
        }
    }

    /** The guest ended an interrupt of the 8259s. */
    void endedIsa(int irq) {
        for (int pirq = 0; pirq < PIRQS; pirq++) {
            if ((route[pirq] & (IRQEN | 0xf)) == irq) {
                ended(pirq);
            }
        }
    }

    @Override
    public void set(int slot, int pin, boolean level) {
        asserted[pin] = level ? asserted[pin] | 1 << slot : asserted[pin] & ~(1 << slot);
        update();
    }

    /** Brings the PIRQs in line with the pins. */
    void update() {
        for (int pirq = 0; pirq < PIRQS; pirq++) {
            int at = pirq * PINS;
            boolean level = (slots[at] & asserted[0]
                            | slots[at + 1] & asserted[1]
                            | slots[at + 2] & asserted[2]
                            | slots[at + 3] & asserted[3])
                    != 0;
            if (level != ((levels >>> pirq & 1) != 0)) {
                levels ^= 1 << pirq;
                apic[pirq].set(level);
                driveIsa(pirq, level);
            }
        }
    }

    /** After {@link #wire}: brings the PIRQs in line with the pins, and tells. */
    void rewired() {
        update();
        changes.forEach(Runnable::run);
    }

    private void driveIsa(int pirq, boolean level) {
        int irq = route[pirq] & 0xf;
        if (!reachesIsa(pirq)) {
            return;
        }
        sharers[irq] += level ? 1 : -1;
        if (sharers[irq] == (level ? 1 : 0)) {
            isa[irq].set(level);
        }
    }
}
