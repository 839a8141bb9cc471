package dev.veery.device.e1000e;

/** Registers and their bits (10.2), with the datasheet's names. */
final class Regs {
    static final int CTRL = 0x0000;
    static final int CTRL_SLU = 1 << 6;
    static final int CTRL_GIO_MASTER_DISABLE = 1 << 2;
    static final int CTRL_RST = 1 << 26;
    static final int CTRL_VME = 1 << 30;
    static final int CTRL_PHY_RST = 1 << 31;
    static final int STATUS = 0x0008;
    static final int STATUS_FD = 1;
    static final int STATUS_LU = 1 << 1;
    static final int STATUS_SPEED_1000 = 2 << 6;
    static final int STATUS_PHYRA = 1 << 10;
    static final int STATUS_GIO_MASTER = 1 << 19;
    static final int EECD = 0x0010;
    static final int EECD_REQ = 1 << 6;
    static final int EECD_GNT = 1 << 7;
    static final int EECD_PRES = 1 << 8;
    static final int EECD_AUTO_RD = 1 << 9;
    static final int EERD = 0x0014;
    static final int CTRL_EXT = 0x0018;
    static final int CTRL_EXT_EE_RST = 1 << 13;
    static final int CTRL_EXT_EIAME = 1 << 24;
    static final int CTRL_EXT_IAME = 1 << 27;
    static final int CTRL_EXT_PBA_CLR = 1 << 31;
    static final int MDIC = 0x0020;
    static final int FCAL = 0x0028;
    static final int FCAH = 0x002c;
    static final int FCT = 0x0030;
    static final int VET = 0x0038;
    static final int ICR = 0x00c0;
    static final int ITR = 0x00c4;
    static final int ICS = 0x00c8;
    static final int IMS = 0x00d0;
    static final int IMC = 0x00d8;
    static final int EIAC = 0x00dc;
    static final int IAM = 0x00e0;
    static final int IVAR = 0x00e4;
    static final int EITR = 0x00e8;
    static final int RCTL = 0x0100;
    static final int RCTL_EN = 1 << 1;
    static final int RCTL_UPE = 1 << 3;
    static final int RCTL_MPE = 1 << 4;
    static final int RCTL_LPE = 1 << 5;
    static final int RCTL_DTYP_SHIFT = 10;
    static final int RCTL_MO_SHIFT = 12;
    static final int RCTL_BAM = 1 << 15;
    static final int RCTL_BSIZE_SHIFT = 16;
    static final int RCTL_VFE = 1 << 18;
    static final int RCTL_BSEX = 1 << 25;
    static final int RCTL_SECRC = 1 << 26;
    static final int RCTL_FLXBUF_SHIFT = 27;
    static final int TCTL = 0x0400;
    static final int TCTL_EN = 1 << 1;
    static final int EXTCNF_CTRL = 0x0f00;
    static final int EEMNGCTL = 0x1010;
    static final int EEMNGCTL_CFG_DONE = 1 << 18;
    static final int EEWR = 0x102c;
    static final int PSRCTL = 0x2170;
    static final int RDBAL = 0x2800;
    static final int RDBAH = 0x2804;
    static final int RDLEN = 0x2808;
    static final int RDH = 0x2810;
    static final int RDT = 0x2818;
    static final int TDBAL = 0x3800;
    static final int TDBAH = 0x3804;
    static final int TDLEN = 0x3808;
    static final int TDH = 0x3810;
    static final int TDT = 0x3818;
    static final int QUEUE_STRIDE = 0x100;
    static final int STATISTICS = 0x4000;
    static final int STATISTICS_END = 0x4128;
    static final int GPRC = 0x4074;
    static final int BPRC = 0x4078;
    static final int MPRC = 0x407c;
    static final int GPTC = 0x4080;
    static final int GORCL = 0x4088;
    static final int GOTCL = 0x4090;
    static final int TORL = 0x40c0;
    static final int TOTL = 0x40c8;
    static final int TPR = 0x40d0;
    static final int TPT = 0x40d4;
    static final int RXCSUM = 0x5000;
    static final int RXCSUM_IPOFL = 1 << 8;
    static final int RXCSUM_TUOFL = 1 << 9;
    static final int RFCTL = 0x5008;
    static final int RFCTL_EXTEN = 1 << 15;
    static final int MTA = 0x5200;
    static final int MTA_REGISTERS = 128;
    static final int RAL = 0x5400;
    static final int RA_ENTRIES = 16;
    static final int RAH_AV = 1 << 31;
    static final int VFTA = 0x5600;
    static final int VFTA_REGISTERS = 128;
    static final int MRQC = 0x5818;
    static final int SWSM = 0x5b50;
    static final int RETA = 0x5c00;
    static final int RSSRK = 0x5c80;

    /** What the registers take up of the 128 KiB window. */
    static final int SIZE = 0x10000;

    /** 10.2.4.1 interrupt causes. */
    static final int ICR_TXDW = 1;

    static final int ICR_TXQE = 1 << 1;
    static final int ICR_LSC = 1 << 2;
    static final int ICR_RXT0 = 1 << 7;
    static final int ICR_RXQ0 = 1 << 20;
    static final int ICR_RXQ1 = 1 << 21;
    static final int ICR_TXQ0 = 1 << 22;
    static final int ICR_TXQ1 = 1 << 23;
    static final int ICR_OTHER = 1 << 24;
    static final int ICR_INT_ASSERTED = 1 << 31;

    private Regs() {}
}
