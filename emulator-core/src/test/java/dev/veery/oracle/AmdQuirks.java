package dev.veery.oracle;

import dev.veery.cpu.decode.Decoder;
import dev.veery.cpu.decode.Insn;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;

/**
 * What AMD's processors do otherwise than Intel's, whose processor the guest's is (APM vol. 1 to 3). Looked at only after a
 * comparison failed. Where the difference is small it is made equal, so that everything else is still compared; else the
 * case is left out. On Intel's hosts nothing of this applies.
 */
final class AmdQuirks {
    private static final int RCX = 1;
    private static final int RSP = 4;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int DEBUG = 1;
    private static final byte INT1 = (byte) 0xf1;
    private static final int STACK = 12;
    private static final int PAGE_FAULT = 14;
    private static final int ALIGNMENT = 17;
    private static final int FLAG_AC = 0x4_0000;
    private static final int FSW_ES = 0x80;

    /** Misaligned exception mask, a bit that Intel's reserve (APM vol. 1, section 4.2.2). */
    private static final int MXCSR_MM = 0x2_0000;

    /** From FOP, the first x87 pointer in an FXSAVE image, to the end of FDP, and to the end of MXCSR_MASK. */
    private static final int POINTERS = OracleCase.FX_MXCSR - OracleCase.FX_FOP;

    private static final int HEADER = OracleCase.FX_ST - OracleCase.FX_FOP;

    /** RCPPS and RSQRTPS have about 12 bits on every processor. */
    private static final double APPROXIMATION = 1.0 / 1024;

    private AmdQuirks() {}

    /**
     * FXSAVE and XSAVE have the x87 pointers only while an exception is pending (APM vol. 2, section 11.4.4), and that to the
     * operand not for an instruction without one in memory.
     */
    static void alignPointers(Outcome host, Outcome guest) {
        if (host.fxView.getLong(OracleCase.FX_FDP) == 0) {
            guest.fxView.putLong(OracleCase.FX_FDP, 0);
        }
        if ((host.fxView.getShort(OracleCase.FX_FSW) & FSW_ES) == 0) {
            System.arraycopy(host.fx, OracleCase.FX_FOP, guest.fx, OracleCase.FX_FOP, POINTERS);
        }
    }

    /** Takes known differences out of {@code guest}; false when there are none, or when the case cannot be compared. */
    static boolean explain(OracleCase c, Outcome host, Outcome guest) {
        if (host.vector < 0 || guest.vector < 0) {
            return (differs(c) || pushesAbove32Bits(c, guest)) && leftOut(guest);
        }
        long flags = c.rflags | host.rflags | guest.rflags;
        if ((flags & FLAG_AC) != 0 && (host.vector == ALIGNMENT || guest.vector == ALIGNMENT)) {
            // Vectors of 16 and 32 bytes are checked too, and some other accesses before other faults.
            return leftOut(guest);
        }
        if ((host.fxView.getInt(OracleCase.FX_MXCSR) & MXCSR_MM) != 0) {
            return leftOut(guest);
        }
        boolean apart = host.rip != guest.rip || memoryFault(host) != memoryFault(guest);
        if (apart && otherFault(c, host, guest)) {
            return leftOut(guest);
        }
        boolean int1 = host.vector == DEBUG && guest.vector == DEBUG && endsInInt1(c, guest.rip);
        if (int1) {
            guest.rip = host.rip;
        }
        boolean known = c.forms.size() == 1 && single(c.forms.get(0), c, host, guest) || int1;
        if ((!known || int1) && differs(c)) {
            return leftOut(guest);
        }
        return memoryFault(host) && memoryFault(guest) && host.rip == guest.rip && faults(c, host, guest) || known;
    }

    private static boolean leftOut(Outcome guest) {
        guest.vector = Outcome.EXCLUDED;
        return false;
    }

    private static boolean memoryFault(Outcome o) {
        return o.vector >= STACK && o.vector <= PAGE_FAULT;
    }

    /**
     * Which of several faults is found first, whether a call stores its return address before it looks at its target, whether
     * MXCSR tells of a result that cannot be stored, and how far a gather has come.
     */
    private static boolean faults(OracleCase c, Outcome host, Outcome guest) {
        if (c.forms.stream().anyMatch(f -> f.key().matches("VEX 66 0F389[0-3] .*"))) {
            return leftOut(guest);
        }
        guest.fxView.putInt(OracleCase.FX_MXCSR, host.fxView.getInt(OracleCase.FX_MXCSR));
        guest.vector = host.vector;
        guest.error = host.error;
        guest.cr2 = host.cr2;
        System.arraycopy(host.data, 0, guest.data, 0, host.data.length);
        return true;
    }

