package dev.veery.hostcode.asm;

import static dev.veery.hostcode.asm.Listing.name;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.hostcode.asm.Listing.Operand;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every form against GNU as: same meaning to objdump, same length. */
class AssemblerTest {
    private static final int ROUNDS = 60;
    private static final List<String> ALU = List.of("add", "or", "adc", "sbb", "and", "sub", "xor", "cmp");
    private static final List<String> SHIFTS = List.of("rol", "ror", "rcl", "rcr", "shl", "shr", "?", "sar");
    private static final List<String> UNARY =
            List.of("?", "?", "not", "neg", "mul", "imul", "div", "idiv", "inc", "dec");
    private static final List<String> BITS = List.of("?", "?", "?", "?", "bt", "bts", "btr", "btc");
    private static final List<String> CONDITIONS =
            List.of("o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path dir;

    @BeforeEach
    void binutils() {
        assumeTrue(Listing.onPath("as") && Listing.onPath("objdump"), "GNU binutils are not installed");
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "GNU as is not one for x86-64");
    }

    private static String text(String mnemonic, Object... operands) {
        StringBuilder line = new StringBuilder(mnemonic).append(' ');
        for (int i = 0; i < operands.length; i++) {
            line.append(i == 0 ? "" : ", ").append(operands[i]);
        }
        return line.toString();
    }

    @Test
    void moves() throws Exception {
        try (Listing l = new Listing(1)) {
            for (int i = 0; i < ROUNDS; i++) {
                int size = l.size();
                int a = l.reg();
                int b = l.reg();
                Operand m = l.memory();
                int value = l.immediate(size);
                l.asm.movRR(size, a, b);
                l.line(text("mov", name(size, a), name(size, b)));
                l.asm.movRM(size, a, m.mem());
                l.line(text("mov", name(size, a), m.text()));
                l.asm.movMR(size, m.mem(), a);
                l.line(text("mov", m.text(), name(size, a)));
                l.asm.movMI(size, m.mem(), value);
                l.line(text("mov", m.sized(size), value));
                l.asm.movRI(size, a, value);
                l.line(size == 8 && value >= 0 ? text("mov", name(4, a), value) : text("mov", name(size, a), value));
                long wide = l.random.nextLong();
                l.asm.movRI(8, a, wide);
                l.line(text("movabs", name(8, a), wide));
                l.asm.movWide(b, value);
                l.line(text("movabs", name(8, b), value));
                l.asm.movRI(8, a, 0xffff_ffffL);
                l.line(text("mov", name(4, a), 0xffff_ffffL));
                if (size != 8 || l.random.nextBoolean()) {
                    l.asm.lea(Math.max(2, size), a, m.mem());
                    l.line(text("lea", name(Math.max(2, size), a), m.text()));
                }
                l.asm.bswap(4 + (size & 4), b);
                l.line(text("bswap", name(4 + (size & 4), b)));
            }
            l.compare(dir);
        }
    }

    @Test
    void extensions() throws Exception {
        try (Listing l = new Listing(2)) {
            for (int i = 0; i < ROUNDS; i++) {
                int from = 1 << l.random.nextInt(2);
                int to = from << 1 + l.random.nextInt(from == 1 ? 3 : 2);
                int a = l.reg();
                int b = l.reg();
                Operand m = l.memory();
                l.asm.movzxRR(to, a, from, b);
                l.line(text("movzx", name(to, a), name(from, b)));
                l.asm.movzxRM(to, a, from, m.mem());
                l.line(text("movzx", name(to, a), m.sized(from)));
                l.asm.movsxRR(to, a, from, b);
                l.line(text("movsx", name(to, a), name(from, b)));
                l.asm.movsxRM(to, a, from, m.mem());
                l.line(text("movsx", name(to, a), m.sized(from)));
                l.asm.movsxRR(8, a, 4, b);
                l.line(text("movsxd", name(8, a), name(4, b)));
                l.asm.movsxRM(8, a, 4, m.mem());
                l.line(text("movsxd", name(8, a), m.sized(4)));
                l.asm.movzxRR(8, a, 4, b);
                l.line(text("mov", name(4, a), name(4, b)));
                l.asm.movzxRM(8, a, 4, m.mem());
                l.line(text("mov", name(4, a), m.sized(4)));
            }
            l.compare(dir);
        }
    }

