package dev.veery.runtime;

import dev.veery.base.ConfigException;
import dev.veery.chardev.ByteStream;
import dev.veery.chardev.HostStreams;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.function.Consumer;

/** Standard streams without the host's own calls: a terminal stays in line mode. */
final class PlainStreams implements HostStreams {
    @Override
    public ByteStream stdio(boolean signals) {
        return new Standard(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out));
    }

    @Override
    public ByteStream pty(Consumer<String> path) {
        throw new ConfigException("cannot make a pseudo-terminal: the C library cannot be called; use a socket");
    }

    private static final class Standard implements ByteStream {
        private final FileInputStream in;
        private final FileOutputStream out;
        private volatile boolean closed;

        Standard(FileInputStream in, FileOutputStream out) {
            this.in = in;
            this.out = out;
        }

        @Override
        public int read(byte[] into) throws IOException {
            return closed ? -1 : in.read(into);
        }

        @Override
        public void write(byte[] data, int offset, int length) throws IOException {
            if (!closed) {
                out.write(data, offset, length);
            }
        }

        @Override
        public void close() {
            // A read that is under way ends with the program: the streams are the JVM's and stay open.
            closed = true;
        }
    }
}
