package dev.veery.chardev;

/**
 * What a {@code -serial} or {@code -chardev} option asks for. Members that a kind does not use are empty, 0 or false.
 *
 * @param kind which back end
 * @param id names it in messages and in {@code chardev:ID}; for {@link Kind#REFERENCE} the id referred to
 * @param path file or socket
 * @param append whether a file keeps what it holds
 * @param host address of a TCP socket; empty means every local address for a server, the local host for a client
 * @param port TCP port, 0 to 65535; a server gets a free one for 0
 * @param server whether to listen rather than connect
 * @param waitForClient whether a server waits for its first client before the machine starts
 * @param noDelay whether TCP sends small packets at once
 * @param mux whether several devices may share it, with the Ctrl-A commands
 * @param signal whether Ctrl-C and the like on the terminal are signals to the program rather than input to the guest
 */
public record ChardevSpec(
        Kind kind,
        String id,
        String path,
        boolean append,
        String host,
        int port,
        boolean server,
        boolean waitForClient,
        boolean noDelay,
        boolean mux,
        boolean signal) {

    /** The kinds of back end. */
    public enum Kind {
        /** No serial port at all. */
        NONE,
        /** A port with nothing at the other end. */
        NULL,
        /** The program's standard input and output. */
        STDIO,
        /** Output to a file. */
        FILE,
        /** A Unix domain socket. */
        UNIX,
        /** A TCP socket. */
        TCP,
        /** A new pseudo-terminal. */
        PTY,
        /** A back end that another option defines. */
        REFERENCE
    }

    static ChardevSpec plain(Kind kind, String id, boolean mux) {
        return new ChardevSpec(kind, id, "", false, "", 0, false, false, false, mux, false);
    }

    static ChardevSpec stdio(String id, boolean mux, boolean signal) {
        return new ChardevSpec(Kind.STDIO, id, "", false, "", 0, false, false, false, mux, signal);
    }

    static ChardevSpec file(String id, String path, boolean append, boolean mux) {
        return new ChardevSpec(Kind.FILE, id, path, append, "", 0, false, false, false, mux, false);
    }

    static ChardevSpec unix(String id, String path, boolean server, boolean waitForClient, boolean mux) {
        return new ChardevSpec(Kind.UNIX, id, path, false, "", 0, server, waitForClient, false, mux, false);
    }

    static ChardevSpec tcp(
            String id, String host, int port, boolean server, boolean waitForClient, boolean noDelay, boolean mux) {
        return new ChardevSpec(Kind.TCP, id, "", false, host, port, server, waitForClient, noDelay, mux, false);
    }

    /** The address of a socket as the options spell it. */
    String address() {
        if (kind == Kind.UNIX) {
            return "unix:" + path;
        }
        return "tcp:" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