    @Test
    void highByteRegisters() throws Exception {
        try (Listing l = new Listing(3)) {
            for (int high = Reg.AH; high <= Reg.BH; high++) {
                int low = high & 3;
                l.asm.movRR(1, low, high);
                l.line(text("mov", name(1, low), name(1, high)));
                l.asm.aluRI(Alu.XOR, 1, high, 0x55);
                l.line(text("xor", name(1, high), 0x55));
                l.asm.movzxRR(4, Reg.RDI, 1, high);
                l.line(text("movzx", "edi", name(1, high)));
                l.asm.movRI(1, high, 7);
                l.line(text("mov", name(1, high), 7));
                l.asm.setR(Cond.G, high);
                l.line(text("setg", name(1, high)));
                l.asm.shiftRI(Alu.ROL, 1, high, 3);
                l.line(text("rol", name(1, high), 3));
                l.asm.movMR(1, Mem.based(Reg.RSP, 4), high);
                l.line(text("mov", "[rsp+4]", name(1, high)));
            }
            l.compare(dir);
        }
    }

    @Test
    void highByteRegistersAreRefusedTogetherWithRex() {
        try (Listing l = new Listing(3)) {
            assertThrows(IllegalArgumentException.class, () -> l.asm.movRR(1, Reg.R8, Reg.AH));
            assertThrows(IllegalArgumentException.class, () -> l.asm.movRR(1, Reg.AH, Reg.RSI));
            assertThrows(IllegalArgumentException.class, () -> l.asm.movzxRR(8, Reg.RAX, 1, Reg.BH));
            assertThrows(IllegalArgumentException.class, () -> l.asm.movMR(1, Mem.based(Reg.R9, 0), Reg.CH));
        }
    }

    @Test
    void arithmetic() throws Exception {
        try (Listing l = new Listing(4)) {
            for (int i = 0; i < ROUNDS * 3; i++) {
                int op = l.random.nextInt(8);
                String mnemonic = ALU.get(op);
                int size = l.size();
                int a = l.reg();
                int b = l.reg();
                Operand m = l.memory();
                int value = l.immediate(size);
                l.asm.aluRR(op, size, a, b);
                l.line(text(mnemonic, name(size, a), name(size, b)));
                l.asm.aluRM(op, size, a, m.mem());
                l.line(text(mnemonic, name(size, a), m.text()));
                l.asm.aluMR(op, size, m.mem(), a);
                l.line(text(mnemonic, m.text(), name(size, a)));
                l.asm.aluRI(op, size, a, value);
                l.line(text(mnemonic, name(size, a), value));
                l.asm.aluMI(op, size, m.mem(), value);
                l.line(text(mnemonic, m.sized(size), value));
                l.asm.testRR(size, a, b);
                l.line(text("test", name(size, a), name(size, b)));
                l.asm.testMR(size, m.mem(), a);
                l.line(text("test", m.text(), name(size, a)));
                l.asm.testRI(size, a, value);
                l.line(text("test", name(size, a), value));
                l.asm.testMI(size, m.mem(), value);
                l.line(text("test", m.sized(size), value));
                int unary = 2 + l.random.nextInt(8);
                l.asm.unaryR(unary, size, a);
                l.line(text(UNARY.get(unary), name(size, a)));
                l.asm.unaryM(unary, size, m.mem());
                l.line(text(UNARY.get(unary), m.sized(size)));
            }
            l.compare(dir);
        }
    }

    @Test
    void multiplicationAndSigns() throws Exception {
        try (Listing l = new Listing(5)) {
            for (int i = 0; i < ROUNDS; i++) {
                int size = l.wordSize();
                int a = l.reg();
                int b = l.reg();
                Operand m = l.memory();
                int value = l.immediate(size);
                l.asm.imulRR(size, a, b);
                l.line(text("imul", name(size, a), name(size, b)));
                l.asm.imulRM(size, a, m.mem());
                l.line(text("imul", name(size, a), m.text()));
                l.asm.imulRRI(size, a, b, value);
                l.line(text("imul", name(size, a), name(size, b), value));
                l.asm.imulRMI(size, a, m.mem(), value);
                l.line(text("imul", name(size, a), m.text(), value));
                l.asm.extendRax(size);
                l.line(size == 2 ? "cbw" : size == 4 ? "cwde" : "cdqe");
                l.asm.signToRdx(size);
                l.line(size == 2 ? "cwd" : size == 4 ? "cdq" : "cqo");
            }
            l.compare(dir);
        }
    }

