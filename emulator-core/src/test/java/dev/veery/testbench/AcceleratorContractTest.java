package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.accel.DebugStop;
import dev.veery.accel.GuestDebug;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.DeviceWindow;
import dev.veery.memory.FlatView;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a board may expect of any accelerator's vCPU. */
class AcceleratorContractTest {
    private static final int APIC_TIMER = 0x40;
    private static final long MILLISECOND = 1_000_000;

    final TestMachine t = machine();
    final CpuState s = t.s;

    /** The machine under test; other accelerators' suites override it. */
    TestMachine machine() {
        return new TestMachine();
    }

    @AfterEach
    void close() {
        assertTrue(t.guardsIntact());
        t.close();
    }

    private void run64(Code code, Stop expected) {
        Tables.long64(t);
        t.start(Tables.CODE, code);
        assertEquals(expected, t.run(), t::where);
    }

    private long rax() {
        return s.gpr(CpuState.RAX);
    }

    // ---- memory and ports

    @Test
    void loadsAndStoresOfEveryWidthReachRam() {
        t.poke(Tables.DATA, 0x8877_6655_4433_2211L);
        s.setGpr(CpuState.RSI, Tables.DATA);
        run64(
                new Code()
                        .b(0x48, 0x8b, 0x06) // mov rax, [rsi]
                        .b(0x48, 0x89, 0x46, 0x08) // mov [rsi+8], rax
                        .b(0x89, 0x46, 0x10) // mov [rsi+16], eax
                        .b(0x66, 0x89, 0x46, 0x18) // mov [rsi+24], ax
                        .b(0x88, 0x66, 0x20) // mov [rsi+32], ah
                        .b(0x48, 0x89, 0x86, 0xfd, 0x0f, 0, 0) // mov [rsi+ffdh], rax: over a page boundary
                        .exit(),
                Stop.exit(0x11));
        assertEquals(0x8877_6655_4433_2211L, t.peek(Tables.DATA + 8));
        assertEquals(0x4433_2211L, t.peek(Tables.DATA + 16));
        assertEquals(0x2211L, t.peek(Tables.DATA + 24));
        assertEquals(0x22L, t.peek(Tables.DATA + 32));
        assertEquals(0x8877_6655_4433_2211L, t.peek(Tables.DATA + 0xffd));
    }

    @Test
    void memoryBeyondAllRamReadsAsOnesAndForgetsWrites() {
        s.setGpr(CpuState.RSI, 0xf000_0000L);
        run64(Code.of(0xc7, 0x06).d(0x1234).b(0x8b, 0x06).exit(), Stop.exit(0xff));
        assertEquals(0xffff_ffffL, rax());
    }

    @Test
    void deviceRegistersSeeEveryWidthOnce() {
        s.setGpr(CpuState.RSI, TestMachine.MMIO);
        s.setGpr(CpuState.RAX, 0x1122_3344_5566_7788L);
        run64(
                new Code()
                        .b(0x88, 0x46, 0x01) // mov [rsi+1], al
                        .b(0x66, 0x89, 0x46, 0x02) // mov [rsi+2], ax
                        .b(0x89, 0x46, 0x04) // mov [rsi+4], eax
                        .b(0x48, 0x89, 0x46, 0x08) // mov [rsi+8], rax
                        .b(0x8a, 0x5e, 0x01) // mov bl, [rsi+1]
                        .b(0x66, 0x8b, 0x5e, 0x02) // mov bx, [rsi+2]
                        .b(0x8b, 0x5e, 0x04) // mov ebx, [rsi+4]
                        .b(0x48, 0x8b, 0x5e, 0x08) // mov rbx, [rsi+8]
                        .exit(),
                Stop.exit(0x88));
        assertEquals(
                List.of(
                        "w1@1=88",
                        "w2@2=7788",
                        "w4@4=55667788",
                        "w8@8=1122334455667788",
                        "r1@1",
                        "r2@2",
                        "r4@4",
                        "r8@8"),
                t.mmioLatch.log());
        assertEquals(0x1122_3344_5566_7788L, s.gpr(CpuState.RBX));
    }

