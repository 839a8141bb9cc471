package dev.veery.hostcode.asm;

/** Condition codes of Jcc, SETcc and CMOVcc: the low four bits of their opcodes. */
public final class Cond {
    public static final int O = 0;
    public static final int NO = 1;
    /** Below, carry. */
    public static final int B = 2;
    /** Above or equal, no carry. */
    public static final int AE = 3;

    public static final int E = 4;
    public static final int NE = 5;
    public static final int BE = 6;
    public static final int A = 7;
    public static final int S = 8;
    public static final int NS = 9;
    public static final int P = 10;
    public static final int NP = 11;
    public static final int L = 12;
    public static final int GE = 13;
    public static final int LE = 14;
    public static final int G = 15;

    private Cond() {}

    /** The condition that holds when {@code cond} does not. */
    public static int not(int cond) {
        return cond ^ 1;
    }
}