    @Test
    void atomics() throws Exception {
        try (Listing l = new Listing(6)) {
            for (int i = 0; i < ROUNDS; i++) {
                int size = l.size();
                int a = 1 + l.random.nextInt(15);
                int b = 1 + l.random.nextInt(15);
                Operand m = l.memory();
                l.asm.xchgRR(size, a, b);
                l.line(text("xchg", name(size, a), name(size, b)));
                l.asm.xchgMR(size, m.mem(), a);
                l.line(text("xchg", m.text(), name(size, a)));
                l.asm.cmpxchgRR(size, a, b);
                l.line(text("cmpxchg", name(size, a), name(size, b)));
                l.asm.lock();
                l.line("lock");
                l.asm.cmpxchgMR(size, m.mem(), b);
                l.line(text("cmpxchg", m.text(), name(size, b)));
                l.asm.xaddRR(size, a, b);
                l.line(text("xadd", name(size, a), name(size, b)));
                l.asm.xaddMR(size, m.mem(), b);
                l.line(text("xadd", m.text(), name(size, b)));
                l.asm.cmpxchgPair(8, m.mem());
                l.line(text("cmpxchg8b", m.text()));
                l.asm.cmpxchgPair(16, m.mem());
                l.line(text("cmpxchg16b", m.text()));
            }
            l.compare(dir);
        }
    }

    @Test
    void shiftsAndBits() throws Exception {
        try (Listing l = new Listing(7)) {
            for (int i = 0; i < ROUNDS * 2; i++) {
                int op = l.random.nextInt(7);
                op = op == 6 ? Alu.SAR : op;
                String mnemonic = SHIFTS.get(op);
                int size = l.size();
                int a = l.reg();
                int b = l.reg();
                Operand m = l.memory();
                int count = 1 + l.random.nextInt(63);
                l.asm.shiftRI(op, size, a, count);
                l.line(text(mnemonic, name(size, a), count));
                l.asm.shiftRI(op, size, b, 1);
                l.line(text(mnemonic, name(size, b), 1));
                l.asm.shiftMI(op, size, m.mem(), count);
                l.line(text(mnemonic, m.sized(size), count));
                l.asm.shiftR(op, size, a);
                l.line(text(mnemonic, name(size, a), "cl"));
                l.asm.shiftM(op, size, m.mem());
                l.line(text(mnemonic, m.sized(size), "cl"));
                int wide = l.wordSize();
                int pair = l.random.nextBoolean() ? Alu.SHL : Alu.SHR;
                String twice = pair == Alu.SHL ? "shld" : "shrd";
                l.asm.doubleShiftRRI(pair, wide, a, b, count);
                l.line(text(twice, name(wide, a), name(wide, b), count));
                l.asm.doubleShiftRR(pair, wide, a, b);
                l.line(text(twice, name(wide, a), name(wide, b), "cl"));
                l.asm.doubleShiftMRI(pair, wide, m.mem(), b, count);
                l.line(text(twice, m.text(), name(wide, b), count));
                l.asm.doubleShiftMR(pair, wide, m.mem(), b);
                l.line(text(twice, m.text(), name(wide, b), "cl"));
                int bit = 4 + l.random.nextInt(4);
                l.asm.bitRR(bit, wide, a, b);
                l.line(text(BITS.get(bit), name(wide, a), name(wide, b)));
                l.asm.bitMR(bit, wide, m.mem(), b);
                l.line(text(BITS.get(bit), m.text(), name(wide, b)));
                l.asm.bitRI(bit, wide, a, count);
                l.line(text(BITS.get(bit), name(wide, a), count));
                l.asm.bitMI(bit, wide, m.mem(), count);
                l.line(text(BITS.get(bit), m.sized(wide), count));
            }
            l.compare(dir);
        }
    }

