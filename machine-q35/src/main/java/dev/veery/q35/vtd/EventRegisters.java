package dev.veery.q35.vtd;

import dev.veery.irq.InterruptBus;
import dev.veery.register.RegisterBank;
import java.util.function.BooleanSupplier;

/**
 * Control, data, address and upper address of one of the unit's own interrupts (VT-d 11.4.7.2 to 11.4.7.5). Such an
 * interrupt is not remapped.
 */
final class EventRegisters {
    private static final long MASKED = 1L << 31;
    private static final long PENDING = 1 << 30;
    private static final int DATA = 4;
    private static final int ADDRESS = 8;
    private static final int UPPER_ADDRESS = 12;

    private final RegisterBank bank;
    private final int base;
    private final InterruptBus bus;
    private final BooleanSupplier extended;

    /** Declares them at {@code base}; {@code extended} tells whether destinations have 32 bits now. */
    EventRegisters(RegisterBank bank, int base, InterruptBus bus, BooleanSupplier extended) {
        this.bank = bank;
        this.base = base;
        this.bus = bus;
        this.extended = extended;
        bank.declare(base, 4, MASKED, MASKED);
        bank.declare(base + DATA, 4, 0, 0xffff);
        bank.declare(base + ADDRESS, 4, 0, 0xffff_fffcL);
        bank.declare(base + UPPER_ADDRESS, 4, 0, 0xffff_ffffL);
    }

    /** Sends the interrupt, or keeps it pending while it is masked. */
    void raise() {
        if ((bank.get(base, 4) & MASKED) != 0) {
            bank.setBits(base, 4, PENDING, true);
            return;
        }
        bank.setBits(base, 4, PENDING, false);
        int address = (int) bank.get(base + ADDRESS, 4);
        int data = (int) bank.get(base + DATA, 4);
        if (extended.getAsBoolean()) {
            int destination = (int) bank.get(base + UPPER_ADDRESS, 4) & ~0xff | address >>> 12 & 0xff;
            bus.deliver(destination, (address & 4) != 0, data >>> 8 & 7, data & 0xff, false);
        } else {
            bus.send(0, Integer.toUnsignedLong(address), data);
        }
    }

    /** What the interrupt was for is dealt with: a pending one is not sent any more. */
    void cancel() {
        bank.setBits(base, 4, PENDING, false);
    }

    /** The registers were written: a pending interrupt that is no longer masked goes out. */
    void written() {
        long control = bank.get(base, 4);
        if ((control & PENDING) != 0 && (control & MASKED) == 0) {
            raise();
        }
    }
}
