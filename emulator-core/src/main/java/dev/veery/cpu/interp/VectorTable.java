package dev.veery.cpu.interp;

import static dev.veery.cpu.semantics.PackedLanes.*;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.semantics.PackedWide;
import dev.veery.cpu.semantics.SseArithmetic;
import dev.veery.cpu.semantics.SsePacked;
import dev.veery.cpu.state.Feature;

/**
 * Every MMX and SSE encoding by map, opcode and mandatory prefix (SDM vol. 2, appendix A, tables ): the form of
 * its operands, the feature it needs and the operation. An entry of 0 is no instruction of ours.
 */
final class VectorTable {
    /** Forms of operands; the destination comes first. X is an XMM register, M an MMX register, a number is bytes of memory. */
    static final int X_X16 = 1;

    static final int X_X8 = 2;
    static final int X_X4 = 3;
    static final int X_X2 = 4;

    /** LDDQU: as X_X16 without a register source or alignment. */
    static final int LDDQU = 5;

    static final int MOVNTDQA = 6;
    static final int MOVA_LOAD = 7;
    static final int MOVA_STORE = 8;
    static final int MOVU_LOAD = 9;
    static final int MOVU_STORE = 10;
    static final int MOVNT = 11;
    static final int MOVSS_LOAD = 12;
    static final int MOVSS_STORE = 13;
    static final int MOVSD_LOAD = 14;
    static final int MOVSD_STORE = 15;
    static final int MOVLPS_LOAD = 16;
    static final int MOVLPD_LOAD = 17;
    static final int MOVLP_STORE = 18;
    static final int MOVHPS_LOAD = 19;
    static final int MOVHPD_LOAD = 20;
    static final int MOVHP_STORE = 21;
    static final int MOVQ_LOAD = 22;
    static final int MOVQ_STORE = 23;
    static final int MOVD_X_E = 24;
    static final int MOVD_E_X = 25;
    static final int MASKMOVDQU = 26;
    static final int PINSRB = 27;
    static final int PINSRW = 28;
    static final int PINSRD = 29;
    static final int PEXTRB = 30;

    /** The form of C5h: register only. */
    static final int PEXTRW = 31;

    static final int PEXTRW_STORE = 32;
    static final int PEXTRD = 33;
    static final int EXTRACTPS = 34;
    static final int PMOVMSKB = 35;
    static final int MOVMSKPS = 36;
    static final int MOVMSKPD = 37;
    static final int SHIFT_GROUP = 38;
    static final int PTEST = 39;
    static final int STRING = 40;
    static final int MOVNTI = 41;
    static final int CRC32 = 42;
    static final int INSERTPS = 43;

    static final int M_M8 = 48;
    static final int M_M4 = 49;
    static final int MOVQ_M_LOAD = 50;
    static final int MOVQ_M_STORE = 51;
    static final int MOVNTQ = 52;
    static final int MOVD_M_E = 53;
    static final int MOVD_E_M = 54;
    static final int MASKMOVQ = 55;
    static final int PINSRW_M = 56;
    static final int PEXTRW_M = 57;
    static final int PMOVMSKB_M = 58;
    static final int MOVQ2DQ = 59;
    static final int MOVDQ2Q = 60;
    static final int EMMS = 61;
    static final int SHIFT_GROUP_M = 62;
    static final int PSHUFW = 63;
    static final int PALIGNR_M = 64;

    static final int COMIS = 72;
    static final int CVT_X_E = 73;
    static final int CVT_E_X = 74;
    static final int CVT_X_M = 75;
    static final int CVT_M_X = 76;

    /** How {@link VectorOps} applies an operation to 16 bytes. */
    static final int LANES = 0;

    /** To the halves of each operand: low from the destination's, high from the source's. */
    static final int PAIRS = 1;

    /** Low halves of both: this operation gives the low result, the next the high. */
    static final int LOWS = 2;

    static final int HIGHS = 3;

    /** The source's low half is a count for both halves. */
    static final int SHIFTS = 4;

