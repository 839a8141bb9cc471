package dev.veery.q35.chipset;

import dev.veery.base.Units;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;

/** The DRAM controller and host bridge, D0:F0 (MCH chapter 5). */
public final class Mch extends PciDevice {
    /** The type, which only the board makes. */
    public static final DeviceType TYPE = DeviceType.named("mch")
            .description("Host bridge")
            .bus("PCI")
            .boardOnly()
            .build(config -> {
                throw new IllegalStateException("the board makes the host bridge");
            });

    /** MCH 5.1.16 PCIEXBAR: the memory window of configuration space. */
    static final int PCIEXBAR = 0x60;

    private static final long PCIEXBAR_ENABLE = 1;
    private static final int PCIEXBAR_LENGTH_SHIFT = 1;
    private static final long PCIEXBAR_WRITABLE = 0xf_fc00_0007L;
    /** MCH 5.1.18 PAM0. */
    static final int PAM0 = 0x90;
    /** MCH 5.1.25 LAC, legacy access control. */
    private static final int LAC = 0x97;
    /** MCH 5.1.27 SMRAM. */
    static final int SMRAM = 0x9d;

    private static final int SMRAM_G_SMRAME = 1 << 3;
    private static final int SMRAM_D_LCK = 1 << 4;
    private static final int SMRAM_D_CLS = 1 << 5;
    private static final int SMRAM_D_OPEN = 1 << 6;
    /** C_BASE_SEG, fixed: the segment at A0000h. */
    private static final int SMRAM_RESET = 2;

    private static final int SMRAM_WRITABLE = SMRAM_G_SMRAME | SMRAM_D_LCK | SMRAM_D_CLS | SMRAM_D_OPEN;
    /** MCH 5.1.28 ESMRAMC: cache bits, always set; TSEG latched. */
    private static final int ESMRAMC = 0x9e;

    private static final int ESMRAMC_RESET = 0x38;
    private static final int ESMRAMC_WRITABLE = 0x47;
    /** MCH 5.1.29 TOM, 64 MiB units; 5.1.30 TOUUD, 1 MiB units; 5.1.35 TOLUD, 1 MiB units in bits 15:4. */
    private static final int TOM = 0xa0;

    private static final int TOUUD = 0xa2;
    private static final int TOLUD = 0xb0;

    private static final long SMRAM_BASE = 0xa_0000L;
    private static final long SMRAM_SIZE = 0x2_0000L;
    /** From A0000h to the end of the first megabyte. */
    private static final long LEGACY_SIZE = 0x6_0000L;

    private final MemoryRegion memory;
    private final MemoryRegion ecam;
    private final MemoryRegion legacyVideo;
    private final PamWindows pam;

    /**
     * Makes it and puts its windows into the system's memory.
     *
     * @param memory the system's memory
     * @param lowRam RAM from address 0
     * @param pciMemory what the bridge forwards to PCI
     * @param ecam the handler behind PCIEXBAR
     */
    public Mch(
            DeviceConfig config, MemoryRegion memory, MemoryRegion lowRam, MemoryRegion pciMemory, MmioHandler ecam) {
        super(config, new PciIdentity(0x8086, 0x29c0, 0, 0x060000, 0x1af4, 0x1100), PciRegs.CONFIG_SIZE, 0);
        this.memory = memory;
        this.ecam = MemoryRegion.mmio("pcie-ecam", 256 * Units.MIB, ecam);
        // A window on PCI is opaque: what no device claims does not show the RAM below.
        pciMemory.addChild(
                SMRAM_BASE, MemoryRegion.mmio("pci-unclaimed", LEGACY_SIZE, new Unclaimed()), Integer.MIN_VALUE);
        legacyVideo = MemoryRegion.alias("smram-window", pciMemory, SMRAM_BASE, SMRAM_SIZE);
        memory.addChild(SMRAM_BASE, legacyVideo, 1);
        pam = new PamWindows(memory, lowRam, pciMemory);
        config().declare(PCIEXBAR, 8, 0, PCIEXBAR_WRITABLE);
        config().declare(PAM0, 1, 0, 0x30);
        config().declare(PAM0 + 1, 6, 0, 0x3333_3333_3333L);
        config().declare(LAC, 1, 0, 0x83);
        config().declare(SMRAM, 1, SMRAM_RESET, SMRAM_WRITABLE);
        config().declare(ESMRAMC, 1, ESMRAMC_RESET, ESMRAMC_WRITABLE);
        config().declare(TOM, 2, 0, 0x1ff);
        config().declare(TOUUD, 2, 0, 0xffff);
        config().declare(TOLUD, 2, 0, 0xfff0);
    }

