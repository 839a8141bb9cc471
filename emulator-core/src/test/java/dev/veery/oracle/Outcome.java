package dev.veery.oracle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How a case ended, on one side. */
final class Outcome {
    /** {@link #vector}: the case did not end in time. */
    static final int ENDLESS = -1;

    /** {@link #vector}: it reached something whose result is the environment's, such as a system call. */
    static final int EXCLUDED = -2;

    int vector;

    /** Random bytes left flags undefined before they ended. */
    boolean tainted;

    long error;
    long cr2;
    long rip;
    long rflags;
    int cs;
    int ss;
    final long[] gpr = new long[16];
    final byte[] fx = new byte[Layout.FX_SIZE];
    final ByteBuffer fxView = ByteBuffer.wrap(fx).order(ByteOrder.LITTLE_ENDIAN);
    final byte[] data = new byte[Layout.DATA_SIZE];
}