    /** {@link PackedWide}. */
    static final int WIDE = 5;

    /** {@link SseArithmetic} on four singles, two doubles, the lowest single, the lowest double. */
    static final int PS = 6;

    static final int PD = 7;
    static final int SS = 8;
    static final int SD = 9;

    /** {@link SsePacked}: conversions and what crosses lanes. */
    static final int CONVERT = 10;

    private static final int NP = 0;
    private static final int P66 = 1;
    private static final int PF3 = 2;
    private static final int PF2 = 3;

    private static final int SHAPE_SHIFT = 8;
    private static final int FORM_SHIFT = 12;
    private static final int FEATURE_SHIFT = 20;

    private static final Feature[] FEATURES = {
        Feature.MMX,
        Feature.SSE,
        Feature.SSE2,
        Feature.SSE3,
        Feature.SSSE3,
        Feature.SSE4_1,
        Feature.SSE4_2,
        Feature.AES,
        Feature.PCLMULQDQ,
        Feature.SHA_NI
    };

    private static final int MMX = 0;
    private static final int SSE = 1;
    private static final int SSE2 = 2;
    private static final int SSE3 = 3;
    private static final int SSSE3 = 4;
    private static final int SSE41 = 5;
    private static final int SSE42 = 6;

    private static final int[] ENTRIES = new int[3 * 256 * 4];

    static {
        moves();
        mmxMoves();
        singleAndDouble();
        conversions();
        integers();
        multimediaExtensions();
        map38();
        map38Extensions();
        map3a();
    }

    private VectorTable() {}

    /** The entry of {@code i}, or 0. */
    static int entry(Insn i) {
        return i.map < Insn.MAP_0F || i.map > Insn.MAP_0F3A ? 0 : entry(i, i.map);
    }

    /** The entry of what {@code i} would be in {@code map}, MAP_0F to MAP_0F3A: what a VEX form has been made of. */
    static int entry(Insn i, int map) {
        int prefix;
        switch (i.simdPrefix()) {
            case 0:
                prefix = NP;
                break;
            case 0x66:
                prefix = P66;
                break;
            case 0xf3:
                prefix = PF3;
                break;
            default:
                prefix = PF2;
                break;
        }
        return ENTRIES[index(map, i.opcode, prefix)];
    }

    static int form(int entry) {
        return entry >>> FORM_SHIFT & 0xff;
    }

    static Feature feature(int entry) {
        return FEATURES[entry >>> FEATURE_SHIFT];
    }

    static int shape(int entry) {
        return entry >>> SHAPE_SHIFT & 15;
    }

    static int op(int entry) {
        return entry & 0xff;
    }

    private static int index(int map, int opcode, int prefix) {
        return ((map - 1) * 256 + opcode) * 4 + prefix;
    }

    private static void set(int map, int opcode, int prefix, int feature, int form, int shape, int op) {
        ENTRIES[index(map, opcode, prefix)] = feature << FEATURE_SHIFT | form << FORM_SHIFT | shape << SHAPE_SHIFT | op;
    }

    /** An encoding of map 0F that its form alone describes. */
    private static void form(int opcode, int prefix, int feature, int form) {
        set(Insn.MAP_0F, opcode, prefix, feature, form, 0, 0);
    }

