package dev.veery.accel.kvm;

/** Where interrupt controllers are: {@code kernel-irqchip} of the command line. */
public enum IrqchipMode {
    /** All of them are the board's own. */
    OFF,
    /** Local APICs are in the kernel; the 8259s and the I/O APIC are the board's own. */
    SPLIT,
    /** All of them are in the kernel. */
    ON
}
