package dev.veery.linux.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SocketPairs;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.FramePieces;
import dev.veery.net.NetBackend;
import dev.veery.net.NetFrontend;
import dev.veery.net.NetSpec;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostNetsTest {
    private static final int LONGEST = NetBackend.MAX_FRAME;

    private final MachineLock lock = new MachineLock();
    private final long memory = OffHeap.allocate(LONGEST);
    private final FramePieces frame = new FramePieces();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path dir;

    /** A card that takes everything. */
    private static final class Card implements NetFrontend {
        final BlockingQueue<byte[]> frames = new LinkedBlockingQueue<>();
        final Semaphore sendable = new Semaphore(0);

        @Override
        public boolean receive(long host, int length) {
            byte[] bytes = new byte[length];
            OffHeap.copyOut(host, bytes, 0, length);
            frames.add(bytes);
            return true;
        }

        @Override
        public void sendable() {
            sendable.release();
        }
    }

    @AfterEach
    void free() {
        OffHeap.free(memory);
    }

    private Card connect(NetBackend net) {
        Card card = new Card();
        lock.lock();
        try {
            net.connect(card);
        } finally {
            lock.unlock();
        }
        return card;
    }

    private boolean send(NetBackend net, byte[] bytes) {
        lock.lock();
        try {
            OffHeap.copyIn(bytes, 0, memory, bytes.length);
            frame.clear();
            frame.add(memory, bytes.length / 2);
            frame.add(memory + bytes.length / 2, bytes.length - bytes.length / 2);
            return net.send(frame);
        } finally {
            lock.unlock();
        }
    }

    private static byte[] bytes(int length, int seed) {
        byte[] bytes = new byte[length];
        new java.util.Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static NetSpec between(String id, Path own, Path other) {
        return new NetSpec(
                id, NetSpec.Kind.DATAGRAM, UnixDomainSocketAddress.of(own), UnixDomainSocketAddress.of(other));
    }

    @Test
    void datagramsGoBetweenPathsInAnyOrderOfStarting() throws InterruptedException {
        Path a = dir.resolve("a");
        Path b = dir.resolve("b");
        try (NetBackend left = HostNets.open(between("l", a, b), lock)) {
            // Nobody is there yet: lost, not refused.
            assertTrue(send(left, bytes(60, 1)));
            try (NetBackend right = HostNets.open(between("r", b, a), lock)) {
                Card leftCard = connect(left);
                Card rightCard = connect(right);
                assertTrue(send(left, bytes(1500, 2)));
                assertArrayEquals(bytes(1500, 2), rightCard.frames.take());
                assertTrue(send(right, bytes(60, 3)));
                assertArrayEquals(bytes(60, 3), leftCard.frames.take());
            }
        }
    }

    @Test
    void descriptorsOfEitherKindCarryFrames() throws InterruptedException {
        for (boolean stream : new boolean[] {false, true}) {
            int[] ends = SocketPairs.unix(stream);
            NetSpec.Kind kind = stream ? NetSpec.Kind.STREAM : NetSpec.Kind.DATAGRAM;
            try (NetBackend left = HostNets.open(NetSpec.given("l", kind, ends[0]), lock);
                    NetBackend right = HostNets.open(NetSpec.given("r", NetSpec.Kind.DESCRIPTOR, ends[1]), lock)) {
                Card rightCard = connect(right);
                Card leftCard = connect(left);
                assertTrue(send(left, bytes(60, 4)));
                assertTrue(send(left, bytes(9000, 5)));
                assertArrayEquals(bytes(60, 4), rightCard.frames.take());
                assertArrayEquals(bytes(9000, 5), rightCard.frames.take());
                assertTrue(send(right, bytes(LONGEST, 6)));
                assertArrayEquals(bytes(LONGEST, 6), leftCard.frames.take());
            }
        }
    }

    @Test
    void aStreamThatIsFullSaysWhenThereIsRoom() throws InterruptedException {
        int[] ends = SocketPairs.unix(true);
        try (NetBackend left = HostNets.open(NetSpec.given("l", NetSpec.Kind.STREAM, ends[0]), lock);
                NetBackend right = HostNets.open(NetSpec.given("r", NetSpec.Kind.STREAM, ends[1]), lock)) {
            Card leftCard = connect(left);
            int sent = 0;
            while (send(left, bytes(9000, sent))) {
                sent++;
            }
            Card rightCard = connect(right);
            leftCard.sendable.acquire();
            assertTrue(send(left, bytes(9000, sent)));
            for (int i = 0; i <= sent; i++) {
                assertArrayEquals(bytes(9000, i), rightCard.frames.take());
            }
        }
    }

    @Test
    void whatCannotCarryFramesIsRefused() {
        int[] ends = SocketPairs.unix(true);
        ConfigException e = assertThrows(
                ConfigException.class, () -> HostNets.open(NetSpec.given("n", NetSpec.Kind.DATAGRAM, ends[0]), lock));
        assertTrue(
                e.getMessage().contains("'n'") && e.getMessage().contains("not a socket of that kind"), e.getMessage());
        Fd file = Fd.open("/dev/null", Fcntl.O_RDWR, 0);
        e = assertThrows(
                ConfigException.class,
                () -> HostNets.open(NetSpec.given("n", NetSpec.Kind.DESCRIPTOR, file.number()), lock));
        assertTrue(e.getMessage().contains("getsockopt"), e.getMessage());
        assertFalse(e.isUsage());
        assertEquals(2, ends.length);
    }
}
