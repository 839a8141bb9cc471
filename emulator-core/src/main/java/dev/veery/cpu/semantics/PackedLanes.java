package dev.veery.cpu.semantics;

/**
 * The packed integer operations by number: each maps two 64-bit operands to 64 bits. MMX uses one once; SSE2 uses it for
 * both halves of a register, or for pairs of halves where lanes change place.
 */
public final class PackedLanes {
    public static final int PAND = 0;
    public static final int PANDN = 1;
    public static final int POR = 2;
    public static final int PXOR = 3;
    public static final int PADDQ = 4;
    public static final int PSUBQ = 5;
    public static final int PADDB = 6;
    public static final int PADDW = 7;
    public static final int PADDD = 8;
    public static final int PSUBB = 9;
    public static final int PSUBW = 10;
    public static final int PSUBD = 11;
    public static final int PADDUSB = 12;
    public static final int PADDUSW = 13;
    public static final int PSUBUSB = 14;
    public static final int PSUBUSW = 15;
    public static final int PADDSB = 16;
    public static final int PADDSW = 17;
    public static final int PSUBSB = 18;
    public static final int PSUBSW = 19;
    public static final int PAVGB = 20;
    public static final int PAVGW = 21;
    public static final int PSIGNB = 22;
    public static final int PSIGNW = 23;
    public static final int PSIGND = 24;
    public static final int PHADDW = 25;
    public static final int PHADDSW = 26;
    public static final int PHADDD = 27;
    public static final int PHSUBW = 28;
    public static final int PHSUBSW = 29;
    public static final int PHSUBD = 30;
    public static final int PABSB = 31;
    public static final int PABSW = 32;
    public static final int PABSD = 33;
    public static final int PCMPEQB = 34;
    public static final int PCMPEQW = 35;
    public static final int PCMPEQD = 36;
    public static final int PCMPEQQ = 37;
    public static final int PCMPGTB = 38;
    public static final int PCMPGTW = 39;
    public static final int PCMPGTD = 40;
    public static final int PCMPGTQ = 41;
    public static final int PMINUB = 42;
    public static final int PMAXUB = 43;
    public static final int PMINSB = 44;
    public static final int PMAXSB = 45;
    public static final int PMINUW = 46;
    public static final int PMAXUW = 47;
    public static final int PMINSW = 48;
    public static final int PMAXSW = 49;
    public static final int PMINUD = 50;
    public static final int PMAXUD = 51;
    public static final int PMINSD = 52;
    public static final int PMAXSD = 53;
    public static final int PMULLW = 54;
    public static final int PMULHW = 55;
    public static final int PMULHUW = 56;
    public static final int PMULHRSW = 57;
    public static final int PMADDWD = 58;
    public static final int PMADDUBSW = 59;
    public static final int PMULUDQ = 60;
    public static final int PMULDQ = 61;
    public static final int PMULLD = 62;
    public static final int PSADBW = 63;
    public static final int PSLLW = 64;
    public static final int PSLLD = 65;
    public static final int PSLLQ = 66;
    public static final int PSRLW = 67;
    public static final int PSRLD = 68;
    public static final int PSRLQ = 69;
    public static final int PSRAW = 70;
    public static final int PSRAD = 71;
    public static final int PUNPCKLBW = 72;
    public static final int PUNPCKHBW = 73;
    public static final int PUNPCKLWD = 74;
    public static final int PUNPCKHWD = 75;
    public static final int PUNPCKLDQ = 76;
    public static final int PUNPCKHDQ = 77;
    public static final int PACKSSWB = 78;
    public static final int PACKUSWB = 79;
    public static final int PACKSSDW = 80;
    public static final int PACKUSDW = 81;
    public static final int PSHUFB = 82;

    private PackedLanes() {}

