package dev.veery.bench;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The other end of the guest's network: a Unix socket that speaks the form of {@code -netdev stream} (each frame behind its length
 * in 32 bits, big-endian), with a {@link PeerHost} behind it. Serves one emulator on a thread of its own.
 */
final class FramePeer implements AutoCloseable {
    private static final int BUFFER = 1 << 19;
    private static final int LONGEST = 1 << 17;
    private static final long TICK_MILLISECONDS = 100;

    private final Path path;
    private final ServerSocketChannel server;
    private final Thread thread;

    /** Listens. */
    FramePeer(Path path) throws IOException {
        this.path = path;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        thread = new Thread(this::serve, "bench-peer");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve() {
        try (SocketChannel channel = server.accept();
                Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            exchange(channel, selector, channel.register(selector, SelectionKey.OP_READ));
        } catch (ClosedChannelException e) {
            // The emulator never came.
            return;
        } catch (IOException e) {
            // The emulator went away in the middle of a frame, and says itself why.
            return;
        }
    }

    private static void exchange(SocketChannel channel, Selector selector, SelectionKey key) throws IOException {
        ByteBuffer in = ByteBuffer.allocateDirect(BUFFER);
        ByteBuffer out = ByteBuffer.allocateDirect(BUFFER);
        PeerHost host = new PeerHost(out);
        while (true) {
            key.interestOps(out.position() == 0 ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            selector.select(TICK_MILLISECONDS);
            selector.selectedKeys().clear();
            if (channel.read(in) < 0) {
                return;
            }
            in.flip();
            takeAll(in, host);
            in.compact();
            host.work();
            out.flip();
            channel.write(out);
            out.compact();
        }
    }

    private static void takeAll(ByteBuffer in, PeerHost host) throws IOException {
        while (in.remaining() >= Integer.BYTES) {
            int length = in.getInt(in.position());
            if (length < 0 || length > LONGEST) {
                throw new IOException("a frame of " + length + " bytes");
            }
            if (in.remaining() < Integer.BYTES + length) {
                return;
            }
            host.take(in, in.position() + Integer.BYTES, length);
            in.position(in.position() + Integer.BYTES + length);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            thread.join();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new ConfigException("bench: cannot remove '" + path + "': " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
