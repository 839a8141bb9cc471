package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paging as the processor's memory accesses see it (SDM vol. 3, chapter 4). */
class PagingTest {
    /** Page-fault error code, SDM vol. 3, section 4.7. */
    private static final int P = 1;

    private static final int W = 2;
    private static final int U = 4;
    private static final int RSVD = 8;
    private static final int I = 16;
    private static final int OK = -1;

    private static final long A = 1 << 5;
    private static final long D = 1 << 6;
    private static final long WRITABLE = 2;
    private static final long USER = 4;
    private static final long NX = Tables.NX;
    private static final long BIT51 = 1L << 51;
    private static final long BIT52 = 1L << 52;

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

    private enum Mode {
        PAGED32,
        PAE,
        LONG,
        COMPATIBILITY
    }

    private void enter(Mode mode) {
        switch (mode) {
            case PAGED32:
                Tables.paged32(t);
                break;
            case PAE:
                Tables.pae(t);
                break;
            case LONG:
                Tables.long64(t);
                break;
            default:
                Tables.compatibility(t);
                break;
        }
    }

    /** Changes the entry that maps {@code linear}: clears bits, then sets bits. */
    private void change(Mode mode, long linear, long clear, long set) {
        if (mode == Mode.PAGED32) {
            t.poke32(Tables.pte32(linear), t.peek32(Tables.pte32(linear)) & ~clear | set);
        } else {
            t.poke(Tables.pte(linear), t.peek(Tables.pte(linear)) & ~clear | set);
        }
    }

    private long entry(Mode mode, long linear) {
        return mode == Mode.PAGED32 ? t.peek32(Tables.pte32(linear)) : t.peek(Tables.pte(linear));
    }

    /** What the processor pushed last when it entered the handler: the error code. */
    private long errorCode() {
        long sp = s.gpr(CpuState.RSP);
        return s.code64() ? t.peek(sp) : t.peek32(sp);
    }

    private void assertPageFault(int code, long address, Stop stop) {
        assertEquals(Stop.vector(Vector.PF), stop, t::where);
        assertEquals(code, errorCode(), "error code");
        assertEquals(address, s.cr2, "cr2");
    }

    // ---- permissions, sections 4.6 and 4.7

    private static Arguments c(String name, Mode mode, String setup, char access, long clear, long set, int expected) {
        return Arguments.of(name, mode, setup, access, clear, set, expected);
    }

    /** Setup words: user, -wp, smep, smap, ac, -nxe. Accesses: r, w, x, m (read, then write). */
    static Stream<Arguments> permissions() {
        Stream<Arguments> every = Stream.of(Mode.values())
                .flatMap(m -> Stream.of(
                        c("not present, read", m, "", 'r', 1, 0, 0),
                        c("not present, write", m, "", 'w', 1, 0, W),
                        c("not present, read-modify-write", m, "", 'm', 1, 0, W),
                        c("not present, user", m, "user", 'r', 1, 0, U),
                        c("not present, user write", m, "user", 'w', 1, 0, U | W),
                        c("not present wins over other bits", m, "", 'r', 1, 0xe00, 0),
                        c("user page, user read", m, "user", 'r', 0, 0, OK),
                        c("user page, user write", m, "user", 'w', 0, 0, OK),
                        c("supervisor page, user read", m, "user", 'r', USER, 0, P | U),
                        c("supervisor page, user write", m, "user", 'w', USER, 0, P | U | W),
                        c("supervisor page, supervisor", m, "", 'w', USER, 0, OK),
                        c("read-only, user", m, "user", 'w', WRITABLE, 0, P | U | W),
                        c("read-only, user read-modify-write", m, "user", 'm', WRITABLE, 0, P | U | W),
                        c("read-only, user without WP", m, "user -wp", 'w', WRITABLE, 0, P | U | W),
                        c("read-only, supervisor", m, "", 'w', WRITABLE, 0, P | W),
                        c("read-only, supervisor read", m, "", 'r', WRITABLE, 0, OK),
                        c("read-only, supervisor without WP", m, "-wp", 'w', WRITABLE, 0, OK),
                        c("SMEP, user page fetched", m, "smep", 'x', 0, 0, P | I),
                        c("SMEP, supervisor page fetched", m, "smep", 'x', USER, 0, OK),
                        c("SMEP, page not present fetched", m, "smep", 'x', 1, 0, I),
                        c("SMEP does not concern user code", m, "smep user", 'x', 0, 0, OK),
                        c("SMAP, user page read", m, "smap", 'r', 0, 0, P),
                        c("SMAP, user page written", m, "smap", 'w', 0, 0, P | W),
                        c("SMAP, AC set", m, "smap ac", 'w', 0, 0, OK),
                        c("SMAP, supervisor page", m, "smap", 'w', USER, 0, OK),
                        c("SMAP does not concern user code", m, "smap user", 'w', 0, 0, OK)));
        Stream<Arguments> nx = Stream.of(Mode.PAE, Mode.LONG, Mode.COMPATIBILITY)
                .flatMap(m -> Stream.of(
                        c("NX fetched", m, "", 'x', 0, NX, P | I),
                        c("NX fetched by user", m, "user", 'x', 0, NX, P | I | U),
                        c("NX read", m, "", 'r', 0, NX, OK),
                        c("fetch of a page not present with NXE", m, "", 'x', 1, 0, I),
                        c("fetch of a page not present without NXE", m, "-nxe", 'x', 1, 0, 0),
                        c("NX reserved without NXE", m, "-nxe", 'r', 0, NX, P | RSVD),
                        c("NX reserved without NXE, user write", m, "-nxe user", 'w', 0, NX, P | RSVD | U | W),
                        c("address beyond the physical width", m, "", 'w', 0, BIT51, P | RSVD | W),
                        c("reserved bit wins over rights", m, "user", 'w', WRITABLE, BIT51, P | RSVD | U | W)));
        return Stream.of(
                        every,
                        nx,
                        Stream.of(
                                c("bit 52 is reserved in PAE", Mode.PAE, "", 'r', 0, BIT52, P | RSVD),
                                c("bit 52 is ignored in long mode", Mode.LONG, "", 'r', 0, BIT52, OK),
                                c("32-bit paging has no I without SMEP", Mode.PAGED32, "", 'x', 1, 0, 0)))
                .flatMap(x -> x);
    }

