/**
 * Standard input and output and pseudo-terminals as {@link dev.veery.chardev.ByteStream}: termios(3), pty(7). Raw mode is
 * what QEMU sets, and is undone on every exit but SIGKILL.
 */
@NullMarked
package dev.veery.linux.tty;

import org.jspecify.annotations.NullMarked;
