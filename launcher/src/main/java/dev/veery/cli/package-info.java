/**
 * The command line: {@link dev.veery.cli.Main} and the parsers that turn arguments into {@code dev.veery.config} records.
 *
 * <p>The grammar is that of QEMU 7.2: options begin with one dash or two, their values are comma-separated {@code key=value}
 * lists in which a doubled comma is a comma, a key alone is a flag, and the first key may be implied. An option that
 * exists in QEMU has its meaning here or is refused by name; none is accepted and ignored.
 */
@NullMarked
package dev.veery.cli;

import org.jspecify.annotations.NullMarked;