    @Test
    void registersInAWindowAreReachedWithoutTheirHandlerWhileItIsOpen() {
        try (RamBlock registers = new RamBlock("window", new OffHeapRamAllocator().allocate("window", 4096))) {
            DeviceWindow window = new DeviceWindow("card", registers.host(), 4096);
            MemoryRegion region = MemoryRegion.window("window", window, t.mmioLatch);
            window.open();
            t.locked(() -> t.memory.root().addChild(TestMachine.MMIO, region, 1));
            OffHeap.putInt(registers.host() + 4, 0x1234_5678);
            s.setGpr(CpuState.RSI, TestMachine.MMIO);
            s.setGpr(CpuState.RAX, 0x1122_3344_5566_7788L);
            Code code = new Code()
                    .b(0x89, 0x06) // mov [rsi], eax
                    .b(0x66, 0x89, 0x46, 0x0a) // mov [rsi+10], ax
                    .b(0x8b, 0x46, 0x04) // mov eax, [rsi+4]
                    .exit();
            run64(code, Stop.exit(0x78));
            assertEquals(0x5566_7788, OffHeap.getInt(registers.host()));
            assertEquals(0x7788_0000, OffHeap.getInt(registers.host() + 8));
            assertEquals(List.of(), t.mmioLatch.log());

            window.close();
            t.locked(() -> region.setEnabled(false));
            run64(code, Stop.exit(0x01 + 4 * 0x11));
            assertEquals(0x5566_7788, OffHeap.getInt(registers.host()));
            assertEquals(List.of("w4@0=12345678", "w2@a=5678", "r4@4"), t.mmioLatch.log());
            t.locked(() -> t.memory.root().removeChild(region));
        }
    }

    @Test
    void readModifyWriteOfADeviceRegisterReadsAndWritesOnce() {
        s.setGpr(CpuState.RSI, TestMachine.MMIO);
        run64(Code.of(0x83, 0x0e, 0x40).b(0x87, 0x06).exit(7), Stop.exit(7)); // or dword [rsi], 40h; xchg [rsi], eax
        assertEquals(List.of("r4@0", "w4@0=34231241", "r4@0", "w4@0=0"), t.mmioLatch.log());
    }

    @Test
    void portsSeeEveryWidthAndKeepTheUpperBitsOfRax() {
        s.setGpr(CpuState.RDX, TestMachine.PORTS + 4);
        s.setGpr(CpuState.RAX, 0x1122_3344_5566_7788L);
        run64(
                new Code()
                        .b(0xee) // out dx, al
                        .b(0x66, 0xef) // out dx, ax
                        .b(0xef) // out dx, eax
                        .b(0xec) // in al, dx
                        .b(0x66, 0xed) // in ax, dx
                        .exit(),
                Stop.exit(0x88));
        assertEquals(List.of("w1@4=88", "w2@4=7788", "w4@4=55667788", "r1@4", "r2@4"), t.portLatch.log());
        assertEquals(0x1122_3344_5566_7788L, rax());
    }

    @Test
    void inOf32BitsClearsTheUpperHalf() {
        s.setGpr(CpuState.RDX, TestMachine.PORTS);
        s.setGpr(CpuState.RAX, -1);
        run64(Code.of(0xed).exit(), Stop.exit(1));
        assertEquals(0x3423_1201L, rax());
    }

    @Test
    void repeatedStringIoMovesEveryElement() {
        s.setGpr(CpuState.RDX, TestMachine.PORTS);
        s.setGpr(CpuState.RCX, 3);
        s.setGpr(CpuState.RSI, Tables.DATA);
        s.setGpr(CpuState.RDI, Tables.DATA + 0xffc);
        t.poke(Tables.DATA, 0x0605_0403_0201L);
        run64(
                new Code()
                        .b(0xf3, 0x66, 0x6f) // rep outsw
                        .mov(1, 2)
                        .b(0xf3, 0x6d) // rep insd, over a page boundary
                        .exit(1),
                Stop.exit(1));
        assertEquals(List.of("w2@0=201", "w2@0=403", "w2@0=605", "r4@0", "r4@0"), t.portLatch.log());
        assertEquals(0x3423_0605_3423_0605L, t.peek(Tables.DATA + 0xffc));
        assertEquals(0, s.gpr(CpuState.RCX));
        assertEquals(Tables.DATA + 6, s.gpr(CpuState.RSI));
        assertEquals(Tables.DATA + 0x1004, s.gpr(CpuState.RDI));
    }

    @Test
    void stringIoThatFaultsReadsNoPort() {
        s.setGpr(CpuState.RDX, TestMachine.PORTS);
        s.setGpr(CpuState.RCX, 5);
        s.setGpr(CpuState.RDI, Tables.DATA + 0xff8);
        Tables.long64(t);
        t.poke(Tables.pte(Tables.DATA + 0x1000), 0);
        t.start(Tables.CODE, Code.of(0xf3, 0x6d).exit());
        assertEquals(Stop.vector(Vector.PF), t.run());
        assertEquals(List.of("r4@0", "r4@0"), t.portLatch.log());
        assertEquals(3, s.gpr(CpuState.RCX));
        assertEquals(Tables.DATA + 0x1000, s.cr2);
    }

    // ---- self-modifying code

    @Test
    void aStoreIntoTheNextInstructionIsSeen() {
        // mov byte [rip+1], 2: the immediate of the next instruction.
        run64(Code.of(0xc6, 0x05).d(1).b(2, 0xb0, 1).exit(), Stop.exit(2));
    }

