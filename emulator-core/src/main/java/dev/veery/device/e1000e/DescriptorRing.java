package dev.veery.device.e1000e;

import dev.veery.register.RegisterBank;

/** Where a queue's descriptors are; its registers belong to the driver and may hold anything. */
final class DescriptorRing {
    private static final int LENGTH_MASK = 0xf_ff80;
    private static final int INDEX_MASK = 0xffff;

    private final RegisterBank bank;
    private final int base;
    private int stride = 16;

    /** The queue whose base address register is at {@code base}. */
    DescriptorRing(RegisterBank bank, int base) {
        this.bank = bank;
        this.base = base;
    }

    void setStride(int bytes) {
        stride = bytes;
    }

    /** How many descriptors there are. */
    int size() {
        return ((int) bank.get(base + Regs.RDLEN - Regs.RDBAL, 4) & LENGTH_MASK) / stride;
    }

    int head() {
        return (int) bank.get(base + Regs.RDH - Regs.RDBAL, 4) & INDEX_MASK;
    }

    void setHead(int index) {
        bank.set(base + Regs.RDH - Regs.RDBAL, 4, index);
    }

    int tail() {
        return (int) bank.get(base + Regs.RDT - Regs.RDBAL, 4) & INDEX_MASK;
    }

    /** Address of a descriptor. */
    long address(int index) {
        return (bank.get(base, 8) & -16L) + (long) stride * index;
    }

    int after(int index) {
        return index + 1 >= size() ? 0 : index + 1;
    }

    /** How many descriptors the card has; none if the registers make no sense. */
    int available() {
        int size = size();
        int head = head();
        int tail = tail();
        if (head >= size || tail >= size) {
            return 0;
        }
        return tail >= head ? tail - head : tail - head + size;
    }
}
