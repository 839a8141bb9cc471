package dev.veery.hostcode.asm;

/**
 * Opcodes as ints: mandatory prefix, map and opcode byte, with flags for what operands add. Where an instruction has a VEX
 * form, the same constant serves for it. Names are the manual's; {@code _STORE} marks the form that writes to ModRM.rm.
 */
public final class Op {
    static final int MAP_SHIFT = 8;
    static final int PP_SHIFT = 10;
    static final int L_SHIFT = 16;

    /** The operand-size prefix, 66h, in addition to a mandatory prefix. */
    public static final int OPSIZE = 1 << 12;

    /** REX.W or VEX.W. */
    public static final int W = 1 << 13;

    /** ModRM.reg names a byte register. */
    public static final int REG8 = 1 << 14;

    /** ModRM.rm, or the opcode, names a byte register. */
    public static final int RM8 = 1 << 15;

    /** VEX.L: 256 bits. */
    public static final int L = 1 << L_SHIFT;

    // Mandatory prefixes as VEX.pp encodes them.
    private static final int NONE = 0;
    private static final int P66 = 1;
    private static final int F3 = 2;
    private static final int F2 = 3;

    // General registers, two operands: Assembler.opRR and opRM with a size.
    public static final int BSF = at(NONE, 1, 0xbc);
    public static final int BSR = at(NONE, 1, 0xbd);
    public static final int POPCNT = at(F3, 1, 0xb8);
    public static final int LZCNT = at(F3, 1, 0xbd);
    public static final int TZCNT = at(F3, 1, 0xbc);
    public static final int MOVBE_LOAD = at(NONE, 2, 0xf0);
    public static final int MOVBE_STORE = at(NONE, 2, 0xf1);
    public static final int ADCX = at(P66, 2, 0xf6);
    public static final int ADOX = at(F3, 2, 0xf6);

    // General registers with VEX: Assembler.bmi*.
    public static final int ANDN = at(NONE, 2, 0xf2);
    public static final int BEXTR = at(NONE, 2, 0xf7);
    public static final int BZHI = at(NONE, 2, 0xf5);
    public static final int SHLX = at(P66, 2, 0xf7);
    public static final int SHRX = at(F2, 2, 0xf7);
    public static final int SARX = at(F3, 2, 0xf7);
    public static final int PDEP = at(F2, 2, 0xf5);
    public static final int PEXT = at(F3, 2, 0xf5);
    public static final int MULX = at(F2, 2, 0xf6);
    public static final int RORX = at(F2, 3, 0xf0);
    public static final int BLS = at(NONE, 2, 0xf3);

    // Moves; MOVD and MOVD_STORE with Op.W are MOVQ from and to general registers.
    public static final int MOVUPS = at(NONE, 1, 0x10);
    public static final int MOVUPS_STORE = at(NONE, 1, 0x11);
    public static final int MOVUPD = at(P66, 1, 0x10);
    public static final int MOVUPD_STORE = at(P66, 1, 0x11);
    public static final int MOVSS = at(F3, 1, 0x10);
    public static final int MOVSS_STORE = at(F3, 1, 0x11);
    public static final int MOVSD = at(F2, 1, 0x10);
    public static final int MOVSD_STORE = at(F2, 1, 0x11);
    public static final int MOVAPS = at(NONE, 1, 0x28);
    public static final int MOVAPS_STORE = at(NONE, 1, 0x29);
    public static final int MOVAPD = at(P66, 1, 0x28);
    public static final int MOVAPD_STORE = at(P66, 1, 0x29);
    public static final int MOVDQA = at(P66, 1, 0x6f);
    public static final int MOVDQA_STORE = at(P66, 1, 0x7f);
    public static final int MOVDQU = at(F3, 1, 0x6f);
    public static final int MOVDQU_STORE = at(F3, 1, 0x7f);
    public static final int MOVLPS = at(NONE, 1, 0x12);
    public static final int MOVLPS_STORE = at(NONE, 1, 0x13);
    public static final int MOVHPS = at(NONE, 1, 0x16);
    public static final int MOVHPS_STORE = at(NONE, 1, 0x17);
    public static final int MOVLPD = at(P66, 1, 0x12);
    public static final int MOVLPD_STORE = at(P66, 1, 0x13);
    public static final int MOVHPD = at(P66, 1, 0x16);
    public static final int MOVHPD_STORE = at(P66, 1, 0x17);
    public static final int MOVD = at(P66, 1, 0x6e);
    public static final int MOVD_STORE = at(P66, 1, 0x7e);
    public static final int MOVQ = at(F3, 1, 0x7e);
    public static final int MOVQ_STORE = at(P66, 1, 0xd6);
    public static final int MOVNTPS_STORE = at(NONE, 1, 0x2b);
    public static final int MOVNTDQ_STORE = at(P66, 1, 0xe7);
    public static final int MOVDDUP = at(F2, 1, 0x12);
    public static final int MOVSLDUP = at(F3, 1, 0x12);
    public static final int MOVSHDUP = at(F3, 1, 0x16);
    public static final int LDDQU = at(F2, 1, 0xf0);
    public static final int MOVMSKPS = at(NONE, 1, 0x50);
    public static final int MOVMSKPD = at(P66, 1, 0x50);
    public static final int PMOVMSKB = at(P66, 1, 0xd7);
    public static final int MASKMOVDQU = at(P66, 1, 0xf7);