    @Test
    void countingAndBmi() throws Exception {
        List<String> two = List.of("BSF", "BSR", "POPCNT", "LZCNT", "TZCNT");
        List<String> three = List.of("ANDN", "PDEP", "PEXT", "MULX");
        List<String> shifts = List.of("SHLX", "SHRX", "SARX", "BEXTR", "BZHI");
        List<String> lowest = List.of("?", "blsr", "blsmsk", "blsi");
        try (Listing l = new Listing(8)) {
            for (int i = 0; i < ROUNDS; i++) {
                int any = l.wordSize();
                int size = Math.max(4, any);
                int a = l.reg();
                int b = l.reg();
                int c = l.reg();
                Operand m = l.memory();
                for (String op : two) {
                    l.asm.opRR(opcode(op), any, a, b);
                    l.line(text(lower(op), name(any, a), name(any, b)));
                    l.asm.opRM(opcode(op), any, a, m.mem());
                    l.line(text(lower(op), name(any, a), m.text()));
                }
                for (String op : List.of("ADCX", "ADOX")) {
                    l.asm.opRR(opcode(op), size, a, b);
                    l.line(text(lower(op), name(size, a), name(size, b)));
                }
                l.asm.opRM(Op.MOVBE_LOAD, any, a, m.mem());
                l.line(text("movbe", name(any, a), m.text()));
                l.asm.opRM(Op.MOVBE_STORE, any, a, m.mem());
                l.line(text("movbe", m.text(), name(any, a)));
                int crc = l.size();
                int crcDst = crc == 8 ? 8 : 4;
                l.asm.crc32RR(crc, a, b);
                l.line(text("crc32", name(crcDst, a), name(crc, b)));
                l.asm.crc32RM(crc, a, m.mem());
                l.line(text("crc32", name(crcDst, a), m.sized(crc)));
                for (String op : three) {
                    l.asm.bmiRRR(opcode(op), size, a, b, c);
                    l.line(text(lower(op), name(size, a), name(size, b), name(size, c)));
                    l.asm.bmiRRM(opcode(op), size, a, b, m.mem());
                    l.line(text(lower(op), name(size, a), name(size, b), m.text()));
                }
                for (String op : shifts) {
                    l.asm.bmiShiftRRR(opcode(op), size, a, b, c);
                    l.line(text(lower(op), name(size, a), name(size, b), name(size, c)));
                    l.asm.bmiShiftRMR(opcode(op), size, a, m.mem(), c);
                    l.line(text(lower(op), name(size, a), m.text(), name(size, c)));
                }
                for (int which = 1; which <= 3; which++) {
                    l.asm.blsRR(which, size, a, b);
                    l.line(text(lowest.get(which), name(size, a), name(size, b)));
                    l.asm.blsRM(which, size, a, m.mem());
                    l.line(text(lowest.get(which), name(size, a), m.text()));
                }
                l.asm.rorxRRI(size, a, b, 9);
                l.line(text("rorx", name(size, a), name(size, b), 9));
                l.asm.rorxRMI(size, a, m.mem(), 9);
                l.line(text("rorx", name(size, a), m.text(), 9));
            }
            l.compare(dir);
        }
    }

    @Test
    void conditionsStackAndControl() throws Exception {
        try (Listing l = new Listing(9)) {
            for (int i = 0; i < ROUNDS; i++) {
                int cond = i & 15;
                int size = l.wordSize();
                int a = l.reg();
                int b = l.reg();
                int value = l.immediate(4);
                Operand m = l.memory();
                l.asm.setR(cond, a);
                l.line(text("set" + CONDITIONS.get(cond), name(1, a)));
                l.asm.setM(cond, m.mem());
                l.line(text("set" + CONDITIONS.get(cond), m.text()));
                l.asm.cmovRR(cond, size, a, b);
                l.line(text("cmov" + CONDITIONS.get(cond), name(size, a), name(size, b)));
                l.asm.cmovRM(cond, size, a, m.mem());
                l.line(text("cmov" + CONDITIONS.get(cond), name(size, a), m.text()));
                l.asm.push(a);
                l.line(text("push", name(8, a)));
                l.asm.pop(b);
                l.line(text("pop", name(8, b)));
                l.asm.pushM(m.mem());
                l.line(text("push", m.sized(8)));
                l.asm.popM(m.mem());
                l.line(text("pop", m.sized(8)));
                l.asm.pushI(value);
                l.line(text("push", value));
                l.asm.jmpR(a);
                l.line(text("jmp", name(8, a)));
                l.asm.jmpM(m.mem());
                l.line(text("jmp", m.sized(8)));
                l.asm.callR(a);
                l.line(text("call", name(8, a)));
                l.asm.callM(m.mem());
                l.line(text("call", m.sized(8)));
            }
            l.compare(dir);
        }
    }

