package dev.veery.device.e1000e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import dev.veery.bus.pci.PciDevice;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.Cable;
import dev.veery.net.MacAddresses;
import dev.veery.testbench.PciBench;
import dev.veery.time.ManualClock;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class E1000eDeviceTest {
    private static final long RX_RING = 0x10_0000L;
    private static final long TX_RING = 0x11_0000L;
    private static final long BUFFERS = 0x20_0000L;
    private static final int DESCRIPTORS = 16;
    private static final long DATA = 1L << 29 | 1 << 20;
    private static final long EOP = 1 << 24;
    private static final long RS = 1 << 27;

    private final Cable cable = new Cable();
    private final long memory = OffHeap.allocate(1 << 17);

    @SuppressWarnings("NullAway.Init")
    private PciBench bench;

    @SuppressWarnings("NullAway.Init")
    private PciDevice device;

    @BeforeEach
    void start() {
        ManualClock clock = new ManualClock(new MachineLock());
        bench = new PciBench(E1000eDevice.type(clock, id -> cable, new MacAddresses()));
        device = bench.add("e1000e", Map.of("netdev", "n"));
        bench.start();
    }

    @AfterEach
    void close() {
        bench.close();
        OffHeap.free(memory);
    }

    private long get(int register) {
        return bench.memory.read(PciBench.bar(device, 0) + register, 4);
    }

    private void set(int register, long value) {
        bench.memory.write(PciBench.bar(device, 0) + register, 4, value);
    }

    private void startQueues() {
        set(Regs.RDBAL, RX_RING);
        set(Regs.RDLEN, 16 * DESCRIPTORS);
        set(Regs.TDBAL, TX_RING);
        set(Regs.TDLEN, 16 * DESCRIPTORS);
        set(Regs.RCTL, Regs.RCTL_EN | Regs.RCTL_BAM | Regs.RCTL_SECRC);
        set(Regs.TCTL, Regs.TCTL_EN);
        for (int n = 0; n < DESCRIPTORS; n++) {
            bench.memory.write(RX_RING + 16L * n, 8, BUFFERS + 0x1000L * n);
            bench.memory.write(RX_RING + 16L * n + 8, 8, 0);
        }
    }

    private static byte[] frame(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        System.arraycopy(new byte[] {0x52, 0x54, 0, 0x12, 0x34, 0x56}, 0, bytes, 0, 6);
        return bytes;
    }

    private boolean receive(byte[] frame) {
        OffHeap.copyIn(frame, 0, memory, frame.length);
        return Objects.requireNonNull(cable.card).receive(memory, frame.length);
    }

    private void descriptor(int index, long address, long word, long upper) {
        bench.memory.write(TX_RING + 16L * index, 8, address);
        bench.memory.write(TX_RING + 16L * index + 8, 8, word | upper << 32);
    }

    /** The chain as drivers know it from QEMU: power management, MSI, PCI Express, MSI-X; then errors and the serial number. */
    @Test
    void capabilitiesAreWhereDriversKnowThem() {
        assertEquals(0x0003_d001L, device.configRead(0xc8, 4));
        assertEquals(0x0080_e005L, device.configRead(0xd0, 4));
        // Version 1, an endpoint that is part of the root complex: no link.
        assertEquals(0x0091_a010L, device.configRead(0xe0, 4));
        assertEquals(0x8000, device.configRead(0xe4, 4));
        assertEquals(0x0004_0011L, device.configRead(0xa0, 4));
        assertEquals(0x1402_0001L, device.configRead(0x100, 4));
        assertEquals(0x0001_0003L, device.configRead(0x140, 4));
        assertEquals(0xff12_3456L, device.configRead(0x144, 4));
        assertEquals(0x5254_00ffL, device.configRead(0x148, 4));
    }

    @Test
    void itCannotBeResetAsAFunction() {
        set(Regs.RAL, 0x1234);
        device.configWrite(0xe8, 2, 0x8000);
        assertEquals(0x1234, get(Regs.RAL));
    }

    @Test
    void theNvmHasTheAddressAndItsChecksum() {
        int sum = 0;
        for (int word = 0; word < 64; word++) {
            set(Regs.EERD, word << 2 | 1);
            assertEquals(2, get(Regs.EERD) & 2);
            int value = (int) get(Regs.EERD) >>> 16;
            sum += value;
            assertTrue(word != 2 || value == 0x5634);
        }
        assertEquals(0xbaba, sum & 0xffff);
    }

    @Test
    void thePhyAnswersAtItsAddressOnly() {
        set(Regs.MDIC, 2L << 26 | 1 << 21 | 2 << 16);
        assertEquals(0x1000_0141L, get(Regs.MDIC) & 0x5000_ffffL);
        set(Regs.MDIC, 2L << 26 | 2 << 21 | 2 << 16);
        assertEquals(0x5000_0000L, get(Regs.MDIC) & 0x5000_0000L);
    }

    @Test
    void framesLeaveInPiecesAndDescriptorsThatAskAreMarked() {
        startQueues();
        byte[] frame = frame(300, 1);
        bench.memory.write(BUFFERS, frame);
        descriptor(0, BUFFERS, DATA | 100, 0);
        descriptor(1, BUFFERS + 100, DATA | EOP | RS | 200, 0);
        set(Regs.TDT, 1);
        assertEquals(0, cable.sent.size(), "half a frame");
        set(Regs.TDT, 2);
        assertArrayEquals(frame, cable.sent.get(0));
        assertEquals(0, bench.memory.read(TX_RING + 12, 1));
        assertEquals(1, bench.memory.read(TX_RING + 16 + 12, 1));
        assertEquals(2, get(Regs.TDH));
        assertEquals(1, get(Regs.GPTC));
        assertEquals(0, get(Regs.GPTC), "counters start anew when read");
    }

    @Test
    void aRefusedFrameKeepsItsDescriptorsUntilItIsSent() {
        startQueues();
        bench.memory.write(BUFFERS, frame(100, 1));
        descriptor(0, BUFFERS, DATA | EOP | RS | 100, 0);
        cable.room = 0;
        set(Regs.TDT, 1);
        assertEquals(0, get(Regs.TDH));
        cable.room = 1;
        Objects.requireNonNull(cable.card).sendable();
        assertEquals(1, get(Regs.TDH));
        assertEquals(1, cable.sent.size());
    }

    @Test
    void contextsCutTcpIntoSegmentsAndTagsAreInserted() {
        startQueues();
        set(Regs.CTRL, Regs.CTRL_SLU | Regs.CTRL_VME);
        byte[] frame = frame(54 + 2500, 2);
        frame[14] = 0x45;
        frame[46] = 0x50;
        bench.memory.write(BUFFERS, frame);
        descriptor(
                0, 14 | 24 << 8 | 33L << 16 | (34L | 50 << 8) << 32, 1 << 29 | 7 << 24 | 2500, 54 << 8 | 1000L << 16);
        descriptor(1, BUFFERS, DATA | 1 << 26 | 1 << 30 | EOP | RS | frame.length, 3 << 8 | 0x1234L << 16);
        set(Regs.TDT, 2);
        assertEquals(3, cable.sent.size());
        for (int n = 0; n < 3; n++) {
            byte[] part = cable.sent.get(n);
            assertEquals(n == 2 ? 558 : 1058, part.length);
            assertArrayEquals(new byte[] {(byte) 0x81, 0, 0x12, 0x34}, Arrays.copyOfRange(part, 12, 16));
            assertEquals(frame[54 + 1000 * n], part[58]);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLongFrameFillsSeveralBuffers(boolean extended) {
        startQueues();
        set(Regs.RFCTL, extended ? Regs.RFCTL_EXTEN : 0);
        set(Regs.RCTL, Regs.RCTL_EN | Regs.RCTL_SECRC | 2 << Regs.RCTL_BSIZE_SHIFT);
        byte[] frame = frame(1200, 3);
        set(Regs.RDT, 2);
        assertFalse(receive(frame), "two buffers of 512 bytes");
        int before = cable.resumed;
        set(Regs.RDT, 5);
        assertEquals(before + 1, cable.resumed);
        assertTrue(receive(frame));
        assertEquals(3, get(Regs.RDH));
        byte[] all = new byte[1200];
        for (int n = 0; n < 3; n++) {
            int length = n == 2 ? 176 : 512;
            long at = RX_RING + 16L * n;
            assertEquals(length, bench.memory.read(at + (extended ? 12 : 8), 2));
            assertEquals(n == 2 ? 7 : 1, bench.memory.read(at + (extended ? 8 : 12), 1));
            byte[] part = new byte[length];
            bench.memory.read(BUFFERS + 0x1000L * n, part);
            System.arraycopy(part, 0, all, 512 * n, length);
        }
        assertArrayEquals(frame, all);
    }

    @Test
    void framesForOthersAreDroppedUnlessTheyAreWanted() {
        startQueues();
        set(Regs.RDT, 8);
        byte[] other = frame(60, 4);
        other[5] ^= 1;
        assertTrue(receive(other));
        assertEquals(0, get(Regs.RDH));
        byte[] multicast = frame(60, 4);
        System.arraycopy(new byte[] {1, 0, 0x5e, 0, 0x12, (byte) 0xab}, 0, multicast, 0, 6);
        assertTrue(receive(multicast));
        assertEquals(0, get(Regs.RDH));
        // MO 0: bits 47 to 36 of the address.
        int hash = 0xab1;
        set(Regs.MTA + 4 * (hash >> 5), 1L << (hash & 31));
        assertTrue(receive(multicast));
        assertEquals(1, get(Regs.RDH));
        set(Regs.RCTL, get(Regs.RCTL) | Regs.RCTL_UPE);
        assertTrue(receive(other));
        assertEquals(2, get(Regs.RDH));
    }

    @Test
    void theCauseRegisterIsForgottenWhenReadAndThePinFollows() {
        startQueues();
        set(Regs.IMS, Regs.ICR_RXT0);
        set(Regs.RDT, 8);
        assertTrue(receive(frame(60, 5)));
        assertTrue(bench.pinAsserted());
        assertEquals(Regs.ICR_RXT0, (int) get(Regs.ICR) & Regs.ICR_RXT0);
        assertFalse(bench.pinAsserted());
        assertEquals(0, get(Regs.ICR));
    }

    @Test
    void messagesClearAndMaskTheirOwnCause() {
        startQueues();
        bench.enableMsix(device, 3, 5);
        set(Regs.IVAR, 0x8 | 0x9 << 8 | 0xaL << 16);
        set(Regs.EIAC, Regs.ICR_RXQ0);
        set(Regs.CTRL_EXT, Regs.CTRL_EXT_EIAME);
        set(Regs.IMS, Regs.ICR_RXQ0 | Regs.ICR_OTHER | Regs.ICR_LSC);
        set(Regs.RDT, 8);
        receive(frame(60, 5));
        receive(frame(60, 6));
        assertEquals(1, bench.messages.size(), "masked by its own message");
        assertEquals(0x40, bench.messages.get(0).data());
        set(Regs.IMS, Regs.ICR_RXQ0);
        assertEquals(2, bench.messages.size(), "the second frame's, once unmasked");
        set(Regs.ICS, Regs.ICR_LSC);
        assertEquals(0x42, bench.messages.get(2).data());
    }

    @Test
    void nothingADriverWritesThrowsOrHangs() {
        Random random = new Random(8);
        int[] used = {
            Regs.CTRL, Regs.RCTL, Regs.TCTL, Regs.RDBAL, Regs.RDBAH, Regs.RDLEN, Regs.RDH, Regs.RDT, Regs.TDBAL,
                    Regs.TDBAH,
            Regs.TDLEN, Regs.TDH, Regs.TDT, Regs.RFCTL, Regs.PSRCTL, Regs.RXCSUM, Regs.IVAR, Regs.IMS, Regs.ICS,
                    Regs.EERD,
            Regs.EEWR, Regs.MDIC, Regs.CTRL_EXT, Regs.VET
        };
        long[] places = {BUFFERS, BUFFERS + 4096, TX_RING, PciBench.RAM - 8, PciBench.WINDOW, -1, 1L << 52};
        for (int round = 0; round < 400; round++) {
            startQueues();
            set(Regs.RFCTL, random.nextBoolean() ? Regs.RFCTL_EXTEN : 0);
            set(Regs.RCTL, random.nextInt() | Regs.RCTL_EN | Regs.RCTL_UPE);
            set(Regs.PSRCTL, random.nextInt());
            set(Regs.RXCSUM, 0x300);
            for (int n = 0; n < DESCRIPTORS; n++) {
                long place = places[random.nextInt(random.nextInt(6) == 0 ? places.length : 2)];
                long length = random.nextInt(20) == 0 ? 0xf_ffff : random.nextInt(3000);
                long word = random.nextInt(10) == 0
                        ? random.nextInt() & 0xffff_ffffL
                        : (random.nextInt(5) == 0 ? 1L << 29 : DATA)
                                | (long) (random.nextInt(256) | 0x20) << 24
                                | length;
                descriptor(n, random.nextInt(5) == 0 ? random.nextLong() : place, word, random.nextInt());
            }
            for (int n = 0; n < 12; n++) {
                boolean any = random.nextInt(5) == 0;
                int register = any ? random.nextInt(0x8000) & ~3 : used[random.nextInt(used.length)];
                set(register, random.nextInt(3) == 0 ? random.nextInt() & 0xffff_ffffL : random.nextInt(20));
                get(random.nextInt(0x8000) & ~3);
                receive(frame(14 + random.nextInt(2000), n));
            }
            cable.sent.clear();
            bench.enable(device);
            set(Regs.CTRL, Regs.CTRL_RST);
        }
        startQueues();
        bench.memory.write(BUFFERS, frame(100, 9));
        descriptor(0, BUFFERS, DATA | EOP | RS | 100, 0);
        set(Regs.TDT, 1);
        assertArrayEquals(frame(100, 9), cable.sent.get(0));
    }
}
