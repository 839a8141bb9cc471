package dev.veery.net;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/** One frame a UDP datagram: {@code -netdev dgram} and {@code socket,udp=}. Only the remote side is listened to. */
public final class DatagramNet extends ChannelNet {
    private final DatagramChannel channel;
    private final long memory;
    private final ByteBuffer input;
    private final Gather gather = new Gather();

    private DatagramNet(String id, DatagramChannel channel, MachineLock lock) throws IOException {
        super(id, lock);
        this.channel = channel;
        memory = memory(MAX_FRAME);
        input = OffHeap.buffer(memory, MAX_FRAME);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
    }

    /**
     * Opens it.
     *
     * @param local where to receive, or null for any port
     * @throws ConfigException if the host does not allow it
     */
    public static DatagramNet open(
            String id, @Nullable InetSocketAddress local, InetSocketAddress remote, MachineLock lock) {
        try {
            DatagramChannel channel = DatagramChannel.open();
            channel.bind(local);
            channel.connect(remote);
            return new DatagramNet(id, channel, lock);
        } catch (IOException e) {
            throw new ConfigException(
                    "netdev '" + id + "': can't use " + local + " and " + remote + ": " + e.getMessage());
        }
    }

    @Override
    void ready() throws IOException {
        selector.selectedKeys().clear();
        while (true) {
            input.clear();
            int length;
            try {
                length = channel.read(input);
            } catch (java.net.PortUnreachableException e) {
                // Nobody is there yet; UDP does not mind.
                continue;
            }
            if (length < 0 || input.position() == 0) {
                return;
            }
            deliver(memory, length);
        }
    }

    @Override
    public boolean send(FramePieces frame) {
        if (released()) {
            return true;
        }
        try {
            // What the socket does not take at once is lost, as on any Ethernet.
            gather.clear();
            gather.add(frame, MAX_FRAME);
            channel.write(gather.buffers(), 0, gather.count());
        } catch (IOException e) {
            LOG.debug("network '{}': {}", id, e.toString());
        }
        return true;
    }

    @Override
    void closeChannels() {
        OffHeap.free(memory);
        try {
            channel.close();
        } catch (IOException e) {
            LOG.info("network '{}': {}", id, e.toString());
        }
    }
}
