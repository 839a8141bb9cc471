package dev.veery.device.virtionet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import dev.veery.bus.pci.PciDevice;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.FramePieces;
import dev.veery.net.MacAddresses;
import dev.veery.net.NetBackend;
import dev.veery.net.NetFrontend;
import dev.veery.net.NetSource;
import dev.veery.testbench.PciBench;
import dev.veery.testbench.VirtioDriver;
import dev.veery.time.ManualClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several pairs of queues (Virtio 1.1, 5.1.6.5.5). */
class VirtioNetQueuesTest {
    private static final long F_MTU = 1 << 3;
    private static final long F_CTRL_VQ = 1 << 17;
    private static final long F_MQ = 1 << 22;
    private static final int PAIRS = 3;
    private static final int CONTROL = 2 * PAIRS;
    private static final long BUFFERS = 0x2_0000L;
    private static final int HEADER = 12;
    private static final int PORT = 4321;

    private final Cable cable = new Cable();
    private final long memory = OffHeap.allocate(1 << 16);
    private final VirtioDriver[] queues = new VirtioDriver[2 * PAIRS + 1];

    @SuppressWarnings("NullAway.Init")
    private PciBench bench;

    @SuppressWarnings("NullAway.Init")
    private PciDevice device;

    /** Keeps from which queue what was sent. */
    private static final class Cable implements NetBackend, NetSource {
        final List<Integer> sentFrom = new ArrayList<>();

        @Nullable
        NetFrontend card;

        boolean full;

        @Override
        public NetBackend connect(String id) {
            return this;
        }

        @Override
        public int queues(String id) {
            return PAIRS;
        }

        @Override
        public void connect(NetFrontend frontend) {
            card = frontend;
        }

        @Override
        public boolean send(FramePieces frame) {
            throw new AssertionError("without its queue");
        }

        @Override
        public boolean send(int queue, FramePieces frame) {
            if (!full) {
                sentFrom.add(queue);
            }
            return !full;
        }

        @Override
        public void resume() {
            // Frames come from the test.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }

    @BeforeEach
    void start() {
        ManualClock clock = new ManualClock(new MachineLock());
        bench = new PciBench(VirtioNetPci.type(clock, cable, new MacAddresses()));
        device = bench.add("virtio-net-pci", Map.of("netdev", "n", "mq", "on", "host_mtu", "1000"));
        bench.start();
        for (int n = 0; n < queues.length; n++) {
            queues[n] = new VirtioDriver(bench, device, n);
        }
    }

    @AfterEach
    void close() {
        bench.close();
        OffHeap.free(memory);
    }

    private void run(long features) {
        queues[0].negotiate(VirtioDriver.VERSION_1 | features);
        for (VirtioDriver queue : queues) {
            queue.enable(8);
        }
        assertEquals(0xf, queues[0].run());
    }

    private int command(int queue, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            bench.memory.write(BUFFERS + 0x4000 + i, 1, bytes[i]);
        }
        bench.memory.write(BUFFERS + 0x5000, 1, 0xee);
        queues[queue].descriptor(0, BUFFERS + 0x4000, bytes.length, VirtioDriver.NEXT, 1);
        queues[queue].descriptor(1, BUFFERS + 0x5000, 1, VirtioDriver.WRITE, 0);
        queues[queue].offer(0);
        return (int) bench.memory.read(BUFFERS + 0x5000, 1);
    }

    /** An UDP frame of a connection that its source port tells from others; back swaps the ends. */
    private static byte[] frame(int port, boolean back, int length) {
        byte[] bytes = new byte[length];
        bytes[12] = 8;
        bytes[14] = 0x45;
        bytes[16] = (byte) (length - 14 >> 8);
        bytes[17] = (byte) (length - 14);
        bytes[23] = 17;
        bytes[back ? 33 : 29] = 1;
        bytes[back ? 29 : 33] = 2;
        int from = back ? 36 : 34;
        bytes[from] = (byte) (port >> 8);
        bytes[from + 1] = (byte) port;
        bytes[back ? 35 : 37] = 53;
        return bytes;
    }

