package dev.veery.q35.chipset;

import dev.veery.bus.pci.IntxSink;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.irq.IrqLine;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import dev.veery.time.VirtualClock;

/** The LPC bridge, D31:F0 (ICH9 chapter 13). */
public final class Ich9Lpc extends PciDevice {
    /** The property that says who manages slots: ACPI, or the ports. In front, for the type needs it. */
    public static final String ACPI_HOTPLUG = "acpi-pci-hotplug-with-bridge-support";

    /** The type, which only the board makes. */
    public static final DeviceType TYPE = DeviceType.named("ICH9-LPC")
            .description("ICH9 LPC bridge")
            .bus("PCI")
            .boardOnly()
            .property(Property.bool(ACPI_HOTPLUG, true, "PCI hot plug by ACPI instead of by the ports themselves"))
            .build(config -> {
                throw new IllegalStateException("the board makes the LPC bridge");
            });

    /** ICH9 13.1.13 to 13.1.35. */
    static final int PMBASE = 0x40;

    static final int ACPI_CNTL = 0x44;
    private static final int GPIOBASE = 0x48;
    private static final int GC = 0x4c;
    static final int PIRQA_ROUT = 0x60;
    private static final int SIRQ_CNTL = 0x64;
    static final int PIRQE_ROUT = 0x68;
    private static final int LPC_I_O_DEC = 0x80;
    private static final int LPC_EN = 0x82;
    private static final int GEN1_DEC = 0x84;
    private static final int GEN_PMCON_1 = 0xa0;
    private static final int FWH_SEL1 = 0xd0;
    private static final int FWH_DEC_EN1 = 0xd8;
    private static final int BIOS_CNTL = 0xdc;
    static final int RCBA = 0xf0;

    private static final int PMBASE_WRITABLE = 0xff80;
    private static final int IO_INDICATOR = 1;
    private static final int ACPI_EN = 1 << 7;
    private static final int SCI_IRQ_SEL = 7;
    /** The I/O APIC input of PIRQA. */
    private static final int FIRST_PIRQ_INPUT = 16;

    private static final int PINS = 4;
    private static final int PIRQ_ROUT_RESET = 0x80;
    private static final int PIRQ_ROUT_WRITABLE = 0x8f;
    private static final int RCBA_ENABLE = 1;
    private static final long RCBA_BASE = 0xffff_c000L;
    /** ICH9 13.1.14: the interrupt that each SCI_IRQ_SEL chooses; two values are reserved. */
    private static final int[] SCI_GSI = {9, 10, 11, -1, 20, 21, -1, -1};

    private final MemoryRegion memory;
    private final MemoryRegion io;
    private final MemoryRegion pmRegion;
    private final MemoryRegion rcbaRegion;
    private final PirqRouter router;
    private final RootComplex rootComplex;
    private final AcpiPm pm;
    private final IrqLine[] gsi;
    private int sciGsi = SCI_GSI[0];
    private boolean sciLevel;

    /**
     * Makes it.
     *
     * @param memory where the root complex registers appear
     * @param io where the power-management block appears
     * @param gsi interrupt wires 0 to 23, one source of each; those below 16 also end at the 8259s
     * @param sci as {@code gsi}, another source of each: for the system control interrupt
     * @param powerOff asked for when the guest enters S5
     */
    public Ich9Lpc(
            DeviceConfig config,
            MemoryRegion memory,
            MemoryRegion io,
            IrqLine[] gsi,
            IrqLine[] sci,
            VirtualClock clock,
            Runnable powerOff) {
        super(config, new PciIdentity(0x8086, 0x2918, 2, 0x060100, 0x1af4, 0x1100), PciRegs.CONFIG_SIZE, 0);
        this.memory = memory;
        this.io = io;
        this.gsi = sci;
        IrqLine[] apic = new IrqLine[PirqRouter.PIRQS];
        System.arraycopy(gsi, FIRST_PIRQ_INPUT, apic, 0, apic.length);
        router = new PirqRouter(apic, gsi);
        rootComplex = new RootComplex(router);
        pm = new AcpiPm(clock, this::setSci, powerOff);
        pmRegion = MemoryRegion.mmio("acpi-pm", AcpiPm.LENGTH, pm);
        rcbaRegion = MemoryRegion.mmio("rcba", RootComplex.LENGTH, rootComplex);
        setMultifunction();
        declareRegisters();
    }