    @Test
    void aLoopThatRewritesItselfRunsWhatItWrote() {
        // bl counts; the immediate of "add al, imm" is set to bl each time round: 1 + 1 + 2 + 3.
        s.setGpr(CpuState.RBX, 0);
        run64(
                new Code()
                        .b(0xb0, 0x00) // mov al, 0
                        .b(0x04, 0x01) // loop: add al, 1
                        .b(0xfe, 0xc3) // inc bl
                        .b(0x88, 0x1d)
                        .d(-9) // mov [imm of add], bl
                        .b(0x80, 0xfb, 0x04) // cmp bl, 4
                        .b(0x75, 0xf1) // jne loop
                        .exit(),
                Stop.exit(1 + 1 + 2 + 3));
    }

    @Test
    void aRepeatedStoreOverTheCodeBehindItTakesEffect() {
        // rep stosb fills the following bytes, INT3s, with NOPs.
        s.setGpr(CpuState.RAX, 0x90);
        s.setGpr(CpuState.RCX, 8);
        s.setGpr(CpuState.RDI, Tables.CODE + 2);
        run64(
                Code.of(0xf3, 0xaa, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc)
                        .exit(5),
                Stop.exit(5));
    }

    @Test
    void codeIsSeenToChangeHoweverOftenDataBesideItAreWritten() {
        // The page is forgotten as code now and then, and is code again.
        s.setGpr(CpuState.RBX, Tables.CODE + 0x800);
        run64(
                new Code()
                        .b(0xb9)
                        .d(20_000) // mov ecx, 20000
                        .b(0x30, 0xc0) // xor al, al
                        .b(0x89, 0x0b) // loop: mov [rbx], ecx
                        .b(0xe8)
                        .d(0x32) // call 40h
                        .b(0xff, 0xc9) // dec ecx
                        .b(0x75, 0xf5) // jne loop
                        .b(0xc6, 0x05)
                        .d(0x28)
                        .b(0x02) // mov byte [41h], 2
                        .b(0xe8)
                        .d(0x22) // call 40h
                        .exit()
                        .fill(0x40)
                        .b(0x04, 0x01, 0xc3), // add al, 1; ret
                Stop.exit((20_000 & 0xff) + 2));
    }

    @Test
    void aPageThatOnlyOnceWasCodeBecomesFastToWrite() {
        s.setGpr(CpuState.RBX, Tables.CODE + 0x1800);
        run64(
                new Code()
                        .b(0xb9)
                        .d(2000) // mov ecx, 2000
                        .b(0xe8)
                        .d(0xff6) // call 1000h
                        .b(0x89, 0x0b) // loop: mov [rbx], ecx
                        .b(0xff, 0xc9) // dec ecx
                        .b(0x75, 0xfa) // jne loop
                        .exit(7)
                        .fill(0x1000)
                        .b(0xc3), // ret
                Stop.exit(7));
        FlatView view = t.memory.view();
        int range = view.find(Tables.CODE + 0x1000);
        long offset = view.offsetInRegion(range) + Tables.CODE + 0x1000 - view.start(range);
        assertFalse(Objects.requireNonNull(view.block(range)).writeTracked((int) (offset >>> RamBlock.PAGE_SHIFT)));
    }

    @Test
    void aRepeatedStoreBesideCodeKeepsBoth() {
        // rep stosb fills 100h bytes, of which the last two are code that ran already.
        s.setGpr(CpuState.RDI, Tables.CODE + 0x100);
        s.setGpr(CpuState.RBX, 0);
        run64(
                new Code()
                        .b(0xe8)
                        .d(0x1f9) // call 1feh
                        .b(0xb0, 0x90) // mov al, 90h
                        .b(0xb9)
                        .d(0x100) // mov ecx, 100h
                        .b(0xf3, 0xaa) // rep stosb
                        .b(0x30, 0xc0) // xor al, al
                        .b(0xe8)
                        .d(0x1e9) // call 1feh
                        .exit()
                        .fill(0x1fe)
                        .b(0xfe, 0xc3, 0x04, 0x01, 0xc3), // inc bl; add al, 1; ret
                Stop.exit(1));
        assertEquals(0x9090_9090_9090_9090L, t.peek(Tables.CODE + 0x1f8));
        assertEquals(1, s.gpr(CpuState.RBX));
    }

    @Test
    void aStoreFarBehindTheBeginningOfABlockIsSeen() {
        Code function = new Code();
        for (int i = 0; i < 20; i++) {
            function.b(0x48, 0xbb).q(i); // movabs rbx, i
        }
        int immediate = 0x100 + function.length() + 1;
        function.b(0x04, 0x01, 0xc3); // add al, 1; ret
        s.setGpr(CpuState.RSI, Tables.CODE + immediate);
        run64(
                new Code()
                        .b(0x30, 0xc0) // xor al, al
                        .b(0xe8)
                        .d(0xf9) // call 100h
                        .b(0xc6, 0x06, 0x02) // mov byte [rsi], 2
                        .b(0xe8)
                        .d(0xf1) // call 100h
                        .b(0xc6, 0x06, 0x04) // mov byte [rsi], 4
                        .b(0xe8)
                        .d(0xe9) // call 100h
                        .exit()
                        .fill(0x100)
                        .append(function),
                Stop.exit(1 + 2 + 4));
    }

