package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.accel.IntervalTimer;
import dev.veery.accel.Irqchip;
import dev.veery.accel.kvm.IrqchipMode;
import dev.veery.accel.kvm.KvmProbe;
import dev.veery.irq.SignalRoutes;
import dev.veery.linux.sys.EventFd;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract with all interrupt controllers in the kernel. */
@Tag("kvm")
class KvmIrqchipContractTest extends KvmLocalApicContractTest {
    @Override
    IrqchipMode mode() {
        return IrqchipMode.ON;
    }

    @Test
    void aSignalRaisesAnInputUntilTheGuestEndsTheInterrupt() {
        SignalRoutes routes = new SignalRoutes(
                t.bus, pin -> 16 + pin, Objects.requireNonNull(t.irqchip()).signals());
        Tables.long64(t);
        Code code = new Code().mov(7, 0xfee0_0000L).b(0xc7, 0x87).d(0xf0).d(0x1ff);
        // Redirection entry 20: level-triggered, vector 41h, to processor 0.
        code.mov(6, 0xfec0_0000L).b(0xc7, 0x06).d(0x39).b(0xc7, 0x46, 0x10).d(0);
        code.b(0xc7, 0x06).d(0x38).b(0xc7, 0x46, 0x10).d(0x8041);
        t.start(Tables.CODE, code.ready().b(0xfb, 0xeb, 0xfe));
        t.load(Tables.CODE + 0x100, new Code().b(0xc7, 0x87).d(0xb0).d(0).exit(7));
        try (EventFd signal = new EventFd("signal");
                EventFd ended = new EventFd("ended");
                SignalRoutes.PinRoute route =
                        routes.pin(signal.fd().number(), ended.fd().number(), () -> 4, kernel -> {})) {
            t.locked(route::raise);
            assertTrue(route.carried());
            t.begin();
            t.awaitReady();
            // Kernels from 6.4 on also ask for the level when the guest opens the input.
            ended.drain();
            signal.signal();
            assertEquals(Stop.vector(0x41), t.finish());
            // A KVM that interprets the guest's kernel ends the interrupt as soon as it has delivered it.
            assertTrue(HOST.verdict() != KvmProbe.Verdict.NATIVE || !ended.drain());
            s.rip = Tables.CODE + 0x100;
            assertEquals(Stop.exit(7), t.run());
            assertTrue(ended.drain());
        }
    }

    @Test
    void theKernelsIntervalTimerInterruptsUnlessItIsCutOff() {
        Irqchip chip = Objects.requireNonNull(t.irqchip());
        IntervalTimer timer = Objects.requireNonNull(chip.intervalTimer());
        Tables.long64(t);
        Code code = new Code().mov(7, 0xfee0_0000L).b(0xc7, 0x87).d(0xf0).d(0x1ff);
        // Redirection entry 2: edge, vector 41h.
        code.mov(6, 0xfec0_0000L).b(0xc7, 0x06).d(0x15).b(0xc7, 0x46, 0x10).d(0);
        code.b(0xc7, 0x06).d(0x14).b(0xc7, 0x46, 0x10).d(0x41);
        // Counter 0: mode 2, every 256 * 16 ticks.
        code.b(0xb0, 0x34, 0xe6, 0x43, 0x30, 0xc0, 0xe6, 0x40, 0xb0, 0x10, 0xe6, 0x40);
        t.start(Tables.CODE, code.ready().b(0xfb, 0xeb, 0xfe));
        // The 8254 of the test's own drives the same wire.
        t.line(0, false);
        t.locked(() -> timer.connectInterrupt(false));
        t.begin();
        t.awaitReady();
        assertEquals(Stop.Kind.BOUND, t.finish(60).kind());
        t.locked(() -> timer.connectInterrupt(true));
        t.cpu.start();
        assertEquals(Stop.vector(0x41), t.finish());
        t.locked(chip::reset);
    }
}
