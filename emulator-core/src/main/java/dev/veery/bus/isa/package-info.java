/**
 * The ISA bus of a PC, as what is left of it behind an LPC bridge: port space, memory below 4 GiB and sixteen interrupt
 * request lines.
 *
 * <p>The bus keeps a ledger of ports, so that two devices at one address are an error that names both and not two regions
 * of which the guest sees one. Lines are wired as OR gates: several devices may share one, as the first and third serial
 * ports of every PC do.
 */
@NullMarked
package dev.veery.bus.isa;

import org.jspecify.annotations.NullMarked;
