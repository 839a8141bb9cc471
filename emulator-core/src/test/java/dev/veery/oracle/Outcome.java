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

    /** Makes it equal to {@code from}. */
    void set(Outcome from) {
        vector = from.vector;
        tainted = from.tainted;
        error = from.error;
        cr2 = from.cr2;
        rip = from.rip;
        rflags = from.rflags;
        cs = from.cs;
        ss = from.ss;
        System.arraycopy(from.gpr, 0, gpr, 0, gpr.length);
        System.arraycopy(from.fx, 0, fx, 0, fx.length);
        System.arraycopy(from.data, 0, data, 0, data.length);
    }
}
