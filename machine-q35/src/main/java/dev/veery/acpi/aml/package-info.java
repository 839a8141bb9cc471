/**
 * An assembler for ACPI Machine Language: ACPI 6.5, chapter 20 (AML grammar) and section 6.4 (resource descriptors).
 *
 * <p>Modelled: the objects, operators and resource descriptors that the board's DSDT uses, in the shortest encoding the
 * grammar allows, so that equal input always gives equal bytes. Not modelled: mutexes, events, bank and index fields,
 * GPIO and serial-bus descriptors, and everything that needs an interpreter.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.acpi.aml;
