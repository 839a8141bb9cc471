package dev.veery.net;

import java.net.SocketAddress;
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
 * @param fds numbers of open descriptors of a tap interface, one a queue; or none
 * @param queues how many, 1 to {@link #MAX_QUEUES}
 */
public record NetSpec(
        String id,
        Kind kind,
        @Nullable SocketAddress local,
        @Nullable SocketAddress remote,
        String name,
        List<Integer> fds,
        int queues) {
    /** As many as there may be processors. */
    public static final int MAX_QUEUES = 64;

    /** With one queue, not from descriptors. */
    public NetSpec(String id, Kind kind, @Nullable SocketAddress local, @Nullable SocketAddress remote) {
        this(id, kind, local, remote, "", List.of(), 1);
    }

    /** The same with several queues. */
    public NetSpec withQueues(int count) {
        return new NetSpec(id, kind, local, remote, name, fds, count);
    }

    /** How a network is made. */
    public enum Kind {
        /** Nothing arrives. */
        NULL,
        /** A stream socket: listens if there is a local address. */
        STREAM,
        /** UDP. */
        DATAGRAM,
        /** An interface of the host. */
        TAP
    }
}
