/**
 * What the user asked for, as immutable records: the result of reading the command line and the only thing a machine is built
 * from. Every value is checked for its own range here; whether the parts fit together is the board's to say.
 *
 * <p>Names, defaults and meanings are those of QEMU 7.2's options.
 */
@NullMarked
package dev.veery.config;

import org.jspecify.annotations.NullMarked;