    @Test
    void aStoreThroughAnotherMappingIsSeen() {
        Tables.long64(t);
        t.poke(Tables.pte(0x30000), Tables.CODE | Tables.PWU);
        s.setGpr(CpuState.RBX, 0x30000);
        // call the code once, change it through the alias, call it again
        t.start(
                Tables.CODE,
                new Code()
                        .b(0xe8)
                        .d(0x1b) // call 20h
                        .b(0xc6, 0x43, 0x21, 0x09) // mov byte [rbx+21h], 9
                        .b(0xe8)
                        .d(0x12) // call 20h
                        .exit()
                        .fill(0x20)
                        .b(0xb0, 0x01, 0xc3)); // mov al, 1; ret
        assertEquals(Stop.exit(9), t.run(), t::where);
    }

    @Test
    void codeWrittenByADeviceIsSeen() {
        Tables.long64(t);
        t.start(
                Tables.CODE,
                new Code()
                        .b(0xe8)
                        .d(0x1b) // loop: call 20h
                        .ready()
                        .b(0x3c, 0x01, 0x74, 0xf5) // cmp al, 1; je loop
                        .exit()
                        .fill(0x20)
                        .b(0xb0, 0x01, 0xc3));
        t.begin();
        t.awaitReady();
        t.memory.write(Tables.CODE + 0x21, 1, 0x2a);
        assertEquals(Stop.exit(0x2a), t.finish(), t::where);
    }

    // ---- interrupts

    private static Code initialisePics() {
        return new Code()
                .b(0xb0, 0x11, 0xe6, 0x20, 0xe6, 0xa0)
                .b(0xb0, 0x20, 0xe6, 0x21, 0xb0, 0x28, 0xe6, 0xa1)
                .b(0xb0, 0x04, 0xe6, 0x21, 0xb0, 0x02, 0xe6, 0xa1)
                .b(0xb0, 0x01, 0xe6, 0x21, 0xe6, 0xa1)
                .b(0xb0, 0x00, 0xe6, 0x21, 0xe6, 0xa1);
    }

    @Test
    void aPicInterruptWakesHltAndSavesTheNextInstruction() {
        t.enterVirtualWire();
        Tables.protected32(t);
        Code code = initialisePics().ready().b(0xfb, 0xf4);
        t.start(Tables.CODE, code);
        t.begin();
        t.awaitReady();
        t.line(5, true);
        assertEquals(Stop.vector(0x25), t.finish(), t::where);
        assertEquals(Tables.CODE + code.length(), t.peek32(Tables.STACK - 12));
        assertEquals(0, s.rflags & Cr.IF);
        assertEquals(Cr.IF, t.peek32(Tables.STACK - 4) & Cr.IF);
    }

    @Test
    void interruptsWaitForStiAndForTheInstructionBehindIt() {
        t.enterVirtualWire();
        Tables.protected32(t);
        Code code = initialisePics().ready().exit(1).b(0x40, 0xfb, 0x40, 0x40, 0x40, 0xf4);
        t.start(Tables.CODE, code);
        assertEquals(Stop.exit(1), t.run());
        t.line(5, true);
        assertEquals(Stop.vector(0x25), t.resume(), t::where);
        assertEquals(3, rax() & 0xff, "one inc before sti, one behind it");
    }

    @Test
    void hltWithInterruptsOffIgnoresThemButNotNmi() {
        t.enterVirtualWire();
        Tables.protected32(t);
        t.start(Tables.CODE, initialisePics().ready().b(0xfa, 0xf4).exit(3));
        t.begin();
        t.awaitReady();
        t.line(5, true);
        t.locked(() -> t.cpu.signals().nmi());
        assertEquals(Stop.vector(Vector.NMI), t.finish(), t::where);
    }

    @Test
    void aSecondNmiWaitsForIret() {
        Tables.protected32(t);
        t.poke32(Tables.DATA, 0);
        // handler: inc dword [DATA]; mov al, [DATA]; (first time) send nothing; iret
        t.load(Tables.CODE + 0x100, Code.of(0xff, 0x05).d(Tables.DATA).ready().b(0x83, 0xfb, 0x00, 0x74, 0xfb, 0xcf));
        Tables.gate(t, Vector.NMI, Tables.CS32, Tables.CODE + 0x100, 0x8e);
        s.setGpr(CpuState.RBX, 1);
        t.start(
                Tables.CODE,
                new Code().ready().b(0x83, 0x3d).d(Tables.DATA).b(2, 0x75, 0xf7).exit(9));
        t.begin();
        t.awaitReady();
        t.locked(() -> {
            t.cpu.signals().nmi();
            t.cpu.signals().nmi();
        });
        // Two that come together may be one; one more brings the count to two or three.
        t.awaitReady();
        assertTrue(t.peek32(Tables.DATA) >= 1);
        t.locked(() -> t.cpu.signals().nmi());
        assertEquals(Stop.exit(9), t.finish(), t::where);
    }

