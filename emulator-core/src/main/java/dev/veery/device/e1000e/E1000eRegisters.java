package dev.veery.device.e1000e;

import dev.veery.memory.MmioHandler;
import dev.veery.register.RegisterBank;

/** The registers in memory and what writing them does. */
final class E1000eRegisters implements MmioHandler {
    private static final int ALL = -1;

    /** Registers that just keep what is written (10.2). */
    private static final int[] PLAIN = {
        Regs.FCAL,
        Regs.FCAH,
        Regs.FCT,
        0x0170,
        Regs.ITR,
        Regs.EIAC,
        Regs.IAM,
        Regs.IVAR,
        Regs.RCTL,
        0x0178,
        Regs.TCTL,
        0x0404,
        0x0410,
        0x0458,
        0x0e00,
        0x0f08,
        0x0f10,
        0x1000,
        0x1008,
        0x2008,
        0x2160,
        0x2168,
        Regs.PSRCTL,
        0x2820,
        0x282c,
        0x2828,
        0x2928,
        0x3820,
        0x382c,
        0x3828,
        0x3928,
        0x3840,
        0x3940,
        Regs.RXCSUM,
        Regs.RFCTL,
        0x5800,
        0x5808,
        0x5820,
        0x5860,
        Regs.MRQC,
        0x5b00,
        0x5b5c,
        0x5b64,
        0xb600,
        0xb604,
        0xb608,
        0xb614,
        0xb620,
        0xb634,
        0xb638
    };

    /** What the registers make happen. */
    interface Actions {
        /** CTRL.RST. */
        void softwareReset();

        /** A transmit tail moved. */
        void transmit(int queue);

        /** The receive queue has room, or is switched on. */
        void roomToReceive();
    }

    private final RegisterBank bank = new RegisterBank(Regs.SIZE);
    private final Interrupts interrupts;
    private final Phy phy;
    private final Nvm nvm;
    private final Actions actions;

    E1000eRegisters(long mac, Interrupts.Output output, Actions actions) {
        this.actions = actions;
        interrupts = new Interrupts(bank, output);
        phy = new Phy(() -> interrupts.raise(Regs.ICR_LSC));
        nvm = new Nvm(mac);
        declare(mac);
    }

    private void declare(long mac) {
        for (int register : PLAIN) {
            bank.declare(register, 4, 0, ALL);
        }
        int link = Regs.STATUS_FD | Regs.STATUS_LU | Regs.STATUS_SPEED_1000 | Regs.STATUS_PHYRA;
        bank.declare(Regs.CTRL, 4, Regs.CTRL_SLU | 2 << 8 | 1, ~(Regs.CTRL_RST | Regs.CTRL_PHY_RST))
                .declare(Regs.CTRL_EXT, 4, 0, ~(Regs.CTRL_EXT_EE_RST | Regs.CTRL_EXT_PBA_CLR))
                .declare(Regs.STATUS, 4, link | Regs.STATUS_GIO_MASTER, 0)
                .declare(Regs.EECD, 4, Regs.EECD_PRES | Regs.EECD_AUTO_RD, Regs.EECD_REQ)
                .declare(Regs.VET, 4, 0x8100, 0xffff)
                .declare(Regs.EXTCNF_CTRL, 4, 0, ALL)
                .declare(Regs.EEMNGCTL, 4, Regs.EEMNGCTL_CFG_DONE, 0)
                .declare(Regs.EEWR, 4, 2, 0)
                .declare(Regs.SWSM, 4, 1, 0xf)
                .declare(0x1000, 4, 0x0014_0014, ALL);
        for (int i = 0; i < 5; i++) {
            bank.declare(Regs.EITR + 4 * i, 4, 0, 0xffff);
        }
        for (int queue = 0; queue < 2; queue++) {
            declareRing(Regs.RDBAL + Regs.QUEUE_STRIDE * queue);
            declareRing(Regs.TDBAL + Regs.QUEUE_STRIDE * queue);
        }
        declareArray(Regs.MTA, Regs.MTA_REGISTERS);
        declareArray(Regs.VFTA, Regs.VFTA_REGISTERS);
        declareArray(Regs.RETA, 32);
        declareArray(Regs.RSSRK, 10);
        declareArray(Regs.RAL, 2 * Regs.RA_ENTRIES);
        bank.declare(Regs.RAL, 8, mac | (long) Regs.RAH_AV << 32, -1L);
    }

