package dev.veery.chardev;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream socket. A server has one client at a time and takes the next when that one leaves; output without a client is
 * dropped. A client that loses its server is at its end.
 */
final class SocketStream implements ByteStream {
    /** {@code sun_path} of unix(7) less its terminating zero. */
    private static final int MAX_UNIX_PATH = 107;

    private final ChardevSpec spec;
    private final @Nullable ServerSocketChannel server;
    private volatile @Nullable SocketChannel peer;
    private volatile boolean closed;

    private SocketStream(ChardevSpec spec, @Nullable ServerSocketChannel server, @Nullable SocketChannel peer) {
        this.spec = spec;
        this.server = server;
        this.peer = peer;
    }

    static SocketStream open(ChardevSpec spec, Consumer<String> notices) {
        SocketAddress address = address(spec);
        return spec.server() ? listen(spec, address, notices) : connect(spec, address);
    }

    private static ConfigException failure(ChardevSpec spec, String verb, String reason) {
        return new ConfigException(
                "chardev '" + spec.id() + "': cannot " + verb + " " + spec.address() + ": " + reason);
    }

    private static SocketAddress address(ChardevSpec spec) {
        String verb = spec.server() ? "listen on" : "connect to";
        if (spec.kind() == ChardevSpec.Kind.UNIX) {
            if (spec.path().getBytes(StandardCharsets.UTF_8).length > MAX_UNIX_PATH) {
                throw failure(spec, verb, "the path is longer than " + MAX_UNIX_PATH + " bytes; use a shorter one");
            }
            return UnixDomainSocketAddress.of(spec.path());
        }
        InetSocketAddress address;
        if (!spec.host().isEmpty()) {
            address = new InetSocketAddress(spec.host(), spec.port());
        } else if (spec.server()) {
            address = new InetSocketAddress(spec.port());
        } else {
            address = new InetSocketAddress("localhost", spec.port());
        }
        if (address.isUnresolved()) {
            throw failure(spec, verb, "host '" + spec.host() + "' is unknown; check its name or use an address");
        }
        return address;
    }

    private static SocketStream connect(ChardevSpec spec, SocketAddress address) {
        try {
            SocketChannel channel = SocketChannel.open(address);
            prepare(spec, channel);
            return new SocketStream(spec, null, channel);
        } catch (ConnectException e) {
            throw failure(spec, "connect to", "nobody listens there; start the server first, or add server=on");
        } catch (IOException e) {
            String reason = spec.kind() == ChardevSpec.Kind.UNIX && !Files.exists(Path.of(spec.path()))
                    ? "no such socket; start the server first, or add server=on"
                    : e.getMessage() + "; check the address";
            throw failure(spec, "connect to", reason);
        }
    }

    private static SocketStream listen(ChardevSpec spec, SocketAddress address, Consumer<String> notices) {
        @Nullable ServerSocketChannel server = null;
        try {
            if (spec.kind() == ChardevSpec.Kind.UNIX) {
                removeStale(spec);
                server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            } else {
                server = ServerSocketChannel.open();
                server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            }
            server.bind(address, 1);
            SocketStream stream = new SocketStream(spec, server, null);
            if (spec.waitForClient()) {
                notices.accept("info: waiting for connection on " + spec.address() + ",server=on");
                stream.accept(server);
            }
            return stream;
        } catch (BindException e) {
            closeQuietly(server);
            throw failure(spec, "listen on", bindReason(spec, e));
        } catch (IOException e) {
            closeQuietly(server);
            throw failure(
                    spec,
                    "listen on",
                    spec.kind() == ChardevSpec.Kind.UNIX
                            ? bindReason(spec, e)
                            : e.getMessage() + "; choose another address");
        }
    }

    private static void closeQuietly(@Nullable ServerSocketChannel server) {
        if (server != null) {
            Closing.close(server);
        }
    }

    private static String bindReason(ChardevSpec spec, IOException e) {
        if (spec.kind() != ChardevSpec.Kind.UNIX) {
            String message = String.valueOf(e.getMessage());
            return message.contains("in use")
                    ? "the port is in use; choose another, or end the program that has it"
                    : message + "; choose another address or port";
        }
        Path parent = Path.of(spec.path()).toAbsolutePath().getParent();
        if (parent != null && !Files.isDirectory(parent)) {
            return "directory '" + parent + "' does not exist; create it first";
        }
        if (parent != null && !Files.isWritable(parent)) {
            return "permission denied; choose a directory you may write to";
        }
        return e.getMessage() + "; choose another path";
    }

    /** A socket that a former run left behind is in the way of the new one; anything else at the path is kept. */
    private static void removeStale(ChardevSpec spec) throws IOException {
        Path path = Path.of(spec.path());
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        boolean socket = Files.readAttributes(path, BasicFileAttributes.class).isOther();
        if (!socket) {
            throw failure(spec, "listen on", "the path exists and is not a socket; remove it or choose another");
        }
        Files.delete(path);
    }

    private static void prepare(ChardevSpec spec, SocketChannel channel) throws IOException {
        if (spec.kind() == ChardevSpec.Kind.TCP) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, spec.noDelay());
        }
    }

    private SocketChannel accept(ServerSocketChannel from) throws IOException {
        SocketChannel channel = from.accept();
        prepare(spec, channel);
        peer = channel;
        return channel;
    }

    /** Where a server listens, which matters when it asked for any port. */
    @Nullable
    SocketAddress localAddress() throws IOException {
        return server == null ? null : server.getLocalAddress();
    }

    @Override
    public int read(byte[] into) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into);
        while (!closed) {
            SocketChannel channel = peer;
            if (channel == null) {
                if (server == null) {
                    return -1;
                }
                channel = accept(server);
            }
            int length = readOrEnd(channel, buffer);
            if (length > 0) {
                return length;
            }
            drop(channel);
        }
        return -1;
    }

    private static int readOrEnd(SocketChannel channel, ByteBuffer buffer) {
        try {
            return channel.read(buffer);
        } catch (IOException e) {
            // Reset by the peer, or closed by the writing side, is the end of this connection and of nothing else.
            return -1;
        }
    }

    @Override
    public void write(byte[] data, int offset, int length) {
        SocketChannel channel = peer;
        if (channel == null) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(data, offset, length);
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            // The peer is gone; the reader notices, too, and makes room for the next.
            drop(channel);
        }
    }

    private synchronized void drop(SocketChannel channel) {
        Closing.close(channel);
        if (peer == channel) {
            peer = null;
        }
    }

    @Override
    public void close() {
        boolean first = !closed;
        closed = true;
        SocketChannel channel = peer;
        if (channel != null) {
            drop(channel);
        }
        if (first && server != null) {
            Closing.close(server);
            if (spec.kind() == ChardevSpec.Kind.UNIX) {
                Path.of(spec.path()).toFile().delete();
            }
        }
    }
}
