package dev.veery.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class PeerHostTest {
    private static final int HOST = 0x0a00_0202;
    private static final int GUEST = 0x0a00_020f;
    private static final long GUEST_MAC = 0x5254_0012_3456L;
    private static final int GUEST_PORT = 40000;
    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int ACK = 16;
    private static final int TCP_HEADERS = 54;

    private final ByteBuffer out = ByteBuffer.allocate(1 << 18);
    private final PeerHost host = new PeerHost(out);
    private final ByteBuffer frame = ByteBuffer.allocate(2048);

    private void take(int length) {
        host.take(frame, 0, length);
        frame.clear();
    }

    private void ip(int protocol, int bytes) {
        frame.putShort(6, (short) (GUEST_MAC >>> 32)).putInt(8, (int) GUEST_MAC).putShort(12, (short) 0x0800);
        frame.put(14, (byte) 0x45).putShort(16, (short) (20 + bytes)).put(23, (byte) protocol);
        frame.putInt(26, GUEST).putInt(30, HOST);
    }

    private void tcp(int port, int sequence, int acknowledge, int flags, int window, int bytes) {
        ip(6, 20 + bytes);
        frame.putShort(34, (short) GUEST_PORT)
                .putShort(36, (short) port)
                .putInt(38, sequence)
                .putInt(42, acknowledge);
        frame.put(46, (byte) 0x50).put(47, (byte) flags).putShort(48, (short) window);
        take(TCP_HEADERS + bytes);
    }

    private void datagram(int port, int bytes) {
        ip(17, 8 + bytes);
        frame.putShort(34, (short) GUEST_PORT).putShort(36, (short) port).putShort(38, (short) (8 + bytes));
        take(42 + bytes);
    }

    /** The next frame that the host sent, or an empty one. */
    private ByteBuffer sent() {
        out.flip();
        ByteBuffer answer = ByteBuffer.allocate(out.hasRemaining() ? out.getInt() : 0);
        int end = out.limit();
        out.limit(out.position() + answer.capacity());
        answer.put(out).flip();
        out.limit(end);
        out.compact();
        return answer;
    }

    private static int checksum(ByteBuffer in, int at, int bytes, int start) {
        int sum = start;
        for (int i = 0; i < bytes; i += 2) {
            sum += in.getShort(at + i) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return (sum & 0xffff) + (sum >>> 16);
    }

    private static void assertChecksums(ByteBuffer answer) {
        int bytes = answer.getShort(16) - 20;
        assertEquals(0xffff, checksum(answer, 14, 20, 0));
        assertEquals(0xffff, checksum(answer, 34, bytes, checksum(answer, 26, 8, 6 + bytes)));
    }

    @Test
    void itsOwnAddressIsResolvedAndNoOther() {
        for (int address : new int[] {HOST, HOST + 1}) {
            frame.putShort(12, (short) 0x0806).putShort(20, (short) 1);
            frame.putShort(22, (short) (GUEST_MAC >>> 32))
                    .putInt(24, (int) GUEST_MAC)
                    .putInt(28, GUEST);
            frame.putInt(38, address);
            take(42);
        }

        ByteBuffer answer = sent();
        assertEquals(2, answer.getShort(20));
        assertEquals(HOST, answer.getInt(28));
        assertEquals((int) GUEST_MAC, answer.getInt(2));
        assertFalse(sent().hasRemaining());
    }

    @Test
    void aSinkAcknowledgesOnceWhatArrivedInOrder() {
        tcp(PeerHost.SINK, 1000, 0, SYN, 1000, 0);
        ByteBuffer answer = sent();
        assertEquals(SYN | ACK, answer.get(47));
        assertEquals(1001, answer.getInt(42));
        assertChecksums(answer);

        tcp(PeerHost.SINK, 1001, 1, ACK, 1000, 100);
        tcp(PeerHost.SINK, 1101, 1, ACK, 1000, 100);
        tcp(PeerHost.SINK, 1301, 1, ACK, 1000, 100);
        host.work();

        assertEquals(1201, sent().getInt(42));
        assertFalse(sent().hasRemaining());
    }

    @Test
    void aSourceFillsTheWindowAndSendsWhatWasLostAgain() {
        tcp(PeerHost.SOURCE, 0, 0, SYN, 0, 0);
        sent();
        tcp(PeerHost.SOURCE, 1, 1, ACK, 3000, 0);
        host.work();
        ByteBuffer first = sent();
        assertEquals(1, first.getInt(38));
        assertEquals(1514, first.capacity());
        assertChecksums(first);
        assertEquals(1461, sent().getInt(38));
        assertFalse(sent().hasRemaining());

        for (int i = 0; i < 3; i++) {
            tcp(PeerHost.SOURCE, 1, 1, ACK, 3000, 0);
        }
        host.work();

        assertEquals(1, sent().getInt(38));
    }

    @Test
    void aStreamEndsWithItsLastSegmentOrAReset() {
        tcp(PeerHost.SINK, 0, 0, SYN, 0, 0);
        sent();
        tcp(PeerHost.SINK, 1, 1, FIN | ACK, 0, 0);
        ByteBuffer last = sent();
        assertEquals(FIN | ACK, last.get(47));
        assertEquals(2, last.getInt(42));

        tcp(PeerHost.SOURCE, 0, 0, SYN, 0, 0);
        sent();
        tcp(PeerHost.SOURCE, 1, 1, ACK, 3000, 0);
        tcp(PeerHost.SOURCE, 1, 1, RST, 3000, 0);
        host.work();
        assertFalse(sent().hasRemaining());
    }

    @Test
    void datagramsAreSentBackOrCounted() {
        datagram(PeerHost.ECHO, 3);
        datagram(PeerHost.DISCARD, 64);
        datagram(PeerHost.DISCARD, 64);
        datagram(PeerHost.DISCARD, 1);

        ByteBuffer echo = sent();
        assertEquals(8 + 3, echo.getShort(38));
        assertEquals(GUEST_PORT, echo.getShort(36) & 0xffff);
        assertEquals(2, sent().order(ByteOrder.LITTLE_ENDIAN).getLong(42));
    }

    @Test
    void nonsenseIsNotAnswered() {
        frame.putShort(12, (short) 0x0800)
                .put(14, (byte) 0x4f)
                .putShort(16, (short) 9000)
                .putInt(30, HOST);
        take(60);
        tcp(PeerHost.SINK, 5, 5, ACK, 10, 10);
        tcp(80, 5, 0, SYN, 10, 0);
        host.work();

        assertFalse(sent().hasRemaining());
    }
}
