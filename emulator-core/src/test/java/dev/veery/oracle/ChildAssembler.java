package dev.veery.oracle;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the few instructions that {@link ChildProgram} needs, 64-bit operands throughout, displacements always 32 bits.
 * SDM vol. 2, chapter 2 for the formats.
 */
final class ChildAssembler {
    static final int RAX = 0;
    static final int RCX = 1;
    static final int RDX = 2;
    static final int RBX = 3;
    static final int RSP = 4;
    static final int RBP = 5;
    static final int RSI = 6;
    static final int RDI = 7;
    static final int R8 = 8;
    static final int R9 = 9;
    static final int R10 = 10;

    static final int EQUAL = 4;
    static final int NOT_EQUAL = 5;
    static final int BELOW = 2;
    static final int NOT_BELOW = 3;
    static final int SIGN = 8;

    /** A place that names a label: relative in 4 bytes, or the address in 8. */
    private record Fixup(int at, int label, boolean absolute) {}

    private final ByteArrayOutputStream code = new ByteArrayOutputStream();
    private final List<Integer> labels = new ArrayList<>();
    private final List<Fixup> fixups = new ArrayList<>();
    private final long origin;

    /**
     * Starts a program.
     *
     * @param origin address of its first byte
     */
    ChildAssembler(long origin) {
        this.origin = origin;
    }

    int label() {
        labels.add(-1);
        return labels.size() - 1;
    }

    void bind(int label) {
        labels.set(label, code.size());
    }

    /** Eight bytes of data. */
    void quad(long value) {
        imm32((int) value);
        imm32((int) (value >>> 32));
    }

    /** The address of a label as eight bytes of data. */
    void quadAddress(int label) {
        fixups.add(new Fixup(code.size(), label, true));
        quad(0);
    }

    /** {@code mov reg, address of label}. */
    void moveAddress(int reg, int label) {
        bytes(0x48 | reg >> 3, 0xb8 | reg & 7);
        quadAddress(label);
    }

    void bytes(int... values) {
        for (int v : values) {
            code.write(v);
        }
    }

    private void imm32(int value) {
        bytes(value, value >> 8, value >> 16, value >> 24);
    }

    /** {@code mov reg, imm64}. */
    void move(int reg, long value) {
        bytes(0x48 | reg >> 3, 0xb8 | reg & 7);
        quad(value);
    }

    private void memory(int opcode, int reg, int base, int disp) {
        bytes(0x48 | reg >> 3 << 2 | base >> 3, opcode);
        operand(reg, base, disp);
    }

    private void operand(int reg, int base, int disp) {
        bytes(0x80 | (reg & 7) << 3 | base & 7);
        if ((base & 7) == RSP) {
            bytes(0x24);
        }
        imm32(disp);
    }

    /** {@code mov reg, [base + disp]}. */
    void load(int reg, int base, int disp) {
        memory(0x8b, reg, base, disp);
    }

    /** {@code mov [base + disp], reg}. */
    void store(int reg, int base, int disp) {
        memory(0x89, reg, base, disp);
    }

    /** {@code lea reg, [base + disp]}. */
    void lea(int reg, int base, int disp) {
        memory(0x8d, reg, base, disp);
    }

    /** {@code add reg, [base + disp]}. */
    void addFrom(int reg, int base, int disp) {
        memory(0x03, reg, base, disp);
    }

    /** {@code cmp reg, [base + disp]}. */
    void compareTo(int reg, int base, int disp) {
        memory(0x3b, reg, base, disp);
    }

    /** {@code add to, from}. */
    void add(int to, int from) {
        bytes(0x48 | from >> 3 << 2 | to >> 3, 0x01, 0xc0 | (from & 7) << 3 | to & 7);
    }

    /** {@code cmp left, right}. */
    void compareRegisters(int left, int right) {
        bytes(0x48 | right >> 3 << 2 | left >> 3, 0x39, 0xc0 | (right & 7) << 3 | left & 7);
    }

    /** {@code add qword [base + disp], imm}. */
    void addTo(int base, int disp, int value) {
        memory(0x81, 0, base, disp);
        imm32(value);
    }

    /** {@code cmp reg, imm}. */
    void compare(int reg, int value) {
        bytes(0x48 | reg >> 3, 0x81, 0xf8 | reg & 7);
        imm32(value);
    }

    /** {@code imul reg, reg, imm}. */
    void multiply(int reg, int value) {
        bytes(0x48 | reg >> 3 << 2 | reg >> 3, 0x69, 0xc0 | (reg & 7) << 3 | reg & 7);
        imm32(value);
    }

    /** {@code mov to, from}. */
    void copy(int to, int from) {
        bytes(0x48 | from >> 3 << 2 | to >> 3, 0x89, 0xc0 | (from & 7) << 3 | to & 7);
    }

    /** {@code jmp label}. */
    void jump(int label) {
        bytes(0xe9);
        fixups.add(new Fixup(code.size(), label, false));
        imm32(0);
    }

    /** {@code jcc label}. */
    void jumpIf(int condition, int label) {
        bytes(0x0f, 0x80 | condition);
        fixups.add(new Fixup(code.size(), label, false));
        imm32(0);
    }

    /** {@code rep movsq}. */
    void copyQuads(int count) {
        move(RCX, count);
        bytes(0xf3, 0x48, 0xa5);
    }

    /** A system call with up to six arguments. */
    void systemCall(int number, long... arguments) {
        int[] registers = {RDI, RSI, RDX, R10, R8, R9};
        for (int i = 0; i < arguments.length; i++) {
            move(registers[i], arguments[i]);
        }
        systemCallAsIs(number);
    }

    /** A system call whose arguments are in their registers. */
    void systemCallAsIs(int number) {
        move(RAX, number);
        bytes(0x0f, 0x05);
    }

    /** {@code fxrstor64 [base + disp]}. */
    void restoreFloat(int base, int disp) {
        bytes(0x48 | base >> 3, 0x0f, 0xae);
        operand(1, base, disp);
    }

    /** {@code xrstor64 [base + disp]}. */
    void restoreExtended(int base, int disp) {
        bytes(0x48 | base >> 3, 0x0f, 0xae);
        operand(5, base, disp);
    }

    /** {@code mov reg, [rip + distance to address]}. */
    void loadRelative(int reg, long address) {
        bytes(0x48 | reg >> 3 << 2, 0x8b, 0x05 | (reg & 7) << 3);
        relative(address);
    }

    /** {@code jmp far m16:32 [rip + distance to address]}. */
    void jumpFarThrough(long address) {
        bytes(0xff, 0x2d);
        relative(address);
    }

    private void relative(long address) {
        imm32((int) (address - (origin + code.size() + 4)));
    }

    byte[] assemble() {
        byte[] out = code.toByteArray();
        for (Fixup f : fixups) {
            long target = labels.get(f.label());
            long value = f.absolute() ? origin + target : target - (f.at() + 4);
            for (int i = 0; i < (f.absolute() ? 8 : 4); i++) {
                out[f.at() + i] = (byte) (value >> 8 * i);
            }
        }
        return out;
    }
}