    private static void moves() {
        for (int n = 0; n < 2; n++) {
            // NP with SSE for singles, 66 with SSE2 for doubles; the bits moved are the same.
            int feature = n == 0 ? SSE : SSE2;
            form(0x10, n, feature, MOVU_LOAD);
            form(0x11, n, feature, MOVU_STORE);
            form(0x12, n, feature, n == 0 ? MOVLPS_LOAD : MOVLPD_LOAD);
            form(0x13, n, feature, MOVLP_STORE);
            form(0x16, n, feature, n == 0 ? MOVHPS_LOAD : MOVHPD_LOAD);
            form(0x17, n, feature, MOVHP_STORE);
            form(0x28, n, feature, MOVA_LOAD);
            form(0x29, n, feature, MOVA_STORE);
            form(0x2b, n, feature, MOVNT);
            form(0x50, n, feature, n == 0 ? MOVMSKPS : MOVMSKPD);
        }
        form(0x10, PF3, SSE, MOVSS_LOAD);
        form(0x11, PF3, SSE, MOVSS_STORE);
        form(0x10, PF2, SSE2, MOVSD_LOAD);
        form(0x11, PF2, SSE2, MOVSD_STORE);
        set(Insn.MAP_0F, 0x12, PF2, SSE3, X_X8, WIDE, PackedWide.MOVDDUP);
        set(Insn.MAP_0F, 0x12, PF3, SSE3, X_X16, WIDE, PackedWide.MOVSLDUP);
        set(Insn.MAP_0F, 0x16, PF3, SSE3, X_X16, WIDE, PackedWide.MOVSHDUP);
        form(0x6e, P66, SSE2, MOVD_X_E);
        form(0x6f, P66, SSE2, MOVA_LOAD);
        form(0x6f, PF3, SSE2, MOVU_LOAD);
        form(0x7e, P66, SSE2, MOVD_E_X);
        form(0x7e, PF3, SSE2, MOVQ_LOAD);
        form(0x7f, P66, SSE2, MOVA_STORE);
        form(0x7f, PF3, SSE2, MOVU_STORE);
        form(0xc3, NP, SSE2, MOVNTI);
        form(0xc4, P66, SSE2, PINSRW);
        form(0xc5, P66, SSE2, PEXTRW);
        form(0xd6, P66, SSE2, MOVQ_STORE);
        form(0xd7, P66, SSE2, PMOVMSKB);
        form(0xe7, P66, SSE2, MOVNT);
        form(0xf0, PF2, SSE3, LDDQU);
        form(0xf7, P66, SSE2, MASKMOVDQU);
    }

    private static void mmxMoves() {
        form(0x6e, NP, MMX, MOVD_M_E);
        form(0x7e, NP, MMX, MOVD_E_M);
        form(0x6f, NP, MMX, MOVQ_M_LOAD);
        form(0x7f, NP, MMX, MOVQ_M_STORE);
        form(0x77, NP, MMX, EMMS);
        form(0x70, NP, SSE, PSHUFW);
        form(0xc4, NP, SSE, PINSRW_M);
        form(0xc5, NP, SSE, PEXTRW_M);
        form(0xd7, NP, SSE, PMOVMSKB_M);
        form(0xe7, NP, SSE, MOVNTQ);
        form(0xf7, NP, SSE, MASKMOVQ);
        form(0xd6, PF3, SSE2, MOVQ2DQ);
        form(0xd6, PF2, SSE2, MOVDQ2Q);
    }

    /** An arithmetic row: PS, PD, SS and SD. */
    private static void row(int opcode, int op) {
        set(Insn.MAP_0F, opcode, NP, SSE, X_X16, PS, op);
        set(Insn.MAP_0F, opcode, P66, SSE2, X_X16, PD, op);
        set(Insn.MAP_0F, opcode, PF3, SSE, X_X4, SS, op);
        set(Insn.MAP_0F, opcode, PF2, SSE2, X_X8, SD, op);
    }

    /** A bitwise row on singles and doubles. */
    private static void bitwise(int opcode, int op) {
        set(Insn.MAP_0F, opcode, NP, SSE, X_X16, LANES, op);
        set(Insn.MAP_0F, opcode, P66, SSE2, X_X16, LANES, op);
    }

