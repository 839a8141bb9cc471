package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Interrupts and exceptions on their way in and out (SDM vol. 3, chapters 6, 7, 20 and 21), by guest code. */
class DeliveryTest {
    private static final int SLAVE_OFF = 0xff;

    private final TestMachine t = machine();

    /** The machine under test; other accelerators' suites override it. */
    TestMachine machine() {
        return new TestMachine();
    }

    private final CpuState s = t.s;

    @AfterEach
    void close() {
        t.close();
    }

    private long sp() {
        return s.gpr(CpuState.RSP);
    }

    // ---- real mode

    @Test
    void realModeInterruptAndReturn() {
        Tables.real(t);
        t.poke32(4 * 0x21, 0x0100_0050L); // handler at 0100:0050
        t.load(0x1050, Code.of(0x43, 0xcf)); // inc bx; iret
        s.setFlags(Cr.IF | Cr.CF);
        s.rip = 0xc000;
        t.load(0xc000, Code.of(0xcd, 0x21).exit());
        assertEquals(Stop.exit(0), t.run(), t::where);
        assertEquals(1, s.gpr(CpuState.RBX));
        assertEquals(Cr.IF | Cr.CF | 2, s.flags());
        assertEquals(Cr.IF | Cr.CF | 2, t.peek16(0x7ffe));
        assertEquals(0, t.peek16(0x7ffc));
        assertEquals(0xc002, t.peek16(0x7ffa));
    }

    @Test
    void realModeFaultsSaveTheInstructionAndNoErrorCode() {
        Tables.real(t);
        t.load(0xc000, Code.of(0x31, 0xdb, 0xf7, 0xf3)); // xor bx, bx; div bx
        s.rip = 0xc000;
        assertEquals(Stop.vector(Vector.DE), t.run());
        assertEquals(0x7ffa, sp());
        assertEquals(0xc002, t.peek16(0x7ffa));

        Tables.real(t);
        t.load(0xc000, Code.of(0xa1, 0xff, 0xff)); // mov ax, [ffffh]: beyond the limit
        s.rip = 0xc000;
        assertEquals(Stop.vector(Vector.GP), t.run());
        assertEquals(0x7ffa, sp());
    }

    @Test
    void realModeRunsUpToTheEndOfItsSegment() {
        Tables.real(t);
        t.load(0xfffe, new Code().fill(2));
        s.rip = 0xfffe;
        assertEquals(Stop.vector(Vector.GP), t.run(), t::where);
        assertEquals(0, t.peek16(0x7ffa) & 0, "the address behind the segment does not fit in a word");
    }

    // ---- protected mode