    @Test
    void messagesReachTheProcessor() {
        Tables.long64(t);
        t.start(Tables.CODE, enableApic().ready().b(0xfb, 0xf4, 0xeb, 0xfd));
        t.begin();
        t.awaitReady();
        t.locked(() -> t.bus.send(0, 0xfee0_0000L, 0x51));
        assertEquals(Stop.vector(0x51), t.finish(), t::where);
    }

    @Test
    void interruptsReachALoopBehindAnStiThatIsOldNews() {
        Tables.long64(t);
        t.start(
                Tables.CODE,
                enableApic()
                        .b(0xb9, 8, 0, 0, 0) // mov ecx, 8
                        .b(0xfa, 0x8c, 0xd0, 0x8e, 0xd0) // again: cli; mov eax, ss; mov ss, eax
                        .b(0x90, 0xfb, 0x90, 0xff, 0xc9, 0x75, 0xf4) // nop; sti; nop; dec ecx; jnz again
                        .ready()
                        .b(0xeb, 0xfe)); // jmp itself
        t.begin();
        t.awaitReady();
        t.locked(() -> t.bus.send(0, 0xfee0_0000L, 0x51));
        assertEquals(Stop.vector(0x51), t.finish(), t::where);
    }

    @Test
    void aLevelComesAgainAfterItsEndUntilItFalls() {
        Tables.long64(t);
        t.poke32(Tables.DATA, 0);
        // handler: inc dword [DATA]; the third time, exit; end of interrupt at [rdi + b0h]; iret
        Code handler = Code.of(0xff, 0x04, 0x25).d(Tables.DATA).b(0x83, 0x3c, 0x25);
        handler.d(Tables.DATA)
                .b(3, 0x72, 0x04)
                .exit(1)
                .b(0xc7, 0x87)
                .d(0xb0)
                .d(0)
                .b(0x48, 0xcf);
        t.load(Tables.CODE + 0x200, handler);
        Tables.gate(t, 0x71, Tables.CS64, Tables.CODE + 0x200, 0x8e);
        // I/O APIC entry 10: level, vector 71h, for APIC id 0; then wait for the third interrupt
        Code code = enableApic().mov(6, 0xfec0_0000L);
        code.b(0xc7, 0x06).d(0x25).b(0xc7, 0x46, 0x10).d(0);
        code.b(0xc7, 0x06).d(0x24).b(0xc7, 0x46, 0x10).d(0x8071);
        code.ready().b(0xfb, 0x83, 0x3c, 0x25).d(Tables.DATA).b(3, 0x72, 0xf6, 0xfa);
        t.start(Tables.CODE, code.exit(2));
        t.begin();
        t.awaitReady();
        t.line(10, true);
        assertEquals(Stop.exit(1), t.finish(), t::where);
        t.line(10, false);
        assertEquals(Stop.exit(2), t.resume(), t::where);
        assertEquals(3, t.peek32(Tables.DATA));
    }

    /** Spurious vector register: APIC enabled, vector FFh. RDI holds its page afterwards. */
    private static Code enableApic() {
        return new Code().mov(7, 0xfee0_0000L).b(0xc7, 0x87).d(0xf0).d(0x1ff);
    }

    private static Code apicWrite(Code code, int reg, long value) {
        return code.b(0xc7, 0x87).d(reg).d(value);
    }

    @Test
    void apicTimerWakesHlt() {
        Tables.long64(t);
        Code code = enableApic();
        apicWrite(code, 0x3e0, 0xb);
        apicWrite(code, 0x320, APIC_TIMER);
        apicWrite(code, 0x380, 1000);
        t.start(Tables.CODE, code.ready().b(0xfb, 0xf4, 0xeb, 0xfd));
        t.begin();
        t.awaitReady();
        t.clock.advance(MILLISECOND);
        assertEquals(Stop.vector(APIC_TIMER), t.finish(), t::where);
    }

    @Test
    void deadlineTimerFiresWhenTheCounterReachesIt() {
        Tables.long64(t);
        Code code = enableApic();
        apicWrite(code, 0x320, 2 << 17 | APIC_TIMER);
        code.b(0x0f, 0x31, 0x05).d(50_000).mov(1, 0x6e0).b(0x0f, 0x30); // rdtsc; add eax; wrmsr
        t.start(Tables.CODE, code.exit(1).b(0xfb, 0xeb, 0xfe));
        assertEquals(Stop.exit(1), t.run(), t::where);
        t.clock.advance(49_999);
        assertEquals(-1, t.lapic.pendingVector());
        t.clock.advance(1);
        assertEquals(Stop.vector(APIC_TIMER), t.resume(), t::where);
    }

