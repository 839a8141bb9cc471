package dev.veery.hostcode.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.memory.access.OffHeap;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What the assembler wrote next to what GNU as makes of the same instructions as text. Operands come from a seeded
 * generator that prefers the registers whose encodings are special.
 */
final class Listing implements AutoCloseable {
    private static final int SIZE = 1 << 20;
    private static final String[] LEGACY = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    private static final String[] BYTES = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
    private static final String[] HIGH = {"ah", "ch", "dh", "bh"};
    private static final int[] DISPLACEMENTS = {
        0, 1, -1, 127, 128, -128, -129, 0x1000, Integer.MAX_VALUE, Integer.MIN_VALUE
    };

    /** A memory operand both ways. */
    record Operand(long mem, String text) {
        String sized(int size) {
            String keyword = switch (size) {
                case 1 -> "BYTE";
                case 2 -> "WORD";
                case 4 -> "DWORD";
                case 8 -> "QWORD";
                case 10 -> "TBYTE";
                default -> "XMMWORD";
            };
            return keyword + " PTR " + text;
        }
    }

    final Assembler asm = new Assembler();
    final Random random;
    private final long memory = OffHeap.allocate(SIZE);
    private final List<String> text = new ArrayList<>();
    private final int origin;

    Listing(long seed) {
        random = new Random(seed);
        asm.start(memory, memory, SIZE);
        origin = asm.newBoundLabel();
    }

    void line(String instruction) {
        text.add(instruction);
    }

    int reg() {
        return random.nextInt(16);
    }

    int size() {
        return 1 << random.nextInt(4);
    }

    int wordSize() {
        return 2 << random.nextInt(3);
    }

    int immediate(int size) {
        int value = random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(512) - 256;
        return size == 1 ? (byte) value : size == 2 ? (short) value : value;
    }

    static String name(int size, int reg) {
        if (reg >= Reg.AH) {
            return HIGH[reg - Reg.AH];
        }
        if (reg >= Reg.R8) {
            return "r" + reg + (size == 1 ? "b" : size == 2 ? "w" : size == 4 ? "d" : "");
        }
        return size == 1 ? BYTES[reg] : size == 2 ? LEGACY[reg] : size == 4 ? "e" + LEGACY[reg] : "r" + LEGACY[reg];
    }

    /** Any form of memory operand, relative to RIP included. */
    Operand memory() {
        int kind = random.nextInt(16);
        if (kind == 0) {
            return new Operand(Mem.label(origin), "[rip+origin]");
        }
        if (kind == 1) {
            return new Operand(Mem.target(memory + 64), "[rip+origin+64]");
        }
        return indexed();
    }

    /** Any form of memory operand that is not relative to RIP. */
    Operand indexed() {
        int disp = random.nextBoolean()
                ? DISPLACEMENTS[random.nextInt(DISPLACEMENTS.length)]
                : random.nextInt() >> random.nextInt(32);
        boolean narrow = random.nextInt(8) == 0;
        int addressSize = narrow ? 4 : 8;
        int base = random.nextInt(10) == 0 ? Reg.NONE : reg();
        int index = random.nextInt(3) == 0 ? Reg.NONE : reg();
        if (index == Reg.RSP) {
            index = Reg.R12;
        }
        if (base == Reg.NONE && index == Reg.NONE) {
            narrow = false;
        }
        int scale = random.nextInt(4);
        StringBuilder sum = new StringBuilder();
        if (base != Reg.NONE) {
            sum.append(name(addressSize, base));
        }
        if (index != Reg.NONE) {
            sum.append(sum.isEmpty() ? "" : "+")
                    .append(name(addressSize, index))
                    .append('*')
                    .append(1 << scale);
        }
        long mem = index == Reg.NONE ? Mem.indexed(base, index, 0, disp) : Mem.indexed(base, index, scale, disp);
        if (sum.isEmpty()) {
            sum.append("ds:").append(disp);
            return new Operand(mem, sum.toString());
        }
        String prefix = "";
        switch (random.nextInt(10)) {
            case 0 -> {
                mem = Mem.fs(mem);
                prefix = "fs:";
            }
            case 1 -> {
                mem = Mem.gs(mem);
                prefix = "gs:";
            }
            default -> {}
        }
        return new Operand(narrow ? Mem.address32(mem) : mem, prefix + "[" + sum + (disp < 0 ? "" : "+") + disp + "]");
    }

    /** Fails with the first instruction that does not have the meaning and the length of its text. */
    void compare(Path dir) throws IOException, InterruptedException {
        asm.finish();
        assertEquals(false, asm.overflowed());
        byte[] bytes = new byte[asm.offset()];
        OffHeap.copyOut(memory, bytes, 0, bytes.length);
        StringBuilder ours = new StringBuilder("origin:\n");
        for (byte b : bytes) {
            ours.append(".byte ").append(b & 0xff).append('\n');
        }
        List<String> actual = disassemble(dir.resolve("ours"), ours.toString());
        List<String> expected = disassemble(
                dir.resolve("theirs"), ".intel_syntax noprefix\norigin:\n" + String.join("\n", text) + "\n");
        for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
            assertEquals(expected.get(i), actual.get(i), i < text.size() ? text.get(i) : "");
        }
        assertEquals(expected.size(), actual.size());
    }

    private static List<String> disassemble(Path stem, String source) throws IOException, InterruptedException {
        Path text = Files.writeString(Path.of(stem + ".s"), source);
        Path object = Path.of(stem + ".o");
        run("as", "--64", "-o", object.toString(), text.toString());
        return run("objdump", "-d", "-Mintel", "--no-show-raw-insn", object.toString())
                .lines()
                .filter(line -> line.matches(" +[0-9a-f]+:.*"))
                .toList();
    }

    static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    static boolean onPath(String program) {
        String path = System.getenv("PATH");
        for (String entry : path == null ? new String[0] : path.split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(entry, program))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        OffHeap.free(memory);
    }
}
