package dev.veery.hostcode.asm;

/** Operations that share encodings, as bits 3 to 5 of an opcode or ModRM.reg has them. */
public final class Alu {
    // Two operands: Assembler.alu*.
    public static final int ADD = 0;
    public static final int OR = 1;
    public static final int ADC = 2;
    public static final int SBB = 3;
    public static final int AND = 4;
    public static final int SUB = 5;
    public static final int XOR = 6;
    public static final int CMP = 7;

    // Shifts and rotations: Assembler.shift*.
    public static final int ROL = 0;
    public static final int ROR = 1;
    public static final int RCL = 2;
    public static final int RCR = 3;
    public static final int SHL = 4;
    public static final int SHR = 5;
    public static final int SAR = 7;

    // One operand, opcodes F6 and F7: Assembler.unary*.
    public static final int NOT = 2;
    public static final int NEG = 3;
    /** RDX:RAX, or AX, from RAX and the operand, unsigned. */
    public static final int MUL = 4;
    /** As {@link #MUL}, signed. */
    public static final int IMUL = 5;
    /** Raises a host signal if the divisor is zero or the quotient does not fit: guard it. */
    public static final int DIV = 6;
    /** As {@link #DIV}, signed. */
    public static final int IDIV = 7;
    // One operand, opcodes FE and FF.
    public static final int INC = 8;
    public static final int DEC = 9;

    // Single bits: Assembler.bit*.
    public static final int BT = 4;
    public static final int BTS = 5;
    public static final int BTR = 6;
    public static final int BTC = 7;

    private Alu() {}
}
