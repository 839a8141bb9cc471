package dev.veery.net;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Frames over a stream socket, each behind its length: {@code -netdev stream} and {@code socket}. One peer at a time. */
public final class StreamNet extends ChannelNet {
    private static final int LENGTH = 4;
    private static final long MILLIS = 1000;
    private static final int STAGING = 1 << 18;

    private final @Nullable ServerSocketChannel server;
    private final @Nullable UnixDomainSocketAddress path;

    /** Where to connect again when the peer is gone, or null. */
    private final @Nullable SocketAddress again;

    private final long againMillis;

    /** The peer, or null; changed with the machine lock held. */
    private volatile @Nullable SocketChannel peer;

    /** What is left of a frame that the socket did not take as a whole; guarded by the machine lock. */
    private final ByteBuffer unsent;

    /** Where the length before a frame is put. */
    private final long header;

    private final ByteBuffer input;
    private final long memory;
    private final Gather gather = new Gather();
    private boolean refused;

    private StreamNet(
            String id,
            MachineLock lock,
            @Nullable ServerSocketChannel server,
            @Nullable SocketChannel connected,
            @Nullable SocketAddress again,
            int againSeconds)
            throws IOException {
        super(id, lock);
        this.server = server;
        this.again = again;
        againMillis = MILLIS * againSeconds;
        memory = memory(STAGING + LENGTH + MAX_FRAME + LENGTH);
        input = OffHeap.buffer(memory, STAGING);
        unsent = OffHeap.buffer(memory + STAGING, MAX_FRAME + LENGTH).limit(0);
        header = memory + STAGING + MAX_FRAME + LENGTH;
        path = server != null && server.getLocalAddress() instanceof UnixDomainSocketAddress
                ? (UnixDomainSocketAddress) server.getLocalAddress()
                : null;
        if (server != null) {
            server.configureBlocking(false);
            server.register(selector, SelectionKey.OP_ACCEPT);
        }
        if (connected != null) {
            adopt(connected);
        }
    }

    /**
     * Waits for a peer to connect.
     *
     * @throws ConfigException if the address cannot be listened on
     */
    public static StreamNet listen(String id, SocketAddress address, MachineLock lock) {
        try {
            ServerSocketChannel server = address instanceof UnixDomainSocketAddress
                    ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                    : ServerSocketChannel.open();
            if (address instanceof UnixDomainSocketAddress) {
                // A socket of an earlier run; whoever listened there is gone, or the bind below would be its.
                removeSocket(((UnixDomainSocketAddress) address).getPath());
            }
            server.bind(address, 1);
            return new StreamNet(id, lock, server, null, null, 0);
        } catch (IOException e) {
            throw new ConfigException("netdev '" + id + "': can't listen on " + address + ": " + e.getMessage());
        }
    }

    private static void removeSocket(Path path) throws IOException {
        boolean other = Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther();
        if (other) {
            Files.delete(path);
        }
    }

    /**
     * Connects to a peer that listens.
     *
     * @param againSeconds how long to wait before trying again when there is no peer, or none any more; 0 to give up
     * @throws ConfigException if it does not listen, and is to do so at once
     */
    public static StreamNet connect(String id, SocketAddress address, int againSeconds, MachineLock lock) {
        try {
            if (againSeconds == 0) {
                return new StreamNet(id, lock, null, SocketChannel.open(address), null, 0);
            }
            return new StreamNet(id, lock, null, tryConnect(id, address), address, againSeconds);
        } catch (IOException e) {
            throw new ConfigException("netdev '" + id + "': can't connect to " + address + ": " + e.getMessage());
        }
    }

    private static @Nullable SocketChannel tryConnect(String id, SocketAddress address) {
        try {
            return SocketChannel.open(address);
        } catch (IOException e) {
            LOG.debug("network '{}': {}: {}", id, address, e.toString());
            return null;
        }
    }

    @Override
    long patienceMillis() {
        return again != null && peer == null ? againMillis : 0;
    }

    private void adopt(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        if (channel.getRemoteAddress() instanceof InetSocketAddress) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        channel.register(selector, SelectionKey.OP_READ);
        input.clear();
        unsent.limit(0).position(0);
        peer = channel;
    }

