package dev.veery.oracle;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Looks for bits in which the host and the guest differ. */
final class Comparison {
    static final String[] REGISTERS = {
        "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"
    };

    /** Index in struct sigcontext of each general register, in the order of their numbers. */
    private static final int[] SIGCONTEXT = {13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7};

    private static final int RSP = 4;
    private static final int SC_RIP = 16;
    private static final int SC_RFLAGS = 17;
    private static final int SC_CS = 18;
    private static final int SC_SS = 18 * 8 + 6;
    private static final int SC_ERROR = 19;
    private static final int SC_VECTOR = 20;
    private static final int SC_CR2 = 22;

    /** CF, PF, AF, ZF, SF, TF, DF, OF, NT, AC, ID: what user mode can change. */
    private static final int RFLAGS_MASK = 0x24_4dd5;

    /** Vector of INT3, with which a case ends that has no fault. */
    static final int BREAKPOINT = 3;

    private static final int PAGE_FAULT = 14;
    private static final int ERROR_PRESENT = 1;

    /** Bytes of the FXSAVE image that are compared: all but MXCSR_MASK and what is reserved. */
    private static final int FX_END = 416;

    private static final int MXCSR_MASK = 28;

    /** struct _fpx_sw_bytes (arch/x86/include/uapi/asm/sigcontext.h): magic1, when the image has an XSAVE header. */
    private static final int SW_MAGIC = 464;

    private static final int FP_XSTATE_MAGIC1 = 0x4650_5853;
    private static final int AVX = 4;

    private Comparison() {}

    /** Reads what the child stored. */
    static void read(ByteBuffer shared, int slot, Outcome out) {
        int signal = (int) shared.getLong(slot + Layout.OUT_SIGNAL);
        int sc = slot + Layout.OUT_SIGCONTEXT;
        out.vector = signal == ChildProgram.SIGVTALRM
                ? Outcome.ENDLESS
                : signal == ChildProgram.SIGSYS ? Outcome.EXCLUDED : (int) shared.getLong(sc + 8 * SC_VECTOR);
        out.error = shared.getLong(sc + 8 * SC_ERROR);
        out.cr2 = shared.getLong(sc + 8 * SC_CR2);
        out.rip = shared.getLong(sc + 8 * SC_RIP);
        out.rflags = shared.getLong(sc + 8 * SC_RFLAGS);
        out.cs = shared.getChar(sc + 8 * SC_CS);
        out.ss = shared.getChar(sc + SC_SS);
        for (int r = 0; r < 16; r++) {
            out.gpr[r] = shared.getLong(sc + 8 * SIGCONTEXT[r]);
        }
        shared.get(slot + Layout.OUT_FX, out.fx);
        boolean upper = out.fxView.getInt(SW_MAGIC) == FP_XSTATE_MAGIC1
                && (out.fxView.getLong(OracleCase.FX_XSTATE_BV) & AVX) != 0;
        if (!upper) {
            // In the initial state what the image holds does not count.
            Arrays.fill(out.fx, OracleCase.FX_UPPER, Layout.FX_SIZE, (byte) 0);
        }
        shared.get(slot + Layout.OUT_DATA, out.data);
    }

    /** Whether nothing differs but flags in {@code undefined} and what {@link Quirks} lists. */
    static boolean same(OracleCase c, Outcome host, Outcome guest, int undefined) {
        if (host.vector < 0 || guest.vector < 0) {
            return host.vector == guest.vector;
        }
        alignPointers(c, host, guest);
        if (host.cs == Layout.CS32) {
            // What is above ESP does not survive outside 64-bit code (SDM vol. 1, section 3.4.1.1).
            host.gpr[RSP] &= 0xffff_ffffL;
            guest.gpr[RSP] &= 0xffff_ffffL;
        }
        return equal(host, guest, undefined) || Quirks.explain(c, host, guest) && equal(host, guest, undefined);
    }

    /**
     * Newer processors write the x87 opcode and operand pointer only for unmasked exceptions (SDM vol. 1, sections 8.1.8
     * and 8.1.9; CPUID leaf 7 EBX bit 6), older ones always: they are compared when the host wrote them, not in programs,
     * where one instruction may write them and the next not.
     */
    static void alignPointers(OracleCase c, Outcome host, Outcome guest) {
        boolean many = c.forms.size() != 1;
        if (many || host.fxView.getShort(OracleCase.FX_FOP) == c.fxView.getShort(OracleCase.FX_FOP)) {
            guest.fxView.putShort(OracleCase.FX_FOP, host.fxView.getShort(OracleCase.FX_FOP));
        }
        if (many || host.fxView.getLong(OracleCase.FX_FDP) == c.fxView.getLong(OracleCase.FX_FDP)) {
            guest.fxView.putLong(OracleCase.FX_FDP, host.fxView.getLong(OracleCase.FX_FDP));
        }
    }

