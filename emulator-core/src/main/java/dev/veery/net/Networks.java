package dev.veery.net;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/** The networks that the user defined, each for one device. */
public final class Networks implements NetSource, AutoCloseable {
    private final MachineLock lock;
    private final HostOpener host;
    private final Map<String, NetBackend> free = new HashMap<>();
    /** How many queues each ever defined has. */
    private final Map<String, Integer> queues = new HashMap<>();

    private final LongSupplier epochNanos;

    /** Opens what Java cannot: interfaces of the host, sockets without channels. */
    @FunctionalInterface
    public interface HostOpener {
        /** Where that is impossible. */
        HostOpener NONE = (spec, lock) -> {
            throw new ConfigException("netdev '" + spec.id() + "': it needs the native layer, which is not available");
        };

        /**
         * Opens one.
         *
         * @throws ConfigException if the host does not allow it
         */
        NetBackend open(NetSpec spec, MachineLock lock);
    }

    /**
     * None yet.
     *
     * @param epochNanos the time of day for captures, nanoseconds since 1970
     */
    public Networks(MachineLock lock, HostOpener host, LongSupplier epochNanos) {
        this.lock = lock;
        this.host = host;
        this.epochNanos = epochNanos;
    }

    /**
     * Opens a network.
     *
     * @throws ConfigException if the id is taken, or the host does not allow it
     */
    public void define(NetSpec spec) {
        if (queues.putIfAbsent(spec.id(), spec.queues()) != null) {
            throw new ConfigException("Duplicate ID '" + spec.id() + "' for netdev");
        }
        free.put(spec.id(), open(spec));
    }

    /**
     * Captures a network that no device has taken yet.
     *
     * @throws ConfigException if there is none of that name, or the file cannot be written
     */
    public void define(NetDump dump) {
        NetBackend net = free.get(dump.netdev());
        if (net == null) {
            throw new ConfigException("filter-dump '" + dump.id() + "': netdev '" + dump.netdev() + "' not found");
        }
        free.put(dump.netdev(), new DumpNet(net, PcapFile.create(dump, epochNanos)));
    }

    private NetBackend open(NetSpec spec) {
        if (spec.needsHost()) {
            return host.open(spec, lock);
        }
        switch (spec.kind()) {
            case STREAM:
                return spec.local() != null
                        ? StreamNet.listen(spec.id(), spec.local(), lock)
                        : StreamNet.connect(
                                spec.id(), Objects.requireNonNull(spec.remote()), spec.reconnectSeconds(), lock);
            case DATAGRAM:
                return DatagramNet.open(
                        spec.id(),
                        (InetSocketAddress) spec.local(),
                        (InetSocketAddress) Objects.requireNonNull(spec.remote()),
                        lock);
            default:
                return new NullNet();
        }
    }

    @Override
    public int queues(String id) {
        return queues.getOrDefault(id, 1);
    }

    @Override
    public NetBackend connect(String id) {
        NetBackend found = free.remove(id);
        if (found == null) {
            throw new ConfigException(
                    queues.containsKey(id)
                            ? "netdev '" + id + "' is already in use by another device"
                            : "netdev '" + id + "' not found");
        }
        return found;
    }

    /** Closes the networks that no device has taken. */
    @Override
    public void close() {
        free.values().forEach(NetBackend::close);
        free.clear();
    }
}
