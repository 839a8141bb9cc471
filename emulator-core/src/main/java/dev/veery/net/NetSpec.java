package dev.veery.net;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A network as the user describes it; immutable.
 *
 * @param id what devices call it
 * @param kind how it is made
 * @param local where to listen or receive, or null
 * @param remote where to connect or send to, or null
 * @param name of a tap interface; empty for a new one
 * @param fd number of an open descriptor of a tap interface, or -1
 */
public record NetSpec(
        String id,
        Kind kind,
        @Nullable SocketAddress local,
        @Nullable SocketAddress remote,
        String name,
        int fd) {
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