    private void send(int pair, byte[] frame) {
        bench.memory.write(BUFFERS, new byte[HEADER]);
        bench.memory.write(BUFFERS + HEADER, frame);
        queues[2 * pair + 1].descriptor(0, BUFFERS, HEADER + frame.length, 0, 0);
        queues[2 * pair + 1].offer(0);
    }

    private void offerBuffer(int pair) {
        queues[2 * pair].descriptor(0, BUFFERS + 0x1000L * (pair + 1), 2000, VirtioDriver.WRITE, 0);
        queues[2 * pair].offer(0);
    }

    private boolean receive(byte[] frame) {
        OffHeap.copyIn(frame, 0, memory, frame.length);
        return Objects.requireNonNull(cable.card).receive(memory, frame.length);
    }

    @Test
    void connectionsArriveInThePairThatTheyWereSentFrom() {
        assertEquals(PAIRS, bench.memory.read(PciBench.bar(device, 4) + 0x2000 + 8, 2));
        run(F_CTRL_VQ | F_MQ);
        assertEquals(0, command(CONTROL, 4, 0, PAIRS, 0));
        send(2, frame(PORT, false, 100));
        send(1, frame(PORT + 1, false, 100));
        assertEquals(List.of(2, 1), cable.sentFrom);
        for (int pair = 0; pair < PAIRS; pair++) {
            offerBuffer(pair);
        }
        assertTrue(receive(frame(PORT, true, 100)));
        assertEquals(1, queues[4].used());
        assertTrue(receive(frame(PORT + 1, true, 100)));
        assertEquals(1, queues[2].used());
        assertTrue(receive(new byte[60]), "what is no connection arrives in the first");
        assertEquals(1, queues[0].used());
        assertFalse(receive(frame(PORT, true, 100)), "its queue has no room");
    }

    @Test
    void framesArriveInTheFirstPairUntilTheDriverUsesMore() {
        run(F_CTRL_VQ | F_MQ);
        send(2, frame(PORT, false, 100));
        offerBuffer(0);
        assertTrue(receive(frame(PORT, true, 100)));
        assertEquals(1, queues[0].used());
    }

    @Test
    void absurdCountsOfPairsAreRefused() {
        run(F_CTRL_VQ | F_MQ);
        assertEquals(1, command(CONTROL, 4, 0, 0, 0));
        assertEquals(1, command(CONTROL, 4, 0, PAIRS + 1, 0));
        assertEquals(1, command(CONTROL, 4, 0, 0xff, 0xff));
        assertEquals(1, command(CONTROL, 4, 1, 2, 0));
        assertEquals(1, command(CONTROL, 4, 0, 2));
        assertEquals(0, command(CONTROL, 4, 0, 2, 0));
    }

    @Test
    void withoutMultiqueueTheControlQueueIsTheThird() {
        run(F_CTRL_VQ);
        assertEquals(1, command(2, 4, 0, 1, 0));
        assertEquals(1, queues[2].used());
        send(1, frame(PORT, false, 100));
        assertEquals(List.of(), cable.sentFrom, "there is no second pair");
    }

    @Test
    void pairsThatTheNetworkStoppedAllGoOn() {
        run(F_CTRL_VQ | F_MQ);
        assertEquals(0, command(CONTROL, 4, 0, PAIRS, 0));
        cable.full = true;
        send(1, frame(PORT, false, 100));
        send(0, frame(PORT, false, 100));
        send(2, frame(PORT, false, 100));
        assertEquals(List.of(), cable.sentFrom);
        cable.full = false;
        Objects.requireNonNull(cable.card).sendable();
        assertEquals(List.of(1, 0, 2), cable.sentFrom);
        for (int pair = 0; pair < PAIRS; pair++) {
            assertEquals(1, queues[2 * pair + 1].used());
        }
    }

    @Test
    void framesLongerThanTheAnnouncedPacketsAreLost() {
        run(F_MTU);
        assertEquals(1000, bench.memory.read(PciBench.bar(device, 4) + 0x2000 + 10, 2));
        offerBuffer(0);
        assertTrue(receive(frame(PORT, true, 1000 + 14 + 5)));
        assertEquals(0, queues[0].used());
        assertTrue(receive(frame(PORT, true, 1000 + 14)));
        assertEquals(1, queues[0].used());
    }
}
