package dev.veery.hostcode.asm;

/**
 * Moves, arithmetic, shifts and bits on general registers by name. {@code size} is the operand size in bytes, 1, 2, 4 or 8 unless said otherwise; byte operands
 * may be {@link Reg#AH} and its like where no REX is needed. Immediates have the operand's size, but never more than four
 * bytes, which are then sign-extended; one byte where that is the same.
 */
public class IntegerAssembler extends Encoder {
    private static final int TEST_I = 0xf6;
    private static final int SHIFT_I = 0xc0;
    private static final int SHIFT_1 = 0xd0;
    private static final int SHIFT_CL = 0xd2;
    static final int MAP_0F = 1 << Op.MAP_SHIFT;

    /** Makes one that is full until it is started. */
    public IntegerAssembler() {}

    /** The opcode for a size, of an instruction whose opcode for bytes is even and the next one for other sizes. */
    private static int sized(int op, int size) {
        return size == 1 ? op | Op.REG8 | Op.RM8 : (op | 1) + Op.size(size);
    }

    static boolean fitsByte(int value) {
        return value == (byte) value;
    }

    private static int immediateSize(int size) {
        return Math.min(size, 4);
    }

    /** An immediate of the size, at most four bytes. */
    final void immediate(int size, int value) {
        switch (size) {
            case 1 -> put1(value);
            case 2 -> put2(value);
            default -> put4(value);
        }
    }

    // Moves

    /** MOV. */
    public final void movRR(int size, int dst, int src) {
        legacyRR(sized(0x88, size), src, dst);
    }

    /** MOV from memory. */
    public final void movRM(int size, int dst, long mem) {
        legacyRM(sized(0x8a, size), dst, mem, 0);
    }

    /** MOV to memory. */
    public final void movMR(int size, long mem, int src) {
        legacyRM(sized(0x88, size), src, mem, 0);
    }

    /** MOV of a constant in as few bytes as possible; leaves the flags alone. Size 4 and 8 set the whole register. */
    public final void movRI(int size, int dst, long value) {
        if (size == 8 && value >>> 32 != 0) {
            if (value == (int) value) {
                legacyRR(0xc7 | Op.W, 0, dst);
                put4((int) value);
            } else {
                legacyO(0xb8 | Op.W, dst);
                put8(value);
            }
        } else if (size == 1) {
            legacyO(0xb0 | Op.RM8, dst);
            put1((int) value);
        } else {
            legacyO(0xb8 | (size == 2 ? Op.OPSIZE : 0), dst);
            immediate(size, (int) value);
        }
    }

    /** MOV of a constant that can be patched: ten bytes, the last eight are the value. */
    public final void movWide(int dst, long value) {
        legacyO(0xb8 | Op.W, dst);
        put8(value);
    }

    /** MOV of a constant to memory. */
    public final void movMI(int size, long mem, int value) {
        legacyRM(sized(0xc6, size), 0, mem, immediateSize(size));
        immediate(size, value);
    }

    /** MOVZX; from four bytes to eight it is a MOV. */
    public final void movzxRR(int dstSize, int dst, int srcSize, int src) {
        if (srcSize == 4) {
            movRR(4, dst, src);
        } else {
            legacyRR(extension(0xb6, dstSize, srcSize), dst, src);
        }
    }

    /** MOVZX from memory; from four bytes to eight it is a MOV. */
    public final void movzxRM(int dstSize, int dst, int srcSize, long mem) {
        if (srcSize == 4) {
            movRM(4, dst, mem);
        } else {
            legacyRM(extension(0xb6, dstSize, srcSize), dst, mem, 0);
        }
    }

    /** MOVSX or MOVSXD. */
    public final void movsxRR(int dstSize, int dst, int srcSize, int src) {
        legacyRR(srcSize == 4 ? 0x63 | Op.size(dstSize) : extension(0xbe, dstSize, srcSize), dst, src);
    }

    /** MOVSX or MOVSXD from memory. */
    public final void movsxRM(int dstSize, int dst, int srcSize, long mem) {
        legacyRM(srcSize == 4 ? 0x63 | Op.size(dstSize) : extension(0xbe, dstSize, srcSize), dst, mem, 0);
    }

    private static int extension(int opcode, int dstSize, int srcSize) {
        return MAP_0F | opcode | Op.size(dstSize) | (srcSize == 1 ? Op.RM8 : 1);
    }

    /** LEA, size 2, 4 or 8. */
    public final void lea(int size, int dst, long mem) {
        legacyRM(0x8d | Op.size(size), dst, mem, 0);
    }

    /** XCHG. */
    public final void xchgRR(int size, int a, int b) {
        legacyRR(sized(0x86, size), b, a);
    }

    /** XCHG, atomic. */
    public final void xchgMR(int size, long mem, int reg) {
        legacyRM(sized(0x86, size), reg, mem, 0);
    }