    // Floating point.
    public static final int SQRTPS = at(NONE, 1, 0x51);
    public static final int SQRTPD = at(P66, 1, 0x51);
    public static final int SQRTSS = at(F3, 1, 0x51);
    public static final int SQRTSD = at(F2, 1, 0x51);
    public static final int ADDPS = at(NONE, 1, 0x58);
    public static final int ADDPD = at(P66, 1, 0x58);
    public static final int ADDSS = at(F3, 1, 0x58);
    public static final int ADDSD = at(F2, 1, 0x58);
    public static final int MULPS = at(NONE, 1, 0x59);
    public static final int MULPD = at(P66, 1, 0x59);
    public static final int MULSS = at(F3, 1, 0x59);
    public static final int MULSD = at(F2, 1, 0x59);
    public static final int SUBPS = at(NONE, 1, 0x5c);
    public static final int SUBPD = at(P66, 1, 0x5c);
    public static final int SUBSS = at(F3, 1, 0x5c);
    public static final int SUBSD = at(F2, 1, 0x5c);
    public static final int MINPS = at(NONE, 1, 0x5d);
    public static final int MINPD = at(P66, 1, 0x5d);
    public static final int MINSS = at(F3, 1, 0x5d);
    public static final int MINSD = at(F2, 1, 0x5d);
    public static final int DIVPS = at(NONE, 1, 0x5e);
    public static final int DIVPD = at(P66, 1, 0x5e);
    public static final int DIVSS = at(F3, 1, 0x5e);
    public static final int DIVSD = at(F2, 1, 0x5e);
    public static final int MAXPS = at(NONE, 1, 0x5f);
    public static final int MAXPD = at(P66, 1, 0x5f);
    public static final int MAXSS = at(F3, 1, 0x5f);
    public static final int MAXSD = at(F2, 1, 0x5f);
    public static final int CMPPS = at(NONE, 1, 0xc2);
    public static final int CMPPD = at(P66, 1, 0xc2);
    public static final int CMPSS = at(F3, 1, 0xc2);
    public static final int CMPSD = at(F2, 1, 0xc2);
    public static final int RSQRTPS = at(NONE, 1, 0x52);
    public static final int RSQRTSS = at(F3, 1, 0x52);
    public static final int RCPPS = at(NONE, 1, 0x53);
    public static final int RCPSS = at(F3, 1, 0x53);
    public static final int ANDPS = at(NONE, 1, 0x54);
    public static final int ANDPD = at(P66, 1, 0x54);
    public static final int ANDNPS = at(NONE, 1, 0x55);
    public static final int ANDNPD = at(P66, 1, 0x55);
    public static final int ORPS = at(NONE, 1, 0x56);
    public static final int ORPD = at(P66, 1, 0x56);
    public static final int XORPS = at(NONE, 1, 0x57);
    public static final int XORPD = at(P66, 1, 0x57);
    public static final int UCOMISS = at(NONE, 1, 0x2e);
    public static final int UCOMISD = at(P66, 1, 0x2e);
    public static final int COMISS = at(NONE, 1, 0x2f);
    public static final int COMISD = at(P66, 1, 0x2f);
    public static final int UNPCKLPS = at(NONE, 1, 0x14);
    public static final int UNPCKLPD = at(P66, 1, 0x14);
    public static final int UNPCKHPS = at(NONE, 1, 0x15);
    public static final int UNPCKHPD = at(P66, 1, 0x15);
    public static final int SHUFPS = at(NONE, 1, 0xc6);
    public static final int SHUFPD = at(P66, 1, 0xc6);
    public static final int ADDSUBPS = at(F2, 1, 0xd0);
    public static final int ADDSUBPD = at(P66, 1, 0xd0);
    public static final int HADDPS = at(F2, 1, 0x7c);
    public static final int HADDPD = at(P66, 1, 0x7c);
    public static final int HSUBPS = at(F2, 1, 0x7d);
    public static final int HSUBPD = at(P66, 1, 0x7d);

