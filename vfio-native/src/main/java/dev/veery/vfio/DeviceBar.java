package dev.veery.vfio;

import dev.veery.linux.vfio.RegionInfo;
import dev.veery.linux.vfio.VfioDevice;
import dev.veery.memory.MmioHandler;
import java.util.function.BooleanSupplier;

/**
 * A region of a device, accessed by system calls of exactly the guest's width. While the device does not answer, because
 * decoding or its power is off, nothing reaches it.
 */
final class DeviceBar implements MmioHandler {
    private final VfioDevice device;
    private final RegionInfo region;
    private final long base;
    private final BooleanSupplier answers;

    DeviceBar(VfioDevice device, RegionInfo region, BooleanSupplier answers) {
        this(device, region, 0, answers);
    }

    private DeviceBar(VfioDevice device, RegionInfo region, long base, BooleanSupplier answers) {
        this.device = device;
        this.region = region;
        this.base = base;
        this.answers = answers;
    }

    /** The same from an offset on. */
    DeviceBar from(long offset) {
        return new DeviceBar(device, region, base + offset, answers);
    }

    @Override
    public long read(long offset, int size) {
        return answers.getAsBoolean() ? device.read(region, base + offset, size) : -1L;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (answers.getAsBoolean()) {
            device.write(region, base + offset, size, value);
        }
    }
}
