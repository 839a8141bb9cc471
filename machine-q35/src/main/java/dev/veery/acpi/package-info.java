/**
 * The ACPI tables of the board, as ACPI 6.5 chapters 5 and 6 define them, byte for byte the same for the same
 * {@link dev.veery.acpi.AcpiPlatform}.
 *
 * <p>Modelled: RSDP, RSDT, XSDT, FADT revision 3, FACS, MADT with local APICs, x2APICs and the I/O APIC, MCFG, HPET, and a
 * DSDT with the host bridge, interrupt links, ISA devices, processors and the S5 state. Not modelled: sleep states other
 * than S5, processor power states, hot plug. The package knows no address: all come with the platform record.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.acpi;