    // Conversions; with Op.W the general register has 64 bits.
    public static final int CVTSI2SS = at(F3, 1, 0x2a);
    public static final int CVTSI2SD = at(F2, 1, 0x2a);
    public static final int CVTTSS2SI = at(F3, 1, 0x2c);
    public static final int CVTTSD2SI = at(F2, 1, 0x2c);
    public static final int CVTSS2SI = at(F3, 1, 0x2d);
    public static final int CVTSD2SI = at(F2, 1, 0x2d);
    public static final int CVTPS2PD = at(NONE, 1, 0x5a);
    public static final int CVTPD2PS = at(P66, 1, 0x5a);
    public static final int CVTSS2SD = at(F3, 1, 0x5a);
    public static final int CVTSD2SS = at(F2, 1, 0x5a);
    public static final int CVTDQ2PS = at(NONE, 1, 0x5b);
    public static final int CVTPS2DQ = at(P66, 1, 0x5b);
    public static final int CVTTPS2DQ = at(F3, 1, 0x5b);
    public static final int CVTTPD2DQ = at(P66, 1, 0xe6);
    public static final int CVTDQ2PD = at(F3, 1, 0xe6);
    public static final int CVTPD2DQ = at(F2, 1, 0xe6);

    // Integers in vectors.
    public static final int PUNPCKLBW = at(P66, 1, 0x60);
    public static final int PUNPCKLWD = at(P66, 1, 0x61);
    public static final int PUNPCKLDQ = at(P66, 1, 0x62);
    public static final int PACKSSWB = at(P66, 1, 0x63);
    public static final int PCMPGTB = at(P66, 1, 0x64);
    public static final int PCMPGTW = at(P66, 1, 0x65);
    public static final int PCMPGTD = at(P66, 1, 0x66);
    public static final int PACKUSWB = at(P66, 1, 0x67);
    public static final int PUNPCKHBW = at(P66, 1, 0x68);
    public static final int PUNPCKHWD = at(P66, 1, 0x69);
    public static final int PUNPCKHDQ = at(P66, 1, 0x6a);
    public static final int PACKSSDW = at(P66, 1, 0x6b);
    public static final int PUNPCKLQDQ = at(P66, 1, 0x6c);
    public static final int PUNPCKHQDQ = at(P66, 1, 0x6d);
    public static final int PCMPEQB = at(P66, 1, 0x74);
    public static final int PCMPEQW = at(P66, 1, 0x75);
    public static final int PCMPEQD = at(P66, 1, 0x76);
    public static final int PSRLW = at(P66, 1, 0xd1);
    public static final int PSRLD = at(P66, 1, 0xd2);
    public static final int PSRLQ = at(P66, 1, 0xd3);
    public static final int PADDQ = at(P66, 1, 0xd4);
    public static final int PMULLW = at(P66, 1, 0xd5);
    public static final int PSUBUSB = at(P66, 1, 0xd8);
    public static final int PSUBUSW = at(P66, 1, 0xd9);
    public static final int PMINUB = at(P66, 1, 0xda);
    public static final int PAND = at(P66, 1, 0xdb);
    public static final int PADDUSB = at(P66, 1, 0xdc);
    public static final int PADDUSW = at(P66, 1, 0xdd);
    public static final int PMAXUB = at(P66, 1, 0xde);
    public static final int PANDN = at(P66, 1, 0xdf);
    public static final int PAVGB = at(P66, 1, 0xe0);
    public static final int PSRAW = at(P66, 1, 0xe1);
    public static final int PSRAD = at(P66, 1, 0xe2);
    public static final int PAVGW = at(P66, 1, 0xe3);
    public static final int PMULHUW = at(P66, 1, 0xe4);
    public static final int PMULHW = at(P66, 1, 0xe5);
    public static final int PSUBSB = at(P66, 1, 0xe8);
    public static final int PSUBSW = at(P66, 1, 0xe9);
    public static final int PMINSW = at(P66, 1, 0xea);
    public static final int POR = at(P66, 1, 0xeb);
    public static final int PADDSB = at(P66, 1, 0xec);
    public static final int PADDSW = at(P66, 1, 0xed);
    public static final int PMAXSW = at(P66, 1, 0xee);
    public static final int PXOR = at(P66, 1, 0xef);
    public static final int PSLLW = at(P66, 1, 0xf1);
    public static final int PSLLD = at(P66, 1, 0xf2);
    public static final int PSLLQ = at(P66, 1, 0xf3);
    public static final int PMULUDQ = at(P66, 1, 0xf4);
    public static final int PMADDWD = at(P66, 1, 0xf5);
    public static final int PSADBW = at(P66, 1, 0xf6);
    public static final int PSUBB = at(P66, 1, 0xf8);
    public static final int PSUBW = at(P66, 1, 0xf9);
    public static final int PSUBD = at(P66, 1, 0xfa);
    public static final int PSUBQ = at(P66, 1, 0xfb);
    public static final int PADDB = at(P66, 1, 0xfc);
    public static final int PADDW = at(P66, 1, 0xfd);
    public static final int PADDD = at(P66, 1, 0xfe);
    public static final int PSHUFD = at(P66, 1, 0x70);
    public static final int PSHUFHW = at(F3, 1, 0x70);
    public static final int PSHUFLW = at(F2, 1, 0x70);
    public static final int PINSRW = at(P66, 1, 0xc4);
    public static final int PEXTRW = at(P66, 1, 0xc5);

