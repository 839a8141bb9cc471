package dev.veery.q35.chipset;

import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.register.RegisterBank;

/**
 * The chip configuration registers behind RCBA, 16 KiB (ICH9 chapter 10). Those that route interrupts have effect, the
 * others keep what is written.
 */
final class RootComplex implements MmioHandler, Resettable {
    static final int LENGTH = 0x4000;
    /** ICH9 10.1.33 to 10.1.41: DnnIR, four bits a pin; D25IR, D26IR, ..., D31IR, without D30. */
    private static final int[] DEVICE_ROUTE = {0x3150, 0x314c, 0x3148, 0x3146, 0x3144, -1, 0x3140};

    private static final int FIRST_ROUTED_SLOT = 25;
    private static final int ROUTE_RESET = 0x3210;
    private static final int ROUTE_WRITABLE = 0x7777;
    /** The PCI-to-PCI bridge, whose pins are wired to PIRQE-H. */
    private static final int PCI_BRIDGE_SLOT = 30;

    private static final int SLOTS = 32;
    private static final int PINS = 4;
    private static final int FIRST_UPPER_PIRQ = 4;

    private final RegisterBank bank = new RegisterBank(LENGTH);
    private final PirqRouter router;

    RootComplex(PirqRouter router) {
        this.router = router;
        for (int at = 0x1000; at < LENGTH; at += 8) {
            bank.declare(at, 8, 0, -1L);
        }
        for (int register : DEVICE_ROUTE) {
            if (register >= 0) {
                bank.declare(register, 2, ROUTE_RESET, ROUTE_WRITABLE);
            }
        }
        route();
    }

    @Override
    public void reset() {
        bank.reset();
        route();
    }

    @Override
    public long read(long offset, int size) {
        return bank.read((int) offset, size);
    }

    @Override
    public void write(long offset, int size, long value) {
        bank.write((int) offset, size, value);
        if (offset < DEVICE_ROUTE[0] + 4 && offset + size > 0x3140) {
            route();
        }
    }

    private void route() {
        for (int slot = 0; slot < SLOTS; slot++) {
            for (int pin = 0; pin < PINS; pin++) {
                router.wire(slot, pin, pirq(slot, pin));
            }
        }
        router.rewired();
    }

    private int pirq(int slot, int pin) {
        if (slot == PCI_BRIDGE_SLOT) {
            return FIRST_UPPER_PIRQ + pin;
        }
        if (slot >= FIRST_ROUTED_SLOT) {
            int register = DEVICE_ROUTE[slot - FIRST_ROUTED_SLOT];
            return (int) bank.get(register, 2) >> 4 * pin & 7;
        }
        // Slots below are not the ICH9's; the board wires them in rotation to PIRQE-H.
        return FIRST_UPPER_PIRQ + (slot + pin) % PINS;
    }
}
