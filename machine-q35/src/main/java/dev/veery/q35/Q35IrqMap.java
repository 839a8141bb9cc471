package dev.veery.q35;

/**
 * Every interrupt wire of the board.
 *
 * <pre>
 * wire   8259    I/O APIC   driven by
 * 0      IRQ0    input 2    PIT channel 0 through the HPET, HPET timer 0 (legacy replacement)
 * 1      IRQ1    1          keyboard
 * 2      -       2          HPET timers where routed (IRQ2 is the cascade of the 8259s)
 * 3      IRQ3    3          COM2, COM4
 * 4      IRQ4    4          COM1, COM3
 * 8      IRQ8    8          RTC through the HPET, HPET timer 1 (legacy replacement)
 * 9      IRQ9    9          system control interrupt (ACPI), level
 * 10, 11 IRQ     10, 11     PIRQs, as firmware routes them, level
 * 12     IRQ12   12         mouse
 * 16-23  -       16-23      PIRQA-H, level; HPET timers where routed
 * </pre>
 *
 * <p>PCI pins: slot 25-29 and 31 by the chip set's DnnIR registers (INTA-D to PIRQA-D), slot 30 to PIRQE-H, the others in
 * rotation to PIRQE-H: INTA of slot n to PIRQ E + n mod 4.
 */
public final class Q35IrqMap {
    public static final int WIRES = 24;
    public static final int ISA_WIRES = 16;

    public static final int PIT = 0;
    public static final int KEYBOARD = 1;
    public static final int CASCADE = 2;
    public static final int RTC = 8;
    public static final int SCI = 9;
    public static final int MOUSE = 12;

    /** The I/O APIC input of wire 0. */
    public static final int PIT_APIC_INPUT = 2;

    /** Wires that HPET timers may be routed to: I/O APIC input 2, wire 8, and those of the PIRQs. */
    public static final int HPET_ROUTES = 0xff_0104;

    /** For PIRQA-H the 8259 input that firmware chooses. */
    static final int[] FIRMWARE_PIRQS = {10, 10, 11, 11, 10, 10, 11, 11};

    /** ELCR bits of the inputs that are levels: SCI and PIRQs. */
    static final int FIRMWARE_ELCR = 1 << SCI | 1 << 10 | 1 << 11;

    /** The messages of the I/O APIC carry bus 255, device 30, function 0, as the VT-d unit of this chip set will say. */
    public static final int IO_APIC_REQUESTER = 0xfff0;

    private Q35IrqMap() {}
}