    @Test
    void userCodeCallsTheKernelAndComesBack() {
        Tables.protected32(t);
        t.load(Tables.CODE + 0x100, Code.of(0x89, 0xe3, 0xcf)); // mov ebx, esp; iret
        Tables.gate(t, 0x80, Tables.CS32, Tables.CODE + 0x100, 0xee);
        Tables.user(t);
        s.setFlags(Cr.IOPL | Cr.ZF);
        t.start(Tables.CODE, Code.of(0xcd, 0x80).exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(Tables.STACK0 - 20, s.gpr(CpuState.RBX));
        assertEquals(3, s.cpl);
        assertEquals(Tables.USER_STACK, sp());
        assertEquals(Tables.CODE + 2, t.peek32(Tables.STACK0 - 20));
        assertEquals(Tables.USER_CS32, t.peek32(Tables.STACK0 - 16));
        assertEquals(Tables.USER_STACK, t.peek32(Tables.STACK0 - 8));
        assertEquals(Tables.USER_DS, t.peek32(Tables.STACK0 - 4));
    }

    @Test
    void returnToUserClearsDataSegmentsItMayNotUse() {
        Tables.protected32(t);
        t.start(
                Tables.CODE,
                new Code()
                        .b(0x6a, Tables.USER_DS, 0x68)
                        .d(Tables.USER_STACK)
                        .b(0x68)
                        .d(0x3002)
                        .b(0x6a, Tables.USER_CS32, 0x68)
                        .d(Tables.CODE + 0x40)
                        .b(0xcf)
                        .fill(0x40)
                        .exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(3, s.cpl);
        assertEquals(0, s.seg[Seg.DS].selector);
        assertEquals(0, s.seg[Seg.GS].selector);
    }

    @Test
    void returnWithABadSelectorFaultsInTheKernel() {
        Tables.protected32(t);
        t.start(
                Tables.CODE,
                new Code().b(0x6a, 2, 0x68).d(0xabc8).b(0x68).d(0x1234).b(0xcf));
        assertEquals(Stop.vector(Vector.GP), t.run());
        assertEquals(0xabc8, t.peek32(sp()));
        assertEquals(Tables.CODE + 12, t.peek32(sp() + 4));
    }

    @Test
    void trapGatesLeaveInterruptsOn() {
        Tables.protected32(t);
        Tables.gate(t, 0x80, Tables.CS32, Tables.HANDLERS + 0x800, 0xef);
        s.setFlags(Cr.IF | Cr.NT);
        t.start(Tables.CODE, Code.of(0xcd, 0x80));
        assertEquals(Stop.vector(0x80), t.run());
        assertEquals(Cr.IF, s.flags() & (Cr.IF | Cr.NT | Cr.TF));
        assertEquals(Cr.IF | Cr.NT | 2, t.peek32(sp() + 8));
    }

    @Test
    void aTaskIsCalledAndReturns() {
        Tables.protected32(t);
        for (int i = 0; i < 0x68; i += 4) {
            t.poke32(Tables.TSS2 + i, 0);
        }
        long task = Tables.CODE + 0x200;
        t.poke32(Tables.TSS2 + 32, task);
        t.poke32(Tables.TSS2 + 36, 2);
        t.poke32(Tables.TSS2 + 40, 0x77); // eax
        t.poke32(Tables.TSS2 + 56, Tables.IST1);
        for (int g = 72; g <= 92; g += 4) {
            t.poke32(Tables.TSS2 + g, g == 76 ? Tables.CS32 : Tables.DS);
        }
        t.load(task, Code.of(0xa3).d(Tables.DATA).b(0xcf)); // mov [DATA], eax; iret
        s.setGpr(CpuState.RBX, 0x1234);
        t.start(Tables.CODE, Code.of(0x9a).d(0).w(Tables.TR2).exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(0x77, t.peek32(Tables.DATA));
        assertEquals(0x1234, s.gpr(CpuState.RBX));
        assertEquals(Tables.TR, s.tr.selector);
        assertEquals(Cr.CR0_TS, s.cr0 & Cr.CR0_TS);
        assertEquals(0x89, t.peek(Tables.GDT + Tables.TR2) >>> 40 & 0xff, "the task is available again");
        assertEquals(task + 6, t.peek32(Tables.TSS2 + 32), "it goes on behind its IRET");
    }

    @Test
    void virtual8086CodeEntersTheMonitorAndReturns() {
        Tables.protected32(t);
        // The monitor's #GP handler skips the HLT at CS:IP and returns.
        t.load(Tables.CODE + 0x100, Code.of(0x83, 0xc4, 0x04, 0x66, 0xff, 0x04, 0x24, 0xcf));
        Tables.gate(t, Vector.GP, Tables.CS32, Tables.CODE + 0x100, 0x8e);
        t.load(0xc000, Code.of(0xf4, 0x8c, 0xc8, 0xcd, 0x80)); // hlt; mov ax, cs; int 80h
        t.start(
                Tables.CODE,
                new Code()
                        .b(0x6a, 0x40, 0x6a, 0x30, 0x6a, 0x20, 0x6a, 0x10) // GS, FS, DS, ES
                        .b(0x6a, 0x00, 0x68)
                        .d(0x7000) // SS:ESP
                        .b(0x68)
                        .d(Cr.VM | Cr.IOPL | 2)
                        .b(0x68)
                        .d(0xc00)
                        .b(0x6a, 0x00) // CS:EIP
                        .b(0xcf));
        assertEquals(Stop.vector(0x80), t.run(), t::where);
        assertEquals(0xc00, s.gpr(CpuState.RAX) & 0xffff);
        assertEquals(0, s.cpl);
        assertEquals(Tables.STACK0 - 36, sp());
        assertEquals(5, t.peek32(sp()));
        assertEquals(Cr.VM, t.peek32(sp() + 8) & Cr.VM);
        assertEquals(0x7000, t.peek32(sp() + 12));
        assertEquals(0x10, t.peek32(sp() + 20), "ES");
        assertEquals(0x40, t.peek32(sp() + 32), "GS");
        assertEquals(0, s.seg[Seg.DS].selector);
    }

    // ---- long mode

    @Test
    void longModeSavesFiveSlotsOnAnAlignedStack() {
        Tables.long64(t);
        s.setGpr(CpuState.RSP, Tables.STACK - 3);
        t.start(Tables.CODE, Code.of(0x0f, 0x0b));
        assertEquals(Stop.vector(Vector.UD), t.run());
        assertEquals((Tables.STACK - 3 & ~0xfL) - 40, sp());
        assertEquals(Tables.CODE, t.peek(sp()));
        assertEquals(Tables.CS64, t.peek(sp() + 8));
        assertEquals(Cr.RF | 2, t.peek(sp() + 16));
        assertEquals(Tables.STACK - 3, t.peek(sp() + 24));
        assertEquals(Tables.DS, t.peek(sp() + 32));
    }

    @Test
    void userExceptionsUseTheTasksStackAndIretReturns() {
        Tables.long64(t);
        t.load(Tables.CODE + 0x100, Code.of(0x48, 0x83, 0x04, 0x24, 0x02, 0x48, 0xcf)); // add qword [rsp], 2; iretq
        Tables.gate(t, Vector.UD, Tables.CS64, Tables.CODE + 0x100, 0x8e);
        Tables.user(t);
        t.start(Tables.CODE, Code.of(0x0f, 0x0b, 0xcd, 0x80));
        assertEquals(Stop.vector(0x80), t.run(), t::where);
        assertEquals(Tables.STACK0 - 40, sp());
        assertEquals(Tables.CODE + 4, t.peek(sp()));
        assertEquals(Tables.USER_CS64, t.peek(sp() + 8));
        assertEquals(Tables.USER_STACK, t.peek(sp() + 24));
        assertEquals(0, s.seg[Seg.SS].selector);
    }

    @Test
    void compatibilityCodeEnters64BitHandlers() {
        Tables.compatibility(t);
        Tables.user(t);
        s.setGpr(CpuState.RSP, 0x1_0000_0000L | Tables.USER_STACK);
        t.start(Tables.CODE, Code.of(0x40, 0xcd, 0x80)); // inc eax, not a REX prefix
        assertEquals(Stop.vector(0x80), t.run(), t::where);
        assertEquals(1, s.gpr(CpuState.RAX));
        assertEquals(Tables.USER_CS32, t.peek(sp() + 8));
        assertEquals(true, s.code64());
    }

    @Test
    void interruptStackTableIsUsedFromLevel0() {
        Tables.long64(t);
        t.poke(Tables.IDT + 16 * Vector.UD, t.peek(Tables.IDT + 16 * Vector.UD) | 1L << 32);
        t.start(Tables.CODE, Code.of(0x0f, 0x0b));
        assertEquals(Stop.vector(Vector.UD), t.run());
        assertEquals(Tables.IST1 - 40, sp());
        assertEquals(Tables.STACK, t.peek(sp() + 24));
    }

    @Test
    void pageFaultWhileDeliveringAPageFaultIsADoubleFault() {
        Tables.long64(t);
        t.poke(Tables.IDT + 16 * Vector.DF, t.peek(Tables.IDT + 16 * Vector.DF) | 1L << 32);
        t.poke(Tables.pte(Tables.DATA), 0);
        s.setGpr(CpuState.RSP, Tables.DATA + 0x800);
        t.start(Tables.CODE, Code.of(0x50));
        assertEquals(Stop.vector(Vector.DF), t.run(), t::where);
        assertEquals(Tables.IST1 - 48, sp());
        assertEquals(0, t.peek(sp()));
        assertEquals(Tables.CODE, t.peek(sp() + 8));
        assertEquals(Tables.DATA + 0x800 - 40, s.cr2 & ~0xfL | 8);
    }

    // ---- when interrupts are taken, section 6.8

    private void pic() {
        t.lapic.enterVirtualWire();
        t.locked(() -> {
            int[][] writes = {
                {0x20, 0x11},
                {0xa0, 0x11},
                {0x21, 0x20},
                {0xa1, 0x28},
                {0x21, 4},
                {0xa1, 2},
                {0x21, 1},
                {0xa1, 1},
                {0x21, 0},
                {0xa1, SLAVE_OFF},
            };
            for (int[] w : writes) {
                t.ports.write(w[0], 1, w[1]);
            }
        });
    }

    @Test
    void loadingSsHoldsInterruptsForOneInstruction() {
        pic();
        Tables.protected32(t);
        t.line(5, true);
        // popf turns interrupts on: taken behind mov ss and the one instruction after it.
        s.setGpr(CpuState.RAX, Tables.DS);
        t.start(Tables.CODE, Code.of(0xfb, 0x8e, 0xd0, 0x43, 0x43));
        assertEquals(Stop.vector(0x25), t.run(), t::where);
        assertEquals(1, s.gpr(CpuState.RBX), "STI shadows MOV SS, which shadows INC");
        assertEquals(Tables.CODE + 4, t.peek32(sp()));
    }

    @Test
    void popfTurnsInterruptsOnAtOnce() {
        pic();
        Tables.protected32(t);
        t.line(5, true);
        t.start(Tables.CODE, Code.of(0x68).d(Cr.IF | 2).b(0x9d, 0x43));
        assertEquals(Stop.vector(0x25), t.run(), t::where);
        assertEquals(0, s.gpr(CpuState.RBX));
    }

    @Test
    void stiThenCliGivesNoWindow() {
        pic();
        Tables.protected32(t);
        t.line(5, true);
        t.start(Tables.CODE, Code.of(0xfb, 0xfa, 0x43).exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
    }

    @Test
    void stiNopCliGivesAWindow() {
        pic();
        Tables.protected32(t);
        t.line(5, true);
        t.start(Tables.CODE, Code.of(0xfb, 0x90, 0xfa).exit(1));
        assertEquals(Stop.vector(0x25), t.run(), t::where);
        assertEquals(Tables.CODE + 2, t.peek32(sp()));
    }

    @Test
    void singleStepDoesNotTrapBehindASegmentLoadOfSs() {
        Tables.protected32(t);
        s.setFlags(Cr.TF);
        s.setGpr(CpuState.RAX, Tables.DS);
        t.start(Tables.CODE, Code.of(0x8e, 0xd0, 0x43, 0x43));
        assertEquals(Stop.vector(Vector.DB), t.run());
        assertEquals(Tables.CODE + 3, t.peek32(sp()));
        assertEquals(1, s.gpr(CpuState.RBX));
    }

    @Test
    void aLongRepetitionIsInterruptedBetweenIterations() {
        pic();
        Tables.long64(t);
        s.setFlags(Cr.IF | Cr.DF);
        s.setGpr(CpuState.RCX, 1L << 40);
        s.setGpr(CpuState.RSI, Tables.DATA);
        t.start(Tables.CODE, new Code().ready().b(0xf3, 0xac)); // rep lodsb, downwards through all of memory
        t.poke(Tables.PML4 + 8 * 256, 0);
        t.begin();
        t.awaitReady();
        t.line(5, true);
        Stop stop = t.finish();
        if (stop.equals(Stop.vector(0x25))) {
            assertEquals(Tables.CODE + 2, t.peek(sp()));
        } else {
            // The page fault below address 0 came first.
            assertEquals(Stop.vector(Vector.PF), stop, t::where);
            assertEquals(Tables.CODE + 2, t.peek(sp() + 8));
        }
        assertEquals((1L << 40) - s.gpr(CpuState.RCX), Tables.DATA - s.gpr(CpuState.RSI));
    }

    @Test
    void aDebugTrapComesBeforeAnInterrupt() {
        // SDM vol. 3, table 6-2: traps of the last instruction, then external interrupts.
        pic();
        Tables.protected32(t);
        t.load(Tables.HANDLERS + 16, Code.of(0xfe, 0xc4).b(0xe6, TestMachine.HANDLER));
        s.setFlags(Cr.TF);
        t.line(5, true);
        t.start(Tables.CODE, Code.of(0x68).d(Cr.IF | Cr.TF | 2).b(0x9d, 0x90));
        assertEquals(Stop.Kind.VECTOR, firstOf(t.run()));
    }

    private Stop.Kind firstOf(Stop stop) {
        // The handler of #DB was changed, so that its address is no longer that of a handler's second instruction.
        assertEquals(0x100, s.gpr(CpuState.RAX) & 0xff00, t::where);
        return stop.kind() == Stop.Kind.BOUND ? Stop.Kind.VECTOR : stop.kind();
    }
}
