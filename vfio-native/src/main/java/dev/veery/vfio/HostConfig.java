package dev.veery.vfio;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciRegs;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.vfio.RegionInfo;
import dev.veery.linux.vfio.VfioDevice;

/** The configuration space of the host's device, as far as it is not ours ({@link ConfigOverlay}). With the machine lock held. */
final class HostConfig {
    private final VfioDevice device;
    private final RegionInfo region;
    private final ConfigOverlay overlay;

    /**
     * Reads it.
     *
     * @param onRootBus where the guest sees the device
     */
    HostConfig(VfioDevice device, HostPciDevice hostDevice, boolean onRootBus) {
        this.device = device;
        region = device.region(Vfio.VFIO_PCI_CONFIG_REGION_INDEX);
        if (region.size() < PciRegs.CONFIG_SIZE) {
            throw new ConfigException("host device " + hostDevice + " shows no configuration space");
        }
        byte[] bytes = new byte[(int) Math.min(region.size(), PciRegs.EXPRESS_CONFIG_SIZE)];
        for (int i = 0; i < bytes.length; i += 4) {
            long dword = device.read(region, i, 4);
            for (int b = 0; b < 4; b++) {
                bytes[i + b] = (byte) (dword >>> 8 * b);
            }
        }
        overlay = new ConfigOverlay(bytes, onRootBus);
    }

    ConfigOverlay overlay() {
        return overlay;
    }

    static long ones(int size) {
        return -1L >>> 64 - 8 * size;
    }

    /** What the device has in the bits that are its own, zeros in the others. */
    long read(int offset, int size) {
        long theirs = theirs(offset, size);
        return theirs == 0 ? 0 : device.read(region, offset, size) & theirs;
    }

    /** The bits that are the device's own. */
    long theirs(int offset, int size) {
        return ones(size) & ~overlay.ours(offset, size);
    }

    /**
     * Writes the bytes that hold anything of the device's own, in the widest accesses that leave the others alone: a guest may
     * write COMMAND and STATUS at once, and COMMAND is for {@link #command} to set.
     */
    void write(int offset, int size, long value) {
        long theirs = theirs(offset, size);
        for (int at = 0; at < size; ) {
            int width = size;
            while (width > 1 && (at % width != 0 || !everyByte(theirs >>> 8 * at, width))) {
                width >>= 1;
            }
            if (everyByte(theirs >>> 8 * at, width)) {
                device.write(region, offset + at, width, (value & theirs) >>> 8 * at & ones(width));
            }
            at += width;
        }
    }

    /** Whether each of the low {@code width} bytes has a bit set. */
    private static boolean everyByte(long mask, int width) {
        for (int i = 0; i < width; i++) {
            if ((mask >>> 8 * i & 0xff) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Sets COMMAND, which decides whether the kernel lets anybody reach the device's registers. */
    void command(int value) {
        device.write(region, PciRegs.COMMAND, 2, value);
    }

    /** Whether the power state may change when {@code size} bytes at {@code offset} are written. */
    boolean concernsPower(int offset, int size) {
        int pmcsr = overlay.power() + ConfigOverlay.PMCSR;
        return overlay.power() != 0 && offset <= pmcsr && offset + size > pmcsr;
    }

    /** The power state, 0 (on) to 3; only for a device with power management. */
    int powerState() {
        return (int) device.read(region, overlay.power() + ConfigOverlay.PMCSR, 2) & ConfigOverlay.PMCSR_STATE;
    }

    /** Leaves a low power state. */
    void powerOn() {
        if (overlay.power() != 0 && powerState() != 0) {
            int pmcsr = overlay.power() + ConfigOverlay.PMCSR;
            device.write(region, pmcsr, 2, device.read(region, pmcsr, 2) & ~ConfigOverlay.PMCSR_STATE);
        }
    }
}