    @ParameterizedTest(name = "{1} {0}")
    @MethodSource
    void permissions(String name, Mode mode, String setup, char access, long clear, long set, int expected) {
        enter(mode);
        // Code that runs at level 0 with SMEP lies in a supervisor page.
        boolean user = setup.contains("user");
        if (!user) {
            change(mode, Tables.CODE, USER, 0);
        }
        for (long page = 0x1000; page <= Tables.HANDLERS; page += 0x1000) {
            change(mode, page, USER, 0);
        }
        change(mode, Tables.STACK0 - 1, USER, 0);
        change(mode, Tables.STACK - 1, USER, 0);
        change(mode, Tables.DATA, clear, set);
        if (user) {
            Tables.user(t);
        }
        s.setFlags(Cr.IOPL | (setup.contains("ac") ? Cr.AC : 0));
        s.cr0 &= setup.contains("-wp") ? ~Cr.CR0_WP : -1L;
        s.cr4 |= (setup.contains("smep") ? Cr.CR4_SMEP : 0) | (setup.contains("smap") ? Cr.CR4_SMAP : 0);
        s.efer &= setup.contains("-nxe") ? ~Cr.EFER_NXE : -1L;
        s.setGpr(CpuState.RSI, Tables.DATA);
        s.setGpr(CpuState.RAX, 0);
        t.load(Tables.DATA, new Code().exit(1));
        Code code = new Code();
        switch (access) {
            case 'r':
                code.b(0x8a, 0x1e);
                break;
            case 'w':
                code.b(0x88, 0x1e);
                break;
            case 'm':
                code.b(0x08, 0x06); // or [rsi], al
                break;
            default:
                code.b(0xff, 0xe6);
                break;
        }
        t.start(Tables.CODE, code.exit(1));
        Stop stop = t.run();
        if (expected == OK) {
            assertEquals(Stop.exit(1), stop, t::where);
            assertEquals(access == 'w' ? A | D : A, entry(mode, Tables.DATA) & (A | D), "accessed and dirty");
        } else {
            assertPageFault(expected, Tables.DATA, stop);
            assertEquals(0, entry(mode, Tables.DATA) & D, "dirty");
        }
    }

    @Test
    void rightsOfAllLevelsCombine() {
        // Section 4.6.1: a page is a user page only if every entry says so, writable only if every entry says so.
        Tables.long64(t);
        t.poke(Tables.PDPT, t.peek(Tables.PDPT) & ~WRITABLE);
        s.setGpr(CpuState.RSI, Tables.DATA);
        t.start(Tables.CODE, Code.of(0x8a, 0x06, 0x88, 0x06).exit());
        // The stack cannot be written either.
        assertEquals(new Stop(Stop.Kind.SHUTDOWN, 0), t.run(), t::where);
        assertEquals(Tables.CODE + 2, s.rip);
    }

    @Test
    void accessedBitsAreSetOnEveryLevelAndDirtyOnlyAtTheLeaf() {
        Tables.long64(t);
        s.setGpr(CpuState.RSI, Tables.DATA);
        t.start(Tables.CODE, Code.of(0x88, 0x06).exit(1));
        assertEquals(Stop.exit(1), t.run());
        assertEquals(A, t.peek(Tables.PML4) & (A | D));
        assertEquals(A, t.peek(Tables.PDPT) & (A | D));
        assertEquals(A, t.peek(Tables.PD) & (A | D));
        assertEquals(A | D, t.peek(Tables.pte(Tables.DATA)) & (A | D));
        assertEquals(A, t.peek(Tables.pte(Tables.CODE)) & (A | D));
    }

    @Test
    void aWriteAfterAReadSetsTheDirtyBit() {
        Tables.long64(t);
        s.setGpr(CpuState.RSI, Tables.DATA);
        t.start(Tables.CODE, Code.of(0x8a, 0x06).exit(1).b(0x88, 0x06).exit(2));
        t.run();
        assertEquals(A, t.peek(Tables.pte(Tables.DATA)) & (A | D));
        assertEquals(Stop.exit(2), t.resume());
        assertEquals(A | D, t.peek(Tables.pte(Tables.DATA)) & (A | D));
    }