    private static boolean equal(Outcome host, Outcome guest, int undefined) {
        if (host.vector != guest.vector) {
            return false;
        }
        return host.rip == guest.rip
                && host.cs == guest.cs
                && host.ss == guest.ss
                && errors(host) == errors(guest)
                && (host.vector != PAGE_FAULT || host.cr2 == guest.cr2)
                && ((host.rflags ^ guest.rflags) & RFLAGS_MASK & ~undefined) == 0
                && Arrays.equals(host.gpr, guest.gpr)
                && Arrays.equals(host.fx, 0, MXCSR_MASK, guest.fx, 0, MXCSR_MASK)
                && Arrays.equals(host.fx, MXCSR_MASK + 4, FX_END, guest.fx, MXCSR_MASK + 4, FX_END)
                && Arrays.equals(
                        host.fx, OracleCase.FX_UPPER, Layout.FX_SIZE, guest.fx, OracleCase.FX_UPPER, Layout.FX_SIZE)
                && Arrays.equals(host.data, guest.data);
    }

    /** The error code; Linux does not tell whether an address of the kernel is mapped. */
    private static long errors(Outcome o) {
        boolean hidden = o.vector == PAGE_FAULT && Long.compareUnsigned(o.cr2, Layout.USER_END) >= 0;
        return hidden ? o.error | ERROR_PRESENT : o.error;
    }

    /** The differences, one a line: host first, guest second. */
    static String describe(Outcome host, Outcome guest, int undefined) {
        StringBuilder b = new StringBuilder();
        line(b, "vector", host.vector, guest.vector);
        line(b, "RIP", host.rip, guest.rip);
        line(b, "CS", host.cs, guest.cs);
        line(b, "SS", host.ss, guest.ss);
        line(b, "error", errors(host), errors(guest));
        if (host.vector == PAGE_FAULT && guest.vector == PAGE_FAULT) {
            line(b, "CR2", host.cr2, guest.cr2);
        }
        line(b, "RFLAGS", host.rflags & RFLAGS_MASK & ~undefined, guest.rflags & RFLAGS_MASK & ~undefined);
        for (int r = 0; r < 16; r++) {
            line(b, REGISTERS[r], host.gpr[r], guest.gpr[r]);
        }
        floats(b, host.fxView, guest.fxView);
        memory(b, host.data, guest.data);
        return b.toString();
    }

    private static void floats(StringBuilder b, ByteBuffer h, ByteBuffer g) {
        line(b, "FCW", h.getChar(OracleCase.FX_FCW), g.getChar(OracleCase.FX_FCW));
        line(b, "FSW", h.getChar(OracleCase.FX_FSW), g.getChar(OracleCase.FX_FSW));
        line(b, "FTW", h.getChar(OracleCase.FX_FTW), g.getChar(OracleCase.FX_FTW));
        line(b, "FOP", h.getChar(OracleCase.FX_FOP), g.getChar(OracleCase.FX_FOP));
        line(b, "FIP", h.getLong(OracleCase.FX_FIP), g.getLong(OracleCase.FX_FIP));
        line(b, "FDP", h.getLong(OracleCase.FX_FDP), g.getLong(OracleCase.FX_FDP));
        line(b, "MXCSR", h.getInt(OracleCase.FX_MXCSR), g.getInt(OracleCase.FX_MXCSR));
        for (int i = 0; i < 8; i++) {
            wide(b, "ST" + i, h, g, OracleCase.FX_ST + 16 * i);
        }
        for (int i = 0; i < 16; i++) {
            wide(b, "XMM" + i, h, g, OracleCase.FX_XMM + 16 * i);
            wide(b, "YMM" + i, h, g, OracleCase.FX_UPPER + 16 * i);
        }
    }

    private static void wide(StringBuilder b, String name, ByteBuffer h, ByteBuffer g, int at) {
        if (h.getLong(at) != g.getLong(at) || h.getLong(at + 8) != g.getLong(at + 8)) {
            b.append(String.format(
                    "  %-7s host %016x:%016x  guest %016x:%016x%n",
                    name, h.getLong(at + 8), h.getLong(at), g.getLong(at + 8), g.getLong(at)));
        }
    }

    private static void line(StringBuilder b, String name, long host, long guest) {
        if (host != guest) {
            b.append(String.format("  %-7s host %x  guest %x%n", name, host, guest));
        }
    }

    private static void memory(StringBuilder b, byte[] host, byte[] guest) {
        int shown = 0;
        for (int i = Arrays.mismatch(host, guest); i >= 0 && i < host.length && shown < 8; i++) {
            if (host[i] != guest[i]) {
                b.append(String.format("  [%x]  host %02x  guest %02x%n", Layout.DATA + i, host[i], guest[i]));
                shown++;
            }
        }
    }
}
