package dev.veery.net;

import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network as the user describes it; immutable.
 *
 * @param id what devices call it
 * @param kind how it is made
 * @param local where to listen or receive, or null
 * @param remote where to connect or send to, or null
 * @param name of a tap interface; empty for a new one
 * @param fds numbers of open descriptors: of a tap interface, one a queue; or of one socket; or none
 * @param queues how many, 1 to {@link #MAX_QUEUES}
 * @param reconnectSeconds after how many seconds a stream tries again to connect; 0 for never
 */
public record NetSpec(
        String id,
        Kind kind,
        @Nullable SocketAddress local,
        @Nullable SocketAddress remote,
        String name,
        List<Integer> fds,
        int queues,
        int reconnectSeconds) {
    /** As many as there may be processors. */
    public static final int MAX_QUEUES = 64;

    /** Without reconnecting. */
    public NetSpec(
            String id,
            Kind kind,
            @Nullable SocketAddress local,
            @Nullable SocketAddress remote,
            String name,
            List<Integer> fds,
            int queues) {
        this(id, kind, local, remote, name, fds, queues, 0);
    }

    /** The same that tries again to connect. */
    public NetSpec withReconnect(int seconds) {
        return new NetSpec(id, kind, local, remote, name, fds, queues, seconds);
    }

    /** With one queue, not from descriptors. */
    public NetSpec(String id, Kind kind, @Nullable SocketAddress local, @Nullable SocketAddress remote) {
        this(id, kind, local, remote, "", List.of(), 1);
    }

    /** A socket of the descriptor {@code fd}. */
    public static NetSpec given(String id, Kind kind, int fd) {
        return new NetSpec(id, kind, null, null, "", List.of(fd), 1);
    }

    /** Whether Java has no way to it, only the host's own interface. */
    boolean needsHost() {
        return kind == Kind.TAP || !fds.isEmpty() || kind == Kind.DATAGRAM && local instanceof UnixDomainSocketAddress;
    }

    /** The same with several queues. */
    public NetSpec withQueues(int count) {
        return new NetSpec(id, kind, local, remote, name, fds, count, reconnectSeconds);
    }

    /** How a network is made. */
    public enum Kind {
        /** Nothing arrives. */
        NULL,
        /** A stream socket: listens if there is a local address. */
        STREAM,
        /** UDP, or datagrams between two paths. */
        DATAGRAM,
        /** A socket that was given, of either kind. */
        DESCRIPTOR,
        /** An interface of the host. */
        TAP
    }
}