    private void declareRing(int base) {
        bank.declare(base, 4, 0, ~0xf)
                .declare(base + 4, 4, 0, ALL)
                .declare(base + Regs.RDLEN - Regs.RDBAL, 4, 0, 0xf_ff80)
                .declare(base + Regs.RDH - Regs.RDBAL, 4, 0, 0xffff)
                .declare(base + Regs.RDT - Regs.RDBAL, 4, 0, 0xffff);
    }

    private void declareArray(int base, int count) {
        for (int i = 0; i < count; i++) {
            bank.declare(base + 4 * i, 4, 0, ALL);
        }
    }

    RegisterBank bank() {
        return bank;
    }

    Interrupts interrupts() {
        return interrupts;
    }

    /** As after power-on or CTRL.RST. */
    void reset() {
        bank.reset();
        phy.reset();
        interrupts.reset();
    }

    @Override
    public long read(long offset, int size) {
        int at = (int) offset & ~3;
        if (at == Regs.ICR) {
            return interrupts.readCause() & 0xffff_ffffL;
        }
        if (at >= Regs.SIZE) {
            return 0;
        }
        long value = bank.get(at, 4);
        if (at >= Regs.STATISTICS && at < Regs.STATISTICS_END) {
            // 10.2.7: counters start anew when they are read.
            bank.set(at, 4, 0);
        }
        return value;
    }

    @Override
    public void write(long offset, int size, long data) {
        int at = (int) offset & ~3;
        if (at >= Regs.SIZE) {
            return;
        }
        int value = (int) data;
        bank.write(at, 4, value);
        switch (at) {
            case Regs.CTRL:
                writeControl(value);
                break;
            case Regs.EECD:
                bank.setBits(Regs.EECD, 4, Regs.EECD_GNT, (value & Regs.EECD_REQ) != 0);
                break;
            case Regs.EERD:
                bank.set(Regs.EERD, 4, nvm.read(value));
                break;
            case Regs.EEWR:
                bank.set(Regs.EEWR, 4, nvm.write(value));
                break;
            case Regs.MDIC:
                bank.set(Regs.MDIC, 4, phy.command(value));
                break;
            case Regs.ICR:
                interrupts.clear(value);
                break;
            case Regs.ICS:
                interrupts.raise(value & ~Regs.ICR_INT_ASSERTED);
                break;
            case Regs.IMS:
                interrupts.unmask(value & ~Regs.ICR_INT_ASSERTED);
                break;
            case Regs.IMC:
                interrupts.mask(value);
                break;
            default:
                writeQueues(at);
                break;
        }
    }

    private void writeControl(int value) {
        if ((value & Regs.CTRL_RST) != 0) {
            actions.softwareReset();
            return;
        }
        if ((value & Regs.CTRL_PHY_RST) != 0) {
            phy.reset();
        }
        boolean disabled = (value & Regs.CTRL_GIO_MASTER_DISABLE) != 0;
        bank.setBits(Regs.STATUS, 4, Regs.STATUS_GIO_MASTER, !disabled);
    }

    private void writeQueues(int at) {
        switch (at) {
            case Regs.TDT:
                actions.transmit(0);
                break;
            case Regs.TDT + Regs.QUEUE_STRIDE:
                actions.transmit(1);
                break;
            case Regs.TCTL:
                actions.transmit(0);
                actions.transmit(1);
                break;
            case Regs.RDT:
            case Regs.RCTL:
                actions.roomToReceive();
                break;
            default:
                break;
        }
    }

    /** Counts good frames (10.2.7). */
    void count(boolean sent, int length, boolean broadcast, boolean multicast) {
        add(sent ? Regs.GPTC : Regs.GPRC, 1);
        add(sent ? Regs.TPT : Regs.TPR, 1);
        addWide(sent ? Regs.GOTCL : Regs.GORCL, length + 4L);
        addWide(sent ? Regs.TOTL : Regs.TORL, length + 4L);
        if (!sent && broadcast) {
            add(Regs.BPRC, 1);
        } else if (!sent && multicast) {
            add(Regs.MPRC, 1);
        }
    }

    private void add(int counter, int more) {
        bank.set(counter, 4, Math.min(bank.get(counter, 4) + more, 0xffff_ffffL));
    }

    private void addWide(int counter, long more) {
        bank.set(counter, 8, bank.get(counter, 8) + more);
    }
}