    @Test
    void instructionsWithoutOperands() throws Exception {
        try (Listing l = new Listing(10)) {
            Assembler a = l.asm;
            a.ret();
            a.pushf();
            a.popf();
            a.lahf();
            a.sahf();
            a.clc();
            a.stc();
            a.cmc();
            a.cld();
            a.std();
            a.pause();
            a.ud2();
            a.cpuid();
            a.rdtsc();
            a.xgetbv();
            a.syscall();
            a.lfence();
            a.mfence();
            a.sfence();
            a.vzeroupper();
            a.fninit();
            a.emms();
            for (String line :
                    ("ret pushf popf lahf sahf clc stc cmc cld std pause ud2 cpuid rdtsc xgetbv syscall lfence"
                                    + " mfence sfence vzeroupper fninit emms")
                            .split(" ", -1)) {
                l.line(line);
            }
            String[] suffix = {"b", "w", "d", "q"};
            for (int i = 0; i < 4; i++) {
                a.rep();
                a.movs(1 << i);
                a.repne();
                a.scas(1 << i);
                a.rep();
                a.stos(1 << i);
                a.cmps(1 << i);
                a.lods(1 << i);
                for (String line : List.of("rep movs", "repnz scas", "rep stos", "cmps", "lods")) {
                    l.line(line + suffix[i]);
                }
            }
            for (int length = 1; length <= 8; length++) {
                a.nop(length);
            }
            for (String line : List.of(
                    "nop",
                    "xchg ax, ax",
                    "nop DWORD PTR [rax]",
                    "{disp8} nop DWORD PTR [rax]",
                    "{disp8} nop DWORD PTR [rax+rax]",
                    "{disp8} nop WORD PTR [rax+rax]",
                    "{disp32} nop DWORD PTR [rax]",
                    "{disp32} nop DWORD PTR [rax+rax]")) {
                l.line(line);
            }
            l.compare(dir);
        }
    }

    @Test
    void x87AndControlWords() throws Exception {
        try (Listing l = new Listing(11)) {
            for (int i = 0; i < ROUNDS; i++) {
                Operand m = l.memory();
                l.asm.fldcw(m.mem());
                l.line(text("fldcw", m.text()));
                l.asm.fnstcw(m.mem());
                l.line(text("fnstcw", m.text()));
                l.asm.ldmxcsr(m.mem());
                l.line(text("ldmxcsr", m.text()));
                l.asm.stmxcsr(m.mem());
                l.line(text("stmxcsr", m.text()));
                l.asm.x87M(0xdd, 0, m.mem());
                l.line(text("fld", m.sized(8)));
                l.asm.x87M(0xdb, 7, m.mem());
                l.line(text("fstp", m.sized(10)));
                l.asm.x87M(0xda, 1, m.mem());
                l.line(text("fimul", m.sized(4)));
            }
            l.asm.x87(0xd8, 0xc3);
            l.line("fadd st, st(3)");
            l.compare(dir);
        }
    }

    private static final Set<String> NOT_VECTORS = Set.of(
            "OPSIZE W REG8 RM8 L BSF BSR POPCNT LZCNT TZCNT MOVBE_LOAD MOVBE_STORE ADCX ADOX ANDN BEXTR BZHI SHLX SHRX SARX PDEP PEXT MULX RORX BLS"
                    .split(" ", -1));
    private static final Set<String> ONLY_VEX = Set.of(
            "VBROADCASTSS VPBROADCASTD VPBROADCASTQ VEXTRACTI128 VINSERTI128 VEXTRACTF128 VINSERTF128 VFMADD231PS VFMADD231SS VPGATHERDD VPSLLVD"
                    .split(" ", -1));
    private static final Set<String> FROM_GENERAL = Set.of("MOVD", "CVTSI2SS", "CVTSI2SD", "PINSRW", "PINSRD");
    private static final Set<String> TO_GENERAL = Set.of(
            "MOVD_STORE",
            "CVTTSS2SI",
            "CVTTSD2SI",
            "CVTSS2SI",
            "CVTSD2SI",
            "MOVMSKPS",
            "MOVMSKPD",
            "PMOVMSKB",
            "PEXTRW",
            "PEXTRD");
    private static final Set<String> WITH_IMMEDIATE = Set.of(
            "CMPPS", "CMPPD", "CMPSS", "CMPSD", "SHUFPS", "SHUFPD", "PSHUFD", "PSHUFHW", "PSHUFLW", "PINSRW", "PEXTRW",
            "PALIGNR", "PINSRD", "PEXTRD", "ROUNDPS", "ROUNDPD", "ROUNDSS", "ROUNDSD");
    private static final Set<String> ONLY_REGISTERS =
            Set.of("MOVMSKPS", "MOVMSKPD", "PMOVMSKB", "PEXTRW", "MASKMOVDQU");
    private static final Set<String> ONLY_MEMORY = Set.of(
            "MOVLPS",
            "MOVHPS",
            "MOVLPD",
            "MOVHPD",
            "MOVLPS_STORE",
            "MOVHPS_STORE",
            "MOVLPD_STORE",
            "MOVHPD_STORE",
            "MOVNTPS_STORE",
            "MOVNTDQ_STORE",
            "LDDQU");