    /** CMPXCHG: RAX against the destination. */
    public final void cmpxchgRR(int size, int dst, int src) {
        legacyRR(sized(MAP_0F | 0xb0, size), src, dst);
    }

    /** CMPXCHG: RAX against memory; atomic after {@link #lock}. */
    public final void cmpxchgMR(int size, long mem, int src) {
        legacyRM(sized(MAP_0F | 0xb0, size), src, mem, 0);
    }

    /** CMPXCHG8B or CMPXCHG16B, size 8 or 16; the latter faults on the host where memory is not aligned to 16. */
    public final void cmpxchgPair(int size, long mem) {
        legacyRM(MAP_0F | 0xc7 | (size == 16 ? Op.W : 0), 1, mem, 0);
    }

    /** XADD. */
    public final void xaddRR(int size, int dst, int src) {
        legacyRR(sized(MAP_0F | 0xc0, size), src, dst);
    }

    /** XADD to memory; atomic after {@link #lock}. */
    public final void xaddMR(int size, long mem, int src) {
        legacyRM(sized(MAP_0F | 0xc0, size), src, mem, 0);
    }

    /** BSWAP, size 4 or 8. */
    public final void bswap(int size, int reg) {
        legacyO(MAP_0F | 0xc8 | Op.size(size), reg);
    }

    // Arithmetic; op is ADD to CMP of Alu

    /** ADD to CMP. */
    public final void aluRR(int op, int size, int dst, int src) {
        legacyRR(sized(op << 3, size), src, dst);
    }

    /** ADD to CMP with memory as source. */
    public final void aluRM(int op, int size, int dst, long mem) {
        legacyRM(sized(op << 3 | 2, size), dst, mem, 0);
    }

    /** ADD to CMP with memory as destination. */
    public final void aluMR(int op, int size, long mem, int src) {
        legacyRM(sized(op << 3, size), src, mem, 0);
    }

    /** ADD to CMP with a constant. */
    public final void aluRI(int op, int size, int dst, int value) {
        if (size != 1 && fitsByte(value)) {
            legacyRR(0x83 | Op.size(size), op, dst);
            put1(value);
        } else if (dst == Reg.RAX) {
            legacy(sized(op << 3 | 4, size));
            immediate(size, value);
        } else {
            legacyRR(rmOnly(sized(0x80, size)), op, dst);
            immediate(size, value);
        }
    }

    /** ADD to CMP of memory with a constant. */
    public final void aluMI(int op, int size, long mem, int value) {
        if (size != 1 && fitsByte(value)) {
            legacyRM(0x83 | Op.size(size), op, mem, 1);
            put1(value);
        } else {
            legacyRM(rmOnly(sized(0x80, size)), op, mem, immediateSize(size));
            immediate(size, value);
        }
    }

    /** Where ModRM.reg extends the opcode, it is not a byte register that might need REX. */
    private static int rmOnly(int op) {
        return op & ~Op.REG8;
    }

    /** TEST. */
    public final void testRR(int size, int a, int b) {
        legacyRR(sized(0x84, size), b, a);
    }

    /** TEST of memory with a register. */
    public final void testMR(int size, long mem, int reg) {
        legacyRM(sized(0x84, size), reg, mem, 0);
    }

    /** TEST with a constant. */
    public final void testRI(int size, int reg, int value) {
        if (reg == Reg.RAX) {
            legacy(sized(0xa8, size));
        } else {
            legacyRR(rmOnly(sized(TEST_I, size)), 0, reg);
        }
        immediate(size, value);
    }

    /** TEST of memory with a constant. */
    public final void testMI(int size, long mem, int value) {
        legacyRM(rmOnly(sized(TEST_I, size)), 0, mem, immediateSize(size));
        immediate(size, value);
    }

    /** NOT to DEC of {@link Alu}. */
    public final void unaryR(int op, int size, int reg) {
        legacyRR(rmOnly(sized(unary(op), size)), op & 7, reg);
    }

    /** NOT to DEC of {@link Alu} with memory. */
    public final void unaryM(int op, int size, long mem) {
        legacyRM(rmOnly(sized(unary(op), size)), op & 7, mem, 0);
    }

    private static int unary(int op) {
        return op >= Alu.INC ? 0xfe : 0xf6;
    }

    /** IMUL of two registers, size 2, 4 or 8. */
    public final void imulRR(int size, int dst, int src) {
        legacyRR(MAP_0F | 0xaf | Op.size(size), dst, src);
    }

    /** IMUL with memory, size 2, 4 or 8. */
    public final void imulRM(int size, int dst, long mem) {
        legacyRM(MAP_0F | 0xaf | Op.size(size), dst, mem, 0);
    }

    /** IMUL of a register and a constant to another, size 2, 4 or 8. */
    public final void imulRRI(int size, int dst, int src, int value) {
        boolean small = fitsByte(value);
        legacyRR((small ? 0x6b : 0x69) | Op.size(size), dst, src);
        immediate(small ? 1 : size, value);
    }

