package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The local APIC's timer as guest code sees it (SDM vol. 3, section 11.5.4), registers by memory and by MSR. */
class ApicTimerTest {
    private static final int VECTOR = 0x40;
    private static final int LVT = 0x320;
    private static final int INITIAL = 0x380;
    private static final int CURRENT = 0x390;
    private static final int DIVIDE = 0x3e0;
    private static final int EOI = 0xb0;
    private static final int DIVIDE_BY_1 = 0xb;
    private static final int MASKED = 1 << 16;
    private static final int PERIODIC = 1 << 17;
    private static final int DEADLINE = 2 << 17;
    private static final int MSR_DEADLINE = 0x6e0;
    private static final int COUNT = 1_000_000;

    private final TestMachine t = machine();

    /** The machine under test; other accelerators' suites override it. */
    TestMachine machine() {
        return new TestMachine();
    }

    private final CpuState s = t.s;

    @BeforeEach
    void enter() {
        Tables.long64(t);
    }

    @AfterEach
    void close() {
        t.close();
    }

    private static Code enabled() {
        return write(new Code().mov(7, 0xfee0_0000L), 0xf0, 0x1ff);
    }

    private static Code write(Code code, int reg, long value) {
        return code.b(0xc7, 0x87).d(reg).d(value);
    }

    private static Code read(Code code, int reg) {
        return code.b(0x8b, 0x87).d(reg);
    }

    /** Virtual nanoseconds that {@link #COUNT} undivided ticks take, measured by the current count. */
    private long period() {
        Code code = write(write(write(enabled(), DIVIDE, DIVIDE_BY_1), LVT, MASKED | VECTOR), INITIAL, COUNT);
        t.start(Tables.CODE, read(code.exit(1), CURRENT).exit());
        assertEquals(Stop.exit(1), t.run(), t::where);
        t.clock.advance(1000);
        assertEquals(Stop.Kind.EXIT, t.resume().kind(), t::where);
        long done = COUNT - s.gpr(CpuState.RAX);
        assertTrue(done > 0 && done < COUNT, "ticks in a microsecond: " + done);
        return 1000L * COUNT / done;
    }

    @Test
    void oneShotFiresOnceAtZeroAndStaysThere() {
        long period = period();
        Tables.long64(t);
        Code code = write(write(enabled(), LVT, VECTOR), INITIAL, COUNT);
        t.start(
                Tables.CODE,
                read(code.exit(1).b(0xfb, 0x90, 0xfa).exit(2), CURRENT).b(0xfb, 0xeb, 0xfe));
        assertEquals(Stop.exit(1), t.run());
        t.clock.advance(period - 2);
        assertEquals(Stop.exit(2), t.resume(), "too early");
        t.clock.advance(4);
        assertEquals(Stop.vector(VECTOR), t.resume(), t::where);
        t.locked(() -> t.lapic.mmio().write(EOI, 4, 0));
        t.clock.advance(10 * period);
        assertEquals(-1, t.lapic.pendingVector());
        assertEquals(0, t.lapic.mmio().read(CURRENT, 4));
    }

    @Test
    void periodicFiresEachPeriodAndIsDividedByItsRegister() {
        long period = period() * 16;
        Tables.long64(t);
        t.start(
                Tables.CODE,
                write(write(write(enabled(), DIVIDE, 3), LVT, PERIODIC | VECTOR), INITIAL, COUNT)
                        .exit(1));
        assertEquals(Stop.exit(1), t.run());
        for (int i = 0; i < 3; i++) {
            t.clock.advance(period - 16);
            assertEquals(-1, t.lapic.pendingVector(), "period " + i);
            t.clock.advance(16);
            assertEquals(VECTOR, t.lapic.pendingVector(), "period " + i);
            t.locked(() -> {
                t.lapic.acknowledge();
                t.lapic.mmio().write(EOI, 4, 0);
            });
        }
    }