    /** Whether one of the two went on where the other met a fault. */
    private static boolean otherFault(OracleCase c, Outcome host, Outcome guest) {
        Insn i = new Insn();
        if (memoryFault(host)
                && decode(c, host.rip, i)
                && i.map == Insn.MAP_1
                && i.opcode >= 0xd8
                && i.opcode <= 0xdf) {
            // A store of the x87 finds out whether it can before it finds out that it must not; FNINIT forgets that it
            // could not.
            return true;
        }
        if (!memoryFault(guest) || !decode(c, guest.rip, i) || i.isReg()) {
            return false;
        }
        int digit = i.modrm >> 3 & 7;
        if (i.opcode == 0xae && (i.map == Insn.MAP_0F || i.map == Insn.MAP_VEX_0F)) {
            // FXRSTOR, LDMXCSR, XRSTOR: the bit of MXCSR that Intel's reserve.
            return digit == 1 || digit == 2 || digit == 5;
        }
        // A far call to 32-bit code pushes to a stack with 32-bit addresses.
        return i.map == Insn.MAP_1 && i.opcode == 0xff && digit == 3;
    }

    /**
     * A far call from 32-bit to 64-bit code pushes to a stack with 64-bit addresses. Linux takes a fault of 32-bit code above
     * 4 GiB for erratum 100 of the K8 and repeats the instruction for ever (is_errata100 in arch/x86/mm/fault.c).
     */
    private static boolean pushesAbove32Bits(OracleCase c, Outcome guest) {
        Insn i = new Insn();
        return c.compat
                && memoryFault(guest)
                && decode(c, guest.rip, i)
                && i.map == Insn.MAP_1
                && (i.opcode == 0x9a || i.opcode == 0xff && (i.modrm >> 3 & 7) == 3);
    }

    private static boolean decode(OracleCase c, long rip, Insn insn) {
        long at = rip - c.codeAddress;
        if (at < 0 || at >= c.codeLength) {
            return false;
        }
        long copy = OffHeap.allocate(c.code.length);
        try {
            OffHeap.copyIn(c.code, 0, copy, c.code.length);
            int bytes = (int) Math.min(Decoder.MAX_LENGTH, c.code.length - at);
            return new Decoder().decode(insn, copy + at, bytes, c.compat ? 32 : 64) > 0;
        } finally {
            OffHeap.free(copy);
        }
    }

    /** INT1 is a fault. */
    private static boolean endsInInt1(OracleCase c, long next) {
        long at = next - 1 - c.codeAddress;
        return at >= 0 && at < c.code.length && c.code[(int) at] == INT1;
    }

    private static boolean single(Form f, OracleCase c, Outcome host, Outcome guest) {
        String key = f.key();
        if (f.has(Form.Trait.STRING)) {
            return strings(host, guest);
        }
        if (key.matches(".*0F5[23] /r.*")) {
            return approximations(host, guest);
        }
        if (key.matches(".*0FAE /0 mem")) {
            return savedPointers(host, guest);
        }
        if (c.compat && key.matches("06|0E|16|1E|0FA0|0FA8")) {
            return selectorPushed(host, guest);
        }
        return false;
    }

    /** With 32-bit addresses upper halves may be left that Intel's clear; flags may tell of what came before a fault. */
    private static boolean strings(Outcome host, Outcome guest) {
        for (int r : new int[] {RCX, RSI, RDI}) {
            if ((int) host.gpr[r] == (int) guest.gpr[r]) {
                guest.gpr[r] = host.gpr[r];
            }
        }
        if (memoryFault(host)) {
            guest.rflags = host.rflags;
        }
        return true;
    }

