/**
 * What one processor is and remembers: registers, lazily computed flags, MSR values, and the models that {@code -cpu}
 * offers. No execution.
 *
 * <p>After the Intel 64 and IA-32 Architectures Software Developer's Manual (SDM), order number 325462, edition 083 of
 * March 2024; for what only AMD defines, the AMD64 Architecture Programmer's Manual, 24593 revision 3.42. Vectors wider
 * than 128 bits, protection keys, control-flow enforcement, virtualisation, SMM and performance monitoring are not
 * modelled.
 */
@NullMarked
package dev.veery.cpu.state;

import org.jspecify.annotations.NullMarked;
