package dev.veery.q35.vtd;

/** Registers of VT-d chapter 11, by offset, and their bits. */
final class VtdRegs {
    /** Bytes of the register window. */
    static final int WINDOW = 0x1000;

    /** 11.4.1 version, 32 bits. */
    static final int VER = 0x00;

    static final int VER_1_0 = 0x10;

    /** 11.4.2 capabilities. */
    static final int CAP = 0x08;

    /** 11.4.3 extended capabilities. */
    static final int ECAP = 0x10;

    /** 11.4.4 global command, 32 bits; GSTS has the same bits. */
    static final int GCMD = 0x18;

    static final int GSTS = 0x1c;
    static final int GCMD_TE = 1 << 31;
    static final int GCMD_SRTP = 1 << 30;
    static final int GCMD_QIE = 1 << 26;
    static final int GCMD_IRE = 1 << 25;
    static final int GCMD_SIRTP = 1 << 24;
    static final int GCMD_CFI = 1 << 23;

    /** 11.4.5 root table address. */
    static final int RTADDR = 0x20;

    static final long RTADDR_SCALABLE = 1 << 10;

    /** 11.4.6.1 context command. */
    static final int CCMD = 0x28;

    static final int CCMD_CIRG_SHIFT = 61;
    static final int CCMD_CAIG_SHIFT = 59;

    /** 11.4.7.1 fault status, 32 bits. */
    static final int FSTS = 0x34;

    static final int FSTS_PFO = 1;
    static final int FSTS_PPF = 1 << 1;
    static final int FSTS_IQE = 1 << 4;
    static final int FSTS_ICE = 1 << 5;
    static final int FSTS_ITE = 1 << 6;
    static final int FSTS_FRI_SHIFT = 8;

    /** 11.4.7.2 to 11.4.7.5 fault event: control, data, address, upper address, 32 bits each. */
    static final int FECTL = 0x38;

    /** 11.4.8 protected memory, 32 bits; the high region's addresses have 64. */
    static final int PMEN = 0x64;

    static final long PMEN_EPM = 1L << 31;
    static final int PMEN_PRS = 1;
    static final int PLMBASE = 0x68;
    static final int PLMLIMIT = 0x6c;
    static final int PHMBASE = 0x70;
    static final int PHMLIMIT = 0x78;

    /** 11.4.9 invalidation queue: head, tail, address; completion status and event. */
    static final int IQH = 0x80;

    static final int IQT = 0x88;
    static final int IQA = 0x90;
    static final long IQA_WIDE = 1 << 11;
    static final int ICS = 0x9c;
    static final int ICS_IWC = 1;
    static final int IECTL = 0xa0;

    /** 11.4.10 interrupt remapping table address. */
    static final int IRTA = 0xb8;

    static final long IRTA_EIME = 1 << 11;

    /** 11.4.6.2 the IOTLB registers: address and invalidate, at an offset that ECAP.IRO names. */
    static final int IVA = 0xf0;

    static final int IOTLB = 0xf8;
    static final int IOTLB_IIRG_SHIFT = 60;
    static final int IOTLB_IAIG_SHIFT = 57;

    /** The command bit of CCMD and IOTLB: set by software, cleared when done. */
    static final int COMMAND_BIT = 63;

    /** 11.4.7.6 fault recording registers, 16 bytes each, at an offset that CAP.FRO names. */
    static final int FRCD = 0x220;

    static final int FRCD_COUNT = 8;
    static final int FRCD_SIZE = 16;

    /** Most address bits that one page-selective invalidation may mask. */
    static final int MAX_ADDRESS_MASK = 18;

    private VtdRegs() {}
}
