package dev.veery.chardev;

import dev.veery.base.ConfigException;
import dev.veery.chardev.ChardevSpec.Kind;
import java.util.regex.Pattern;

/** Reads the options that name a character back end, spelled as for QEMU. */
public final class ChardevParser {
    private static final Pattern ID = Pattern.compile("[A-Za-z][A-Za-z0-9._-]*");
    private static final String SERIAL_HELP =
            "use stdio, mon:stdio, file:PATH, unix:PATH, tcp:HOST:PORT, pty, null, none or chardev:ID";

    private ChardevParser() {}

    /**
     * Reads the value of {@code -serial} and the options like it.
     *
     * @param option the option's name, for messages
     * @param value such as {@code mon:stdio} or {@code unix:/tmp/s,server=on,wait=off}
     * @param id the id of the new back end, such as {@code serial0}
     * @throws ConfigException a usage error that names the option
     */
    public static ChardevSpec legacy(String option, String value, String id) {
        String whole = option + " " + value;
        if (value.startsWith("chardev:")) {
            return ChardevSpec.plain(Kind.REFERENCE, checkId(whole, value.substring("chardev:".length())), false);
        }
        boolean mux = value.startsWith("mon:");
        String name = mux ? value.substring("mon:".length()) : value;
        switch (name) {
            case "none":
                return ChardevSpec.plain(Kind.NONE, id, false);
            case "null":
                return ChardevSpec.plain(Kind.NULL, id, mux);
            case "pty":
                return ChardevSpec.plain(Kind.PTY, id, mux);
            case "stdio":
                // With mon: Ctrl-C goes to the guest, and Ctrl-A x ends the program.
                return ChardevSpec.stdio(id, mux, !mux);
            default:
                break;
        }
        if (name.startsWith("file:")) {
            String path = name.substring("file:".length());
            if (path.isEmpty()) {
                throw ConfigException.usage(whole + ": the path is missing; write file:PATH");
            }
            return ChardevSpec.file(id, path, false, mux);
        }
        if (name.startsWith("unix:")) {
            KeyValues keys = new KeyValues(whole, name.substring("unix:".length()), "path");
            return finishSocket(keys, id, mux);
        }
        if (name.startsWith("tcp:")) {
            KeyValues keys = new KeyValues(whole, name.substring("tcp:".length()), "address");
            return finishTcp(keys, keys.require("address"), id, mux);
        }
        throw ConfigException.usage(whole + ": unknown back end; " + SERIAL_HELP);
    }

    /**
     * Reads the value of {@code -chardev}.
     *
     * @param value such as {@code socket,id=s0,path=/tmp/s,server=on,wait=off}
     * @throws ConfigException a usage error that names the option
     */
    public static ChardevSpec chardev(String value) {
        String whole = "-chardev " + value;
        KeyValues keys = new KeyValues(whole, value, "backend");
        String backend = keys.require("backend");
        String id = checkId(whole, keys.require("id"));
        boolean mux = keys.takeFlag("mux", false);
        ChardevSpec spec = switch (backend) {
            case "null" -> ChardevSpec.plain(Kind.NULL, id, mux);
            case "pty" -> ChardevSpec.plain(Kind.PTY, id, mux);
            case "stdio" -> ChardevSpec.stdio(id, mux, keys.takeFlag("signal", true));
            case "file" -> ChardevSpec.file(id, keys.require("path"), keys.takeFlag("append", false), mux);
            case "socket" -> finishSocket(keys, id, mux);
            default -> throw keys.error("unknown back end; use stdio, file, socket, pty or null");
        };
        keys.finish();
        return spec;
    }

    private static ChardevSpec finishSocket(KeyValues keys, String id, boolean mux) {
        String path = keys.take("path");
        if (path.isEmpty()) {
            String port = keys.take("port");
            if (port.isEmpty()) {
                throw keys.error("the address is missing; give a path, or host and port");
            }
            return finishTcp(keys, keys.take("host"), port, id, mux);
        }
        boolean server = keys.takeFlag("server", false);
        boolean wait = keys.takeFlag("wait", server);
        keys.finish();
        return ChardevSpec.unix(id, path, server, wait, mux);
    }

    private static ChardevSpec finishTcp(KeyValues keys, String address, String id, boolean mux) {
        int colon = address.lastIndexOf(':');
        if (colon < 0) {
            throw keys.error("'" + address + "' has no port; write tcp:HOST:PORT");
        }
        return finishTcp(keys, address.substring(0, colon), address.substring(colon + 1), id, mux);
    }

    private static ChardevSpec finishTcp(KeyValues keys, String host, String port, String id, boolean mux) {
        boolean server = keys.takeFlag("server", false);
        boolean wait = keys.takeFlag("wait", server);
        boolean noDelay = keys.takeFlag("nodelay", !keys.takeFlag("delay", true));
        keys.finish();
        boolean bracketed = host.startsWith("[") && host.endsWith("]") && host.length() > 1;
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        return ChardevSpec.tcp(id, bare, portNumber(keys, port), server, wait, noDelay, mux);
    }

    private static int portNumber(KeyValues keys, String port) {
        int number = -1;
        if (port.length() <= 5 && !port.isEmpty() && port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            number = Integer.parseInt(port);
        }
        if (number < 0 || number > 0xffff) {
            throw keys.error("'" + port + "' is not a port number, 0 to 65535");
        }
        return number;
    }

    private static String checkId(String whole, String id) {
        if (!ID.matcher(id).matches()) {
            throw ConfigException.usage(
                    whole + ": '" + id + "' is not an id; use letters, digits, '-', '.' and '_', a letter first");
        }
        return id;
    }
}
