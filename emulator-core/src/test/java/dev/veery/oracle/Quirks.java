package dev.veery.oracle;

import java.util.Arrays;

/**
 * Differences that are the host's own and that no manual defines. Looked at only after a comparison failed; what is known
 * is made equal, so that everything else is still compared.
 */
final class Quirks {
    private static final int RSP = 4;
    private static final int UNDEFINED = 6;
    private static final int STACK = 12;
    private static final int PAGE_FAULT = 14;
    private static final int ALIGNMENT = 17;
    private static final int ERROR_FETCH = 0x10;
    private static final int FSW_C1 = 0x200;

    /** F2XM1, FYL2X, FPTAN, FPATAN, FYL2XP1, FSINCOS, FSIN, FCOS. */
    static final String TRANSCENDENTAL = "D9(F[01239BEF])";

    private static final int FSW_TOP = 0x3800;

    private Quirks() {}

    /** Takes known differences out of {@code guest}; false when there are none. */
    static boolean explain(OracleCase c, Outcome host, Outcome guest) {
        boolean vex = c.forms.stream().anyMatch(f -> f.has(Form.Trait.VEX));
        if ((c.wild || vex) && (undefinedFetch(host, guest) || undefinedFetch(guest, host))) {
            // How long an undefined instruction is, is undefined too.
            guest.vector = Outcome.EXCLUDED;
            return false;
        }
        if (c.forms.size() == 1 && c.forms.get(0).key().matches(TRANSCENDENTAL)) {
            return lastPlace(host, guest);
        }
        int at = opcodeAt(c, host.rip);
        if (at < 0) {
            return false;
        }
        int opcode = c.code[at] & 0xff;
        if (vex && (opcode & 0xfe) == 0xc4) {
            return vex(c, at, host, guest);
        }
        int digit = c.code[at + 1] >> 3 & 7;
        if (opcode == 0x0f) {
            opcode = opcode << 8 | c.code[at + 1] & 0xff;
            digit = c.code[at + 2] >> 3 & 7;
        }
        if (memoryFault(host) && memoryFault(guest)) {
            return faults(opcode, digit, host, guest);
        }
        if (opcode == 0xff7 && (memoryFault(host) || memoryFault(guest))) {
            return maskedStore(host, guest);
        }
        return false;
    }

    private static boolean faults(int opcode, int digit, Outcome host, Outcome guest) {
        switch (opcode) {
            case 0x9a:
            case 0xca:
            case 0xcb:
            case 0xcf:
                return anyFault(host, guest);
            case 0xff:
                return digit == 3 && farCall(host, guest);
            case 0x60:
                return pushAll(host, guest);
            case 0x61:
                return popAll(host, guest);
            case 0xa4:
            case 0xa5:
            case 0xa6:
            case 0xa7:
                return anyFault(host, guest);
            case 0xd9:
            case 0xdd:
                return (digit == 4 || digit == 6) && anyFault(host, guest);
            case 0xdb:
            case 0xdf:
                return tenBytes(host, guest);
            case 0xfae:
                return digit < 2 && anyFault(host, guest);
            case 0xf7e:
            case 0xf7f:
            case 0xfe7:
                return mmxStore(host, guest);
            case 0xff7:
                return maskedStore(host, guest);
            default:
                return false;
        }
    }

    /** Masked moves: VMASKMOVDQU as without VEX; of the others which element's fault is found. */
    private static boolean vex(OracleCase c, int at, Outcome host, Outcome guest) {
        boolean two = c.code[at] == (byte) 0xc5;
        int map = two ? 1 : c.code[at + 1] & 0x1f;
        int opcode = c.code[at + (two ? 2 : 3)] & 0xff;
        if (map == 1 && opcode == 0xf7 && (memoryFault(host) || memoryFault(guest))) {
            return maskedStore(host, guest);
        }
        boolean masked = map == 2 && (opcode >= 0x2c && opcode <= 0x2f || opcode == 0x8c || opcode == 0x8e);
        return masked && memoryFault(host) && memoryFault(guest) && anyFault(host, guest);
    }

    private static boolean undefinedFetch(Outcome one, Outcome other) {
        return one.vector == UNDEFINED && other.vector == PAGE_FAULT && (other.error & ERROR_FETCH) != 0;
    }

    private static boolean memoryFault(Outcome o) {
        return o.vector >= STACK && o.vector <= PAGE_FAULT || o.vector == ALIGNMENT;
    }

    /**
     * Which fault is found first: of MOVS and CMPS when neither operand can be accessed, of FXSAVE, FNSAVE, FNSTENV and
     * their kin, of which some look at the last byte first, and of which some raise #AC where others raise #GP; of
     * far calls and returns which stack slot is looked at first.
     */
    private static boolean anyFault(Outcome host, Outcome guest) {
        guest.vector = host.vector;
        guest.error = host.error;
        guest.cr2 = host.cr2;
        return true;
    }

    /** Ten bytes are eight and two: the first may be stored when the others fault, and either is looked at first. */
    private static boolean tenBytes(Outcome host, Outcome guest) {
        anyFault(host, guest);
        for (int page = Layout.PAGE; page <= Layout.DATA_SIZE; page += Layout.PAGE) {
            System.arraycopy(host.data, page - 10, guest.data, page - 10, 10);
        }
        return true;
    }

