package dev.veery.vfio;

import dev.veery.base.Unsigned;
import dev.veery.linux.abi.Mman;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.sys.Mapping;
import dev.veery.linux.sys.SysException;
import dev.veery.linux.vfio.RegionInfo;
import dev.veery.linux.vfio.VfioDevice;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.DeviceWindow;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.memory.RamBlock;
import java.util.ArrayList;
import java.util.List;

/**
 * The base addresses of a device. Where VFIO allows it they are mapped into this process, and the guest reaches them without us
 * as long as the device answers; all else is a system call for each access. The kernel faults an access to a device that does
 * not decode memory or is not on, so what is shown is taken away before the device is told. With the machine lock held.
 */
final class DeviceBars implements AutoCloseable {
    private static final long PAGE = RamBlock.PAGE_SIZE;

    /** What is ours in a base address lies above what is mapped, and that above what is trapped. */
    static final int OURS = 2;

    private static final int MAPPED = 1;

    private record Window(Mapping mapping, DeviceWindow window, MemoryRegion region) {}

    private final VfioDevice device;
    private final AddressSpace memory;
    private final Object owner;
    private final boolean mapping;
    private final List<Window> windows = new ArrayList<>();
    private boolean shown;

    /**
     * None so far.
     *
     * @param memory guest physical memory
     * @param owner whose they are, as windows tell
     * @param mapping whether to map anything
     */
    DeviceBars(VfioDevice device, AddressSpace memory, Object owner, boolean mapping) {
        this.device = device;
        this.memory = memory;
        this.owner = owner;
        this.mapping = mapping;
    }

    /** A base address in memory: trapped, and where that can be done mapped. */
    MemoryRegion memory(String name, RegionInfo region, DeviceBar registers) {
        MemoryRegion bar = MemoryRegion.container(name, region.size());
        bar.addChild(0, MemoryRegion.mmio(name + " registers", region.size(), registers, AccessSizes.BYTE_TO_QWORD));
        for (RegionInfo.Area area : mapping ? region.mappable() : List.<RegionInfo.Area>of()) {
            if (((area.offset() | area.size()) & PAGE - 1) == 0
                    && area.size() > 0
                    && Unsigned.fits(area.offset(), area.size(), region.size())) {
                addWindow(bar, name, region, area, registers);
            }
        }
        return bar;
    }

    private void addWindow(
            MemoryRegion bar, String name, RegionInfo region, RegionInfo.Area area, DeviceBar registers) {
        boolean reads = (region.flags() & Vfio.VFIO_REGION_INFO_FLAG_READ) != 0;
        boolean writes = (region.flags() & Vfio.VFIO_REGION_INFO_FLAG_WRITE) != 0;
        if (!reads || !writes) {
            return;
        }
        Mapping mapped;
        try {
            mapped = Mapping.shared(
                    device.fd(), region.offset() + area.offset(), area.size(), Mman.PROT_READ | Mman.PROT_WRITE);
        } catch (SysException e) {
            // Trapped, it works as well.
            return;
        }
        DeviceWindow window = new DeviceWindow(owner, mapped.address(), area.size());
        MmioHandler trapped = registers.from(area.offset());
        MemoryRegion shows = MemoryRegion.window(name + " window", window, trapped);
        shows.setEnabled(false);
        bar.addChild(area.offset(), shows, MAPPED);
        windows.add(new Window(mapped, window, shows));
    }

    /** The device answers from now on. */
    void show() {
        if (!shown && !windows.isEmpty()) {
            shown = true;
            windows.forEach(each -> each.window.open());
            enable(true);
        }
    }

    /** The device is about to answer no more: nobody touches it when this returns. */
    void withdraw() {
        if (shown) {
            shown = false;
            windows.forEach(each -> each.window.close());
            enable(false);
        }
    }

    /** Whether the guest reaches the device without us. */
    boolean shown() {
        return shown;
    }

    private void enable(boolean on) {
        memory.begin();
        try {
            windows.forEach(each -> each.region.setEnabled(on));
        } finally {
            memory.commit();
        }
    }

    /** Withdraws and unmaps. */
    @Override
    public void close() {
        withdraw();
        windows.forEach(each -> each.mapping.close());
        windows.clear();
    }
}
