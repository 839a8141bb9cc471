package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** SYSCALL and SYSRET as an operating system uses them, many times over (SDM vol. 2, SYSCALL and SYSRET). */
class SystemCallTest {
    /** The upper half of the address space maps the lower one. */
    private static final long HIGH = 0xffff_ff80_0000_0000L;

    private static final long KERNEL = Tables.CODE + 0x1000;
    private static final int INTERRUPT = 0x60;
    private static final int ROUNDS = 100;

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

    @BeforeEach
    void userProgramWithAKernel() {
        Tables.long64(t);
        Tables.user(t);
        // SYSRET adds 16 and 8, SYSCALL 8.
        s.star = (long) (Tables.USER_CS64 - 16) << 48 | (long) Tables.CS64 << 32;
        s.lstar = HIGH + KERNEL;
        s.setGpr(CpuState.RBX, ROUNDS);
        s.setGpr(CpuState.RBP, Tables.DATA);
    }

    /** RBX system calls, then INT 80h. */
    private void program() {
        t.start(Tables.CODE, Code.of(0x0f, 0x05, 0xff, 0xcb, 0x75, 0xfa, 0xcd, 0x80));
    }

    @Test
    void movesBetweenTheLevelsWithFlagsAndSegments() {
        s.fmask = Cr.IF | Cr.DF | Cr.CF;
        s.setFlags(Cr.DF | Cr.CF | Cr.OF | Cr.ID | Cr.IF);
        t.load(
                KERNEL,
                Code.of(0x8c, 0x4d, 0x00) // mov [rbp], cs
                        .b(0x8c, 0x55, 0x08) // mov [rbp+8], ss
                        .b(0x9c, 0x8f, 0x45, 0x10) // pushf; pop [rbp+16]
                        .b(0x4c, 0x89, 0x5d, 0x18) // mov [rbp+24], r11
                        .b(0x48, 0x89, 0x4d, 0x20) // mov [rbp+32], rcx
                        .b(0x48, 0x0f, 0x07)); // sysret
        program();

        assertEquals(Stop.vector(0x80), t.run(), t::where);

        assertEquals(Tables.CS64, t.peek16(Tables.DATA));
        assertEquals(Tables.CS64 + 8, t.peek16(Tables.DATA + 8));
        // The last but one result was 1, and DEC leaves CF.
        assertEquals(Cr.ID | Cr.FLAGS_FIXED, t.peek(Tables.DATA + 16));
        assertEquals(Cr.DF | Cr.CF | Cr.ID | Cr.IF | Cr.FLAGS_FIXED, t.peek(Tables.DATA + 24));
        assertEquals(Tables.CODE + 2, t.peek(Tables.DATA + 32));
        long frame = s.gpr(CpuState.RSP);
        assertEquals(Tables.CODE + 8, t.peek(frame));
        assertEquals(Tables.USER_CS64, t.peek(frame + 8));
        assertEquals(Cr.DF | Cr.CF | Cr.ID | Cr.IF | Cr.ZF | Cr.PF | Cr.FLAGS_FIXED, t.peek(frame + 16));
        assertEquals(Tables.USER_STACK, t.peek(frame + 24));
        assertEquals(Tables.USER_DS, t.peek(frame + 32));
    }

    @Test
    void theKernelsPagesAreTheKernelsAlone() {
        t.poke(Tables.pte(Tables.DATA), Tables.DATA | 3);
        t.load(KERNEL, Code.of(0x83, 0x45, 0x00, 0x01, 0x48, 0x0f, 0x07)); // add dword [rbp], 1; sysret
        // The program may not touch what the kernel has just touched.
        t.start(Tables.CODE, Code.of(0x0f, 0x05, 0xff, 0xcb, 0x75, 0xfa, 0x8b, 0x45, 0x00));

        assertEquals(Stop.vector(Vector.PF), t.run(), t::where);

        assertEquals(ROUNDS, t.peek32(Tables.DATA));
        long frame = s.gpr(CpuState.RSP);
        assertEquals(5, t.peek(frame), "error code: present, user");
        assertEquals(Tables.CODE + 6, t.peek(frame + 8));
    }

    @Test
    void anInterruptWaitsForSysretToLetItIn() {
        s.fmask = Cr.IF;
        s.setFlags(Cr.IF);
        s.setGpr(CpuState.RDI, 0xfee0_0000L);
        t.load(
                KERNEL,
                Code.of(0xc7, 0x87)
                        .d(0xf0)
                        .d(0x1ff) // mov dword [rdi+0f0h], 1ffh: APIC on
                        .b(0x83, 0xfb, 0x01, 0x75, 0x0a) // cmp ebx, 1; jne
                        .b(0xc7, 0x87)
                        .d(0x300)
                        .d(0x4_0000 | INTERRUPT) // mov dword [rdi+300h]: to itself
                        .b(0x90, 0x90, 0x48, 0x0f, 0x07)); // sysret
        program();

        assertEquals(Stop.vector(INTERRUPT), t.run(), t::where);

        long frame = s.gpr(CpuState.RSP);
        assertEquals(Tables.CODE + 2, t.peek(frame));
        assertEquals(Tables.USER_CS64, t.peek(frame + 8));
        assertEquals(1, s.gpr(CpuState.RBX));
    }

    @Test
    void sysretToWhereNoProgramCanBeFaultsInTheKernel() {
        t.load(
                KERNEL,
                Code.of(0x83, 0xfb, 0x01, 0x75, 0x05) // cmp ebx, 1; jne
                        .b(0x48, 0x0f, 0xba, 0xf9, 0x2f) // btc rcx, 47
                        .b(0x48, 0x0f, 0x07)); // sysret
        program();

        assertEquals(Stop.vector(Vector.GP), t.run(), t::where);

        long frame = s.gpr(CpuState.RSP);
        assertEquals(HIGH + KERNEL + 10, t.peek(frame + 8));
        assertEquals(Tables.CS64, t.peek(frame + 16));
    }
}
