package dev.veery.linux.abi;

/** {@code linux/if_tun.h} and {@code linux/if.h}: interfaces of user space. Names and values are the headers'. */
public final class Tun {
    public static final long TUNSETIFF = 0x400454ca;
    public static final int IFF_TAP = 2;
    public static final int IFF_MULTI_QUEUE = 0x100;
    public static final int IFF_NO_PI = 0x1000;

    /** {@code struct ifreq}: its size, the name at its beginning, the flags. */
    @CExpression("sizeof(struct ifreq)")
    public static final int SIZEOF_IFREQ = 40;

    public static final int IFNAMSIZ = 16;

    @CExpression("offsetof(struct ifreq, ifr_flags)")
    public static final int IFREQ_FLAGS = 16;

    private Tun() {}
}
