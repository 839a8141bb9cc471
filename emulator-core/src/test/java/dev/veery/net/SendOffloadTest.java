package dev.veery.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.memory.access.OffHeap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SendOffloadTest {
    private static final int ROOM = 1 << 17;

    private final long memory = OffHeap.allocate(2 * ROOM);
    private final SendOffload offload = new SendOffload();
    private final Random random = new Random(11);

    @AfterEach
    void free() {
        offload.close();
        OffHeap.free(memory);
    }

    /** The frame in pieces of odd lengths at odd addresses. */
    private FramePieces scatter(byte[] frame) {
        OffHeap.copyIn(frame, 0, memory + 1, frame.length);
        FramePieces pieces = new FramePieces();
        int at = 0;
        while (at < frame.length) {
            int run = Math.min(frame.length - at, 1 + random.nextInt(700));
            pieces.add(memory + 1 + at, run);
            at += run;
        }
        return pieces;
    }

    private byte[] collect(FramePieces pieces) {
        byte[] frame = new byte[pieces.length()];
        assertEquals(frame.length, pieces.copyTo(memory + ROOM, ROOM));
        OffHeap.copyOut(memory + ROOM, frame, 0, frame.length);
        return frame;
    }

    private List<byte[]> sendAll() {
        List<byte[]> frames = new ArrayList<>();
        do {
            frames.add(collect(offload.current()));
            assertArrayEquals(frames.get(frames.size() - 1), collect(offload.current()), "sent again after a refusal");
        } while (offload.next());
        return frames;
    }

    @ParameterizedTest
    @CsvSource({
        "4, 1000, 1448",
        "4, 1448, 1448",
        "4, 1449, 1448",
        "4, 60001, 1448",
        "6, 30001, 1428",
        "6, 0, 9",
        "4, 40, 7"
    })
    void segmentsCarryAllBytesWithTheirOwnHeaders(int version, int payload, int mss) {
        byte[] whole = Frames.tcp(version, payload, 5);
        int headers = version == 4 ? Frames.HEADERS4 : Frames.HEADERS6;
        offload.begin(scatter(whole));
        assertTrue(offload.segmentBehindEthernet(headers - 20, mss));
        List<byte[]> frames = sendAll();
        assertEquals(Math.max(1, (payload + mss - 1) / mss), frames.size());
        int sent = 0;
        for (int n = 0; n < frames.size(); n++) {
            byte[] frame = frames.get(n);
            boolean last = n == frames.size() - 1;
            ByteBuffer view = ByteBuffer.wrap(frame);
            int bytes = frame.length - headers;
            assertEquals(last ? payload - sent : mss, bytes);
            assertArrayEquals(
                    Arrays.copyOfRange(whole, headers + sent, headers + sent + bytes),
                    Arrays.copyOfRange(frame, headers, frame.length));
            assertEquals(0xffff_fff0 + sent, view.getInt(headers - 16));
            // FIN and PSH come with the last, CWR with the first.
            assertEquals(0x10 | (last ? 0x09 : 0) | (n == 0 ? 0x80 : 0), view.get(headers - 7) & 0xff);
            if (version == 4) {
                assertEquals(frame.length - 14, view.getShort(16) & 0xffff);
                assertEquals(0xfffe + n & 0xffff, view.getShort(18) & 0xffff);
                assertEquals(0xffff, Frames.sum(frame, 14, 34));
            } else {
                assertEquals(frame.length - 54, view.getShort(18) & 0xffff);
            }
            assertEquals(0xffff, Frames.transportSum(frame, version, 6));
            sent += bytes;
        }
        assertEquals(payload, sent);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 455, 456, 457, 458, 459, 460, 461, 1460, 9001})
    void aChecksumCoversEverythingFromItsStart(int payload) {
        byte[] whole = Frames.tcp(4, payload, payload);
        // As drivers do: the field has the sum of the pseudo-header.
        int pseudo = Frames.sum(whole, 26, 34) + 6 + 20 + payload;
        ByteBuffer.wrap(whole).putShort(50, (short) ((pseudo & 0xffff) + (pseudo >>> 16)));
        offload.begin(scatter(whole));
        assertTrue(offload.checksum(34, whole.length, 50));
        List<byte[]> frames = sendAll();
        assertEquals(1, frames.size());
        assertEquals(0xffff, Frames.transportSum(frames.get(0), 4, 6));
        byte[] original = new byte[whole.length];
        OffHeap.copyOut(memory + 1, original, 0, whole.length);
        assertArrayEquals(whole, original, "the driver's own bytes are left alone");
    }

    @Test
    void placesThatDoNotExistAreRefused() {
        byte[] whole = Frames.tcp(4, 100, 1);
        offload.begin(scatter(whole));
        assertFalse(offload.checksum(34, whole.length, whole.length - 1));
        assertFalse(offload.checksum(50, whole.length, 34));
        assertFalse(offload.checksum(34, whole.length + 1, 50));
        assertFalse(offload.checksum(0, whole.length, SendOffload.MAX_HEADERS - 1));
        assertFalse(offload.segmentBehindEthernet(0, 1000));
        assertFalse(offload.segmentBehindEthernet(34, 0));
        assertFalse(offload.segmentBehindEthernet(65535, 1000));
        assertArrayEquals(whole, sendAll().get(0));
    }

    @Test
    void checksumsThatAreRightAreRecognised() {
        for (int version : new int[] {4, 6}) {
            byte[] whole = Frames.tcp(version, 777, 9);
            offload.begin(scatter(whole));
            assertTrue(offload.segmentBehindEthernet(version == 4 ? 34 : 54, 1000));
            byte[] frame = sendAll().get(0);
            IpFrame packet = new IpFrame();
            OffHeap.copyIn(frame, 0, memory, frame.length);
            packet.parse(memory, frame.length);
            assertEquals(version, packet.version());
            assertEquals(IpFrame.TCP, packet.protocol());
            assertTrue(packet.transportIntact());
            for (int at : new int[] {30, frame.length - 1}) {
                OffHeap.putByte(memory + at, frame[at] ^ 4);
                packet.parse(memory, frame.length);
                assertFalse(packet.transportIntact());
                OffHeap.putByte(memory + at, frame[at]);
            }
        }
    }
}
