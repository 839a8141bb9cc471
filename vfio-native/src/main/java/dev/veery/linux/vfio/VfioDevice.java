package dev.veery.linux.vfio;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Iommufds;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.sys.Fd;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A device of VFIO's: its regions, its interrupts, its reset. {@link #read} and {@link #write} share a buffer: one thread at
 * a time.
 */
public final class VfioDevice implements AutoCloseable {
    private final Fd fd;
    private final long word = OffHeap.allocate(Long.BYTES);
    private boolean closed;

    VfioDevice(Fd fd) {
        this.fd = fd;
    }

    /** Opens the device's own file, {@code /dev/vfio/devices/vfioN}; it is usable once bound. */
    public static VfioDevice open(String path) {
        return new VfioDevice(Fd.open(path, Fcntl.O_RDWR, 0));
    }

    /** A device's own file that this process was started with. */
    public static VfioDevice inherited(int descriptor) {
        return new VfioDevice(Fd.inherited(descriptor));
    }

    /** The file, for mapping its regions. */
    public Fd fd() {
        return fd;
    }

    // ---- iommufd

    /** Binds it to an iommufd; until it is attached its DMA is blocked. Returns its id there. */
    public int bind(Fd iommufd) {
        long bind = OffHeap.allocate(Iommufds.SIZEOF_BIND);
        try {
            OffHeap.putInt(bind, Iommufds.SIZEOF_BIND);
            OffHeap.putInt(bind + Iommufds.BIND_IOMMUFD, iommufd.number());
            fd.ioctl("VFIO_DEVICE_BIND_IOMMUFD", Iommufds.VFIO_DEVICE_BIND_IOMMUFD, bind);
            return OffHeap.getInt(bind + Iommufds.BIND_DEVICE);
        } finally {
            OffHeap.free(bind);
        }
    }

    /** Attaches it to an address space of its iommufd, in place of any it had. */
    public void attach(int addressSpace) {
        long attach = OffHeap.allocate(Iommufds.SIZEOF_ATTACH);
        try {
            OffHeap.putInt(attach, Iommufds.SIZEOF_ATTACH);
            OffHeap.putInt(attach + Iommufds.ATTACH_ID, addressSpace);
            fd.ioctl("VFIO_DEVICE_ATTACH_IOMMUFD_PT", Iommufds.VFIO_DEVICE_ATTACH_IOMMUFD_PT, attach);
        } finally {
            OffHeap.free(attach);
        }
    }

    // ---- what it has

    /** {@code VFIO_DEVICE_FLAGS_*}. */
    public int flags() {
        long info = OffHeap.allocate(Vfio.SIZEOF_DEVICE_INFO);
        try {
            OffHeap.putInt(info, Vfio.SIZEOF_DEVICE_INFO);
            fd.ioctl("VFIO_DEVICE_GET_INFO", Vfio.VFIO_DEVICE_GET_INFO, info);
            return OffHeap.getInt(info + Vfio.DEVICE_INFO_FLAGS);
        } finally {
            OffHeap.free(info);
        }
    }

    /** A region; of size 0 if the device has none of that index. */
    public RegionInfo region(int index) {
        int size = Vfio.SIZEOF_REGION_INFO;
        while (true) {
            long info = OffHeap.allocate(size);
            try {
                OffHeap.putInt(info, size);
                OffHeap.putInt(info + Vfio.REGION_INFO_INDEX, index);
                if (fd.tryIoctl(Vfio.VFIO_DEVICE_GET_REGION_INFO, info) < 0) {
                    return new RegionInfo(index, 0, 0, 0, List.of());
                }
                int wanted = OffHeap.getInt(info);
                if (wanted <= size) {
                    return parse(info, size);
                }
                size = wanted;
            } finally {
                OffHeap.free(info);
            }
        }
    }

