package dev.veery.chardev;

import java.util.function.Consumer;

/** The streams that need the host's own calls; the Linux layer provides them. */
public interface HostStreams {
    /**
     * Takes over standard input and output until the stream is closed. A terminal is put into raw mode.
     *
     * @param signals whether Ctrl-C and the like stay signals to the program
     * @throws dev.veery.base.ConfigException if the host refuses
     */
    ByteStream stdio(boolean signals);

    /**
     * Makes a pseudo-terminal.
     *
     * @param path told the name of the side to be opened by others
     * @throws dev.veery.base.ConfigException if the host refuses
     */
    ByteStream pty(Consumer<String> path);
}