    /** IMUL of memory and a constant, size 2, 4 or 8. */
    public final void imulRMI(int size, int dst, long mem, int value) {
        boolean small = fitsByte(value);
        legacyRM((small ? 0x6b : 0x69) | Op.size(size), dst, mem, small ? 1 : immediateSize(size));
        immediate(small ? 1 : size, value);
    }

    /** CBW, CWDE or CDQE: RAX of {@code size} from its lower half; size 2, 4 or 8. */
    public final void extendRax(int size) {
        legacy(0x98 | Op.size(size));
    }

    /** CWD, CDQ or CQO: RDX from the sign of RAX; size 2, 4 or 8. */
    public final void signToRdx(int size) {
        legacy(0x99 | Op.size(size));
    }

    // Shifts; op is ROL to SAR of Alu

    /** A shift or rotation by a constant. */
    public final void shiftRI(int op, int size, int reg, int count) {
        if (count == 1) {
            legacyRR(rmOnly(sized(SHIFT_1, size)), op, reg);
        } else {
            legacyRR(rmOnly(sized(SHIFT_I, size)), op, reg);
            put1(count);
        }
    }

    /** A shift or rotation of memory by a constant. */
    public final void shiftMI(int op, int size, long mem, int count) {
        if (count == 1) {
            legacyRM(rmOnly(sized(SHIFT_1, size)), op, mem, 0);
        } else {
            legacyRM(rmOnly(sized(SHIFT_I, size)), op, mem, 1);
            put1(count);
        }
    }

    /** A shift or rotation by CL. */
    public final void shiftR(int op, int size, int reg) {
        legacyRR(rmOnly(sized(SHIFT_CL, size)), op, reg);
    }

    /** A shift or rotation of memory by CL. */
    public final void shiftM(int op, int size, long mem) {
        legacyRM(rmOnly(sized(SHIFT_CL, size)), op, mem, 0);
    }

    /** SHLD or SHRD, op SHL or SHR, by a constant; size 2, 4 or 8. */
    public final void doubleShiftRRI(int op, int size, int dst, int src, int count) {
        legacyRR(doubleShift(op, size), src, dst);
        put1(count);
    }

    /** SHLD or SHRD by CL. */
    public final void doubleShiftRR(int op, int size, int dst, int src) {
        legacyRR(doubleShift(op, size) | 1, src, dst);
    }

    /** SHLD or SHRD of memory by a constant. */
    public final void doubleShiftMRI(int op, int size, long mem, int src, int count) {
        legacyRM(doubleShift(op, size), src, mem, 1);
        put1(count);
    }

    /** SHLD or SHRD of memory by CL. */
    public final void doubleShiftMR(int op, int size, long mem, int src) {
        legacyRM(doubleShift(op, size) | 1, src, mem, 0);
    }

    private static int doubleShift(int op, int size) {
        return MAP_0F | (op == Alu.SHL ? 0xa4 : 0xac) | Op.size(size);
    }

    // Bits; op is BT to BTC of Alu, sizes 2, 4 and 8

    /** BT to BTC. */
    public final void bitRR(int op, int size, int reg, int bit) {
        legacyRR(MAP_0F | 0x83 | op << 3 | Op.size(size), bit, reg);
    }

    /** BT to BTC of memory; the bit's number reaches beyond the operand. */
    public final void bitMR(int op, int size, long mem, int bit) {
        legacyRM(MAP_0F | 0x83 | op << 3 | Op.size(size), bit, mem, 0);
    }

    /** BT to BTC of a constant bit. */
    public final void bitRI(int op, int size, int reg, int bit) {
        legacyRR(MAP_0F | 0xba | Op.size(size), op, reg);
        put1(bit);
    }

    /** BT to BTC of a constant bit of memory. */
    public final void bitMI(int op, int size, long mem, int bit) {
        legacyRM(MAP_0F | 0xba | Op.size(size), op, mem, 1);
        put1(bit);
    }

    /** A two-operand instruction of {@link Op} on general registers, size 2, 4 or 8. */
    public final void opRR(int op, int size, int dst, int src) {
        legacyRR(op | Op.size(size), dst, src);
    }

    /** A two-operand instruction of {@link Op} on a general register and memory, size 2, 4 or 8. */
    public final void opRM(int op, int size, int reg, long mem) {
        legacyRM(op | Op.size(size), reg, mem, 0);
    }

    /** CRC32 of {@code size} bytes. */
    public final void crc32RR(int size, int dst, int src) {
        legacyRR(crc32(size), dst, src);
    }

    /** CRC32 of {@code size} bytes of memory. */
    public final void crc32RM(int size, int dst, long mem) {
        legacyRM(crc32(size), dst, mem, 0);
    }

    private static int crc32(int size) {
        return Op.legacy(0xf2, 2, 0xf0) | (size == 1 ? Op.RM8 : 1 | Op.size(size));
    }
}
