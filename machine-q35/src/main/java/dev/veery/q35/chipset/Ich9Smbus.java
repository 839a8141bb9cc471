package dev.veery.q35.chipset;

import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.register.RegisterBank;

/**
 * The SMBus host controller, D31:F3 (ICH9 chapter 21), with nothing on its bus: every transaction ends at once, because
 * no device acknowledges its address.
 */
public final class Ich9Smbus extends PciDevice implements MmioHandler {
    /** The type, which only the board makes. */
    public static final DeviceType TYPE = DeviceType.named("ICH9-SMB")
            .description("ICH9 SMBUS Bridge")
            .bus("PCI")
            .boardOnly()
            .build(config -> {
                throw new IllegalStateException("the board makes the SMBus controller");
            });

    private static final int PORTS = 32;
    private static final int BAR = 4;
    /** ICH9 21.1.15 HOSTC: HST_EN, SMB_SMI_EN, I2C_EN. */
    private static final int HOSTC = 0x40;

    private static final int HOSTC_ENABLE = 1;
    private static final int HOSTC_WRITABLE = 0x1f;

    static final int HST_STS = 0x00;
    static final int HST_CNT = 0x02;
    private static final int HST_CMD = 0x03;
    private static final int XMIT_SLVA = 0x04;
    private static final int HST_D0 = 0x05;
    private static final int HST_D1 = 0x06;
    private static final int HOST_BLOCK_DB = 0x07;
    private static final int AUX_CTL = 0x0d;
    private static final int STS_W1C = 0xfe;
    /** HST_STS.DEV_ERR: the addressed device did not answer. */
    static final int STS_DEV_ERR = 1 << 2;

    private static final int STS_INTERRUPTS = 0x1e;
    private static final int CNT_INTREN = 1;
    static final int CNT_START = 1 << 6;
    private static final int CNT_WRITABLE = 0x1d | 1 << 5 | 1 << 7;

    private final RegisterBank ports = new RegisterBank(PORTS);

    /** Makes it. */
    public Ich9Smbus(DeviceConfig config) {
        super(config, new PciIdentity(0x8086, 0x2930, 2, 0x0c0500, 0x1af4, 0x1100), PciRegs.CONFIG_SIZE, 1);
        config().declare(HOSTC, 1, 0, HOSTC_WRITABLE);
        addBar(BAR, PciBar.Kind.IO, MemoryRegion.mmio("smbus", PORTS, this, AccessSizes.BYTE));
        ports.declareWriteOneToClear(HST_STS, 1, STS_W1C);
        ports.declare(HST_CNT, 1, 0, CNT_WRITABLE);
        ports.declare(HST_CMD, 1, 0, 0xff);
        ports.declare(XMIT_SLVA, 1, 0, 0xff);
        ports.declare(HST_D0, 1, 0, 0xff);
        ports.declare(HST_D1, 1, 0, 0xff);
        ports.declare(HOST_BLOCK_DB, 1, 0, 0xff);
        ports.declare(AUX_CTL, 1, 0, 3);
    }

    @Override
    protected void onPciReset() {
        ports.reset();
    }

    @Override
    public long read(long offset, int size) {
        return ports.read((int) offset, size);
    }

    @Override
    public void write(long offset, int size, long value) {
        ports.write((int) offset, size, value);
        boolean start = offset == HST_CNT && (value & CNT_START) != 0;
        if (start && (config().get(HOSTC, 1) & HOSTC_ENABLE) != 0) {
            ports.setBits(HST_STS, 1, STS_DEV_ERR, true);
        }
        boolean interrupt = (ports.get(HST_STS, 1) & STS_INTERRUPTS) != 0;
        intx().set(interrupt && (ports.get(HST_CNT, 1) & CNT_INTREN) != 0);
    }

    /** What firmware writes: the controller is on. */
    public void setUpAsFirmware() {
        configWrite(HOSTC, 1, HOSTC_ENABLE);
    }
}
