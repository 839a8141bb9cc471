package dev.veery.linux.net;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Sockets;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SocketCalls;
import dev.veery.linux.sys.SysException;
import dev.veery.net.NetBackend;
import dev.veery.net.NetSpec;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Opens the networks that Java cannot: tap interfaces, datagrams between paths, descriptors of sockets. */
public final class HostNets {
    private HostNets() {}

    /**
     * Opens one.
     *
     * @throws ConfigException if the host does not allow it
     */
    public static NetBackend open(NetSpec spec, MachineLock lock) {
        if (spec.kind() == NetSpec.Kind.TAP) {
            return TapNet.open(spec, lock);
        }
        try {
            return spec.fds().isEmpty() ? betweenPaths(spec, lock) : given(spec, lock);
        } catch (SysException | IOException e) {
            throw new ConfigException("netdev '" + spec.id() + "': " + e.getMessage());
        }
    }

    private static NetBackend betweenPaths(NetSpec spec, MachineLock lock) throws IOException {
        Path own = path(spec.local());
        // A socket of an earlier run; whoever received there does so no more, as with QEMU.
        if (Files.exists(own, LinkOption.NOFOLLOW_LINKS)
                && Files.readAttributes(own, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther()) {
            Files.delete(own);
        }
        long remote = SocketCalls.unixAddress(path(spec.remote()).toString());
        return new DatagramSocketNet(spec.id(), SocketCalls.unixDatagram(own.toString()), remote, lock);
    }

    private static Path path(@Nullable SocketAddress address) {
        return ((UnixDomainSocketAddress) Objects.requireNonNull(address)).getPath();
    }

    private static NetBackend given(NetSpec spec, MachineLock lock) {
        Fd socket = Fd.inherited(spec.fds().get(0));
        int type = SocketCalls.option(socket, Sockets.SO_TYPE);
        boolean stream = type == Sockets.SOCK_STREAM;
        boolean wanted = spec.kind() == NetSpec.Kind.DESCRIPTOR
                ? stream || type == Sockets.SOCK_DGRAM
                : stream == (spec.kind() == NetSpec.Kind.STREAM);
        if (!wanted) {
            throw new ConfigException(
                    "netdev '" + spec.id() + "': " + socket.name() + " is not a socket of that kind; give another");
        }
        if (SocketCalls.option(socket, Sockets.SO_ACCEPTCONN) != 0) {
            throw new ConfigException("netdev '" + spec.id() + "': " + socket.name()
                    + " waits for connections; give a connected one, or addr.type=unix or inet with server=on");
        }
        socket.fcntl(Fcntl.F_SETFL, socket.fcntl(Fcntl.F_GETFL, 0) | Fcntl.O_NONBLOCK);
        return stream
                ? new StreamSocketNet(spec.id(), socket, lock)
                : new DatagramSocketNet(spec.id(), socket, 0, lock);
    }
}
