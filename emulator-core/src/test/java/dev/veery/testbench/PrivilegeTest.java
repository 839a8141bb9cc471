package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What each privilege level may do (SDM vol. 3, section 5.9, and the instructions' pages in vol. 2). */
class PrivilegeTest {
    private static final int ALLOWED = -1;

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

    private static Arguments c(String name, int expected, int... code) {
        return Arguments.of(name, code, expected);
    }

    /** RSI points at memory, RCX is the number of an MSR that exists. */
    static Stream<Arguments> atLevel3() {
        return Stream.of(
                c("hlt", Vector.GP, 0xf4),
                c("cli", Vector.GP, 0xfa),
                c("sti", Vector.GP, 0xfb),
                c("in al, 80h", Vector.GP, 0xe4, 0x80),
                c("out 80h, al", Vector.GP, 0xe6, 0x80),
                c("in eax, dx", Vector.GP, 0xed),
                c("outsb", Vector.GP, 0x6e),
                c("lgdt", Vector.GP, 0x0f, 0x01, 0x16),
                c("lidt", Vector.GP, 0x0f, 0x01, 0x1e),
                c("lldt", Vector.GP, 0x0f, 0x00, 0xd0),
                c("ltr", Vector.GP, 0x0f, 0x00, 0xd8),
                c("lmsw", Vector.GP, 0x0f, 0x01, 0xf0),
                c("clts", Vector.GP, 0x0f, 0x06),
                c("invd", Vector.GP, 0x0f, 0x08),
                c("wbinvd", Vector.GP, 0x0f, 0x09),
                c("invlpg", Vector.GP, 0x0f, 0x01, 0x3e),
                c("mov eax, cr0", Vector.GP, 0x0f, 0x20, 0xc0),
                c("mov cr3, eax", Vector.GP, 0x0f, 0x22, 0xd8),
                c("mov eax, dr7", Vector.GP, 0x0f, 0x21, 0xf8),
                c("mov dr0, eax", Vector.GP, 0x0f, 0x23, 0xc0),
                c("rdmsr", Vector.GP, 0x0f, 0x32),
                c("wrmsr", Vector.GP, 0x0f, 0x30),
                c("rdpmc", Vector.GP, 0x0f, 0x33),
                c("sysexit", Vector.GP, 0x0f, 0x35),
                c("clac", Vector.UD, 0x0f, 0x01, 0xca),
                c("stac", Vector.UD, 0x0f, 0x01, 0xcb),
                c("mov cr1, eax", Vector.UD, 0x0f, 0x22, 0xc8),
                c("ud2", Vector.UD, 0x0f, 0x0b),
                c("lock nop", Vector.UD, 0xf0, 0x90),
                c("lock add reg", Vector.UD, 0xf0, 0x01, 0xc0),
                c("mov cs, ax", Vector.UD, 0x8e, 0xc8),
                c("int 20h", Vector.GP, 0xcd, 0x20),
                c("sgdt", ALLOWED, 0x0f, 0x01, 0x06),
                c("sidt", ALLOWED, 0x0f, 0x01, 0x0e),
                c("sldt", ALLOWED, 0x0f, 0x00, 0x06),
                c("str", ALLOWED, 0x0f, 0x00, 0x0e),
                c("smsw", ALLOWED, 0x0f, 0x01, 0x26),
                c("rdtsc", ALLOWED, 0x0f, 0x31),
                c("cpuid", ALLOWED, 0x0f, 0xa2),
                c("pushf, popf", ALLOWED, 0x9c, 0x9d),
                c("clflush", ALLOWED, 0x0f, 0xae, 0x3e));
    }

    private void check(boolean wide, int[] code, int expected) {
        if (wide) {
            Tables.long64(t);
        } else {
            Tables.paged32(t);
        }
        Tables.user(t);
        s.setGpr(CpuState.RSI, Tables.DATA);
        s.setGpr(CpuState.RCX, 0x10);
        s.setGpr(CpuState.RDX, 0x80);
        // INT 80h, which user code may use, tells that the instruction was allowed.
        t.start(Tables.CODE, Code.of(code).b(0xcd, 0x80));
        Stop stop = t.run();
        assertEquals(Stop.vector(expected == ALLOWED ? 0x80 : expected), stop, t::where);
        long sp = s.gpr(CpuState.RSP);
        if (expected == Vector.GP) {
            // INT 20h names the gate, everything else has error code 0.
            assertEquals(code[0] == 0xcd ? 0x20 * 8 + 2 : 0, wide ? t.peek(sp) : t.peek32(sp), "error code");
        }
        if (expected != ALLOWED) {
            long rip = expected == Vector.GP
                    ? (wide ? t.peek(sp + 8) : t.peek32(sp + 4))
                    : wide ? t.peek(sp) : t.peek32(sp);
            assertEquals(Tables.CODE, rip, "RIP of the instruction");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("atLevel3")
    void userCodeIn64BitMode(String name, int[] code, int expected) {
        check(true, code, expected);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("atLevel3")
    void userCodeIn32BitMode(String name, int[] code, int expected) {
        check(false, code, expected);
    }

    @Test
    void controlBitsTakeInstructionsFromUserCode() {
        Object[][] cases = {
            {Cr.CR4_TSD, Vector.GP, new int[] {0x0f, 0x31}},
            {Cr.CR4_UMIP, Vector.GP, new int[] {0x0f, 0x01, 0x06}},
            {Cr.CR4_UMIP, Vector.GP, new int[] {0x0f, 0x01, 0x0e}},
            {Cr.CR4_UMIP, Vector.GP, new int[] {0x0f, 0x00, 0x06}},
            {Cr.CR4_UMIP, Vector.GP, new int[] {0x0f, 0x00, 0x0e}},
            {Cr.CR4_UMIP, Vector.GP, new int[] {0x0f, 0x01, 0x26}},
            {0L, Vector.UD, new int[] {0xf3, 0x0f, 0xae, 0xc0}}, // rdfsbase eax without CR4.FSGSBASE
            {Cr.CR4_FSGSBASE, 0x80, new int[] {0xf3, 0x0f, 0xae, 0xc0}},
            {0L, Vector.UD, new int[] {0x0f, 0x01, 0xd0}}, // xgetbv without CR4.OSXSAVE
        };
        for (Object[] c : cases) {
            Tables.long64(t);
            Tables.user(t);
            s.cr4 |= (Long) c[0];
            s.setGpr(CpuState.RSI, Tables.DATA);
            t.start(Tables.CODE, Code.of((int[]) c[2]).b(0xcd, 0x80));
            assertEquals(Stop.vector((Integer) c[1]), t.run(), () -> java.util.Arrays.toString((int[]) c[2]));
        }
    }

    @Test
    void portsFollowIoplAndTheBitmapOfTheTask() {
        Tables.long64(t);
        Tables.user(t);
        s.tr.limit = 0x67 + 0x2001;
        t.memory.write(Tables.TSS + 0x66, 2, 0x68);
        t.poke(Tables.TSS + 0x68 + TestMachine.PORTS / 8, ~0x70L); // three ports from 104h
        s.setGpr(CpuState.RDX, TestMachine.PORTS + 4);
        t.start(Tables.CODE, Code.of(0xec, 0x66, 0xed, 0xed)); // one byte, two; four would reach a port too many
        assertEquals(Stop.vector(Vector.GP), t.run());
        assertEquals(Tables.CODE + 3, t.peek(s.gpr(CpuState.RSP) + 8));
        assertEquals(2, t.portLatch.log().size());
        Tables.long64(t);
        Tables.user(t);
        s.setFlags(Cr.IOPL);
        t.start(Tables.CODE, Code.of(0xed).exit(1));
        assertEquals(Stop.exit(1), t.run());
    }

    @Test
    void popfChangesNeitherIfNorIoplWithoutTheRight() {
        Tables.long64(t);
        Tables.user(t);
        t.start(Tables.CODE, Code.of(0x68).d(0x3ad5 | 0x20_0000 & 0).b(0x9d, 0xcd, 0x80));
        assertEquals(Stop.vector(0x80), t.run());
        long flags = t.peek(s.gpr(CpuState.RSP) + 16);
        assertEquals(0, flags & (Cr.IF | Cr.IOPL));
        assertEquals(Cr.CF | Cr.OF | 2, flags & (Cr.CF | Cr.OF | 2));
    }

    @Test
    void instructionsOfSixteenBytesFault() {
        Tables.long64(t);
        t.start(
                Tables.CODE,
                Code.of(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90)
                        .exit(1));
        assertEquals(Stop.exit(1), t.run(), "fifteen are allowed");
        t.start(
                Tables.CODE,
                Code.of(
                        0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                        0x90));
        assertEquals(Stop.vector(Vector.GP), t.run());
        assertEquals(Tables.CODE, t.peek(s.gpr(CpuState.RSP) + 8));
    }

    @Test
    void overlongInstructionsOverTwoPagesFaultEachTime() {
        for (int bits : new int[] {16, 32, 64}) {
            Code code = new Code();
            for (int i = 0; i < 15; i++) {
                code.b(0x66);
            }
            code.b(0x90);
            for (int before = 1; before < 16; before++) {
                if (bits == 16) {
                    Tables.real(t);
                } else if (bits == 32) {
                    Tables.protected32(t);
                } else {
                    Tables.long64(t);
                }
                for (int again = 0; again < 2; again++) {
                    s.setGpr(CpuState.RSP, 0x8000);
                    t.start(0xd000 - before, code);
                    assertEquals(Stop.vector(Vector.GP), t.run(), t::where);
                    s.seg[1].setBase(0);
                }
            }
        }
    }

    @Test
    void fifteenBytesOverTwoPagesExecute() {
        for (int before = 1; before < 15; before++) {
            Tables.protected32(t);
            Code code = new Code();
            for (int i = 0; i < 14; i++) {
                code.b(0x66);
            }
            t.start(0xd000 - before, code.b(0x90).exit(1));
            assertEquals(Stop.exit(1), t.run(), t::where);
        }
    }

    @Test
    void anOverlongInstructionMayBeMadeShorter() {
        Tables.protected32(t);
        Code code = new Code();
        for (int i = 0; i < 15; i++) {
            code.b(0x66);
        }
        // The handler of #GP turns the fourth byte into a NOP and the fifth into RET, and tries again.
        t.load(0x30000, code);
        t.load(
                Tables.CODE + 0x100,
                Code.of(0x83, 0xc4, 0x04, 0x66, 0xc7, 0x05).d(0x30003).w(0xc390).b(0xcf));
        Tables.gate(t, Vector.GP, Tables.CS32, Tables.CODE + 0x100, 0x8e);
        t.start(Tables.CODE, Code.of(0xb8).d(0x30000).b(0xff, 0xd0).exit(3));
        assertEquals(Stop.exit(3), t.run(), t::where);
    }

    @Test
    void segmentLimitsHoldForDataStackAndCode() {
        int small = Tables.FREE;
        Tables.protected32(t);
        Tables.descriptor(t, small, Tables.DATA, 0xfff, 0x4093);
        Tables.load(t, s.seg[0], small);
        t.start(
                Tables.CODE,
                Code.of(0x26, 0x8a, 0x05).d(0xfff).b(0x26, 0x8b, 0x05).d(0xffd));
        assertEquals(Stop.vector(Vector.GP), t.run(), t::where);
        assertEquals(Tables.CODE + 7, t.peek32(s.gpr(CpuState.RSP) + 4));

        Tables.protected32(t);
        Tables.descriptor(t, small, 0, 0x7fff, 0x4097); // expand down: above 7FFFh
        Tables.load(t, s.seg[0], small);
        t.start(
                Tables.CODE,
                Code.of(0x26, 0x8a, 0x05).d(0x8000).b(0x26, 0x8a, 0x05).d(0x7fff));
        assertEquals(Stop.vector(Vector.GP), t.run(), t::where);
        assertEquals(Tables.CODE + 7, t.peek32(s.gpr(CpuState.RSP) + 4));

        Tables.protected32(t);
        Tables.descriptor(t, small, Tables.CODE, 0xf, 0x409b); // code of sixteen bytes
        Tables.load(t, s.seg[1], small);
        t.load(Tables.CODE, new Code().fill(0x20));
        s.rip = 0;
        assertEquals(Stop.vector(Vector.GP), t.run(), t::where);
        assertEquals(0x10, t.peek32(s.gpr(CpuState.RSP) + 4));

        Tables.protected32(t);
        Tables.load(t, s.seg[1], small);
        t.load(Tables.CODE, Code.of(0xeb, 0x0c)); // to Eh, where an instruction of five bytes begins
        t.load(Tables.CODE + 0xe, Code.of(0xb8, 1, 2, 3, 4));
        s.rip = 0;
        assertEquals(Stop.vector(Vector.GP), t.run(), t::where);
        assertEquals(0xe, t.peek32(s.gpr(CpuState.RSP) + 4));
    }

    @Test
    void segmentTypesAreChecked() {
        Tables.protected32(t);
        t.start(Tables.CODE, Code.of(0x2e, 0xc6, 0x05).d(Tables.DATA).b(1)); // mov byte cs:[DATA], 1
        assertEquals(Stop.vector(Vector.GP), t.run());
        Tables.protected32(t);
        s.seg[0].set(0, 0, 0, 1 << 16);
        t.start(Tables.CODE, Code.of(0x26, 0xa0).d(Tables.DATA)); // through a null selector
        assertEquals(Stop.vector(Vector.GP), t.run());
        Tables.protected32(t);
        Tables.descriptor(t, Tables.FREE, 0, 0xfffff, 0xc091); // read-only data
        Tables.load(t, s.seg[3], Tables.FREE);
        t.start(Tables.CODE, Code.of(0xa0).d(Tables.DATA).b(0xa2).d(Tables.DATA));
        assertEquals(Stop.vector(Vector.GP), t.run());
        assertEquals(Tables.CODE + 5, t.peek32(s.gpr(CpuState.RSP) + 4));
    }

    @Test
    void repeatedMoveStopsAtTheLimitOfFs() {
        Tables.protected32(t);
        Tables.descriptor(t, Tables.FREE, Tables.DATA, 0xf, 0x4093);
        Tables.load(t, s.seg[4], Tables.FREE);
        s.setGpr(CpuState.RCX, 100);
        s.setGpr(CpuState.RSI, 4);
        s.setGpr(CpuState.RDI, 0x30000);
        t.start(Tables.CODE, Code.of(0xf3, 0x64, 0xa4));
        assertEquals(Stop.vector(Vector.GP), t.run(), t::where);
        assertEquals(88, s.gpr(CpuState.RCX));
        assertEquals(0x10, s.gpr(CpuState.RSI));
    }

    @Test
    void alignmentIsCheckedForUserCodeOnly() {
        // SDM vol. 3, section 6.15, interrupt 17.
        Tables.long64(t);
        Tables.user(t);
        s.cr0 |= Cr.CR0_AM;
        s.setFlags(Cr.AC);
        s.setGpr(CpuState.RSI, Tables.DATA + 1);
        t.start(Tables.CODE, Code.of(0x8a, 0x06, 0x8b, 0x46, 0x03, 0x8b, 0x06));
        assertEquals(Stop.vector(Vector.AC), t.run(), t::where);
        assertEquals(0, t.peek(s.gpr(CpuState.RSP)));
        assertEquals(Tables.CODE + 5, t.peek(s.gpr(CpuState.RSP) + 8));
        Tables.long64(t);
        s.cr0 |= Cr.CR0_AM;
        s.setFlags(Cr.AC);
        t.start(Tables.CODE, Code.of(0x8b, 0x06).exit(1));
        s.setGpr(CpuState.RSI, Tables.DATA + 1);
        assertEquals(Stop.exit(0), new Stop(t.run().kind(), 0));
    }
}