    /** Operation {@code op} on {@code a}, the destination's old value, and {@code b}. Shifts take their count in {@code b}. */
    public static long apply(int op, long a, long b) {
        switch (op) {
            case PAND:
                return a & b;
            case PANDN:
                return ~a & b;
            case POR:
                return a | b;
            case PXOR:
                return a ^ b;
            case PADDQ:
                return a + b;
            case PSUBQ:
                return a - b;
            case PADDB:
                return PackedAdd.paddb(a, b);
            case PADDW:
                return PackedAdd.paddw(a, b);
            case PADDD:
                return PackedAdd.paddd(a, b);
            case PSUBB:
                return PackedAdd.psubb(a, b);
            case PSUBW:
                return PackedAdd.psubw(a, b);
            case PSUBD:
                return PackedAdd.psubd(a, b);
            case PADDUSB:
                return PackedAdd.paddusb(a, b);
            case PADDUSW:
                return PackedAdd.paddusw(a, b);
            case PSUBUSB:
                return PackedAdd.psubusb(a, b);
            case PSUBUSW:
                return PackedAdd.psubusw(a, b);
            case PADDSB:
                return PackedAdd.paddsb(a, b);
            case PADDSW:
                return PackedAdd.paddsw(a, b);
            case PSUBSB:
                return PackedAdd.psubsb(a, b);
            case PSUBSW:
                return PackedAdd.psubsw(a, b);
            case PAVGB:
                return PackedAdd.pavgb(a, b);
            case PAVGW:
                return PackedAdd.pavgw(a, b);
            case PSIGNB:
                return PackedAdd.psignb(a, b);
            case PSIGNW:
                return PackedAdd.psignw(a, b);
            case PSIGND:
                return PackedAdd.psignd(a, b);
            case PHADDW:
                return PackedAdd.phaddw(a, b);
            case PHADDSW:
                return PackedAdd.phaddsw(a, b);
            case PHADDD:
                return PackedAdd.phaddd(a, b);
            case PHSUBW:
                return PackedAdd.phsubw(a, b);
            case PHSUBSW:
                return PackedAdd.phsubsw(a, b);
            case PHSUBD:
                return PackedAdd.phsubd(a, b);
            case PABSB:
                return PackedAdd.pabsb(b);
            case PABSW:
                return PackedAdd.pabsw(b);
            case PABSD:
                return PackedAdd.pabsd(b);
            case PCMPEQB:
                return PackedCompare.pcmpeqb(a, b);
            case PCMPEQW:
                return PackedCompare.pcmpeqw(a, b);
            case PCMPEQD:
                return PackedCompare.pcmpeqd(a, b);
            case PCMPEQQ:
                return PackedCompare.pcmpeqq(a, b);
            case PCMPGTB:
                return PackedCompare.pcmpgtb(a, b);
            case PCMPGTW:
                return PackedCompare.pcmpgtw(a, b);
            case PCMPGTD:
                return PackedCompare.pcmpgtd(a, b);
            case PCMPGTQ:
                return PackedCompare.pcmpgtq(a, b);
            case PMINUB:
                return PackedCompare.pminub(a, b);
            case PMAXUB:
                return PackedCompare.pmaxub(a, b);
            case PMINSB:
                return PackedCompare.pminsb(a, b);
            case PMAXSB:
                return PackedCompare.pmaxsb(a, b);
            case PMINUW:
                return PackedCompare.pminuw(a, b);
            case PMAXUW:
                return PackedCompare.pmaxuw(a, b);
            case PMINSW:
                return PackedCompare.pminsw(a, b);
            case PMAXSW:
                return PackedCompare.pmaxsw(a, b);
            case PMINUD:
                return PackedCompare.pminud(a, b);
            case PMAXUD:
                return PackedCompare.pmaxud(a, b);
            case PMINSD:
                return PackedCompare.pminsd(a, b);
            case PMAXSD:
                return PackedCompare.pmaxsd(a, b);
            case PMULLW:
                return PackedMultiply.pmullw(a, b);
            case PMULHW:
                return PackedMultiply.pmulhw(a, b);
            case PMULHUW:
                return PackedMultiply.pmulhuw(a, b);
            case PMULHRSW:
                return PackedMultiply.pmulhrsw(a, b);
            case PMADDWD:
                return PackedMultiply.pmaddwd(a, b);
            case PMADDUBSW:
                return PackedMultiply.pmaddubsw(a, b);
            case PMULUDQ:
                return PackedMultiply.pmuludq(a, b);
            case PMULDQ:
                return PackedMultiply.pmuldq(a, b);
            case PMULLD:
                return PackedMultiply.pmulld(a, b);
            case PSADBW:
                return PackedMultiply.psadbw(a, b);
            case PSLLW:
                return PackedShift.psllw(a, b);
            case PSLLD:
                return PackedShift.pslld(a, b);
            case PSLLQ:
                return PackedShift.psllq(a, b);
            case PSRLW:
                return PackedShift.psrlw(a, b);
            case PSRLD:
                return PackedShift.psrld(a, b);
            case PSRLQ:
                return PackedShift.psrlq(a, b);
            case PSRAW:
                return PackedShift.psraw(a, b);
            case PSRAD:
                return PackedShift.psrad(a, b);
            case PUNPCKLBW:
                return PackedShuffle.punpcklbw(a, b);
            case PUNPCKHBW:
                return PackedShuffle.punpckhbw(a, b);
            case PUNPCKLWD:
                return PackedShuffle.punpcklwd(a, b);
            case PUNPCKHWD:
                return PackedShuffle.punpckhwd(a, b);
            case PUNPCKLDQ:
                return PackedShuffle.punpckldq(a, b);
            case PUNPCKHDQ:
                return PackedShuffle.punpckhdq(a, b);
            case PACKSSWB:
                return PackedShuffle.packsswb(a, b);
            case PACKUSWB:
                return PackedShuffle.packuswb(a, b);
            case PACKSSDW:
                return PackedShuffle.packssdw(a, b);
            case PACKUSDW:
                return PackedShuffle.packusdw(a, b);
            default:
                return PackedShuffle.pshufb(a, b);
        }
    }
}