    /**
     * Transcendental results may be wrong in the last place (SDM vol. 1, section 8.3.10), and C1 tells which way they were
     * rounded.
     */
    private static boolean lastPlace(Outcome host, Outcome guest) {
        for (int i = 0; i < 8; i++) {
            int at = OracleCase.FX_ST + 16 * i;
            long distance = host.fxView.getLong(at) - guest.fxView.getLong(at);
            if (distance != 0) {
                boolean carried = distance == Long.MAX_VALUE || distance == Long.MIN_VALUE + 1;
                int exponents = host.fxView.getChar(at + 8) - guest.fxView.getChar(at + 8);
                if (Math.abs(exponents) > (carried ? 1 : 0) || !carried && Math.abs(distance) > 1) {
                    return false;
                }
                guest.fxView.putLong(at, host.fxView.getLong(at));
                guest.fxView.putShort(at + 8, host.fxView.getShort(at + 8));
            }
        }
        int fsw = guest.fxView.getChar(OracleCase.FX_FSW) & ~FSW_C1;
        guest.fxView.putShort(OracleCase.FX_FSW, (short) (fsw | host.fxView.getChar(OracleCase.FX_FSW) & FSW_C1));
        return true;
    }

    /** A far call has stored the return address before it finds its target not canonical. */
    private static boolean farCall(Outcome host, Outcome guest) {
        System.arraycopy(host.data, 0, guest.data, 0, host.data.length);
        return anyFault(host, guest);
    }

    /** PUSHA has stored the registers pushed before the one that faults; ESP is as it was. */
    private static boolean pushAll(Outcome host, Outcome guest) {
        System.arraycopy(host.data, 0, guest.data, 0, host.data.length);
        return true;
    }

    /**
     * POPA has loaded the registers popped before the one that faults; ESP is as it was. A register may have had the value
     * that is popped.
     */
    private static boolean popAll(Outcome host, Outcome guest) {
        int last = 7;
        for (int r = 0; r < 8; r++) {
            if (r != RSP && host.gpr[r] != guest.gpr[r]) {
                last = Math.min(last, r);
                guest.gpr[r] = host.gpr[r];
            }
        }
        for (int r = 7; r > last; r--) {
            if (r != RSP && !popped(host, r)) {
                return false;
            }
        }
        return true;
    }

    /** Whether {@code r} has what a POPA of two or four bytes loads. */
    private static boolean popped(Outcome host, int r) {
        long stack = host.gpr[RSP] - Layout.DATA;
        for (int size = 2; size <= 4; size += 2) {
            long at = stack + (long) size * (7 - r);
            if (at >= 0 && at <= host.data.length - size) {
                int low = 0;
                for (int i = size - 1; i >= 0; i--) {
                    low = low << 8 | host.data[(int) at + i] & 0xff;
                }
                int mask = size == 4 ? -1 : 0xffff;
                if (((int) host.gpr[r] & mask) == low) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * MASKMOVQ and MASKMOVDQU: whether bytes that the mask leaves out are checked, and what address a fault names, is
     * implementation-specific (SDM vol. 2, MASKMOVDQU).
     */
    private static boolean maskedStore(Outcome host, Outcome guest) {
        anyFault(host, guest);
        guest.rip = host.rip;
        guest.rflags = host.rflags;
        System.arraycopy(host.data, 0, guest.data, 0, host.data.length);
        mmxStore(host, guest);
        if (host.fx[OracleCase.FX_FTW] == (byte) 0xff) {
            guest.fx[OracleCase.FX_FTW] = (byte) 0xff;
        }
        return true;
    }

    /** Intel's processors have cleared TOP when the store of an MMX register faults; the tags are still as they were. */
    private static boolean mmxStore(Outcome host, Outcome guest) {
        int top = host.fxView.getChar(OracleCase.FX_FSW) & FSW_TOP;
        int old = (guest.fxView.getChar(OracleCase.FX_FSW) & FSW_TOP) >> 11;
        if (top != 0 || old == 0) {
            return false;
        }
        byte[] st = Arrays.copyOfRange(guest.fx, OracleCase.FX_ST, OracleCase.FX_XMM);
        for (int i = 0; i < 8; i++) {
            System.arraycopy(st, 16 * i, guest.fx, OracleCase.FX_ST + 16 * (i + old & 7), 16);
        }
        int fsw = guest.fxView.getChar(OracleCase.FX_FSW) & ~FSW_TOP;
        guest.fxView.putShort(OracleCase.FX_FSW, (short) fsw);
        return true;
    }

    /** Index of the opcode of the instruction at {@code rip}, or -1 when that is not in the case's code. */
    private static int opcodeAt(OracleCase c, long rip) {
        long at = rip - c.codeAddress;
        while (at >= 0 && at < c.code.length - 2) {
            if (!isPrefix(c, c.code[(int) at] & 0xff)) {
                return (int) at;
            }
            at++;
        }
        return -1;
    }

    private static boolean isPrefix(OracleCase c, int b) {
        switch (b) {
            case 0x26:
            case 0x2e:
            case 0x36:
            case 0x3e:
            case 0x64:
            case 0x65:
            case 0x66:
            case 0x67:
            case 0xf0:
            case 0xf2:
            case 0xf3:
                return true;
            default:
                return !c.compat && (b & 0xf0) == 0x40;
        }
    }
}