    @Override
    void ready() throws IOException {
        for (SelectionKey key : selector.selectedKeys()) {
            if (!key.isValid()) {
                continue;
            }
            if (key.isAcceptable()) {
                accept();
            } else if (key.isReadable()) {
                read();
            }
            if (key.isValid() && key.isWritable()) {
                locked(this::flush);
            }
        }
        boolean idle = selector.selectedKeys().isEmpty();
        selector.selectedKeys().clear();
        SocketAddress address = again;
        if (idle && address != null && peer == null) {
            SocketChannel channel = tryConnect(id, address);
            if (channel != null) {
                adopt(channel);
            }
        }
    }

    private void accept() throws IOException {
        ServerSocketChannel from = server;
        SocketChannel channel = from == null ? null : from.accept();
        if (channel == null) {
            return;
        }
        if (peer != null) {
            channel.close();
            return;
        }
        adopt(channel);
    }

    private void read() {
        SocketChannel from = peer;
        if (from == null) {
            return;
        }
        try {
            if (from.read(input) < 0) {
                locked(this::drop);
                return;
            }
        } catch (IOException e) {
            LOG.info("network '{}': {}", id, e.toString());
            locked(this::drop);
            return;
        }
        input.flip();
        while (input.remaining() >= LENGTH) {
            int length = input.getInt(input.position());
            if (length <= 0 || length > MAX_FRAME) {
                LOG.warn("network '{}': the peer announces a frame of {} bytes", id, length);
                locked(this::drop);
                return;
            }
            if (input.remaining() < LENGTH + length) {
                break;
            }
            deliver(memory + input.position() + LENGTH, length);
            input.position(input.position() + LENGTH + length);
        }
        input.compact();
    }

    /** The peer is gone; another may come. Frames are dropped until then. */
    private void drop() {
        SocketChannel gone = peer;
        peer = null;
        unsent.limit(0).position(0);
        if (gone != null) {
            closeQuietly(gone);
        }
        tellSendable();
    }

    private void tellSendable() {
        if (refused) {
            refused = false;
            sendable();
        }
    }

    private void flush() {
        SocketChannel to = peer;
        if (to == null) {
            return;
        }
        try {
            to.write(unsent);
            if (!unsent.hasRemaining()) {
                interest(to, SelectionKey.OP_READ);
                tellSendable();
            }
        } catch (IOException e) {
            LOG.info("network '{}': {}", id, e.toString());
            drop();
        }
    }

    private void interest(SocketChannel channel, int operations) {
        SelectionKey key = channel.keyFor(selector);
        if (key != null && key.isValid()) {
            key.interestOps(operations);
        }
    }

    @Override
    public boolean send(FramePieces frame) {
        SocketChannel to = peer;
        if (to == null) {
            return true;
        }
        if (unsent.hasRemaining()) {
            refused = true;
            return false;
        }
        OffHeap.putInt(header, Integer.reverseBytes(frame.length()));
        gather.clear();
        gather.add(header, LENGTH);
        gather.add(frame, MAX_FRAME);
        try {
            to.write(gather.buffers(), 0, gather.count());
            if (gather.hasRemaining()) {
                unsent.clear();
                for (int i = 0; i < gather.count(); i++) {
                    unsent.put(gather.buffers()[i]);
                }
                unsent.flip();
                interest(to, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                selector.wakeup();
            }
        } catch (IOException e) {
            LOG.info("network '{}': {}", id, e.toString());
            drop();
        }
        return true;
    }

    @Override
    void closeChannels() {
        SocketChannel last = peer;
        peer = null;
        if (last != null) {
            closeQuietly(last);
        }
        if (server != null) {
            closeQuietly(server);
        }
        OffHeap.free(memory);
        if (path != null) {
            try {
                Files.deleteIfExists(path.getPath());
            } catch (IOException e) {
                LOG.info("network '{}': {}", id, e.toString());
            }
        }
    }

    private void closeQuietly(java.io.Closeable what) {
        try {
            what.close();
        } catch (IOException e) {
            LOG.info("network '{}': {}", id, e.toString());
        }
    }
}