    @Test
    void maskedTimerCountsWithoutInterrupting() {
        long period = period();
        t.clock.advance(period * 2);
        assertEquals(-1, t.lapic.pendingVector());
        assertEquals(0, t.lapic.mmio().read(CURRENT, 4));
    }

    @Test
    void writingZeroStopsTheTimer() {
        Code code = write(write(write(enabled(), LVT, VECTOR), INITIAL, COUNT), INITIAL, 0);
        t.start(Tables.CODE, code.exit(1));
        assertEquals(Stop.exit(1), t.run());
        t.clock.advance(1_000_000_000);
        assertEquals(-1, t.lapic.pendingVector());
    }

    @Test
    void deadlineReadsBackUntilItFires() {
        Code code = write(enabled(), LVT, DEADLINE | VECTOR);
        code.mov(0, 60_000).mov(2, 0).mov(1, MSR_DEADLINE).b(0x0f, 0x30); // wrmsr
        code.b(0x31, 0xc0, 0x0f, 0x32).exit(1).b(0x0f, 0x32).exit(2); // rdmsr, twice
        t.start(Tables.CODE, code);
        assertEquals(Stop.Kind.EXIT, t.run().kind());
        t.clock.advance(60_000);
        assertEquals(VECTOR, t.lapic.pendingVector());
        assertEquals(Stop.exit(2), t.resume(), t::where);
        assertEquals(0, t.lapic.tscDeadline());
    }

    @Test
    void aDeadlineThatHasPassedFiresAtOnce() {
        t.clock.advance(100_000);
        Code code = write(enabled(), LVT, DEADLINE | VECTOR);
        code.mov(0, 5).mov(2, 0).mov(1, MSR_DEADLINE).b(0x0f, 0x30, 0xfb, 0x90, 0xeb, 0xfe);
        t.start(Tables.CODE, code);
        t.begin();
        t.clock.advance(1);
        assertEquals(Stop.vector(VECTOR), t.finish(), t::where);
    }

    @Test
    void deadlineRegisterIsIgnoredInOtherModes() {
        Code code = write(enabled(), LVT, VECTOR);
        code.mov(0, 5).mov(2, 0).mov(1, MSR_DEADLINE).b(0x0f, 0x30, 0x0f, 0x32).exit();
        t.start(Tables.CODE, code);
        assertEquals(Stop.exit(0), t.run(), t::where);
        t.clock.advance(1_000_000);
        assertEquals(-1, t.lapic.pendingVector());
    }

    @Test
    void x2apicRegistersAreModelSpecificRegisters() {
        // IA32_APIC_BASE.EXTD, then timer by MSRs 832h, 838h; the memory page has gone.
        Code code = new Code()
                .mov(1, 0x1b)
                .b(0x0f, 0x32, 0x80, 0xcc, 0x0c, 0x0f, 0x30) // rdmsr; or ah, 0ch; wrmsr
                .mov(1, 0x80f)
                .mov(0, 0x1ff)
                .mov(2, 0)
                .b(0x0f, 0x30)
                .mov(1, 0x832)
                .mov(0, VECTOR)
                .b(0x0f, 0x30)
                .mov(1, 0x838)
                .mov(0, 1000)
                .b(0x0f, 0x30)
                .exit(1)
                .b(0xfb, 0xeb, 0xfe);
        t.start(Tables.CODE, code);
        assertEquals(Stop.exit(1), t.run(), t::where);
        t.clock.advance(1_000_000);
        assertEquals(Stop.vector(VECTOR), t.resume(), t::where);
        Tables.long64(t);
        s.setGpr(CpuState.RDX, 1);
        t.start(Tables.CODE, new Code().mov(1, 0x80b).mov(0, 0).b(0x0f, 0x30)); // EOI takes zero only
        assertEquals(Stop.vector(Vector.GP), t.run());
        assertEquals(0, s.rflags & Cr.IF);
    }
}
