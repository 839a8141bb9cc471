package dev.veery.cli;

import dev.veery.model.DeviceDescriptor;
import dev.veery.net.NetDump;
import dev.veery.net.NetSpec;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code -netdev}, {@code -nic} and {@code -object filter-dump}, from left to right. */
final class NetParser {
    private static final int MAX_PORT = 65535;
    private static final int DEFAULT_CAPTURE = 65536;
    private static final String DEFAULT_MODEL = "e1000e";

    private final List<NetSpec> nets = new ArrayList<>();
    private final List<NetDump> dumps = new ArrayList<>();
    private int nics;

    List<NetSpec> nets() {
        return nets;
    }

    List<NetDump> dumps() {
        return dumps;
    }

    private static OptionText text(String option, String value, String impliedKey) {
        return value.startsWith("{")
                ? new OptionText(option + " " + value, Json.object(option + " " + value, value))
                : new OptionText(option, value, impliedKey);
    }

    /** Reads {@code -netdev}, JSON or {@code TYPE,key=value}. */
    void netdev(String value) {
        OptionText text = text("-netdev", value, "type");
        String type = text.require("type");
        nets.add(spec(text, type, text.require("id")));
        text.finish();
    }

    /**
     * Reads {@code -nic}.
     *
     * @return the card that it asks for
     */
    List<DeviceDescriptor> nic(String value) {
        OptionText text = text("-nic", value, "type");
        String type = text.require("type");
        if (type.equals("none")) {
            text.finish();
            return List.of();
        }
        String model = text.take("model");
        String mac = text.take("mac");
        String given = text.take("id");
        String id = given == null ? "nic" + nics : given;
        nics++;
        nets.add(spec(text, type, id));
        text.finish();
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("netdev", id);
        if (mac != null) {
            properties.put("mac", mac);
        }
        String driver = model == null ? DEFAULT_MODEL : model.equals("virtio") ? "virtio-net-pci" : model;
        return List.of(DeviceDescriptor.of(driver, properties, "-nic " + value));
    }

    /** Reads {@code -object filter-dump}. */
    void dump(OptionText text) {
        String id = text.require("id");
        String netdev = text.require("netdev");
        String queue = text.take("queue");
        if (queue != null && !queue.equals("all")) {
            throw text.error("'queue' can only be all");
        }
        String file = text.require("file");
        dumps.add(new NetDump(id, netdev, file, text.takeCount("maxlen", DEFAULT_CAPTURE)));
        text.finish();
    }

    /** Those that are no taps take {@code queues} as well: one cable for all queues, steered by the card. */
    private static NetSpec spec(OptionText text, String type, String id) {
        if (type.equals("tap")) {
            return tap(text, id);
        }
        NetSpec one = single(text, type, id);
        return one.withQueues(queueCount(text, text.take("queues")));
    }

    private static NetSpec single(OptionText text, String type, String id) {
        switch (type) {
            case "stream":
                return stream(text, id);
            case "dgram":
                return datagrams(text, id);
            case "socket":
                return socket(text, id);
            case "null":
                return new NetSpec(id, NetSpec.Kind.NULL, null, null);
            case "user":
                throw text.error("type 'user' is not available in this version; run 'passt' and use stream,server=off,"
                        + "addr.type=unix,addr.path=SOCKET with the socket that it names");
            default:
                throw text.error(
                        "type '" + type + "' is not available in this version; use stream, dgram, socket, tap or null");
        }
    }

    /** {@code dgram}: both ends of one kind, or a descriptor as the local one. */
    private static NetSpec datagrams(OptionText text, String id) {
        Integer fd = given(text, "local");
        if (fd != null) {
            return NetSpec.given(id, NetSpec.Kind.DATAGRAM, fd);
        }
        SocketAddress local = address(text, "local");
        SocketAddress remote = needed(text, "remote");
        boolean paths = remote instanceof UnixDomainSocketAddress;
        if (paths && local == null) {
            throw text.error("'local.type' is missing; add local.type=unix with the path to receive at");
        }
        if (local != null && local instanceof UnixDomainSocketAddress != paths) {
            throw text.error("'local.type' and 'remote.type' must be the same");
        }
        return new NetSpec(id, NetSpec.Kind.DATAGRAM, local, remote);
    }

    /** The descriptor that an address of the type {@code fd} names, or null. */
    private static @Nullable Integer given(OptionText text, String prefix) {
        if (!"fd".equals(text.peek(prefix + ".type"))) {
            return null;
        }
        text.take(prefix + ".type");
        return descriptor(text, prefix + ".str", text.require(prefix + ".str"));
    }

    private static NetSpec stream(OptionText text, String id) {
        Integer fd = given(text, "addr");
        if (fd != null) {
            text.takeOff("server");
            return NetSpec.given(id, NetSpec.Kind.STREAM, fd);
        }
        boolean server = text.takeFlag("server", false);
        SocketAddress address = needed(text, "addr");
        String reconnect = text.take("reconnect");
        if (reconnect != null) {
            int seconds = reconnect.matches("[0-9]{1,6}") ? Integer.parseInt(reconnect) : -1;
            if (seconds < 0) {
                throw text.error("'reconnect=" + reconnect + "' is not a number of seconds");
            }
            if (server) {
                throw text.error("'reconnect' goes with server=off only");
            }
            return new NetSpec(id, NetSpec.Kind.STREAM, null, address).withReconnect(seconds);
        }
        return new NetSpec(id, NetSpec.Kind.STREAM, server ? address : null, server ? null : address);
    }