    // SSSE3 to SSE4.1, as far as translated code itself needs them.
    public static final int PSHUFB = at(P66, 2, 0x00);
    public static final int PTEST = at(P66, 2, 0x17);
    public static final int PMULLD = at(P66, 2, 0x40);
    public static final int PCMPEQQ = at(P66, 2, 0x29);
    public static final int PALIGNR = at(P66, 3, 0x0f);
    public static final int PINSRD = at(P66, 3, 0x22);
    public static final int PEXTRD = at(P66, 3, 0x16);
    public static final int ROUNDPS = at(P66, 3, 0x08);
    public static final int ROUNDPD = at(P66, 3, 0x09);
    public static final int ROUNDSS = at(P66, 3, 0x0a);
    public static final int ROUNDSD = at(P66, 3, 0x0b);

    // Only with VEX.
    public static final int VBROADCASTSS = at(P66, 2, 0x18);
    public static final int VPBROADCASTD = at(P66, 2, 0x58);
    public static final int VPBROADCASTQ = at(P66, 2, 0x59);
    public static final int VEXTRACTI128 = at(P66, 3, 0x39);
    public static final int VINSERTI128 = at(P66, 3, 0x38);
    public static final int VEXTRACTF128 = at(P66, 3, 0x19);
    public static final int VINSERTF128 = at(P66, 3, 0x18);
    public static final int VFMADD231PS = at(P66, 2, 0xb8);
    public static final int VFMADD231SS = at(P66, 2, 0xb9);
    public static final int VPGATHERDD = at(P66, 2, 0x90);
    public static final int VPSLLVD = at(P66, 2, 0x47);

    private Op() {}

    private static int at(int pp, int map, int opcode) {
        return pp << PP_SHIFT | map << MAP_SHIFT | opcode;
    }

    /**
     * An opcode by its parts.
     *
     * @param prefix mandatory prefix: 0, 66h, F2h or F3h
     * @param map 0 to 3: one-byte opcodes, 0F, 0F 38, 0F 3A
     */
    public static int legacy(int prefix, int map, int opcode) {
        int pp = switch (prefix) {
            case 0 -> NONE;
            case 0x66 -> P66;
            case 0xf3 -> F3;
            case 0xf2 -> F2;
            default -> throw new IllegalArgumentException("no mandatory prefix: " + prefix);
        };
        if ((map & ~3) != 0 || (opcode & ~0xff) != 0) {
            throw new IllegalArgumentException("no opcode: map " + map + ", " + opcode);
        }
        return at(pp, map, opcode);
    }

    /** What an operand size of 2, 4 or 8 bytes adds to an opcode. */
    public static int size(int bytes) {
        return bytes == 4 ? 0 : bytes == 8 ? W : OPSIZE;
    }
}
