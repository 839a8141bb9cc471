/**
 * Character streams: the host side of serial ports and consoles.
 *
 * <p>A device is a {@link dev.veery.chardev.CharFrontend} and holds a {@link dev.veery.chardev.CharBackend}. All back ends but
 * the null one are a {@link dev.veery.chardev.ByteStream} (file, socket, terminal) behind a
 * {@link dev.veery.chardev.StreamChardev}, which has one thread for each direction. {@link dev.veery.chardev.MuxChardev}
 * adds the Ctrl-A commands. {@link dev.veery.chardev.Chardevs} parses the {@code -serial} and {@code -chardev} options,
 * opens and closes.
 *
 * <p>Modelled after the options of QEMU: stdio, file, unix and tcp sockets, pty, null. Not here: telnet, reconnection of
 * clients, TLS, UDP, ring buffers, spice.
 */
@NullMarked
package dev.veery.chardev;

import org.jspecify.annotations.NullMarked;
