package dev.veery.chardev;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Closes host channels whose data is written already. */
final class Closing {
    private Closing() {}

    static void close(Closeable channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
