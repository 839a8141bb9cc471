package dev.veery.bench;

import dev.veery.time.Stopwatch;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * The host at the other end of the guest's network, 10.0.2.2: so much of ARP, IPv4, UDP and TCP as a measurement needs. It takes
 * and makes whole frames; where they go is the caller's business. The link is expected to lose nothing; what is lost
 * nevertheless is sent again from the first missing byte on.
 */
final class PeerHost {
    /** Takes a stream and drops it. */
    static final int SINK = 5001;

    /** Sends zeros without an end. */
    static final int SOURCE = 5002;

    /** Sends datagrams back. */
    static final int ECHO = 5003;

    /** Counts datagrams; one of a single byte is answered with the count so far, as 64 bits, little-endian. */
    static final int DISCARD = 5004;

    private static final int ADDRESS = 10 << 24 | 2 << 8 | 2;
    private static final long MAC = 0x5255_0a00_0202L;

    private static final int ETHERNET = 14;
    private static final int IP = 20;
    private static final int TCP = 20;
    private static final int UDP = 8;
    private static final int TYPE_IP = 0x0800;
    private static final int TYPE_ARP = 0x0806;
    private static final int PROTOCOL_TCP = 6;
    private static final int PROTOCOL_UDP = 17;
    private static final int MIN_FRAME = 60;
    private static final int MAX_FRAME = 1514;
    private static final int SEGMENT = MAX_FRAME - ETHERNET - IP - TCP;

    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int PUSH = 8;
    private static final int ACK = 16;
    private static final int OPTION_MSS = 2;
    private static final int OPTION_SCALE = 3;
    private static final int OPTIONS = 8;
    private static final int SCALE = 7;
    private static final int MAX_SCALE = 14;

    /** Most bytes of a stream that are under way. */
    private static final int FLIGHT = 1 << 19;

    private static final long PATIENCE_NANOS = 300_000_000;
    private static final int DUPLICATES = 3;

    private final ByteBuffer out;
    private final byte[] zeros = new byte[MAX_FRAME];
    private final Map<Integer, Stream> streams = new HashMap<>();
    private long guest;
    private int guestAddress;
    private long discarded;

    private static final class Stream {
        final int port;
        final int guestPort;
        int received;
        int acknowledged;
        int sent;
        int window;
        int scale;
        int duplicates;
        boolean established;
        boolean owing;
        Stopwatch progress = new Stopwatch();

        Stream(int port, int guestPort) {
            this.port = port;
            this.guestPort = guestPort;
        }
    }

    /**
     * Makes one.
     *
     * @param out takes frames, each behind its length in 32 bits, big-endian; a frame that finds no room is lost
     */
    PeerHost(ByteBuffer out) {
        this.out = out;
    }

    /** Takes a frame. */
    void take(ByteBuffer in, int at, int length) {
        if (length < ETHERNET + IP) {
            return;
        }
        int type = in.getShort(at + 12) & 0xffff;
        if (type == TYPE_ARP) {
            arp(in, at, length);
        } else if (type == TYPE_IP) {
            ip(in, at, length);
        }
    }

    /** After frames were taken, or time has passed: acknowledges what came, and sends what may be sent. */
    void work() {
        for (Stream stream : streams.values()) {
            if (stream.port == SOURCE && stream.established) {
                stream(stream);
            }
            if (stream.owing) {
                segment(stream, ACK, stream.sent, 0);
            }
        }
    }

    private void stream(Stream to) {
        int limit = Math.min(to.window, FLIGHT);
        if (to.sent != to.acknowledged && to.progress.nanos() > PATIENCE_NANOS) {
            again(to);
        }
        while (to.sent - to.acknowledged + SEGMENT <= limit && room()) {
            segment(to, ACK | PUSH, to.sent, SEGMENT);
            to.sent += SEGMENT;
        }
    }

    private static void again(Stream to) {
        to.sent = to.acknowledged;
        to.duplicates = 0;
        to.progress = new Stopwatch();
    }

    private boolean room() {
        return out.remaining() >= MAX_FRAME + Integer.BYTES;
    }

    // ---- what comes in

