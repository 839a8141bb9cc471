package dev.veery.base;

/** Binary units, in bytes. */
public final class Units {
    public static final long KIB = 1L << 10;
    public static final long MIB = 1L << 20;
    public static final long GIB = 1L << 30;
    public static final long TIB = 1L << 40;

    private Units() {}
}