    private void declareRegisters() {
        config().declare(PMBASE, 4, IO_INDICATOR, PMBASE_WRITABLE);
        config().declare(ACPI_CNTL, 1, 0, ACPI_EN | SCI_IRQ_SEL);
        config().declare(GPIOBASE, 4, IO_INDICATOR, 0xffc0);
        config().declare(GC, 1, 0, 0x11);
        for (int i = 0; i < 4; i++) {
            config().declare(PIRQA_ROUT + i, 1, PIRQ_ROUT_RESET, PIRQ_ROUT_WRITABLE);
            config().declare(PIRQE_ROUT + i, 1, PIRQ_ROUT_RESET, PIRQ_ROUT_WRITABLE);
        }
        config().declare(SIRQ_CNTL, 1, 0x10, 0xff);
        config().declare(LPC_I_O_DEC, 2, 0, 0x1377);
        config().declare(LPC_EN, 2, 0, 0x3fff);
        for (int i = 0; i < 4; i++) {
            config().declare(GEN1_DEC + 4 * i, 4, 0, 0xfc_fffdL);
        }
        config().declare(GEN_PMCON_1, 2, 0, 0x07bf);
        config().declare(FWH_SEL1, 4, 0x0011_2233, 0xffff_ffffL);
        config().declare(FWH_DEC_EN1, 2, 0xffcf, 0xffcf);
        config().declare(BIOS_CNTL, 1, 0, 0x23);
        config().declare(RCBA, 4, 0, RCBA_BASE | RCBA_ENABLE);
    }

    /** The power-management block. */
    public AcpiPm pm() {
        return pm;
    }

    /** Where the interrupt pins of bus 0 end. */
    public IntxSink intxSink() {
        return router;
    }

    /** The guest ended a level-triggered interrupt of an I/O APIC input. */
    public void apicInputEnded(int input) {
        int pirq = input - FIRST_PIRQ_INPUT;
        if (pirq >= 0 && pirq < PirqRouter.PIRQS) {
            router.ended(pirq);
        }
    }

    /** The guest ended an interrupt of the 8259s. */
    public void isaInterruptEnded(int irq) {
        router.endedIsa(irq);
    }

    /** The 8259 input that a pin (0 for INTA) of a slot of bus 0 reaches, or 255 for none. */
    public int isaIrqOf(int slot, int pin) {
        int pirq = router.pirqOf(slot, pin);
        int value = (int) config().get(pirq < 4 ? PIRQA_ROUT + pirq : PIRQE_ROUT + pirq - 4, 1);
        return (value & PIRQ_ROUT_RESET) != 0 ? 0xff : value & 0xf;
    }

    /** The I/O APIC input that pin {@code rootPin} % 4 of slot {@code rootPin} / 4 of bus 0 drives; -1 if the 8259s hear of it too. */
    public int apicInputOf(int rootPin) {
        int pirq = router.pirqOf(rootPin / PINS, rootPin % PINS);
        return router.reachesIsa(pirq) ? -1 : FIRST_PIRQ_INPUT + pirq;
    }

    /** Has {@code changed} called whenever {@link #apicInputOf} may answer something else. */
    public void onPinsMoved(Runnable changed) {
        router.onChanged(changed);
    }

    private void setSci(boolean level) {
        sciLevel = level;
        if (sciGsi >= 0) {
            gsi[sciGsi].set(level);
        }
    }

    @Override
    protected void onPciReset() {
        pm.reset();
        rootComplex.reset();
        updatePm();
        updateRoutes();
        updateRcba();
    }

    @Override
    protected void onConfigWritten(int offset, int size) {
        if (offset < ACPI_CNTL + 1 && offset + size > PMBASE) {
            updatePm();
        }
        if (offset < PIRQE_ROUT + 4 && offset + size > PIRQA_ROUT) {
            updateRoutes();
        }
        if (offset < RCBA + 4 && offset + size > RCBA) {
            updateRcba();
        }
    }

    private void updatePm() {
        int control = (int) config().get(ACPI_CNTL, 1);
        int selected = SCI_GSI[control & SCI_IRQ_SEL];
        if (selected != sciGsi) {
            boolean level = sciLevel;
            setSci(false);
            sciGsi = selected;
            setSci(level);
        }
        if (pmRegion.parent() != null) {
            io.removeChild(pmRegion);
        }
        long base = config().get(PMBASE, 4) & PMBASE_WRITABLE;
        if ((control & ACPI_EN) != 0 && base != 0) {
            io.addChild(base, pmRegion);
        }
    }

    private void updateRoutes() {
        for (int i = 0; i < 4; i++) {
            router.setRoute(i, (int) config().get(PIRQA_ROUT + i, 1));
            router.setRoute(4 + i, (int) config().get(PIRQE_ROUT + i, 1));
        }
    }

    private void updateRcba() {
        long value = config().get(RCBA, 4);
        if (rcbaRegion.parent() != null) {
            memory.removeChild(rcbaRegion);
        }
        if ((value & RCBA_ENABLE) != 0) {
            memory.addChild(value & RCBA_BASE, rcbaRegion, 1);
        }
    }

    /**
     * What firmware writes.
     *
     * @param pmBase I/O base of the power-management block
     * @param rcba address of the root complex registers
     * @param pirqs for PIRQA to PIRQH the 8259 input
     */
    public void setUpAsFirmware(int pmBase, long rcba, int... pirqs) {
        configWrite(PMBASE, 4, pmBase);
        configWrite(ACPI_CNTL, 1, ACPI_EN);
        configWrite(RCBA, 4, rcba | RCBA_ENABLE);
        for (int i = 0; i < PirqRouter.PIRQS; i++) {
            configWrite(i < 4 ? PIRQA_ROUT + i : PIRQE_ROUT + i - 4, 1, pirqs[i]);
        }
        pm.setUpAsFirmware();
    }
}