    /** The named SSE constants, each between registers and with memory. */
    @Test
    void sse() throws Exception {
        int count = 0;
        try (Listing l = new Listing(12)) {
            for (Field field : Op.class.getFields()) {
                String constant = field.getName();
                if (NOT_VECTORS.contains(constant) || ONLY_VEX.contains(constant)) {
                    continue;
                }
                count++;
                for (int i = 0; i < 8; i++) {
                    sse(l, constant, field.getInt(null));
                }
            }
            l.compare(dir);
        }
        assertTrue(count > 180, "only " + count);
    }

    private static void sse(Listing l, String constant, int op) {
        boolean store = constant.endsWith("_STORE");
        boolean reversed = store || constant.startsWith("PEXTRD");
        String mnemonic = lower(constant.replace("_STORE", ""));
        int general = constant.equals("PMOVMSKB") || constant.startsWith("MOVMSK") || constant.matches("PEXTRW|PINSRW")
                ? 4
                : constant.matches("MOVD|MOVD_STORE|CVT.*SI|CVTSI.*") && l.random.nextBoolean() ? 8 : 4;
        int opcode = general == 8 ? op | Op.W : op;
        if (general == 8 && constant.startsWith("MOVD")) {
            mnemonic = "movq";
        }
        int a = l.reg();
        int b = l.reg();
        boolean immediate = WITH_IMMEDIATE.contains(constant);
        int value = l.random.nextInt(8);
        String tail = immediate ? ", " + value : "";
        if (!ONLY_MEMORY.contains(constant)) {
            boolean toGeneral = TO_GENERAL.contains(constant);
            String reg = toGeneral && !reversed ? name(general, a) : "xmm" + a;
            String rm = FROM_GENERAL.contains(constant) || toGeneral && reversed ? name(general, b) : "xmm" + b;
            if (immediate) {
                l.asm.sseRRI(opcode, a, b, value);
            } else {
                l.asm.sseRR(opcode, a, b);
            }
            String form = store && !constant.startsWith("MOVD_") ? "{store} " : "";
            l.line(form + (reversed ? text(mnemonic, rm, reg) : text(mnemonic, reg, rm)) + tail);
        }
        if (!ONLY_REGISTERS.contains(constant)) {
            Operand m = l.memory();
            String reg = TO_GENERAL.contains(constant) && !reversed ? name(general, a) : "xmm" + a;
            String memory = constant.matches("CVTSI2.*|MOVD|MOVD_STORE") ? m.sized(general) : m.text();
            if (immediate) {
                l.asm.sseRMI(opcode, a, m.mem(), value);
            } else {
                l.asm.sseRM(opcode, a, m.mem());
            }
            // GNU as prefers the shorter F3 form of a load; the REX prefix makes up for it.
            String form = general == 8 && constant.startsWith("MOVD") ? "{rex} " : "";
            l.line(form + (reversed ? text(mnemonic, memory, reg) : text(mnemonic, reg, memory)) + tail);
        }
    }