    @Override
    protected void onPciReset() {
        config().setWritableMask(SMRAM, 1, SMRAM_WRITABLE);
        config().setWritableMask(ESMRAMC, 1, ESMRAMC_WRITABLE);
        updateEcam();
        updatePam();
        updateSmram();
    }

    @Override
    protected void onConfigWritten(int offset, int size) {
        if (offset < PCIEXBAR + 8 && offset + size > PCIEXBAR) {
            updateEcam();
        }
        if (offset < PAM0 + PamWindows.REGISTERS && offset + size > PAM0) {
            updatePam();
        }
        if (offset <= SMRAM && offset + size > SMRAM) {
            updateSmram();
        }
    }

    private void updateEcam() {
        long value = config().get(PCIEXBAR, 8);
        if (ecam.parent() != null) {
            memory.removeChild(ecam);
        }
        int length = (int) value >> PCIEXBAR_LENGTH_SHIFT & 3;
        if ((value & PCIEXBAR_ENABLE) == 0 || length == 3) {
            return;
        }
        long size = 256 * Units.MIB >> length;
        ecam.setSize(size);
        memory.addChild(value & PCIEXBAR_WRITABLE & -size, ecam, 1);
    }

    private void updatePam() {
        for (int i = 0; i < PamWindows.REGISTERS; i++) {
            pam.update(i, (int) config().get(PAM0 + i, 1));
        }
    }

    /** MCH 5.1.27: while open, A0000h to BFFFFh shows RAM; once locked it stays closed until reset. */
    private void updateSmram() {
        int value = (int) config().get(SMRAM, 1);
        if ((value & SMRAM_D_LCK) != 0) {
            value &= ~SMRAM_D_OPEN;
            config().set(SMRAM, 1, value);
            config().setWritableMask(SMRAM, 1, SMRAM_D_CLS);
            config().setWritableMask(ESMRAMC, 1, 0);
        }
        boolean open = (value & (SMRAM_G_SMRAME | SMRAM_D_OPEN | SMRAM_D_CLS)) == (SMRAM_G_SMRAME | SMRAM_D_OPEN);
        legacyVideo.setEnabled(!open);
    }

    /**
     * What firmware writes: the window of configuration space, RAM in all of the BIOS area, and where RAM ends.
     *
     * @param ecamBase a multiple of 256 MiB
     * @param lowEnd end of RAM below 4 GiB
     * @param highEnd end of RAM above 4 GiB, or 4 GiB
     */
    public void setUpAsFirmware(long ecamBase, long lowEnd, long highEnd) {
        configWrite(PCIEXBAR, 4, 0);
        configWrite(PCIEXBAR + 4, 4, ecamBase >>> 32);
        configWrite(PCIEXBAR, 4, ecamBase & 0xffff_ffffL | PCIEXBAR_ENABLE);
        configWrite(PAM0, 1, 0x30);
        for (int i = 1; i < PamWindows.REGISTERS; i++) {
            configWrite(PAM0 + i, 1, 0x33);
        }
        configWrite(TOM, 2, Math.max(lowEnd, highEnd) / (64 * Units.MIB));
        configWrite(TOUUD, 2, highEnd / Units.MIB);
        configWrite(TOLUD, 2, lowEnd / Units.MIB << 4);
    }

    /** A master abort. */
    private static final class Unclaimed implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return -1L;
        }

        @Override
        public void write(long offset, int size, long value) {
            // Nobody claims the cycle.
        }
    }
}