    // ---- large pages

    @Test
    void largePagesTranslateAndKeepTheirReservedBits() {
        Tables.long64(t);
        t.poke(Tables.PD + 8 * 8, 0x80_0000 | Tables.PWU | Tables.LARGE);
        t.poke32(0x80_1234, 0x5555);
        s.setGpr(CpuState.RSI, 0x100_1234);
        t.start(Tables.CODE, Code.of(0x8b, 0x1e).exit(1).b(0x8b, 0x1e).exit(2));
        assertEquals(Stop.exit(1), t.run());
        assertEquals(0x5555, s.gpr(CpuState.RBX));
        t.poke(Tables.PD + 8 * 8, 0x80_2000 | Tables.PWU | Tables.LARGE);
        t.cpu.stateChanged();
        assertPageFault(P | RSVD, 0x100_1234, t.resume());
    }

    @Test
    void gigabytePagesReachAbove4GiB() {
        Tables.long64(t);
        t.poke32(TestMachine.HIGH_RAM + 0x8, 0x1234);
        s.setGpr(CpuState.RSI, TestMachine.HIGH_RAM + 8);
        t.start(Tables.CODE, Code.of(0x8b, 0x1e).exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(0x1234, s.gpr(CpuState.RBX));
    }

    @Test
    void pse36ReachesAbove4GiBAndReservesBit21() {
        Tables.paged32(t);
        t.poke32(TestMachine.HIGH_RAM + 0x8, 0x1234);
        t.poke32(Tables.PD32 + 4 * 16, Tables.PWU | Tables.LARGE | 1 << 13);
        s.setGpr(CpuState.RSI, 16L << 22 | 8);
        t.start(Tables.CODE, Code.of(0x8b, 0x1e).exit(1).b(0x8b, 0x1e).exit(2));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(0x1234, s.gpr(CpuState.RBX));
        t.poke32(Tables.PD32 + 4 * 16, Tables.PWU | Tables.LARGE | 1 << 13 | 1 << 21);
        t.cpu.stateChanged();
        assertPageFault(P | RSVD, 16L << 22 | 8, t.resume());
    }

    @Test
    void pageSizeBitMeansNothingWithoutPse() {
        Tables.paged32(t);
        s.cr4 &= ~Cr.CR4_PSE;
        t.poke32(Tables.PD32, Tables.PT32 | Tables.PWU | Tables.LARGE);
        t.start(Tables.CODE, new Code().exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
    }

    @Test
    void topLevelEntryWithPageSizeBitIsReserved() {
        Tables.long64(t);
        t.poke(Tables.PML4 + 8, Tables.PDPT | Tables.PWU | Tables.LARGE);
        s.setGpr(CpuState.RSI, 1L << 39);
        t.start(Tables.CODE, Code.of(0x8b, 0x1e).exit(1));
        assertPageFault(P | RSVD, 1L << 39, t.run());
    }

    @Test
    void addressesThatAreNotCanonicalAreGeneralProtectionOrStackFaults() {
        Tables.long64(t);
        s.setGpr(CpuState.RSI, 1L << 47);
        t.start(Tables.CODE, Code.of(0x8b, 0x1e).exit(1));
        assertEquals(Stop.vector(Vector.GP), t.run());
        Tables.long64(t);
        s.setGpr(CpuState.RBP, 1L << 47);
        t.start(Tables.CODE, Code.of(0x8b, 0x5d, 0x00).exit(1));
        assertEquals(Stop.vector(Vector.SS), t.run());
        assertEquals(0, errorCode());
    }

    // ---- translation caching, section 4.10

    @Test
    void invlpgAndCr3DropTranslationsButCr3KeepsGlobalOnes() {
        Tables.long64(t);
        long other = 0x30000;
        t.poke32(Tables.DATA, 1);
        t.poke32(other, 2);
        change(Mode.LONG, Tables.DATA, 0, Tables.GLOBAL);
        s.setGpr(CpuState.RSI, Tables.DATA);
        s.setGpr(CpuState.RDI, Tables.pte(Tables.DATA));
        s.setGpr(CpuState.RDX, other | Tables.PWU | Tables.GLOBAL);
        t.start(
                Tables.CODE,
                new Code()
                        .b(0x8b, 0x1e) // mov ebx, [rsi]
                        .b(0x48, 0x89, 0x17) // mov [rdi], rdx: map the other page
                        .b(0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8) // mov rax, cr3; mov cr3, rax
                        .b(0x8b, 0x2e) // mov ebp, [rsi]: still the old one, it is global
                        .b(0x0f, 0x01, 0x3e) // invlpg [rsi]
                        .b(0x44, 0x8b, 0x06) // mov r8d, [rsi]
                        .exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(1, s.gpr(CpuState.RBX));
        assertEquals(1, s.gpr(CpuState.RBP));
        assertEquals(2, s.gpr(8));
    }

    @Test
    void cr3DropsTranslationsThatAreNotGlobal() {
        Tables.long64(t);
        t.poke32(Tables.DATA, 1);
        t.poke32(0x30000, 2);
        s.setGpr(CpuState.RSI, Tables.DATA);
        s.setGpr(CpuState.RDI, Tables.pte(Tables.DATA));
        s.setGpr(CpuState.RDX, 0x30000 | Tables.PWU);
        t.start(
                Tables.CODE,
                Code.of(0x8b, 0x1e, 0x48, 0x89, 0x17, 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8)
                        .b(0x8b, 0x2e)
                        .exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(2, s.gpr(CpuState.RBP));
    }

    @Test
    void clearingPgeDropsGlobalTranslations() {
        Tables.long64(t);
        t.poke32(Tables.DATA, 1);
        t.poke32(0x30000, 2);
        change(Mode.LONG, Tables.DATA, 0, Tables.GLOBAL);
        s.setGpr(CpuState.RSI, Tables.DATA);
        s.setGpr(CpuState.RDI, Tables.pte(Tables.DATA));
        s.setGpr(CpuState.RDX, 0x30000 | Tables.PWU);
        t.start(
                Tables.CODE,
                Code.of(0x8b, 0x1e, 0x48, 0x89, 0x17, 0x0f, 0x20, 0xe0)
                        .b(0x24, 0x7f, 0x0f, 0x22, 0xe0) // and al, 7fh; mov cr4, rax
                        .b(0x8b, 0x2e)
                        .exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(2, s.gpr(CpuState.RBP));
    }

    @Test
    void invlpgOfCodeTakesEffectAtOnce() {
        Tables.long64(t);
        long other = 0x30000;
        t.load(Tables.DATA, Code.of(0xb0, 0x01, 0xc3));
        t.load(other, Code.of(0xb0, 0x02, 0xc3));
        s.setGpr(CpuState.RSI, Tables.DATA);
        s.setGpr(CpuState.RDI, Tables.pte(Tables.DATA));
        s.setGpr(CpuState.RDX, other | Tables.PWU);
        t.start(
                Tables.CODE,
                Code.of(0xff, 0xd6, 0x48, 0x89, 0x17, 0x0f, 0x01, 0x3e, 0xff, 0xd6)
                        .exit());
        assertEquals(Stop.exit(2), t.run(), t::where);
    }

    @Test
    void userAndSupervisorRightsAreKeptApartInTheTlb() {
        // The supervisor fills the TLB with a supervisor page; the user then meets it, by IRET without a flush.
        Tables.long64(t);
        change(Mode.LONG, Tables.DATA, USER, 0);
        s.setGpr(CpuState.RSI, Tables.DATA);
        long userCode = Tables.CODE + 0x100;
        t.load(userCode, Code.of(0x8b, 0x1e));
        t.start(
                Tables.CODE,
                new Code()
                        .b(0x8b, 0x1e)
                        .b(0x6a, Tables.USER_DS, 0x68)
                        .d(Tables.USER_STACK)
                        .b(0x6a, 2, 0x6a, Tables.USER_CS64, 0x68)
                        .d(userCode)
                        .b(0x48, 0xcf));
        assertPageFault(P | U, Tables.DATA, t.run());
    }

    // ---- process-context identifiers, section 4.10.1

    private static final long KEEP = 1L << 63;

    private static final int TURNS = 500;

    /** Where these tests map low memory once more. */
    private static final long HIGH = 0xffff_ff80_0000_0000L;

    /** Page tables as those of {@link Tables#long64}, at {@code root} and behind. Returns the address of the page table. */
    private long addressSpace(long root) {
        long table = root + 0x3000;
        for (int i = 0; i < 512; i++) {
            t.poke(root + 0x1000 + 8 * i, t.peek(Tables.PDPT + 8 * i));
            t.poke(root + 0x2000 + 8 * i, t.peek(Tables.PD + 8 * i));
            t.poke(table + 8 * i, t.peek(Tables.PT + 8 * i));
        }
        t.poke(root, root + 0x1000 | Tables.PWU);
        t.poke(root + 0x1000, root + 0x2000 | Tables.PWU);
        t.poke(root + 0x2000, table | Tables.PWU);
        return table;
    }

    private void map(long table, long linear, long page) {
        t.poke(table + (linear >>> 12) * 8, page | Tables.PWU);
    }

    @Test
    void processContextsAreKeptApart() {
        Tables.long64(t);
        s.cr4 |= Cr.CR4_PCIDE;
        long root = 0x120000;
        long table = addressSpace(root);
        long f = Tables.CODE + 0x4000;
        map(table, f, 0x31000);
        map(table, Tables.DATA, 0x30000);
        t.load(f, Code.of(0xb8).d(1).b(0xc3));
        t.load(0x31000, Code.of(0xb8).d(0x100).b(0xc3));
        t.poke32(Tables.DATA, 0x10);
        t.poke32(0x30000, 0x1000);
        s.setGpr(CpuState.RDX, Tables.DATA);
        inTurns(root, f, new Code().b(0xff, 0xd7, 0x01, 0xc3, 0x03, 0x1a)); // call rdi; add ebx, eax; add ebx, [rdx]
        assertEquals(TURNS * 0x1111, s.gpr(CpuState.RBX));
    }

    /** Runs {@code part} in the address space of {@link Tables#long64} and in that at {@code root}, {@link #TURNS} times, RDI set. */
    private void inTurns(long root, long rdi, Code part) {
        s.setGpr(8, Tables.PML4 | 1 | KEEP);
        s.setGpr(9, root | 2 | KEEP);
        s.setGpr(CpuState.RDI, rdi);
        s.setGpr(CpuState.RCX, TURNS);
        Code loop = Code.of(0x41, 0x0f, 0x22, 0xd8) // mov cr3, r8
                .append(part)
                .b(0x41, 0x0f, 0x22, 0xd9) // mov cr3, r9
                .append(part)
                .b(0xff, 0xc9); // dec ecx
        t.start(Tables.CODE, loop.b(0x75, -(loop.length() + 2) & 0xff).exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
    }

    /** What drops translations of PCID 2 while PCID 1 is in force, and what does not. */
    static Stream<Arguments> contextFlushes() {
        return Stream.of(
                Arguments.of("nothing", -1, 2 | KEEP, 1),
                Arguments.of("CR3 without bit 63", -1, 2L, 2),
                Arguments.of("INVPCID of the address", 0, 2 | KEEP, 2),
                Arguments.of("INVPCID of the context", 1, 2 | KEEP, 2),
                Arguments.of("INVPCID of everything", 2, 2 | KEEP, 2),
                Arguments.of("INVPCID of everything that is not global", 3, 2 | KEEP, 2),
                Arguments.of("another PCID", -1, 3 | KEEP, 2));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("contextFlushes")
    void translationsOfAContextLastUntilTheyAreDropped(String name, int type, long back, int seen) {
        Tables.long64(t);
        s.cr4 |= Cr.CR4_PCIDE;
        long root = 0x120000;
        long table = addressSpace(root);
        t.poke32(Tables.DATA, 1);
        t.poke32(0x30000, 2);
        long descriptor = 0x32000;
        t.poke(descriptor, 2);
        t.poke(descriptor + 8, Tables.DATA);
        s.setGpr(8, root | 2 | KEEP);
        s.setGpr(9, Tables.PML4 | 1 | KEEP);
        s.setGpr(10, root | back);
        s.setGpr(CpuState.RAX, type);
        s.setGpr(CpuState.RDI, table + (Tables.DATA >>> 12) * 8);
        s.setGpr(CpuState.RSI, descriptor);
        s.setGpr(CpuState.RDX, Tables.DATA);
        s.setGpr(CpuState.RCX, 0x30000 | Tables.PWU);
        Code code = Code.of(0x41, 0x0f, 0x22, 0xd8, 0x8b, 0x1a); // mov cr3, r8; mov ebx, [rdx]
        code.b(0x41, 0x0f, 0x22, 0xd9, 0x48, 0x89, 0x0f); // mov cr3, r9; mov [rdi], rcx
        if (type >= 0) {
            code.b(0x66, 0x0f, 0x38, 0x82, 0x06); // invpcid rax, [rsi]
        }
        t.start(Tables.CODE, code.b(0x41, 0x0f, 0x22, 0xda, 0x8b, 0x2a).exit(1)); // mov cr3, r10; mov ebp, [rdx]
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(1, s.gpr(CpuState.RBX));
        assertEquals(seen, s.gpr(CpuState.RBP));
    }

    @Test
    void invlpgDropsGlobalTranslationsOfAllContexts() {
        Tables.long64(t);
        s.cr4 |= Cr.CR4_PCIDE;
        change(Mode.LONG, Tables.DATA, 0, Tables.GLOBAL);
        t.poke32(Tables.DATA, 1);
        t.poke32(0x30000, 2);
        s.setGpr(8, Tables.PML4 | 2 | KEEP);
        s.setGpr(9, Tables.PML4 | 1 | KEEP);
        s.setGpr(CpuState.RDI, Tables.pte(Tables.DATA));
        s.setGpr(CpuState.RDX, Tables.DATA);
        s.setGpr(CpuState.RCX, 0x30000 | Tables.PWU | Tables.GLOBAL);
        Code code = Code.of(0x41, 0x0f, 0x22, 0xd8, 0x8b, 0x1a); // mov cr3, r8; mov ebx, [rdx]
        code.b(0x41, 0x0f, 0x22, 0xd9, 0x48, 0x89, 0x0f, 0x0f, 0x01, 0x3a); // mov cr3, r9; mov [rdi], rcx; invlpg [rdx]
        t.start(Tables.CODE, code.b(0x41, 0x0f, 0x22, 0xd8, 0x8b, 0x2a).exit(1)); // mov cr3, r8; mov ebp, [rdx]
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(2, s.gpr(CpuState.RBP));
    }

    @Test
    void moreContextsThanAreKept() {
        Tables.long64(t);
        s.cr4 |= Cr.CR4_PCIDE;
        int contexts = 2 * SoftMmu.SPACES + 1;
        Code code = new Code();
        long expected = 0;
        for (int i = 0; i < contexts; i++) {
            long root = 0x200000 + 0x8000L * i;
            map(addressSpace(root), Tables.DATA, 0x180000 + 0x1000L * i);
            t.poke32(0x180000 + 0x1000L * i, 1 << i);
        }
        for (int turn = 0; turn < 3; turn++) {
            for (int i = 0; i < contexts; i++) {
                // The first context comes at every second turn, and stays.
                int which = (i & 1) == 0 ? 0 : i;
                // mov rax, imm64; mov cr3, rax; add ebx, [rdx]
                code.b(0x48, 0xb8).q(0x200000 + 0x8000L * which | which + 1 | KEEP);
                code.b(0x0f, 0x22, 0xd8, 0x03, 0x1a);
                expected += 1 << which;
            }
        }
        s.setGpr(CpuState.RDX, Tables.DATA);
        t.start(Tables.CODE, code.exit(1));
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(expected, s.gpr(CpuState.RBX));
    }

    // ---- accesses over two pages

    @Test
    void aStoreOverTwoPagesFaultsOnTheSecondAndWritesNothing() {
        Tables.long64(t);
        change(Mode.LONG, Tables.DATA + 0x1000, 1, 0);
        s.setGpr(CpuState.RSI, Tables.DATA + 0xffe);
        s.setGpr(CpuState.RAX, -1);
        t.start(Tables.CODE, Code.of(0x89, 0x06).exit());
        assertPageFault(W, Tables.DATA + 0x1000, t.run());
        assertEquals(0, t.peek16(Tables.DATA + 0xffe));
        assertEquals(Tables.CODE, t.peek(s.gpr(CpuState.RSP) + 8));
    }

    @Test
    void anInstructionOverTwoPagesFaultsAtTheSecondPagesStart() {
        Tables.long64(t);
        change(Mode.LONG, Tables.CODE + 0x1000, 1, 0);
        t.start(Tables.CODE + 0xffe, Code.of(0xb8, 1, 2, 3, 4).exit());
        assertPageFault(I, Tables.CODE + 0x1000, t.run());
        assertEquals(Tables.CODE + 0xffe, t.peek(s.gpr(CpuState.RSP) + 8));
    }

    @Test
    void anInstructionThatEndsAtThePageEndDoesNotTouchTheNext() {
        Tables.long64(t);
        change(Mode.LONG, Tables.CODE + 0x1000, 1, 0);
        t.start(Tables.CODE + 0xffc, new Code().exit(7));
        assertEquals(Stop.exit(7), t.run(), t::where);
    }

    @Test
    void theSecondPageOfAnInstructionMayChange() {
        Tables.long64(t);
        // mov eax, imm32; ret, with the immediate in the second page; the caller changes it between two calls.
        long f = Tables.CODE + 0xfff;
        t.load(f, Code.of(0xb8).d(1).b(0xc3));
        s.setGpr(CpuState.RSI, f);
        t.start(
                Tables.CODE,
                Code.of(0xff, 0xd6, 0x89, 0xc3, 0xc6, 0x46, 0x01, 0x05, 0xff, 0xd6)
                        .exit());
        assertEquals(Stop.exit(5), t.run(), t::where);
        assertEquals(1, s.gpr(CpuState.RBX));
    }

    @Test
    void theSecondPageOfAnInstructionMayBeMappedElsewhere() {
        Tables.long64(t);
        long f = Tables.CODE + 0xfff;
        t.load(f, Code.of(0xb8).d(1).b(0xc3));
        t.load(0x30000, new Code().d(9).b(0xc3));
        s.setGpr(CpuState.RSI, f);
        s.setGpr(CpuState.RDI, Tables.pte(Tables.CODE + 0x1000));
        s.setGpr(CpuState.RDX, 0x30000 | Tables.PWU);
        t.start(
                Tables.CODE,
                Code.of(0xff, 0xd6, 0x48, 0x89, 0x17, 0x0f, 0x01, 0x7e, 0x01, 0xff, 0xd6)
                        .exit());
        assertEquals(Stop.exit(9), t.run(), t::where);
    }

    /** The function begins in a page that both address spaces have, and its last but one instruction ends in one that is their own. */
    @ParameterizedTest
    @ValueSource(longs = {0, HIGH})
    void theSecondPageOfAnInstructionIsTheAddressSpacesOwn(long half) {
        Tables.long64(t);
        s.cr4 |= Cr.CR4_PCIDE;
        long root = 0x120000;
        long table = addressSpace(root);
        t.poke(Tables.PML4 + 511 * 8, Tables.PDPT | Tables.PWU);
        t.poke(root + 511 * 8, root + 0x1000 | Tables.PWU);
        long f = Tables.CODE + 0x4ff0;
        t.load(
                f,
                Code.of(0x90, 0xeb, 0x0c).fill(15).b(0xb8).d(1).b(0xc3)); // nop; jmp over what follows; mov eax, 1; ret
        map(table, f + 0x10, 0x31000);
        t.load(0x31000, new Code().d(0x100).b(0xc3));
        inTurns(root, f + half, new Code().b(0xff, 0xd7, 0x01, 0xc3)); // call rdi; add ebx, eax
        assertEquals(TURNS * 0x101, s.gpr(CpuState.RBX));
    }

    /** One instruction of a loop is in two pages; either is written through another mapping while the loop runs. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    void aLoopOverTwoPagesIsChangedInEither(long page) {
        Tables.long64(t);
        long add = Tables.CODE + 0xffd;
        // add ebx, imm32 (81 c3 ...), its immediate from the last byte of the page on
        Code code = new Code().b(0x81, 0xc3).d(0x0001_0001).b(0xff, 0xc9); // dec ecx
        code.b(0x83, 0xf9, 50, 0x75, 2, 0x88, 0x16); // cmp ecx, 50; jne +2; mov [rsi], dl
        code.b(0x85, 0xc9).b(0x75, -(code.length() + 4) & 0xff).exit(1);
        t.load(add, code);
        map(Tables.PT, 0x33000, Tables.CODE + 0x1000 * page);
        s.setGpr(CpuState.RSI, page == 0 ? 0x33fff : 0x33001);
        s.setGpr(CpuState.RDX, 2);
        s.setGpr(CpuState.RCX, 100);
        t.start(add, new Code());
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(100 * 0x0001_0001 + 50 * (page == 0 ? 1 : 0x0001_0000), s.gpr(CpuState.RBX));
    }

    /** A page that is mapped at more addresses than it has native code for, and changed meanwhile. */
    @Test
    void theSameCodeAtManyAddresses() {
        Tables.long64(t);
        int addresses = 12;
        int rounds = 200;
        long page = 0x31000;
        // lea rax, [rip]; sub rax, rdi; add rax, 1; ret
        t.load(page, Code.of(0x48, 0x8d, 0x05, 0, 0, 0, 0, 0x48, 0x29, 0xf8, 0x48, 0x83, 0xc0, 1, 0xc3));
        Code code = new Code();
        for (int i = 0; i < addresses; i++) {
            map(Tables.PT, 0x300000 + 0x2000L * i, page);
            code.mov(7, 0x300000 + 0x2000L * i).b(0xff, 0xd7, 0x48, 0x01, 0xc3); // call rdi; add rbx, rax
        }
        code.b(0xff, 0xc9); // dec ecx
        code.b(0x83, 0xf9, rounds / 2, 0x75, 2, 0x88, 0x16); // cmp ecx, imm8; jne +2; mov [rsi], dl
        code.b(0x85, 0xc9).b(0x0f, 0x85).d(-(code.length() + 4)).exit(1); // test ecx, ecx; jne
        s.setGpr(CpuState.RSI, page + 13);
        s.setGpr(CpuState.RDX, 2);
        s.setGpr(CpuState.RCX, rounds);
        t.start(Tables.CODE, code);
        assertEquals(Stop.exit(1), t.run(), t::where);
        assertEquals(addresses * (rounds * 8 + rounds / 2), s.gpr(CpuState.RBX));
    }

    // ---- instructions of several accesses

    @Test
    void pushaThatDoesNotFitPushesNothing() {
        Tables.paged32(t);
        change(Mode.PAGED32, Tables.DATA, 1, 0);
        s.setGpr(CpuState.RSP, Tables.DATA + 0x1010);
        s.setGpr(CpuState.RAX, 0x1234);
        Tables.gate(t, Vector.PF, Tables.TR2, 0, 0x85);
        task(Vector.PF);
        t.start(Tables.CODE, Code.of(0x60).exit());
        assertEquals(Stop.vector(Vector.PF), t.run(), t::where);
        assertEquals(Tables.DATA + 0xffc, s.cr2);
        assertEquals(0, t.peek32(Tables.DATA + 0x100c));
        assertEquals(Tables.DATA + 0x1010, t.peek32(Tables.TSS + 56), "esp of the old task");
    }

    /** A task for a handler, when the stack is what faults. */
    private void task(int vector) {
        for (int i = 0; i < 0x68; i += 4) {
            t.poke32(Tables.TSS2 + i, 0);
        }
        t.poke32(Tables.TSS2 + 28, s.cr3);
        t.poke32(Tables.TSS2 + 32, Tables.HANDLERS + 16L * vector);
        t.poke32(Tables.TSS2 + 36, 2);
        t.poke32(Tables.TSS2 + 56, Tables.IST1);
        t.poke32(Tables.TSS2 + 72, Tables.DS);
        t.poke32(Tables.TSS2 + 76, Tables.CS32);
        t.poke32(Tables.TSS2 + 80, Tables.DS);
        t.poke32(Tables.TSS2 + 84, Tables.DS);
    }

    private void istForPageFaults() {
        long gate = Tables.IDT + Vector.PF * 16;
        t.poke(gate, t.peek(gate) | 1L << 32);
    }

    @Test
    void enterThatDoesNotFitLeavesTheRegisters() {
        Tables.long64(t);
        istForPageFaults();
        change(Mode.LONG, Tables.DATA, 1, 0);
        s.setGpr(CpuState.RSP, Tables.DATA + 0x1010);
        s.setGpr(CpuState.RBP, 0x777);
        t.start(Tables.CODE, Code.of(0xc8, 0x20, 0x00, 0x00).exit());
        assertPageFault(W, Tables.DATA + 0xfe8, t.run());
        assertEquals(Tables.DATA + 0x1010, t.peek(s.gpr(CpuState.RSP) + 32));
        assertEquals(0x777, s.gpr(CpuState.RBP));
    }

    @Test
    void repeatedMoveStopsExactlyWhereThePageEnds() {
        Tables.long64(t);
        change(Mode.LONG, Tables.DATA + 0x2000, 1, 0);
        s.setGpr(CpuState.RSI, Tables.DATA + 0x100);
        s.setGpr(CpuState.RDI, Tables.DATA + 0x1ff0);
        s.setGpr(CpuState.RCX, 100);
        for (int i = 0; i < 16; i++) {
            t.memory.write(Tables.DATA + 0x100 + i, 1, i + 1);
        }
        t.start(Tables.CODE, Code.of(0xf3, 0xa4).exit());
        assertPageFault(W, Tables.DATA + 0x2000, t.run());
        assertEquals(84, s.gpr(CpuState.RCX));
        assertEquals(Tables.DATA + 0x110, s.gpr(CpuState.RSI));
        assertEquals(Tables.DATA + 0x2000, s.gpr(CpuState.RDI));
        assertEquals(0x100f_0e0d_0c0b_0a09L, t.peek(Tables.DATA + 0x1ff8));
        assertEquals(Tables.CODE, t.peek(s.gpr(CpuState.RSP) + 8));
        assertEquals(Cr.RF, t.peek(s.gpr(CpuState.RSP) + 24) & Cr.RF);
    }

    @Test
    void backwardsRepeatedMoveIsPreciseToo() {
        Tables.long64(t);
        change(Mode.LONG, Tables.DATA, WRITABLE, 0);
        s.setFlags(Cr.DF);
        s.setGpr(CpuState.RSI, Tables.DATA + 0x3000);
        s.setGpr(CpuState.RDI, Tables.DATA + 0x1008);
        s.setGpr(CpuState.RCX, 100);
        t.start(Tables.CODE, Code.of(0xf3, 0x48, 0xa5).exit());
        assertPageFault(P | W, Tables.DATA + 0xff8, t.run());
        assertEquals(98, s.gpr(CpuState.RCX));
        assertEquals(Tables.DATA + 0x2ff0, s.gpr(CpuState.RSI));
        assertEquals(Tables.DATA + 0xff8, s.gpr(CpuState.RDI));
    }

    @Test
    void fxsaveOverTwoPagesWritesNothingWhenTheSecondFaults() {
        Tables.long64(t);
        change(Mode.LONG, Tables.DATA + 0x1000, 1, 0);
        s.setGpr(CpuState.RSI, Tables.DATA + 0xf00);
        t.start(Tables.CODE, Code.of(0x0f, 0xae, 0x06).exit());
        assertPageFault(W, Tables.DATA + 0x1000, t.run());
        assertEquals(0, t.peek32(Tables.DATA + 0xf18), "MXCSR's place");
    }

    @Test
    void compareExchangeWritesEvenWhenItDoesNotMatch() {
        // SDM vol. 2, CMPXCHG and CMPXCHG16B: the destination always receives a write cycle.
        int[][] forms = {
            {0x0f, 0xb1, 0x1e}, {0xf0, 0x0f, 0xb1, 0x1e}, {0xf0, 0x48, 0x0f, 0xc7, 0x0e}, {0x48, 0x0f, 0xc7, 0x0e}
        };
        for (int[] form : forms) {
            Tables.long64(t);
            change(Mode.LONG, Tables.DATA, WRITABLE, 0);
            s.setGpr(CpuState.RSI, Tables.DATA);
            s.setGpr(CpuState.RAX, 5);
            t.start(Tables.CODE, Code.of(form).exit());
            assertPageFault(P | W, Tables.DATA, t.run());
            assertEquals(5, s.gpr(CpuState.RAX));
        }
    }

    @Test
    void popToMemoryThatFaultsLeavesTheStackPointer() {
        Tables.long64(t);
        change(Mode.LONG, Tables.DATA, WRITABLE, 0);
        s.setGpr(CpuState.RSI, Tables.DATA);
        t.start(Tables.CODE, Code.of(0x8f, 0x06).exit());
        assertPageFault(P | W, Tables.DATA, t.run());
        assertEquals(Tables.STACK, t.peek(s.gpr(CpuState.RSP) + 32));
    }

    @Test
    void callThatCannotPushDoesNotBranch() {
        Tables.long64(t);
        istForPageFaults();
        change(Mode.LONG, Tables.DATA, WRITABLE, 0);
        s.setGpr(CpuState.RSP, Tables.DATA + 0x1000);
        t.start(Tables.CODE, Code.of(0xe8).d(0x100).exit());
        assertPageFault(P | W, Tables.DATA + 0xff8, t.run());
        assertEquals(Tables.CODE, t.peek(s.gpr(CpuState.RSP) + 8));
        assertEquals(Tables.DATA + 0x1000, t.peek(s.gpr(CpuState.RSP) + 32));
    }

    @Test
    void exchangeThatFaultsChangesNeitherSide() {
        Tables.long64(t);
        change(Mode.LONG, Tables.DATA + 0x1000, WRITABLE, 0);
        t.poke32(Tables.DATA + 0xffe, 0x1122_3344);
        s.setGpr(CpuState.RSI, Tables.DATA + 0xffe);
        s.setGpr(CpuState.RAX, 9);
        t.start(Tables.CODE, Code.of(0x87, 0x06).exit());
        assertPageFault(P | W, Tables.DATA + 0x1000, t.run());
        assertEquals(9, s.gpr(CpuState.RAX));
        assertEquals(0x1122_3344, t.peek32(Tables.DATA + 0xffe));
    }
}
