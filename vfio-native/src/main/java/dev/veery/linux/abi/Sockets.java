package dev.veery.linux.abi;

/** {@code sys/socket.h} and {@code sys/un.h}: sockets that Java has no channels for. Names and values are the headers'. */
public final class Sockets {
    public static final int AF_UNIX = 1;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x8_0000;
    public static final int SOL_SOCKET = 1;
    public static final int SO_TYPE = 3;
    public static final int SO_ACCEPTCONN = 30;
    public static final int MSG_NOSIGNAL = 0x4000;
    public static final int MSG_DONTWAIT = 0x40;

    /** {@code struct sockaddr_un}: its size; the family, 16 bits, and the path with a zero behind. */
    @CExpression("sizeof(struct sockaddr_un)")
    public static final int SIZEOF_SOCKADDR_UN = 110;

    @CExpression("offsetof(struct sockaddr_un, sun_path)")
    public static final int SUN_PATH = 2;

    private Sockets() {}
}