    @Test
    void taskPriorityHoldsInterruptsBack() {
        Tables.long64(t);
        Code code = enableApic().mov(0, 6).b(0x44, 0x0f, 0x22, 0xc0); // mov cr8, rax
        t.start(
                Tables.CODE,
                code.exit(1)
                        .b(0xfb, 0x90, 0x90)
                        .exit(2) // not interrupted
                        .b(0x31, 0xc0, 0x44, 0x0f, 0x22, 0xc0) // cr8 = 0
                        .exit(3));
        assertEquals(Stop.exit(1), t.run());
        t.locked(() -> t.bus.send(0, 0xfee0_0000L, 0x61));
        assertEquals(Stop.exit(2), t.resume(), t::where);
        assertEquals(Stop.vector(0x61), t.resume(), t::where);
    }

    @Test
    void aSelfInitStartsOverAtTheResetVector() {
        Tables.long64(t);
        t.start(Tables.CODE, new Code().ready().b(0xeb, 0xfe));
        t.begin();
        t.awaitReady();
        t.locked(() -> t.cpu.signals().init());
        // The reset vector is not RAM here: FFs are an undefined instruction, and the interrupt table is all zero.
        t.load(0, Code.of());
        Stop stop = t.run(1000, 50);
        assertTrue(stop.kind() != Stop.Kind.EXIT, stop.toString());
        assertEquals(0, s.cr0 & Cr.CR0_PE);
        assertEquals(0, s.efer);
    }

    // ---- identification, model-specific registers, debugging

    @Test
    void cpuidMatchesTheModel() {
        run64(Code.of(0x31, 0xc0, 0x0f, 0xa2).exit(1), Stop.exit(1));
        assertEquals(0x756e_6547L, s.gpr(CpuState.RBX), "Genu");
        assertEquals(0x4965_6e69L, s.gpr(CpuState.RDX), "ineI");
        assertEquals(0x6c65_746eL, s.gpr(CpuState.RCX), "ntel");
    }

    @Test
    void modelSpecificRegistersHoldWhatIsWritten() {
        s.setGpr(CpuState.RAX, 0x89ab_cdefL);
        s.setGpr(CpuState.RDX, 0x7fffL);
        s.setGpr(CpuState.RCX, 0xc000_0082L);
        run64(Code.of(0x0f, 0x30, 0x31, 0xc0, 0x31, 0xd2, 0x0f, 0x32).exit(), Stop.exit(0xef));
        assertEquals(0x89ab_cdefL, rax());
        assertEquals(0x7fffL, s.gpr(CpuState.RDX));
        assertEquals(0x7fff_89ab_cdefL, s.lstar);
    }

    @Test
    void unknownModelSpecificRegisterFaults() {
        s.setGpr(CpuState.RCX, 0x1234_5678L);
        run64(Code.of(0x0f, 0x32).exit(), Stop.vector(Vector.GP));
        assertEquals(0, t.peek(s.gpr(CpuState.RSP)), "error code");
        assertEquals(Tables.CODE, t.peek(s.gpr(CpuState.RSP) + 8));
    }

    @Test
    void singleStepTrapsAfterEveryInstruction() {
        Tables.long64(t);
        s.setFlags(Cr.TF);
        t.start(Tables.CODE, Code.of(0x90, 0x90).exit());
        assertEquals(Stop.vector(Vector.DB), t.run());
        assertEquals(Tables.CODE + 1, t.peek(s.gpr(CpuState.RSP)));
        assertEquals(1 << 14, s.dr6 & 1 << 14);
    }

    @Test
    void singleStepTrapsAfterEveryIteration() {
        // SDM vol. 3, section 18.3.1.4: a repeated string instruction traps after each iteration.
        Tables.long64(t);
        s.setFlags(Cr.TF);
        s.setGpr(CpuState.RCX, 3);
        s.setGpr(CpuState.RDI, Tables.DATA);
        t.start(Tables.CODE, Code.of(0xf3, 0xaa).exit());
        assertEquals(Stop.vector(Vector.DB), t.run());
        assertEquals(Tables.CODE, t.peek(s.gpr(CpuState.RSP)));
        assertEquals(Cr.RF, t.peek(s.gpr(CpuState.RSP) + 16) & Cr.RF);
        assertEquals(2, s.gpr(CpuState.RCX));
    }

    @Test
    void instructionBreakpointStopsBeforeItsInstruction() {
        Tables.long64(t);
        s.dr[1] = Tables.CODE + 2;
        s.dr7 = 0x400 | 1 << 2;
        t.start(Tables.CODE, Code.of(0xb0, 0x05, 0xb0, 0x06).exit());
        assertEquals(Stop.vector(Vector.DB), t.run());
        assertEquals(Tables.CODE + 2, t.peek(s.gpr(CpuState.RSP)));
        assertEquals(5, rax() & 0xff);
        assertEquals(2, s.dr6 & 0xf);
    }