    private static void singleAndDouble() {
        row(0x51, SseArithmetic.SQRT);
        row(0x58, SseArithmetic.ADD);
        row(0x59, SseArithmetic.MUL);
        row(0x5c, SseArithmetic.SUB);
        row(0x5d, SseArithmetic.MIN);
        row(0x5e, SseArithmetic.DIV);
        row(0x5f, SseArithmetic.MAX);
        row(0xc2, SseArithmetic.CMP);
        set(Insn.MAP_0F, 0x52, NP, SSE, X_X16, PS, SseArithmetic.RSQRT);
        set(Insn.MAP_0F, 0x52, PF3, SSE, X_X4, SS, SseArithmetic.RSQRT);
        set(Insn.MAP_0F, 0x53, NP, SSE, X_X16, PS, SseArithmetic.RCP);
        set(Insn.MAP_0F, 0x53, PF3, SSE, X_X4, SS, SseArithmetic.RCP);
        bitwise(0x54, PAND);
        bitwise(0x55, PANDN);
        bitwise(0x56, POR);
        bitwise(0x57, PXOR);
        set(Insn.MAP_0F, 0x14, NP, SSE, X_X16, LOWS, PUNPCKLDQ);
        set(Insn.MAP_0F, 0x15, NP, SSE, X_X16, HIGHS, PUNPCKLDQ);
        set(Insn.MAP_0F, 0x14, P66, SSE2, X_X16, WIDE, PackedWide.PUNPCKLQDQ);
        set(Insn.MAP_0F, 0x15, P66, SSE2, X_X16, WIDE, PackedWide.PUNPCKHQDQ);
        set(Insn.MAP_0F, 0xc6, NP, SSE, X_X16, WIDE, PackedWide.SHUFPS);
        set(Insn.MAP_0F, 0xc6, P66, SSE2, X_X16, WIDE, PackedWide.SHUFPD);
        set(Insn.MAP_0F, 0x7c, P66, SSE3, X_X16, CONVERT, SsePacked.HADDPD);
        set(Insn.MAP_0F, 0x7c, PF2, SSE3, X_X16, CONVERT, SsePacked.HADDPS);
        set(Insn.MAP_0F, 0x7d, P66, SSE3, X_X16, CONVERT, SsePacked.HSUBPD);
        set(Insn.MAP_0F, 0x7d, PF2, SSE3, X_X16, CONVERT, SsePacked.HSUBPS);
        set(Insn.MAP_0F, 0xd0, P66, SSE3, X_X16, CONVERT, SsePacked.ADDSUBPD);
        set(Insn.MAP_0F, 0xd0, PF2, SSE3, X_X16, CONVERT, SsePacked.ADDSUBPS);
        // The operation's bits: 0 double, 1 ordered.
        set(Insn.MAP_0F, 0x2e, NP, SSE, COMIS, 0, 0);
        set(Insn.MAP_0F, 0x2e, P66, SSE2, COMIS, 0, 1);
        set(Insn.MAP_0F, 0x2f, NP, SSE, COMIS, 0, 2);
        set(Insn.MAP_0F, 0x2f, P66, SSE2, COMIS, 0, 3);
    }