    private static boolean approximations(Outcome host, Outcome guest) {
        for (int register = 0; register < 16; register++) {
            for (int lane = 0; lane < 4; lane++) {
                int at = 16 * register + 4 * lane;
                if (!approximate(host, guest, OracleCase.FX_XMM + at)
                        || !approximate(host, guest, OracleCase.FX_UPPER + at)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean approximate(Outcome host, Outcome guest, int at) {
        float h = host.fxView.getFloat(at);
        float g = guest.fxView.getFloat(at);
        if (Math.abs(h - g) <= APPROXIMATION * Math.abs(g) && !Float.isInfinite(g)) {
            guest.fxView.putInt(at, host.fxView.getInt(at));
        }
        return host.fxView.getInt(at) == guest.fxView.getInt(at);
    }

    /** The pointers in memory, which differ as those in the image do, and the bits that MXCSR may have. */
    private static boolean savedPointers(Outcome host, Outcome guest) {
        int first = Arrays.mismatch(host.data, guest.data);
        if (first < 0) {
            return false;
        }
        System.arraycopy(host.data, first, guest.data, first, Math.min(HEADER, host.data.length - first));
        return true;
    }

    /** Zeros above the selector, where Intel's leave what was there. */
    private static boolean selectorPushed(Outcome host, Outcome guest) {
        int at = (int) (host.gpr[RSP] - Layout.DATA);
        if (at < 0 || at > host.data.length - 4) {
            return false;
        }
        for (int i = at + 2; i < at + 4; i++) {
            if (host.data[i] == 0) {
                guest.data[i] = 0;
            }
        }
        return true;
    }

    /** Whether an instruction of the case is one that differs, read in order. */
    private static boolean differs(OracleCase c) {
        Insn insn = new Insn();
        for (long rip = c.codeAddress; decode(c, rip, insn); rip += insn.length) {
            if (differs(insn)) {
                return true;
            }
        }
        return false;
    }

    /** Instructions whose result is the maker's own. */
    static boolean differs(Insn i) {
        boolean code64 = i.codeSize == 64;
        // Near branches of 64-bit code, where Intel's ignore the prefix.
        boolean shortBranch = code64 && i.prefix66 && !i.rexW();
        int digit = i.modrm >> 3 & 7;
        switch (i.map) {
            case Insn.MAP_1:
                return oneByte(i, code64, shortBranch, digit);
            case Insn.MAP_0F:
                return twoByte(i, code64, shortBranch, digit);
            case Insn.MAP_0F3A:
                // DPPS and DPPD: which of several NaNs is the result.
                return i.opcode == 0x40 || i.opcode == 0x41;
            case Insn.MAP_VEX_0F3A:
                return vex3a(i, code64);
            case Insn.MAP_VEX_0F:
                return i.opcode == 0x52 || i.opcode == 0x53;
            default:
                return false;
        }
    }

    private static boolean oneByte(Insn i, boolean code64, boolean shortBranch, int digit) {
        switch (i.opcode) {
            case 0x06:
            case 0x0e:
            case 0x16:
            case 0x1e:
            case 0x07:
            case 0x17:
            case 0x1f:
                return !code64;
            case 0x62:
                // Whether the second bound is read when the first says enough.
                return !code64;
            case 0x63:
                // A source of 2 or 4 bytes.
                return code64 && i.opSize == 2;
            case 0xa4:
            case 0xa5:
            case 0xaa:
            case 0xab:
            case 0xac:
            case 0xad:
                return i.addrSize == 4;
            case 0xa6:
            case 0xa7:
            case 0xae:
            case 0xaf:
                return i.addrSize == 4 || i.rep != 0;
            case 0xca:
            case 0xcb:
            case 0xcf:
                return i.rexW();
            case 0xd9:
                return String.format("D9%02X", i.modrm).matches(Quirks.TRANSCENDENTAL);
            case 0xe0:
            case 0xe1:
                // With F3h, LOOPNE is not taken where it should be.
                return shortBranch || i.rep != 0;
            case 0xc2:
            case 0xc3:
            case 0xe2:
            case 0xe3:
            case 0xe8:
            case 0xe9:
            case 0xeb:
                return shortBranch;
            case 0xff:
                // Far pointers have 32-bit offsets whatever REX.W says.
                return (digit == 2 || digit == 4) && shortBranch || (digit == 3 || digit == 5) && i.rexW();
            default:
                return (i.opcode & 0xf0) == 0x70 && shortBranch;
        }
    }

    /** As without VEX; where a wrong VEX.W makes no instruction. */
    private static boolean vex3a(Insn i, boolean code64) {
        switch (i.opcode) {
            case 0x00:
            case 0x01:
                return !i.rexW();
            case 0x1d:
                // VCVTPS2PH: which exceptions a tiny result has.
                return true;
            case 0x16:
            case 0x22:
                return !code64 && i.rexW();
            default:
                return i.opcode == 0x40 || i.opcode == 0x41;
        }
    }

    private static boolean twoByte(Insn i, boolean code64, boolean shortBranch, int digit) {
        switch (i.opcode) {
            case 0x07:
            case 0x52:
            case 0x53:
                return true;
            case 0x0d:
                return i.isReg();
            case 0xa1:
            case 0xa9:
                // POP reads all of the operand, of which the selector is two bytes.
                return true;
            case 0xb9:
            case 0xff:
                // UD1 and UD0, with or without ModRM.
                return true;
            case 0xa0:
            case 0xa8:
                return !code64;
            case 0xa4:
            case 0xa5:
            case 0xac:
            case 0xad:
                // Counts beyond the 16 bits.
                return i.opSize == 2;
            case 0xae:
                return digit == 0 && !i.isReg();
            case 0xb2:
            case 0xb4:
            case 0xb5:
                return i.rexW();
            default:
                return (i.opcode & 0xf0) == 0x80 && shortBranch;
        }
    }
}