    @Test
    void dataBreakpointStopsBehindTheInstructionThatTouchesIt() {
        Tables.long64(t);
        s.dr[0] = Tables.DATA + 4;
        s.dr7 = 0x400 | 1 | 1 << 16 | 3 << 18; // write, 4 bytes
        s.setGpr(CpuState.RSI, Tables.DATA);
        t.start(
                Tables.CODE,
                new Code()
                        .b(0x8b, 0x46, 0x04) // mov eax, [rsi+4]: a read
                        .b(0x88, 0x46, 0x03) // mov [rsi+3], al: beside it
                        .b(0x88, 0x46, 0x07) // mov [rsi+7], al
                        .b(0xb0, 0x01)
                        .exit());
        assertEquals(Stop.vector(Vector.DB), t.run(), t::where);
        assertEquals(Tables.CODE + 9, t.peek(s.gpr(CpuState.RSP)));
        assertEquals(1, s.dr6 & 0xf);
    }

    // ---- a debugger on the host

    private static GuestDebug at(GuestDebug.Kind kind, long address, int length) {
        return new GuestDebug(false, false, List.of(new GuestDebug.Breakpoint(kind, address, length)));
    }

    private void assertStops(DebugStop.Reason reason, long address, long rip) {
        assertEquals(Stop.Kind.DEBUG, t.run().kind(), t::where);
        assertEquals(new DebugStop(reason, address), t.debugStop());
        assertEquals(rip, s.rip);
    }

    @Test
    void aDebuggerStepsThroughInstructions() {
        Tables.long64(t);
        s.setGpr(CpuState.RDX, TestMachine.PORTS);
        // mov bl, 1; in al, dx; jmp +1; (skipped); mov bl, 2
        t.start(
                Tables.CODE,
                Code.of(0xb3, 0x01, 0xec, 0xeb, 0x01, 0xf4, 0xb3, 0x02).exit(3));
        t.cpu.setDebug(new GuestDebug(true, false, List.of()));
        for (int offset : new int[] {2, 3, 6, 8}) {
            assertStops(DebugStop.Reason.STEP, Tables.CODE + offset, Tables.CODE + offset);
        }
        assertEquals(2, s.gpr(CpuState.RBX) & 0xff);
        assertEquals(0, s.flags() & Cr.TF);
        t.cpu.setDebug(GuestDebug.NONE);
        assertEquals(Stop.exit(3), t.run());
    }

    @Test
    void aDebuggerStepsThroughIterations() {
        Tables.long64(t);
        s.setGpr(CpuState.RCX, 3);
        s.setGpr(CpuState.RDI, Tables.DATA);
        t.start(Tables.CODE, Code.of(0xf3, 0xaa).exit(1));
        t.cpu.setDebug(new GuestDebug(true, false, List.of()));
        assertStops(DebugStop.Reason.STEP, Tables.CODE, Tables.CODE);
        assertEquals(2, s.gpr(CpuState.RCX));
    }

    @Test
    void aDebuggersStepIntoAFaultEndsInTheHandler() {
        Tables.long64(t);
        t.start(Tables.CODE, Code.of(0x0f, 0x0b)); // ud2
        t.cpu.setDebug(new GuestDebug(true, false, List.of()));
        assertEquals(Stop.Kind.DEBUG, t.run().kind());
        assertEquals(Tables.HANDLERS + 16 * Vector.UD, s.rip);
    }

    @Test
    void aDebuggersBreakpointStopsBeforeItsInstruction() {
        Tables.long64(t);
        t.start(Tables.CODE, Code.of(0xb3, 0x01, 0xb3, 0x02).exit(3));
        t.cpu.setDebug(at(GuestDebug.Kind.EXECUTE, Tables.CODE + 2, 1));
        assertStops(DebugStop.Reason.EXECUTE, Tables.CODE + 2, Tables.CODE + 2);
        assertEquals(1, s.gpr(CpuState.RBX) & 0xff);
        assertStops(DebugStop.Reason.EXECUTE, Tables.CODE + 2, Tables.CODE + 2);
        t.cpu.setDebug(GuestDebug.NONE);
        assertEquals(Stop.exit(3), t.run());
        assertEquals(0, s.dr6 & 0xf);
    }