    private static void conversions() {
        set(Insn.MAP_0F, 0x2a, NP, SSE, CVT_X_M, 0, SsePacked.CVTPI2PS);
        set(Insn.MAP_0F, 0x2a, P66, SSE2, CVT_X_M, 0, SsePacked.CVTPI2PD);
        // The operation's bits: 0 double, 1 truncate.
        set(Insn.MAP_0F, 0x2a, PF3, SSE, CVT_X_E, 0, 0);
        set(Insn.MAP_0F, 0x2a, PF2, SSE2, CVT_X_E, 0, 1);
        set(Insn.MAP_0F, 0x2c, PF3, SSE, CVT_E_X, 0, 2);
        set(Insn.MAP_0F, 0x2c, PF2, SSE2, CVT_E_X, 0, 3);
        set(Insn.MAP_0F, 0x2d, PF3, SSE, CVT_E_X, 0, 0);
        set(Insn.MAP_0F, 0x2d, PF2, SSE2, CVT_E_X, 0, 1);
        set(Insn.MAP_0F, 0x2c, NP, SSE, CVT_M_X, 0, SsePacked.CVTTPS2PI);
        set(Insn.MAP_0F, 0x2c, P66, SSE2, CVT_M_X, 0, SsePacked.CVTTPD2PI);
        set(Insn.MAP_0F, 0x2d, NP, SSE, CVT_M_X, 0, SsePacked.CVTPS2PI);
        set(Insn.MAP_0F, 0x2d, P66, SSE2, CVT_M_X, 0, SsePacked.CVTPD2PI);
        set(Insn.MAP_0F, 0x5a, NP, SSE2, X_X8, CONVERT, SsePacked.CVTPS2PD);
        set(Insn.MAP_0F, 0x5a, P66, SSE2, X_X16, CONVERT, SsePacked.CVTPD2PS);
        set(Insn.MAP_0F, 0x5a, PF3, SSE2, X_X4, CONVERT, SsePacked.CVTSS2SD);
        set(Insn.MAP_0F, 0x5a, PF2, SSE2, X_X8, CONVERT, SsePacked.CVTSD2SS);
        set(Insn.MAP_0F, 0x5b, NP, SSE2, X_X16, CONVERT, SsePacked.CVTDQ2PS);
        set(Insn.MAP_0F, 0x5b, P66, SSE2, X_X16, CONVERT, SsePacked.CVTPS2DQ);
        set(Insn.MAP_0F, 0x5b, PF3, SSE2, X_X16, CONVERT, SsePacked.CVTTPS2DQ);
        set(Insn.MAP_0F, 0xe6, P66, SSE2, X_X16, CONVERT, SsePacked.CVTTPD2DQ);
        set(Insn.MAP_0F, 0xe6, PF3, SSE2, X_X8, CONVERT, SsePacked.CVTDQ2PD);
        set(Insn.MAP_0F, 0xe6, PF2, SSE2, X_X16, CONVERT, SsePacked.CVTPD2DQ);
    }

    /** An operation on MMX registers and, with 66h, on XMM registers; the latter needs SSE2 unless the former needs more. */
    private static void both(int map, int opcode, int feature, int form, int shape, int op) {
        set(map, opcode, NP, feature, form, LANES, op);
        set(map, opcode, P66, Math.max(feature, SSE2), X_X16, shape, op);
    }

    private static void lanes(int opcode, int op) {
        both(Insn.MAP_0F, opcode, MMX, M_M8, LANES, op);
    }

    private static void shifts(int opcode, int op) {
        both(Insn.MAP_0F, opcode, MMX, M_M8, SHIFTS, op);
    }

    private static void integers() {
        int[] unpack = {PUNPCKLBW, PUNPCKLWD, PUNPCKLDQ};
        for (int n = 0; n < unpack.length; n++) {
            both(Insn.MAP_0F, 0x60 + n, MMX, M_M4, LOWS, unpack[n]);
            both(Insn.MAP_0F, 0x68 + n, MMX, M_M8, HIGHS, unpack[n]);
            set(Insn.MAP_0F, 0x68 + n, NP, MMX, M_M8, LANES, unpack[n] + 1);
        }
        both(Insn.MAP_0F, 0x63, MMX, M_M8, PAIRS, PACKSSWB);
        both(Insn.MAP_0F, 0x67, MMX, M_M8, PAIRS, PACKUSWB);
        both(Insn.MAP_0F, 0x6b, MMX, M_M8, PAIRS, PACKSSDW);
        set(Insn.MAP_0F, 0x6c, P66, SSE2, X_X16, WIDE, PackedWide.PUNPCKLQDQ);
        set(Insn.MAP_0F, 0x6d, P66, SSE2, X_X16, WIDE, PackedWide.PUNPCKHQDQ);
        set(Insn.MAP_0F, 0x70, P66, SSE2, X_X16, WIDE, PackedWide.PSHUFD);
        set(Insn.MAP_0F, 0x70, PF3, SSE2, X_X16, WIDE, PackedWide.PSHUFHW);
        set(Insn.MAP_0F, 0x70, PF2, SSE2, X_X16, WIDE, PackedWide.PSHUFLW);
        for (int n = 0x71; n <= 0x73; n++) {
            form(n, NP, MMX, SHIFT_GROUP_M);
            form(n, P66, SSE2, SHIFT_GROUP);
        }
        lanes(0x64, PCMPGTB);
        lanes(0x65, PCMPGTW);
        lanes(0x66, PCMPGTD);
        lanes(0x74, PCMPEQB);
        lanes(0x75, PCMPEQW);
        lanes(0x76, PCMPEQD);
        shifts(0xd1, PSRLW);
        shifts(0xd2, PSRLD);
        shifts(0xd3, PSRLQ);
        shifts(0xe1, PSRAW);
        shifts(0xe2, PSRAD);
        shifts(0xf1, PSLLW);
        shifts(0xf2, PSLLD);
        shifts(0xf3, PSLLQ);
        lanes(0xd5, PMULLW);
        lanes(0xd8, PSUBUSB);
        lanes(0xd9, PSUBUSW);
        lanes(0xdb, PAND);
        lanes(0xdc, PADDUSB);
        lanes(0xdd, PADDUSW);
        lanes(0xdf, PANDN);
        lanes(0xe5, PMULHW);
        lanes(0xe8, PSUBSB);
        lanes(0xe9, PSUBSW);
        lanes(0xeb, POR);
        lanes(0xec, PADDSB);
        lanes(0xed, PADDSW);
        lanes(0xef, PXOR);
        lanes(0xf5, PMADDWD);
        lanes(0xf8, PSUBB);
        lanes(0xf9, PSUBW);
        lanes(0xfa, PSUBD);
        lanes(0xfc, PADDB);
        lanes(0xfd, PADDW);
        lanes(0xfe, PADDD);
    }

