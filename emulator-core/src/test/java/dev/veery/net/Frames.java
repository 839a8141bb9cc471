package dev.veery.net;

import java.nio.ByteBuffer;
import java.util.Random;

/** Makes TCP packets in Ethernet frames, without checksums, and checks those of others the slow way. */
final class Frames {
    static final int HEADERS4 = 14 + 20 + 20;
    static final int HEADERS6 = 14 + 40 + 20;

    private Frames() {}

    static byte[] tcp(int version, int payload, long seed) {
        int headers = version == 4 ? HEADERS4 : HEADERS6;
        ByteBuffer frame = ByteBuffer.allocate(headers + payload);
        byte[] data = new byte[headers + payload];
        new Random(seed).nextBytes(data);
        frame.put(data).rewind();
        int ip = 14;
        if (version == 4) {
            frame.putShort(12, (short) 0x0800).put(ip, (byte) 0x45).putShort(ip + 2, (short) (20 + 20 + payload));
            frame.putShort(ip + 4, (short) 0xfffe)
                    .putShort(ip + 6, (short) 0x4000)
                    .put(ip + 9, (byte) 6);
            frame.putShort(ip + 10, (short) 0);
        } else {
            frame.putShort(12, (short) 0x86dd).putInt(ip, 0x60000000).putShort(ip + 4, (short) (20 + payload));
            frame.put(ip + 6, (byte) 6);
        }
        int tcp = headers - 20;
        // Sequence number just before it wraps; FIN, PSH, ACK and CWR.
        frame.putInt(tcp + 4, 0xffff_fff0).put(tcp + 12, (byte) 0x50).put(tcp + 13, (byte) 0x99);
        frame.putShort(tcp + 16, (short) 0);
        return frame.array();
    }

    /** The 16-bit words in network order, added as RFC 1071 says, and folded. */
    static int sum(byte[] bytes, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += (i - from & 1) == 0 ? (bytes[i] & 0xff) << 8 : bytes[i] & 0xff;
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    /** What all of TCP or UDP adds up to with its pseudo-header: ffff if the checksum is right. */
    static int transportSum(byte[] frame, int version, int protocol) {
        int transport = version == 4 ? 34 : 54;
        int length = frame.length - transport;
        ByteBuffer all = ByteBuffer.allocate((version == 4 ? 8 : 32) + 8 + length);
        all.put(frame, version == 4 ? 26 : 22, version == 4 ? 8 : 32);
        all.putInt(length).putInt(protocol).put(frame, transport, length);
        return sum(all.array(), 0, all.capacity());
    }
}
