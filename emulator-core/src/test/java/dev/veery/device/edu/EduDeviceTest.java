package dev.veery.device.edu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciRegs;
import dev.veery.testbench.PciBench;
import dev.veery.time.ManualClock;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EduDeviceTest {
    private final ManualClock clock = new ManualClock();
    private final PciBench bench = new PciBench(EduDevice.type(clock));
    private final PciDevice edu = bench.add("edu", Map.of("dma_mask", "0xffffffff"));

    @BeforeEach
    void start() {
        bench.start();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private long read(int register) {
        return bench.memory.read(PciBench.bar(edu, 0) + register, 4);
    }

    private void write(int register, long value) {
        bench.memory.write(PciBench.bar(edu, 0) + register, 4, value);
    }

    private void transfer(long from, long to, int length, int command) {
        write(EduRegisters.DMA_SOURCE, from);
        write(EduRegisters.DMA_DESTINATION, to);
        write(EduRegisters.DMA_COUNT, length);
        write(EduRegisters.DMA_COMMAND, command | EduRegisters.DMA_START);
        assertEquals(command | EduRegisters.DMA_START, read(EduRegisters.DMA_COMMAND));
        clock.advance(EduRegisters.DMA_NANOS);
    }

    @Test
    void answersWithIdentityAndComplement() {
        assertEquals(0x11e8_1234L, edu.config().get(PciRegs.VENDOR_ID, 4));
        assertEquals(0x0100_00edL, read(EduRegisters.IDENTIFICATION));
        write(EduRegisters.LIVENESS, 0x1234_5678L);
        assertEquals(0xedcb_a987L, read(EduRegisters.LIVENESS));
        assertEquals(0xffL, bench.memory.read(PciBench.bar(edu, 0), 1));
    }

    @Test
    void computesFactorialsModuloTwoToThe32() {
        assertEquals(3_628_800, factorial(10));
        assertEquals(0x8000_0000L, factorial(33));
        assertEquals(0, factorial(0xffff_ffffL));
    }

    private long factorial(long of) {
        write(EduRegisters.FACTORIAL, of);
        assertEquals(EduRegisters.STATUS_COMPUTING, read(EduRegisters.STATUS));
        write(EduRegisters.FACTORIAL, 7);
        clock.advance(1);
        assertEquals(0, read(EduRegisters.STATUS));
        return read(EduRegisters.FACTORIAL);
    }

    @Test
    void pinStaysAssertedUntilEveryCauseIsAcknowledged() {
        write(EduRegisters.STATUS, EduRegisters.STATUS_IRQ_FACTORIAL);
        write(EduRegisters.FACTORIAL, 3);
        clock.advance(1);
        write(EduRegisters.IRQ_RAISE, 0x30);
        assertEquals(0x31, read(EduRegisters.IRQ_STATUS));
        write(EduRegisters.IRQ_ACKNOWLEDGE, 0x21);
        assertTrue(bench.pinAsserted());
        write(EduRegisters.IRQ_ACKNOWLEDGE, 0x10);
        assertFalse(bench.pinAsserted());
    }

    @Test
    void sendsMessagesInsteadOfAssertingThePin() {
        int msi = (int) edu.config().get(PciRegs.CAPABILITIES, 1);
        edu.configWrite(msi + 4, 4, 0xfee0_1000L);
        edu.configWrite(msi + 12, 2, 0x51);
        edu.configWrite(msi + 2, 2, 1);
        write(EduRegisters.IRQ_RAISE, 1);
        write(EduRegisters.IRQ_RAISE, 2);
        PciBench.Message message = new PciBench.Message(1 << 3, 0xfee0_1000L, 0x51);
        assertEquals(List.of(message, message), bench.messages);
        assertFalse(bench.pinAsserted());
    }

    @Test
    void dmaCopiesThroughItsBufferAndInterrupts() {
        byte[] data = new byte[1000];
        new Random(1).nextBytes(data);
        bench.memory.write(0x1_0ffaL, data);
        transfer(0x1_0ffa, EduRegisters.BUFFER + 24, data.length, 0);
        assertFalse(bench.pinAsserted());
        transfer(EduRegisters.BUFFER + 24, 0x5_0003, data.length, EduRegisters.DMA_TO_MEMORY | 4);
        byte[] copy = new byte[data.length];
        bench.memory.read(0x5_0003, copy);
        assertArrayEquals(data, copy);
        assertEquals(EduRegisters.DMA_IRQ, read(EduRegisters.IRQ_STATUS));
        assertEquals(0, read(EduRegisters.DMA_COMMAND) & EduRegisters.DMA_START);
    }

    @Test
    void transfersThatLeaveTheBufferOrMemoryEndWithoutHarm() {
        bench.memory.write(0x2000, 8, -1L);
        transfer(EduRegisters.BUFFER + 4090, 0x2000, 8, EduRegisters.DMA_TO_MEMORY);
        transfer(EduRegisters.BUFFER - 1, 0x2000, 8, EduRegisters.DMA_TO_MEMORY);
        transfer(EduRegisters.BUFFER, 0x2000, 0x7fff_ffff, EduRegisters.DMA_TO_MEMORY);
        transfer(EduRegisters.BUFFER, 0xf000_0000L, 4096, EduRegisters.DMA_TO_MEMORY);
        edu.configWrite(PciRegs.COMMAND, 2, PciRegs.COMMAND_MEMORY);
        transfer(EduRegisters.BUFFER, 0x2000, 8, EduRegisters.DMA_TO_MEMORY);
        assertEquals(-1L, bench.memory.read(0x2000, 8));
    }

    @Test
    void survivesAnyAccess() {
        Random random = new Random(2);
        for (int i = 0; i < 20_000; i++) {
            int size = 1 << random.nextInt(4);
            long at = PciBench.bar(edu, 0) + (random.nextBoolean() ? random.nextInt(0xa0) : random.nextInt(1 << 20));
            if (random.nextBoolean()) {
                bench.memory.write(at, size, random.nextLong());
            } else {
                bench.memory.read(at, size);
            }
            clock.advance(random.nextInt((int) EduRegisters.DMA_NANOS));
        }
        write(EduRegisters.LIVENESS, 1);
        assertEquals(0xffff_fffeL, read(EduRegisters.LIVENESS));
    }
}
