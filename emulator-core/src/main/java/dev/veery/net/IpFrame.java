package dev.veery.net;

import dev.veery.memory.access.OffHeap;

/** What the first bytes of an Ethernet frame in host memory say about the packet in it. Reused by its owner. */
public final class IpFrame {
    /** Least bytes of a frame's header. */
    public static final int ETHERNET_HEADER = 14;

    /** {@link #protocol} of TCP. */
    public static final int TCP = 6;

    /** {@link #protocol} of UDP. */
    public static final int UDP = 17;

    static final int IPV4_HEADER = 20;
    static final int IPV6_HEADER = 40;
    static final int IPV4_LENGTH = 2;
    static final int IPV4_ID = 4;
    static final int IPV4_CHECKSUM = 10;
    static final int IPV4_SOURCE = 12;
    static final int IPV4_ADDRESSES = 8;
    static final int IPV6_LENGTH = 4;
    static final int IPV6_SOURCE = 8;
    static final int IPV6_ADDRESSES = 32;
    static final int TCP_SEQUENCE = 4;
    static final int TCP_OFFSET = 12;
    static final int TCP_FLAGS = 13;
    static final int TCP_CHECKSUM = 16;
    static final int TCP_HEADER = 20;
    static final int UDP_CHECKSUM = 6;
    static final int UDP_HEADER = 8;
    private static final int PORTS = 4;

    private static final int TYPE = 12;
    private static final int TYPE_VLAN = 0x8100;
    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_IPV6 = 0x86dd;
    private static final int VLAN_TAG = 4;
    private static final int IPV4_FRAGMENT = 6;
    private static final int FRAGMENTED = 0x3fff;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV6_PROTOCOL = 6;

    private long frame;
    private int version;
    private int network;
    private int transport;
    private int end;
    private int protocol;

    /**
     * Looks at a frame. Afterwards the other methods tell of it.
     *
     * @param host address of its {@code length} bytes
     */
    public void parse(long host, int length) {
        parse(host, length, length);
    }

    private void parse(long host, int length, int here) {
        frame = host;
        version = 0;
        protocol = 0;
        network = ETHERNET_HEADER;
        if (here < ETHERNET_HEADER) {
            return;
        }
        int type = word(host + TYPE);
        if (type == TYPE_VLAN && here >= ETHERNET_HEADER + VLAN_TAG) {
            type = word(host + TYPE + VLAN_TAG);
            network += VLAN_TAG;
        }
        if (type == TYPE_IPV4 && here >= network + IPV4_HEADER) {
            parse4(length);
        } else if (type == TYPE_IPV6 && here >= network + IPV6_HEADER) {
            parse6(length);
        }
    }

    /**
     * As {@link #parse}, when only the first bytes of a frame are at hand: afterwards {@link #version}, {@link #protocol} and
     * {@link #flow} tell of it, nothing else.
     *
     * @param here bytes at {@code host}, which must hold the ports
     * @param length of the whole frame
     */
    public void parseFlow(long host, int here, int length) {
        parse(host, length, here);
        if (protocol != 0 && transport + PORTS > here) {
            protocol = 0;
        }
    }

    /** A number for the two ends of a connection, the same in both directions; 0 if {@link #protocol} is. */
    public int flow() {
        if (protocol == 0) {
            return 0;
        }
        long ip = frame + network;
        int addresses = version == 4
                ? InternetChecksum.sum(ip + IPV4_SOURCE, IPV4_ADDRESSES)
                : InternetChecksum.sum(ip + IPV6_SOURCE, IPV6_ADDRESSES);
        return addresses * 31 + word(frame + transport) + word(frame + transport + 2);
    }

    private void parse4(int length) {
        long ip = frame + network;
        int header = (OffHeap.getByte(ip) & 0xf) * 4;
        int whole = word(ip + IPV4_LENGTH);
        if ((OffHeap.getByte(ip) & 0xf0) != 0x40
                || header < IPV4_HEADER
                || whole < header
                || network + whole > length) {
            return;
        }
        version = 4;
        transport = network + header;
        end = network + whole;
        setProtocol((word(ip + IPV4_FRAGMENT) & FRAGMENTED) != 0 ? 0 : OffHeap.getByte(ip + IPV4_PROTOCOL) & 0xff);
    }

    private void parse6(int length) {
        long ip = frame + network;
        int payload = word(ip + IPV6_LENGTH);
        if ((OffHeap.getByte(ip) & 0xf0) != 0x60 || network + IPV6_HEADER + payload > length) {
            return;
        }
        version = 6;
        transport = network + IPV6_HEADER;
        end = transport + payload;
        setProtocol(OffHeap.getByte(ip + IPV6_PROTOCOL) & 0xff);
    }

    private void setProtocol(int value) {
        int least = value == TCP ? TCP_HEADER : value == UDP ? UDP_HEADER : Integer.MAX_VALUE;
        protocol = end - transport >= least ? value : 0;
    }

    /** Where the IP header of the Ethernet frame at {@code host}, at least 14 bytes, begins. */
    static int networkOffset(long host) {
        return word(host + TYPE) == TYPE_VLAN ? ETHERNET_HEADER + VLAN_TAG : ETHERNET_HEADER;
    }

    private static int word(long at) {
        return Short.toUnsignedInt(Short.reverseBytes(OffHeap.getShort(at)));
    }

    /** 4, 6, or 0 if it is neither. */
    public int version() {
        return version;
    }

    /** {@link #TCP}, {@link #UDP}, or 0 for anything else, fragments included. */
    public int protocol() {
        return protocol;
    }

    /** Whether the checksum of the IPv4 header is right. */
    public boolean headerIntact() {
        return InternetChecksum.sum(frame + network, transport - network) == 0xffff;
    }

    /** Whether there is a checksum of TCP or UDP, which UDP may lack. */
    public boolean hasChecksum() {
        return protocol == TCP || protocol == UDP && OffHeap.getShort(frame + transport + UDP_CHECKSUM) != 0;
    }

    /** Whether the checksum of TCP or UDP is right; UDP without one counts as wrong, as nothing is known then. */
    public boolean transportIntact() {
        if (!hasChecksum()) {
            return false;
        }
        int sum = InternetChecksum.sum(frame + transport, end - transport);
        return InternetChecksum.add(sum, pseudoHeader(frame + network, version, protocol, end - transport)) == 0xffff;
    }

    /** The sum of what TCP and UDP add to their own bytes: addresses, protocol and length. */
    static int pseudoHeader(long ip, int version, int protocol, int length) {
        int addresses = version == 4
                ? InternetChecksum.sum(ip + IPV4_SOURCE, IPV4_ADDRESSES)
                : InternetChecksum.sum(ip + IPV6_SOURCE, IPV6_ADDRESSES);
        int rest = InternetChecksum.add(InternetChecksum.number(protocol), InternetChecksum.number(length));
        return InternetChecksum.add(InternetChecksum.add(addresses, rest), InternetChecksum.number(length >>> 16));
    }
}