    /** RFC 826: who has our address? */
    private void arp(ByteBuffer in, int at, int length) {
        int body = at + ETHERNET;
        if (length < ETHERNET + 28 || in.getShort(body + 6) != 1 || in.getInt(body + 24) != ADDRESS || !room()) {
            return;
        }
        long asking = mac(in, body + 8);
        int askingAddress = in.getInt(body + 14);
        int from = begin(MIN_FRAME);
        ethernet(from, asking, TYPE_ARP);
        int to = from + ETHERNET;
        out.putLong(to, 0x0001_0800_0604_0002L);
        putMac(to + 8, MAC);
        out.putInt(to + 14, ADDRESS);
        putMac(to + 18, asking);
        out.putInt(to + 24, askingAddress);
        out.position(from + MIN_FRAME);
    }

    private void ip(ByteBuffer in, int at, int length) {
        int header = (in.get(at + ETHERNET) & 0xf) * 4;
        int total = in.getShort(at + ETHERNET + 2) & 0xffff;
        int protocol = in.get(at + ETHERNET + 9);
        int body = at + ETHERNET + header;
        int bytes = total - header;
        if (header < IP || ETHERNET + total > length || in.getInt(at + ETHERNET + 16) != ADDRESS) {
            return;
        }
        guest = mac(in, at + 6);
        guestAddress = in.getInt(at + ETHERNET + 12);
        if (protocol == PROTOCOL_UDP && bytes >= UDP) {
            udp(in, body, bytes - UDP);
        } else if (protocol == PROTOCOL_TCP && bytes >= TCP) {
            tcp(in, body, bytes);
        }
    }

    private void udp(ByteBuffer in, int at, int bytes) {
        int from = in.getShort(at) & 0xffff;
        int port = in.getShort(at + 2) & 0xffff;
        if (port == ECHO && room()) {
            int to = datagram(port, from, bytes);
            for (int i = 0; i < bytes; i++) {
                out.put(to + i, in.get(at + UDP + i));
            }
        } else if (port == DISCARD && bytes != 1) {
            discarded++;
        } else if (port == DISCARD && room()) {
            out.putLong(datagram(port, from, Long.BYTES), Long.reverseBytes(discarded));
        }
    }

    private void tcp(ByteBuffer in, int at, int bytes) {
        int from = in.getShort(at) & 0xffff;
        int port = in.getShort(at + 2) & 0xffff;
        int sequence = in.getInt(at + 4);
        int flags = in.get(at + 13);
        int header = (in.get(at + 12) >> 4 & 0xf) * 4;
        int payload = bytes - header;
        if ((flags & RST) != 0 || payload < 0 || header < TCP) {
            streams.remove(from);
            return;
        }
        if ((flags & SYN) != 0 && (port == SINK || port == SOURCE)) {
            Stream fresh = new Stream(port, from);
            fresh.received = sequence + 1;
            fresh.scale = scale(in, at + TCP, at + header);
            streams.put(from, fresh);
            segment(fresh, SYN | ACK, 0, 0);
            fresh.sent = 1;
            return;
        }
        Stream stream = streams.get(from);
        if (stream == null || stream.port != port) {
            return;
        }
        acknowledged(stream, in.getInt(at + 8), (in.getShort(at + 14) & 0xffff) << stream.scale, payload);
        if (payload > 0 || (flags & FIN) != 0) {
            stream.owing = true;
            if (sequence == stream.received) {
                stream.received += payload;
                if ((flags & FIN) != 0) {
                    stream.received++;
                    segment(stream, FIN | ACK, stream.sent, 0);
                    streams.remove(from);
                }
            }
        }
    }

    private static void acknowledged(Stream stream, int upTo, int window, int payload) {
        boolean same = window == stream.window;
        stream.window = window;
        stream.established = true;
        if (upTo - stream.acknowledged > 0) {
            stream.acknowledged = upTo;
            if (stream.sent - upTo < 0) {
                // More than what is being sent again has arrived.
                stream.sent = upTo;
            }
            stream.duplicates = 0;
            stream.progress = new Stopwatch();
        } else if (upTo == stream.acknowledged && stream.sent != upTo && same && payload == 0) {
            stream.duplicates++;
            if (stream.duplicates == DUPLICATES) {
                again(stream);
            }
        }
    }