    /** What SSE and SSE2 added to the MMX registers. */
    private static void multimediaExtensions() {
        both(Insn.MAP_0F, 0xda, SSE, M_M8, LANES, PMINUB);
        both(Insn.MAP_0F, 0xde, SSE, M_M8, LANES, PMAXUB);
        both(Insn.MAP_0F, 0xe0, SSE, M_M8, LANES, PAVGB);
        both(Insn.MAP_0F, 0xe3, SSE, M_M8, LANES, PAVGW);
        both(Insn.MAP_0F, 0xe4, SSE, M_M8, LANES, PMULHUW);
        both(Insn.MAP_0F, 0xea, SSE, M_M8, LANES, PMINSW);
        both(Insn.MAP_0F, 0xee, SSE, M_M8, LANES, PMAXSW);
        both(Insn.MAP_0F, 0xf6, SSE, M_M8, LANES, PSADBW);
        both(Insn.MAP_0F, 0xd4, SSE2, M_M8, LANES, PADDQ);
        both(Insn.MAP_0F, 0xf4, SSE2, M_M8, LANES, PMULUDQ);
        both(Insn.MAP_0F, 0xfb, SSE2, M_M8, LANES, PSUBQ);
    }

    private static void ssse3(int opcode, int shape, int op) {
        both(Insn.MAP_0F38, opcode, SSSE3, M_M8, shape, op);
    }

    private static void map38() {
        ssse3(0x00, LANES, PSHUFB);
        set(Insn.MAP_0F38, 0x00, P66, SSSE3, X_X16, WIDE, PackedWide.PSHUFB);
        ssse3(0x01, PAIRS, PHADDW);
        ssse3(0x02, PAIRS, PHADDD);
        ssse3(0x03, PAIRS, PHADDSW);
        ssse3(0x04, LANES, PMADDUBSW);
        ssse3(0x05, PAIRS, PHSUBW);
        ssse3(0x06, PAIRS, PHSUBD);
        ssse3(0x07, PAIRS, PHSUBSW);
        ssse3(0x08, LANES, PSIGNB);
        ssse3(0x09, LANES, PSIGNW);
        ssse3(0x0a, LANES, PSIGND);
        ssse3(0x0b, LANES, PMULHRSW);
        ssse3(0x1c, LANES, PABSB);
        ssse3(0x1d, LANES, PABSW);
        ssse3(0x1e, LANES, PABSD);
    }