    @Test
    void aDebuggersWatchpointStopsBehindTheInstructionThatTouchesIt() {
        Tables.long64(t);
        s.setGpr(CpuState.RSI, Tables.DATA);
        // mov eax, [rsi+4]; mov [rsi+3], al; mov [rsi+7], al
        Code code =
                Code.of(0x8b, 0x46, 0x04, 0x88, 0x46, 0x03, 0x88, 0x46, 0x07).exit(3);
        t.start(Tables.CODE, code);
        t.cpu.setDebug(at(GuestDebug.Kind.WRITE, Tables.DATA + 4, 4));
        assertStops(DebugStop.Reason.DATA, Tables.DATA + 4, Tables.CODE + 9);
        s.rip = Tables.CODE;
        t.cpu.setDebug(at(GuestDebug.Kind.ACCESS, Tables.DATA + 4, 4));
        assertStops(DebugStop.Reason.DATA, Tables.DATA + 4, Tables.CODE + 3);
        assertEquals(0, s.dr6 & 0xf);
        t.cpu.setDebug(GuestDebug.NONE);
        assertEquals(Stop.exit(3), t.run());
    }

    @Test
    void int3IsTheDebuggersOnlyWhileItWantsIt() {
        Tables.long64(t);
        t.start(Tables.CODE, Code.of(0xb3, 0x01, 0xcc, 0xb3, 0x02).exit(3));
        t.cpu.setDebug(new GuestDebug(false, true, List.of()));
        assertStops(DebugStop.Reason.SOFTWARE, Tables.CODE + 2, Tables.CODE + 2);
        assertEquals(1, s.gpr(CpuState.RBX) & 0xff);
        // The debugger puts the instruction back.
        t.memory.write(Tables.CODE + 2, 1, 0x90);
        assertEquals(Stop.exit(3), t.run());
        t.memory.write(Tables.CODE + 2, 1, 0xcc);
        t.cpu.setDebug(GuestDebug.NONE);
        s.rip = Tables.CODE;
        assertEquals(Stop.vector(Vector.BP), t.run());
        assertEquals(Tables.CODE + 3, t.peek(s.gpr(CpuState.RSP)));
    }

    @Test
    void interruptsWaitWhileADebuggerSteps() {
        Tables.long64(t);
        t.start(Tables.CODE, Code.of(0x90, 0x90, 0x90).exit(3));
        t.cpu.signals().nmi();
        t.cpu.setDebug(new GuestDebug(true, false, List.of()));
        assertStops(DebugStop.Reason.STEP, Tables.CODE + 1, Tables.CODE + 1);
        assertStops(DebugStop.Reason.STEP, Tables.CODE + 2, Tables.CODE + 2);
        t.cpu.setDebug(GuestDebug.NONE);
        assertEquals(Stop.vector(Vector.NMI), t.run());
        assertEquals(Tables.CODE + 2, t.peek(s.gpr(CpuState.RSP)));
    }

    // ---- control

    @Test
    void aGuestThatSpinsStopsSoonAndGoesOnWhereItWas() {
        Tables.long64(t);
        t.start(Tables.CODE, new Code().ready().b(0x48, 0xff, 0xc3, 0xeb, 0xfb)); // inc rbx; jmp
        for (int i = 0; i < 20; i++) {
            long before = s.gpr(CpuState.RBX);
            t.begin();
            if (i == 0) {
                t.awaitReady();
            }
            long from = System.nanoTime();
            t.cpu.stop();
            long took = System.nanoTime() - from;
            assertTrue(took < 2_000 * MILLISECOND, took + " ns");
            assertTrue(s.rip >= Tables.CODE + 2 && s.rip <= Tables.CODE + 5, t::where);
            assertTrue(s.gpr(CpuState.RBX) >= before);
        }
    }

    @Test
    void aHaltedGuestStops() {
        Tables.long64(t);
        t.start(Tables.CODE, new Code().ready().b(0xf4));
        t.begin();
        t.awaitReady();
        t.cpu.stop();
        assertTrue(s.rip >= Tables.CODE + 2, t::where);
    }

    @Test
    void everyRegisterSurvivesAStop() {
        Tables.long64(t);
        for (int r = 0; r < 16; r++) {
            if (r != CpuState.RSP) {
                s.setGpr(r, 0x0101_0101_0101_0101L * (r + 1));
            }
        }
        s.setFlags(Cr.CF | Cr.ZF | Cr.OF);
        t.start(Tables.CODE, new Code().exit().exit());
        assertEquals(Stop.exit(1), t.run());
        assertEquals(Stop.exit(1), t.run());
        for (int r = 0; r < 16; r++) {
            long expected = r == CpuState.RSP ? Tables.STACK : 0x0101_0101_0101_0101L * (r + 1);
            assertEquals(expected, s.gpr(r), "register " + r);
        }
        assertEquals(Cr.CF | Cr.ZF | Cr.OF | 2, s.flags());
        assertEquals(Tables.CODE + 4, s.rip);
        assertEquals(Tables.PML4, s.cr3);
    }

    @Test
    void aTripleFaultIsReportedOnceAndResetRecovers() {
        Tables.long64(t);
        s.idtLimit = 0;
        t.start(Tables.CODE, Code.of(0x0f, 0x0b));
        assertEquals(new Stop(Stop.Kind.SHUTDOWN, 0), t.run());
        t.cpu.reset();
        run64(new Code().exit(4), Stop.exit(4));
    }
}
