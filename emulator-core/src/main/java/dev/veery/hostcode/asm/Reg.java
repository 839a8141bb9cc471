package dev.veery.hostcode.asm;

/**
 * Register numbers as instructions encode them. General registers of every size share them; XMM, YMM, MMX and x87
 * registers are plain numbers from 0.
 */
public final class Reg {
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;
    public static final int R8 = 8;
    public static final int R9 = 9;
    public static final int R10 = 10;
    public static final int R11 = 11;
    public static final int R12 = 12;
    public static final int R13 = 13;
    public static final int R14 = 14;
    public static final int R15 = 15;

    /** Bits 8 to 15 of RAX, where the operand size is 1. Cannot be encoded together with anything that needs REX. */
    public static final int AH = 20;

    public static final int CH = 21;
    public static final int DH = 22;
    public static final int BH = 23;

    /** No base or no index register. */
    public static final int NONE = -1;

    private Reg() {}
}
