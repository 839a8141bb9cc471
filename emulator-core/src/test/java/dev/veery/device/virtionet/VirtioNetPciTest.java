package dev.veery.device.virtionet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.bus.pci.PciDevice;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.Cable;
import dev.veery.net.MacAddresses;
import dev.veery.testbench.PciBench;
import dev.veery.testbench.VirtioDriver;
import dev.veery.time.ManualClock;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtioNetPciTest {
    private static final long F_CSUM = 1;
    private static final long F_GUEST_CSUM = 2;
    private static final long F_HOST_TSO4 = 1 << 11;
    private static final long F_MRG_RXBUF = 1 << 15;
    private static final long F_CTRL_VQ = 1 << 17;
    private static final long F_CTRL_RX = 1 << 18;
    private static final int NEEDS_RESET = 0x40;
    private static final long BUFFERS = 0x2_0000L;
    private static final int HEADER = 12;

    private final Cable cable = new Cable();
    private final long memory = OffHeap.allocate(1 << 17);

    @SuppressWarnings("NullAway.Init")
    private PciBench bench;

    @SuppressWarnings("NullAway.Init")
    private PciDevice device;

    @SuppressWarnings("NullAway.Init")
    private VirtioDriver rx;

    @SuppressWarnings("NullAway.Init")
    private VirtioDriver tx;

    @SuppressWarnings("NullAway.Init")
    private VirtioDriver control;

    @BeforeEach
    void start() {
        ManualClock clock = new ManualClock(new dev.veery.base.MachineLock());
        bench = new PciBench(VirtioNetPci.type(clock, id -> cable, new MacAddresses()));
        device = bench.add("virtio-net-pci", Map.of("netdev", "n", "packed", "on"));
        bench.start();
        connect();
    }

    private void connect() {
        rx = new VirtioDriver(bench, device, 0);
        tx = new VirtioDriver(bench, device, 1);
        control = new VirtioDriver(bench, device, 2);
        bench.enableMsix(device, 1, 4);
    }

    @AfterEach
    void close() {
        bench.close();
        OffHeap.free(memory);
    }

    private int run(long features, int size) {
        rx.negotiate(VirtioDriver.VERSION_1 | features);
        rx.enable(size);
        tx.enable(size);
        control.enable(16);
        return rx.run();
    }

    private static byte[] frame(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private boolean receive(byte[] frame) {
        OffHeap.copyIn(frame, 0, memory, frame.length);
        return Objects.requireNonNull(cable.card).receive(memory, frame.length);
    }

    private void send(byte[] header, byte[] frame) {
        bench.memory.write(BUFFERS, header);
        bench.memory.write(BUFFERS + 0x1000, frame);
        tx.descriptor(0, BUFFERS, header.length, VirtioDriver.NEXT, 1);
        tx.descriptor(1, BUFFERS + 0x1000, frame.length, 0, 0);
        tx.offer(0);
    }

    @Test
    void framesAreSentWithoutTheirHeader() {
        run(0, 8);
        send(new byte[HEADER], frame(200, 1));
        assertEquals(1, cable.sent.size());
        assertArrayEquals(frame(200, 1), cable.sent.get(0));
        assertEquals(1, tx.used());
    }

    @Test
    void aFrameThatTheNetworkRefusesIsSentLaterAndOnce() {
        run(0, 8);
        cable.room = 0;
        send(new byte[HEADER], frame(200, 1));
        assertEquals(0, tx.used());
        cable.room = 1;
        Objects.requireNonNull(cable.card).sendable();
        assertEquals(1, cable.sent.size());
        assertEquals(1, tx.used());
    }

    @Test
    void segmentsGoOnWhereTheNetworkStoppedThem() {
        run(F_CSUM | F_HOST_TSO4, 8);
        byte[] frame = frame(54 + 4000, 2);
        frame[12] = 8;
        frame[13] = 0;
        frame[14] = 0x45;
        frame[46] = 0x50;
        cable.room = 2;
        byte[] header = new byte[HEADER];
        header[0] = 1;
        header[1] = 1;
        header[4] = (byte) 1000;
        header[5] = 1000 >> 8;
        header[6] = 34;
        header[8] = 16;
        send(header, frame);
        assertEquals(0, tx.used());
        cable.room = 9;
        Objects.requireNonNull(cable.card).sendable();
        assertEquals(4, cable.sent.size());
        assertEquals(1, tx.used());
        for (int n = 0; n < 4; n++) {
            byte[] part = cable.sent.get(n);
            assertEquals(1054, part.length);
            assertEquals(frame[54 + 1000 * n], part[54]);
            assertEquals(frame[1053 + 1000 * n], part[1053]);
        }
    }

    @Test
    void aFrameIsSpreadOverSmallBuffersAndTheirNumberIsToldFirst() {
        run(F_MRG_RXBUF, 8);
        for (int n = 0; n < 3; n++) {
            rx.descriptor(n, BUFFERS + 0x1000L * n, 100, VirtioDriver.WRITE, 0);
        }
        rx.offer(0);
        rx.offer(1);
        assertFalse(receive(frame(250, 3)), "two buffers do not suffice");
        rx.offer(2);
        assertTrue(receive(frame(250, 3)));
        assertEquals(3, rx.used());
        assertEquals(3, bench.memory.read(BUFFERS + 10, 2));
        byte[] all = new byte[HEADER + 250];
        for (int n = 0; n < 3; n++) {
            byte[] part = new byte[n == 2 ? 62 : 100];
            assertEquals(part.length, rx.written(n));
            bench.memory.read(BUFFERS + 0x1000L * n, part);
            System.arraycopy(part, 0, all, 100 * n, part.length);
        }
        assertArrayEquals(frame(250, 3), java.util.Arrays.copyOfRange(all, HEADER, all.length));
    }

    @Test
    void withoutMergingAFrameThatDoesNotFitIsLostAndTheNextArrives() {
        run(0, 8);
        rx.descriptor(0, BUFFERS, 100, VirtioDriver.WRITE, 0);
        rx.offer(0);
        assertTrue(receive(frame(250, 3)));
        assertEquals(0, rx.used());
        assertTrue(receive(frame(60, 4)));
        assertEquals(1, rx.used());
        assertFalse(receive(frame(60, 4)), "no buffer is left");
    }

    @Test
    void onlyWantedFramesPassOncePromiscuousModeIsOff() {
        run(F_CTRL_VQ | F_CTRL_RX, 8);
        bench.memory.write(BUFFERS, new byte[] {0, 0, 0});
        control.descriptor(0, BUFFERS, 3, VirtioDriver.NEXT, 1);
        control.descriptor(1, BUFFERS + 16, 1, VirtioDriver.WRITE, 0);
        bench.memory.write(BUFFERS + 16, 1, 0xee);
        control.offer(0);
        assertEquals(0, bench.memory.read(BUFFERS + 16, 1));
        rx.descriptor(0, BUFFERS + 0x1000, 2000, VirtioDriver.WRITE, 0);
        rx.offer(0);
        byte[] other = frame(60, 5);
        other[0] = 2;
        assertTrue(receive(other));
        assertEquals(0, rx.used());
        byte[] own = frame(60, 5);
        System.arraycopy(new byte[] {0x52, 0x54, 0, 0x12, 0x34, 0x56}, 0, own, 0, 6);
        assertTrue(receive(own));
        assertEquals(1, rx.used());
    }

    @Test
    void offloadsAreOfferedTogetherOrNotAtAll() {
        assertEquals(0xf, run(F_CSUM | F_GUEST_CSUM | F_HOST_TSO4, 8));
        PciDevice plain = bench.add("virtio-net-pci", Map.of("netdev", "n", "csum", "off", "addr", "9"));
        assertEquals(0, ((VirtioNetPci) plain).deviceFeatures() & (F_CSUM | F_HOST_TSO4));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingADriverWritesThrowsOrHangs(boolean packed) {
        Random random = new Random(packed ? 6 : 7);
        for (int round = 0; round < 300; round++) {
            long features = (packed ? VirtioDriver.PACKED : 0)
                    | F_CSUM
                    | (random.nextBoolean() ? F_MRG_RXBUF | F_HOST_TSO4 | F_GUEST_CSUM : 0)
                    | (random.nextBoolean() ? F_CTRL_VQ | F_CTRL_RX : 0)
                    | (random.nextBoolean() ? VirtioDriver.EVENT_IDX : 0)
                    | (random.nextBoolean() ? VirtioDriver.INDIRECT_DESC : 0);
            run(features, packed && random.nextBoolean() ? 1 + random.nextInt(60) : 1 << random.nextInt(7));
            for (int i = 0; i < 64; i++) {
                scribble(random, rx, packed, VirtioDriver.WRITE, i);
                scribble(random, tx, packed, 0, i);
                scribble(random, control, packed, random.nextInt(4), i);
            }
            byte[] header = frame(2 + random.nextInt(60), random.nextInt());
            bench.memory.write(BUFFERS, header);
            for (int i = 0; i < 12; i++) {
                VirtioDriver one = random.nextInt(3) == 0 ? control : random.nextBoolean() ? rx : tx;
                if (packed) {
                    one.kick();
                } else {
                    one.offer(random.nextInt(70));
                }
                if (random.nextInt(6) == 0) {
                    rx.setCommon(random.nextInt(0x40), 1 << random.nextInt(3), random.nextLong());
                }
                receive(frame(1 + random.nextInt(3000), i));
            }
            cable.sent.clear();
            bench.enable(device);
            connect();
        }
        assertEquals(0xf, run(0, 8));
        send(new byte[HEADER], frame(200, 1));
        assertArrayEquals(frame(200, 1), cable.sent.get(0));
    }

    /** A descriptor that mostly makes sense; in packed queues it may seem available. */
    private void scribble(Random random, VirtioDriver driver, boolean packed, int usual, int index) {
        long[] places = {BUFFERS, BUFFERS + 0x1000, VirtioDriver.TABLE, PciBench.RAM - 8, PciBench.WINDOW, -1, 1L << 52
        };
        long[] lengths = {0, 1, 12, 16, 60, 128, 1526, 65536, 0xffff_ffffL};
        long place = places[random.nextInt(random.nextInt(8) == 0 ? places.length : 3)];
        long length = lengths[random.nextInt(random.nextInt(8) == 0 ? lengths.length : 7)];
        int flags = random.nextInt(12) == 0 ? random.nextInt(0x10000) : usual | random.nextInt(2);
        int last = random.nextInt(16) == 0 ? random.nextInt(0x10000) : random.nextInt(64);
        if (packed) {
            int ready = random.nextInt(10) == 0 ? 0 : 1 << 7;
            driver.descriptor(index, place, length, last, flags | ready);
        } else {
            driver.descriptor(index, place, length, flags, last);
        }
    }

    @Test
    void aChainOfAbsurdLengthStopsTheDevice() {
        run(0, 8);
        tx.descriptor(0, BUFFERS, 0xffff_ffffL, 0, 0);
        tx.offer(0);
        assertEquals(NEEDS_RESET, tx.status() & NEEDS_RESET);
        assertEquals(0xf, run(0, 8));
    }

    @Test
    void aRingOutsideMemoryStopsTheDevice() {
        rx.negotiate(VirtioDriver.VERSION_1);
        tx.enable(8);
        rx.enable(8);
        rx.setCommon(0x16, 2, 2);
        rx.setCommon(0x18, 2, 8);
        rx.setCommon(0x20, 4, 0xffff_f000L);
        rx.setCommon(0x24, 4, 0xffff_ffffL);
        rx.setCommon(0x28, 4, 0x8000_0000L);
        rx.setCommon(0x30, 4, 0x8000_0000L);
        rx.setCommon(0x1c, 2, 1);
        assertEquals(0xf, rx.run());
        control.kick();
        assertEquals(NEEDS_RESET, rx.status() & NEEDS_RESET);
    }
}