    /** {@code listen=}, {@code connect=} or {@code udp=} with {@code localaddr=}, each {@code [host]:port}. */
    private static NetSpec socket(OptionText text, String id) {
        String listen = text.take("listen");
        String connect = text.take("connect");
        String udp = text.take("udp");
        String local = text.take("localaddr");
        String fd = text.take("fd");
        if (fd != null) {
            if (listen != null || connect != null || udp != null || local != null) {
                throw text.error("'fd' excludes 'listen', 'connect', 'udp' and 'localaddr'");
            }
            return NetSpec.given(id, NetSpec.Kind.DESCRIPTOR, descriptor(text, "fd", fd));
        }
        if ((listen == null ? 0 : 1) + (connect == null ? 0 : 1) + (udp == null ? 0 : 1) != 1) {
            throw text.error("one of 'fd', 'listen', 'connect' and 'udp' is needed");
        }
        if (udp != null) {
            SocketAddress from = local == null ? null : hostPort(text, local);
            return new NetSpec(id, NetSpec.Kind.DATAGRAM, from, hostPort(text, udp));
        }
        if (local != null) {
            throw text.error("'localaddr' goes with 'udp' only");
        }
        return listen != null
                ? new NetSpec(id, NetSpec.Kind.STREAM, hostPort(text, listen), null)
                : new NetSpec(id, NetSpec.Kind.STREAM, null, hostPort(text, String.valueOf(connect)));
    }

    private static NetSpec tap(OptionText text, String id) {
        String name = text.take("ifname");
        String fd = text.take("fd");
        String several = text.take("fds");
        String queues = text.take("queues");
        if (fd != null && several != null) {
            throw text.error("'fd' and 'fds' exclude each other");
        }
        if ((fd != null || several != null) && (name != null || queues != null)) {
            throw text.error("'ifname' and 'queues' exclude '" + (fd != null ? "fd" : "fds") + "'");
        }
        List<Integer> fds = fd != null ? List.of(descriptor(text, "fd", fd)) : descriptors(text, several);
        for (String script : new String[] {"script", "downscript"}) {
            String value = text.take(script);
            if (value != null && !value.equals("no") && !value.isEmpty()) {
                throw text.error("'" + script + "' can only be no: set the interface up beforehand");
            }
        }
        text.takeOff("vhost");
        text.takeOff("vnet_hdr");
        int count = fds.isEmpty() ? queueCount(text, queues) : fds.size();
        return new NetSpec(id, NetSpec.Kind.TAP, null, null, name == null ? "" : name, fds, count);
    }

    private static int queueCount(OptionText text, @Nullable String queues) {
        if (queues == null) {
            return 1;
        }
        int count = queues.matches("[0-9]{1,4}") ? Integer.parseInt(queues) : 0;
        if (count < 1 || count > NetSpec.MAX_QUEUES) {
            throw text.error("'queues=" + queues + "' is not a number from 1 to " + NetSpec.MAX_QUEUES);
        }
        return count;
    }

    private static int descriptor(OptionText text, String key, String fd) {
        if (!fd.matches("[0-9]{1,6}")) {
            throw text.error("'" + key + "=" + fd + "' is not the number of a descriptor");
        }
        return Integer.parseInt(fd);
    }

    private static List<Integer> descriptors(OptionText text, @Nullable String fds) {
        List<Integer> numbers = new ArrayList<>();
        if (fds != null) {
            for (String fd : fds.split(":", -1)) {
                numbers.add(descriptor(text, "fds", fd));
            }
        }
        if (numbers.size() > NetSpec.MAX_QUEUES) {
            throw text.error("'fds' names more than " + NetSpec.MAX_QUEUES + " descriptors");
        }
        return numbers;
    }

    private static SocketAddress needed(OptionText text, String prefix) {
        SocketAddress address = address(text, prefix);
        if (address == null) {
            throw text.error("'" + prefix + ".type' is missing; add " + prefix + ".type=inet, unix or fd");
        }
        return address;
    }

    private static @Nullable SocketAddress address(OptionText text, String prefix) {
        String type = text.take(prefix + ".type");
        if (type == null) {
            return null;
        }
        switch (type) {
            case "inet":
                String host = text.require(prefix + ".host");
                return inetAddress(text, host, text.require(prefix + ".port"));
            case "unix":
                String path = text.require(prefix + ".path");
                try {
                    return UnixDomainSocketAddress.of(path);
                } catch (InvalidPathException e) {
                    throw text.error("'" + path + "' is not a path");
                }
            default:
                throw text.error("'" + prefix + ".type' is inet or unix");
        }
    }

    private static SocketAddress hostPort(OptionText text, String value) {
        int colon = value.lastIndexOf(':');
        if (colon < 0) {
            throw text.error("'" + value + "' is not HOST:PORT");
        }
        String host = value.substring(0, colon);
        return inetAddress(text, host.isEmpty() ? "0.0.0.0" : host, value.substring(colon + 1));
    }

    private static SocketAddress inetAddress(OptionText text, String host, String port) {
        boolean number = port.matches("[0-9]{1,5}") && Integer.parseInt(port) <= MAX_PORT;
        if (!number) {
            throw text.error("'" + port + "' is not a port");
        }
        InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(port));
        if (address.isUnresolved()) {
            throw text.error("address of '" + host + "' is unknown");
        }
        return address;
    }
}