    /** The window scale among a SYN's options (RFC 7323), or 0. */
    private static int scale(ByteBuffer in, int from, int end) {
        int at = from;
        while (at < end) {
            int kind = in.get(at);
            if (kind == 0) {
                break;
            }
            int length = kind == 1 || at + 1 == end ? 1 : Math.max(2, in.get(at + 1) & 0xff);
            if (kind == OPTION_SCALE && at + 2 < end) {
                return Math.min(MAX_SCALE, in.get(at + 2) & 0xff);
            }
            at += length;
        }
        return 0;
    }

    // ---- what goes out

    /** Puts the length; returns where the frame begins. */
    private int begin(int length) {
        out.putInt(length);
        int from = out.position();
        out.put(from, zeros, 0, length);
        return from;
    }

    private void ethernet(int at, long to, int type) {
        putMac(at, to);
        putMac(at + 6, MAC);
        out.putShort(at + 12, (short) type);
    }

    private void ipHeader(int at, int total, int protocol) {
        out.putShort(at, (short) 0x4500);
        out.putShort(at + 2, (short) total);
        out.putShort(at + 6, (short) 0x4000);
        out.put(at + 8, (byte) 64);
        out.put(at + 9, (byte) protocol);
        out.putInt(at + 12, ADDRESS);
        out.putInt(at + 16, guestAddress);
        out.putShort(at + 10, checksum(at, IP, 0));
    }

    /** A datagram without a checksum, which IPv4 permits; returns where its content goes. */
    private int datagram(int from, int to, int bytes) {
        int total = IP + UDP + bytes;
        int at = begin(Math.max(MIN_FRAME, ETHERNET + total));
        ethernet(at, guest, TYPE_IP);
        ipHeader(at + ETHERNET, total, PROTOCOL_UDP);
        int udp = at + ETHERNET + IP;
        out.putShort(udp, (short) from);
        out.putShort(udp + 2, (short) to);
        out.putShort(udp + 4, (short) (UDP + bytes));
        out.position(at + Math.max(MIN_FRAME, ETHERNET + total));
        return udp + UDP;
    }

    /** A segment, of zeros if of anything, which makes its checksum that of the headers. */
    private void segment(Stream stream, int flags, int sequence, int bytes) {
        if (!room()) {
            return;
        }
        stream.owing = false;
        boolean first = (flags & SYN) != 0;
        int header = TCP + (first ? OPTIONS : 0);
        int length = Math.max(MIN_FRAME, ETHERNET + IP + header + bytes);
        int at = begin(length);
        ethernet(at, guest, TYPE_IP);
        ipHeader(at + ETHERNET, IP + header + bytes, PROTOCOL_TCP);
        int tcp = at + ETHERNET + IP;
        out.putShort(tcp, (short) stream.port);
        out.putShort(tcp + 2, (short) stream.guestPort);
        out.putInt(tcp + 4, sequence);
        out.putInt(tcp + 8, stream.received);
        out.putShort(tcp + 12, (short) (header / 4 << 12 | flags));
        out.putShort(tcp + 14, (short) 0xffff);
        if (first) {
            out.putInt(tcp + TCP, OPTION_MSS << 24 | 4 << 16 | SEGMENT);
            out.putInt(tcp + TCP + 4, 1 << 24 | OPTION_SCALE << 16 | 3 << 8 | SCALE);
        }
        // The pseudo header: both addresses, the protocol and the length.
        int pseudo = sum(at + ETHERNET + 12, 8, PROTOCOL_TCP + header + bytes);
        out.putShort(tcp + 16, checksum(tcp, header, pseudo));
        out.position(at + length);
    }

    private int sum(int at, int bytes, int start) {
        int sum = start;
        for (int i = 0; i < bytes; i += 2) {
            sum += out.getShort(at + i) & 0xffff;
        }
        return sum;
    }

    private short checksum(int at, int bytes, int start) {
        int sum = sum(at, bytes, start);
        sum = (sum & 0xffff) + (sum >>> 16);
        return (short) ~(sum + (sum >>> 16));
    }

    private static long mac(ByteBuffer in, int at) {
        return (in.getShort(at) & 0xffffL) << 32 | in.getInt(at + 2) & 0xffff_ffffL;
    }

    private void putMac(int at, long mac) {
        out.putShort(at, (short) (mac >>> 32));
        out.putInt(at + 2, (int) mac);
    }
}
