package dev.veery.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.memory.access.OffHeap;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamNetTest {
    private static final int PATIENCE_SECONDS = 120;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path dir;

    private final MachineLock lock = new MachineLock();
    private final Networks networks = new Networks(lock, Networks.HostOpener.NONE, () -> 1_234_567_890_123_456_789L);
    private final Card card = new Card();
    private final long memory = OffHeap.allocate(1 << 17);

    @SuppressWarnings("NullAway.Init")
    private Path path;

    @SuppressWarnings("NullAway.Init")
    private NetBackend net;

    /** Keeps what it receives, and can be full. */
    private static final class Card implements NetFrontend {
        final BlockingQueue<byte[]> frames = new LinkedBlockingQueue<>();
        final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        volatile boolean full;

        @Override
        public boolean receive(long host, int length) {
            if (full) {
                events.add("refused");
                return false;
            }
            byte[] frame = new byte[length];
            OffHeap.copyOut(host, frame, 0, length);
            frames.add(frame);
            return true;
        }

        @Override
        public void sendable() {
            events.add("sendable");
        }
    }

    @BeforeEach
    void listen() {
        path = dir.resolve("socket");
        networks.define(new NetSpec("n", NetSpec.Kind.STREAM, UnixDomainSocketAddress.of(path), null));
        networks.define(new NetDump("d", "n", dir.resolve("pcap").toString(), 100));
        locked(() -> {
            net = networks.connect("n");
            net.connect(card);
        });
    }

    @AfterEach
    void close() {
        locked(net::close);
        OffHeap.free(memory);
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    private SocketChannel peer() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    private static byte[] frame(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void write(DataOutputStream out, byte[] frame) throws IOException {
        out.writeInt(frame.length);
        out.write(frame);
        out.flush();
    }

    private boolean send(byte[] frame) {
        OffHeap.copyIn(frame, 0, memory, frame.length);
        FramePieces pieces = new FramePieces();
        pieces.add(memory, 10);
        pieces.add(memory + 10, frame.length - 10);
        boolean[] done = new boolean[1];
        locked(() -> done[0] = net.send(pieces));
        return done[0];
    }

    private byte[] received() throws InterruptedException {
        byte[] frame = card.frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertNotNull(frame, "no frame arrived");
        return frame;
    }

    @Test
    void framesCarryTheirLengthInNetworkOrder() throws Exception {
        try (SocketChannel channel = peer()) {
            DataOutputStream out = new DataOutputStream(Channels.newOutputStream(channel));
            DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
            byte[] first = frame(60, 1);
            byte[] second = frame(NetBackend.MAX_FRAME, 2);
            write(out, first);
            write(out, second);
            assertArrayEquals(first, received());
            assertArrayEquals(second, received());
            assertTrue(send(first));
            assertEquals(60, in.readInt());
            assertArrayEquals(first, in.readNBytes(60));
        }
    }

    @Test
    void aFullCardGetsItsFrameWhenItHasRoom() throws Exception {
        try (SocketChannel channel = peer()) {
            card.full = true;
            write(new DataOutputStream(Channels.newOutputStream(channel)), frame(70, 3));
            assertEquals("refused", card.events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
            card.full = false;
            locked(net::resume);
            assertArrayEquals(frame(70, 3), received());
        }
    }

    @Test
    void aSlowPeerGetsEveryFrameThatWasTaken() throws Exception {
        try (SocketChannel channel = peer()) {
            DataOutputStream out = new DataOutputStream(Channels.newOutputStream(channel));
            write(out, frame(60, 1));
            received();
            int taken = 0;
            while (send(frame(60_000, taken))) {
                taken++;
            }
            DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
            for (int n = 0; n < taken; n++) {
                assertEquals(60_000, in.readInt());
                assertArrayEquals(frame(60_000, n), in.readNBytes(60_000));
            }
            assertEquals("sendable", card.events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    @Test
    void aPeerThatAnnouncesNonsenseIsDroppedAndAnotherMayCome() throws Exception {
        try (SocketChannel channel = peer()) {
            new DataOutputStream(Channels.newOutputStream(channel)).writeInt(-5);
            assertEquals(-1, Channels.newInputStream(channel).read());
        }
        try (SocketChannel channel = peer()) {
            write(new DataOutputStream(Channels.newOutputStream(channel)), frame(64, 4));
            assertArrayEquals(frame(64, 4), received());
        }
    }

    @Test
    void aCaptureHasEachFrameOnceCutToItsLength() throws Exception {
        try (SocketChannel channel = peer()) {
            write(new DataOutputStream(Channels.newOutputStream(channel)), frame(64, 5));
            received();
            send(frame(300, 6));
        }
        locked(net::close);
        byte[] file = Files.readAllBytes(dir.resolve("pcap"));
        ByteBuffer capture = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(24 + 16 + 64 + 16 + 100, file.length);
        assertEquals(0xa1b2c3d4, capture.getInt(0));
        assertEquals(100, capture.getInt(16));
        assertEquals(1, capture.getInt(20));
        assertEquals(1_234_567_890, capture.getInt(24));
        assertEquals(123_456, capture.getInt(28));
        assertEquals(64, capture.getInt(32));
        assertArrayEquals(frame(64, 5), Arrays.copyOfRange(file, 40, 104));
        assertEquals(100, capture.getInt(112));
        assertEquals(300, capture.getInt(116));
        assertArrayEquals(Arrays.copyOf(frame(300, 6), 100), Arrays.copyOfRange(file, 120, 220));
    }

    @Test
    void aNetworkIsForOneCard() {
        assertTrue(assertThrows(ConfigException.class, () -> networks.connect("n"))
                .getMessage()
                .contains("in use"));
        assertTrue(assertThrows(ConfigException.class, () -> networks.connect("m"))
                .getMessage()
                .contains("not found"));
    }

    @Test
    void aPeerThatComesLateOrAgainIsFound() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(dir.resolve("late"));
        networks.define(new NetSpec("late", NetSpec.Kind.STREAM, null, address).withReconnect(1));
        NetBackend late = networks.connect("late");
        locked(() -> late.connect(card));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            for (int time = 0; time < 2; time++) {
                try (SocketChannel channel = server.accept()) {
                    write(new DataOutputStream(Channels.newOutputStream(channel)), frame(60, time));
                    assertArrayEquals(frame(60, time), received());
                }
            }
        } finally {
            locked(late::close);
        }
    }
}