    private static RegionInfo parse(long info, int infoSize) {
        int flags = OffHeap.getInt(info + Vfio.REGION_INFO_FLAGS);
        long size = OffHeap.getLong(info + Vfio.REGION_INFO_SIZE);
        List<RegionInfo.Area> areas = new ArrayList<>();
        if ((flags & Vfio.VFIO_REGION_INFO_FLAG_MMAP) != 0) {
            boolean caps = (flags & Vfio.VFIO_REGION_INFO_FLAG_CAPS) != 0;
            int chain = caps ? OffHeap.getInt(info + Vfio.REGION_INFO_CAP_OFFSET) : 0;
            int at = CapChain.find(info, infoSize, chain, Vfio.VFIO_REGION_INFO_CAP_SPARSE_MMAP);
            if (at == 0) {
                areas.add(new RegionInfo.Area(0, size));
            } else {
                int count = OffHeap.getInt(info + at + Vfio.SPARSE_MMAP_COUNT);
                int room = (infoSize - at - Vfio.SPARSE_MMAP_AREAS) / Vfio.SIZEOF_SPARSE_AREA;
                for (int i = 0; i < Math.min(count, room); i++) {
                    long area = info + at + Vfio.SPARSE_MMAP_AREAS + (long) i * Vfio.SIZEOF_SPARSE_AREA;
                    areas.add(new RegionInfo.Area(OffHeap.getLong(area), OffHeap.getLong(area + Long.BYTES)));
                }
            }
        }
        return new RegionInfo(
                OffHeap.getInt(info + Vfio.REGION_INFO_INDEX),
                flags,
                size,
                OffHeap.getLong(info + Vfio.REGION_INFO_OFFSET),
                areas);
    }

    /** A kind of interrupt; of count 0 if the device has none of that index. */
    public IrqInfo irq(int index) {
        long info = OffHeap.allocate(Vfio.SIZEOF_IRQ_INFO);
        try {
            OffHeap.putInt(info, Vfio.SIZEOF_IRQ_INFO);
            OffHeap.putInt(info + Vfio.IRQ_INFO_INDEX, index);
            if (fd.tryIoctl(Vfio.VFIO_DEVICE_GET_IRQ_INFO, info) < 0) {
                return new IrqInfo(index, 0, 0);
            }
            return new IrqInfo(
                    index, OffHeap.getInt(info + Vfio.IRQ_INFO_FLAGS), OffHeap.getInt(info + Vfio.IRQ_INFO_COUNT));
        } finally {
            OffHeap.free(info);
        }
    }

    // ---- regions

    /**
     * Reads a region in one access of exactly that width.
     *
     * @param size 1, 2, 4 or 8 bytes
     * @return zero-extended; all ones if the device did not answer
     */
    public long read(RegionInfo region, long offset, int size) {
        OffHeap.putLong(word, -1L);
        long n = fd.tryPread(word, size, region.offset() + offset);
        return (n == size ? OffHeap.getLong(word) : -1L) & -1L >>> 64 - 8 * size;
    }

    /** Writes a region in one access of exactly that width; lost if the device does not answer. */
    public void write(RegionInfo region, long offset, int size, long value) {
        OffHeap.putLong(word, value);
        fd.tryPwrite(word, size, region.offset() + offset);
    }

    // ---- interrupts

    /**
     * Has eventfds signalled, from number {@code start} on.
     *
     * @param eventfds descriptors; -1 leaves an interrupt without
     * @return 0, a negative error number, or how many the host could provide
     */
    public int setEventfds(int index, int start, int[] eventfds) {
        int size = Vfio.SIZEOF_IRQ_SET + Integer.BYTES * eventfds.length;
        long set = OffHeap.allocate(size);
        try {
            int flags = Vfio.VFIO_IRQ_SET_DATA_EVENTFD | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;
            fill(set, size, flags, index, start, eventfds.length);
            for (int i = 0; i < eventfds.length; i++) {
                OffHeap.putInt(set + Vfio.SIZEOF_IRQ_SET + (long) i * Integer.BYTES, eventfds[i]);
            }
            return fd.tryIoctl(Vfio.VFIO_DEVICE_SET_IRQS, set);
        } finally {
            OffHeap.free(set);
        }
    }

    /**
     * Has an interrupt that masked itself come again whenever an eventfd is signalled, without this program.
     *
     * @param eventfd a descriptor; -1 for none any more
     * @return 0, or a negative error number
     */
    public int unmaskBy(int index, int eventfd) {
        long set = OffHeap.allocate(Vfio.SIZEOF_IRQ_SET + Integer.BYTES);
        try {
            int flags = Vfio.VFIO_IRQ_SET_DATA_EVENTFD | Vfio.VFIO_IRQ_SET_ACTION_UNMASK;
            fill(set, Vfio.SIZEOF_IRQ_SET + Integer.BYTES, flags, index, 0, 1);
            OffHeap.putInt(set + Vfio.SIZEOF_IRQ_SET, eventfd);
            return fd.tryIoctl(Vfio.VFIO_DEVICE_SET_IRQS, set);
        } finally {
            OffHeap.free(set);
        }
    }