    @Test
    void avx() throws Exception {
        try (Listing l = new Listing(13)) {
            for (int i = 0; i < ROUNDS; i++) {
                boolean wide = l.random.nextBoolean();
                int flag = wide ? Op.L : 0;
                String bank = wide ? "ymm" : "xmm";
                String a = bank + l.reg();
                int dst = Integer.parseInt(a.substring(3));
                int first = l.reg();
                int second = l.reg();
                Operand m = l.memory();
                for (String op : List.of("ADDPS", "MULPD", "PSUBD", "PXOR", "PSHUFB", "PCMPGTW", "UNPCKHPD")) {
                    l.asm.vexRR(opcode(op) | flag, dst, first, second);
                    l.line("{load} " + text("v" + lower(op), a, bank + first, bank + second));
                    l.asm.vexRM(opcode(op) | flag, dst, first, m.mem(), 0);
                    l.line(text("v" + lower(op), a, bank + first, m.text()));
                }
                l.asm.vexRRI(Op.SHUFPS | flag, dst, first, second, 0x1b);
                l.line(text("vshufps", a, bank + first, bank + second, 0x1b));
                l.asm.vexRMI(Op.SHUFPS | flag, dst, first, m.mem(), 0x1b);
                l.line(text("vshufps", a, bank + first, m.text(), 0x1b));
                l.asm.vexRM(Op.MOVDQU_STORE | flag, dst, 0, m.mem(), 0);
                l.line(text("vmovdqu", m.text(), a));
                l.asm.vexRM(Op.MOVUPS | flag, dst, 0, m.mem(), 0);
                l.line(text("vmovups", a, m.text()));
                l.asm.vexRR(Op.VFMADD231PS | flag, dst, first, second);
                l.line(text("vfmadd231ps", a, bank + first, bank + second));
                l.asm.emitVex(0x66, true, wide, 2, 0xb8, dst, first, m.mem(), 0);
                l.line(text("vfmadd231pd", a, bank + first, m.text()));
                l.asm.emitVexRR(0x66, false, true, 3, 0x39, second, 0, first);
                l.asm.emit8(1);
                l.line(text("vextracti128", "xmm" + first, "ymm" + second, 1));
                l.asm.vexRR(Op.MOVD | Op.W, dst, 0, first);
                l.line(text("vmovq", "xmm" + dst, name(8, first)));
                l.asm.emitLegacy(0xf2, true, 1, 0x2d, first, m.mem(), 0);
                l.line(text("cvtsd2si", name(8, first), m.text()));
                l.asm.emitLegacyRR(0x66, false, 2, 0x17, first, second);
                l.line(text("ptest", "xmm" + first, "xmm" + second));
                if (dst != first && first != second && dst != second) {
                    l.asm.vexRM(Op.VPGATHERDD | flag, dst, first, Mem.vectorIndexed(Reg.R13, second, 2, 0), 0);
                    l.line(text("vpgatherdd", a, "[r13+" + bank + second + "*4]", bank + first));
                }
            }
            l.compare(dir);
        }
    }

    @Test
    void jumpsAreAsShortAsTheyCanBe() throws Exception {
        try (Listing l = new Listing(14)) {
            int back = l.asm.newBoundLabel();
            l.line(".Lback:");
            int near = l.asm.newLabel();
            int far = l.asm.newLabel();
            l.asm.jmp(far);
            l.line("{disp32} jmp .Lahead");
            l.asm.jcc(Cond.LE, far);
            l.line("{disp32} jle .Lahead");
            l.asm.call(far);
            l.line("call .Lahead");
            for (int i = 0; i < 30; i++) {
                l.asm.jcc(i & 15, back);
                l.line("j" + CONDITIONS.get(i & 15) + " .Lback");
                l.asm.jmp(back);
                l.line("jmp .Lback");
                l.asm.jmpShort(near);
                l.line("jmp 1f");
                l.asm.jccShort(Cond.S, near);
                l.line("js 1f");
                l.asm.jrcxz(near);
                l.line("jrcxz 1f");
                if (i % 6 == 5) {
                    l.asm.bind(near);
                    near = l.asm.newLabel();
                    l.line("1:");
                }
            }
            l.asm.bind(near);
            l.line("1:");
            l.asm.bind(far);
            l.line(".Lahead:");
            l.asm.callTo(l.asm.executable(0));
            l.line("call origin");
            l.asm.jmpTo(l.asm.executable(3));
            l.line("{disp32} jmp origin+3");
            l.asm.jccTo(Cond.NP, l.asm.executable(3));
            l.line("{disp32} jnp origin+3");
            l.asm.movRM(4, Reg.RAX, Mem.wideDisp(Mem.based(Reg.RBX, 1)));
            l.line("{disp32} mov eax, [rbx+1]");
            l.compare(dir);
        }
    }

    private static int opcode(String constant) {
        try {
            return Op.class.getField(constant).getInt(null);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static String lower(String constant) {
        return constant.toLowerCase(Locale.ROOT);
    }
}