    private static void sse41(int opcode, int form, int shape, int op) {
        set(Insn.MAP_0F38, opcode, P66, SSE41, form, shape, op);
    }

    private static void map38Extensions() {
        sse41(0x10, X_X16, WIDE, PackedWide.PBLENDVB);
        sse41(0x14, X_X16, WIDE, PackedWide.BLENDVPS);
        sse41(0x15, X_X16, WIDE, PackedWide.BLENDVPD);
        sse41(0x17, PTEST, 0, 0);
        for (int n = 0; n < 6; n++) {
            int form = n == 2 ? X_X2 : n == 1 || n == 4 ? X_X4 : X_X8;
            sse41(0x20 + n, form, WIDE, PackedWide.PMOVSXBW + n);
            sse41(0x30 + n, form, WIDE, PackedWide.PMOVZXBW + n);
        }
        sse41(0x28, X_X16, LANES, PMULDQ);
        sse41(0x29, X_X16, LANES, PCMPEQQ);
        sse41(0x2a, MOVNTDQA, 0, 0);
        sse41(0x2b, X_X16, PAIRS, PACKUSDW);
        set(Insn.MAP_0F38, 0x37, P66, SSE42, X_X16, LANES, PCMPGTQ);
        sse41(0x38, X_X16, LANES, PMINSB);
        sse41(0x39, X_X16, LANES, PMINSD);
        sse41(0x3a, X_X16, LANES, PMINUW);
        sse41(0x3b, X_X16, LANES, PMINUD);
        sse41(0x3c, X_X16, LANES, PMAXSB);
        sse41(0x3d, X_X16, LANES, PMAXSD);
        sse41(0x3e, X_X16, LANES, PMAXUW);
        sse41(0x3f, X_X16, LANES, PMAXUD);
        sse41(0x40, X_X16, LANES, PMULLD);
        sse41(0x41, X_X16, WIDE, PackedWide.PHMINPOSUW);
        set(Insn.MAP_0F38, 0xf0, PF2, SSE42, CRC32, 0, 0);
        set(Insn.MAP_0F38, 0xf1, PF2, SSE42, CRC32, 0, 1);
    }

    private static void map3a(int opcode, int form, int shape, int op) {
        set(Insn.MAP_0F3A, opcode, P66, SSE41, form, shape, op);
    }

    private static void map3a() {
        map3a(0x08, X_X16, PS, SseArithmetic.ROUND);
        map3a(0x09, X_X16, PD, SseArithmetic.ROUND);
        map3a(0x0a, X_X4, SS, SseArithmetic.ROUND);
        map3a(0x0b, X_X8, SD, SseArithmetic.ROUND);
        map3a(0x0c, X_X16, WIDE, PackedWide.BLENDPS);
        map3a(0x0d, X_X16, WIDE, PackedWide.BLENDPD);
        map3a(0x0e, X_X16, WIDE, PackedWide.PBLENDW);
        set(Insn.MAP_0F3A, 0x0f, NP, SSSE3, PALIGNR_M, 0, 0);
        set(Insn.MAP_0F3A, 0x0f, P66, SSSE3, X_X16, WIDE, PackedWide.PALIGNR);
        map3a(0x14, PEXTRB, 0, 0);
        map3a(0x15, PEXTRW_STORE, 0, 0);
        map3a(0x16, PEXTRD, 0, 0);
        map3a(0x17, EXTRACTPS, 0, 0);
        map3a(0x20, PINSRB, 0, 0);
        map3a(0x21, INSERTPS, WIDE, PackedWide.INSERTPS);
        map3a(0x22, PINSRD, 0, 0);
        map3a(0x40, X_X16, CONVERT, SsePacked.DPPS);
        map3a(0x41, X_X16, CONVERT, SsePacked.DPPD);
        map3a(0x42, X_X16, WIDE, PackedWide.MPSADBW);
        for (int n = 0; n < 4; n++) {
            set(Insn.MAP_0F3A, 0x60 + n, P66, SSE42, STRING, 0, n);
        }
    }
}