    /** Switches a kind of interrupt off. */
    public void disableIrqs(int index) {
        setAction(index, Vfio.VFIO_IRQ_SET_ACTION_TRIGGER, 0);
    }

    /** Lets an interrupt that masked itself come again; a negative error number if that fails. */
    public int unmask(int index) {
        return setAction(index, Vfio.VFIO_IRQ_SET_ACTION_UNMASK, 1);
    }

    private int setAction(int index, int action, int count) {
        long set = OffHeap.allocate(Vfio.SIZEOF_IRQ_SET);
        try {
            fill(set, Vfio.SIZEOF_IRQ_SET, Vfio.VFIO_IRQ_SET_DATA_NONE | action, index, 0, count);
            return fd.tryIoctl(Vfio.VFIO_DEVICE_SET_IRQS, set);
        } finally {
            OffHeap.free(set);
        }
    }

    private static void fill(long set, int size, int flags, int index, int start, int count) {
        OffHeap.putInt(set, size);
        OffHeap.putInt(set + Vfio.IRQ_SET_FLAGS, flags);
        OffHeap.putInt(set + Vfio.IRQ_SET_INDEX, index);
        OffHeap.putInt(set + Vfio.IRQ_SET_START, start);
        OffHeap.putInt(set + Vfio.IRQ_SET_COUNT, count);
    }

    /** Resets the function; a negative error number if that fails. */
    public int reset() {
        return fd.tryIoctl(Vfio.VFIO_DEVICE_RESET, 0);
    }

    /** What a reset of its whole bus or slot would do; empty where there is no such reset, as on a root bus. */
    public Optional<HotReset> hotReset() {
        int room = 0;
        while (true) {
            int size = Vfio.SIZEOF_HOT_RESET_INFO + room * Vfio.SIZEOF_DEPENDENT_DEVICE;
            long info = OffHeap.allocate(size);
            try {
                OffHeap.fill(info, size, 0);
                OffHeap.putInt(info, size);
                int result = fd.tryIoctl(Vfio.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info);
                int count = OffHeap.getInt(info + Vfio.HOT_RESET_INFO_COUNT);
                if (result == 0) {
                    return Optional.of(parseHotReset(info, Math.min(count, room)));
                }
                // ENOSPC says that there are more, and how many.
                if (result != -Errno.ENOSPC || count <= room) {
                    return Optional.empty();
                }
                room = count;
            } finally {
                OffHeap.free(info);
            }
        }
    }

    private static HotReset parseHotReset(long info, int count) {
        List<HotReset.Affected> affected = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long at = info + Vfio.SIZEOF_HOT_RESET_INFO + (long) i * Vfio.SIZEOF_DEPENDENT_DEVICE;
            int devfn = OffHeap.getByte(at + Vfio.DEPENDENT_DEVICE_DEVFN) & 0xff;
            affected.add(new HotReset.Affected(
                    OffHeap.getInt(at + Vfio.DEPENDENT_DEVICE_GROUP),
                    String.format(
                            "%04x:%02x:%02x.%x",
                            (int) OffHeap.getChar(at + Vfio.DEPENDENT_DEVICE_SEGMENT),
                            OffHeap.getByte(at + Vfio.DEPENDENT_DEVICE_BUS) & 0xff,
                            devfn >> 3,
                            devfn & 7)));
        }
        int flags = OffHeap.getInt(info + Vfio.HOT_RESET_INFO_FLAGS);
        return new HotReset((flags & Iommufds.VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED) != 0, affected);
    }

    /**
     * Resets its bus or slot.
     *
     * @param groups all groups of which a function is affected; none with iommufd
     * @return 0, or a negative error number
     */
    public int hotReset(Collection<VfioGroup> groups) {
        int size = Vfio.SIZEOF_HOT_RESET + Integer.BYTES * groups.size();
        long request = OffHeap.allocate(size);
        try {
            OffHeap.fill(request, size, 0);
            OffHeap.putInt(request, size);
            OffHeap.putInt(request + Vfio.HOT_RESET_COUNT, groups.size());
            long at = request + Vfio.SIZEOF_HOT_RESET;
            for (VfioGroup group : groups) {
                OffHeap.putInt(at, group.number());
                at += Integer.BYTES;
            }
            return fd.tryIoctl(Vfio.VFIO_DEVICE_PCI_HOT_RESET, request);
        } finally {
            OffHeap.free(request);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            fd.close();
            OffHeap.free(word);
        }
    }
}
