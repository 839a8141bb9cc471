package dev.veery.linux.vfio;

import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.sys.Fd;
import dev.veery.memory.access.OffHeap;
import java.nio.charset.StandardCharsets;

/** {@code /dev/vfio/N}: devices that the host's IOMMU cannot tell apart. One opener at a time. */
public final class VfioGroup implements AutoCloseable {
    private final Fd fd;

    private VfioGroup(Fd fd) {
        this.fd = fd;
    }

    /**
     * Opens a group.
     *
     * @throws dev.veery.linux.sys.SysException EBUSY if another program has it
     */
    public static VfioGroup open(String number) {
        return new VfioGroup(Fd.open("/dev/vfio/" + number, Fcntl.O_RDWR, 0));
    }

    /** A group that this process was started with. */
    public static VfioGroup inherited(int descriptor) {
        return new VfioGroup(Fd.inherited(descriptor));
    }

    /** Whether no member is in the hands of another driver than VFIO's. */
    public boolean viable() {
        long status = OffHeap.allocate(Vfio.SIZEOF_GROUP_STATUS);
        try {
            OffHeap.putInt(status, Vfio.SIZEOF_GROUP_STATUS);
            fd.ioctl("VFIO_GROUP_GET_STATUS", Vfio.VFIO_GROUP_GET_STATUS, status);
            return (OffHeap.getInt(status + Vfio.GROUP_STATUS_FLAGS) & Vfio.VFIO_GROUP_FLAGS_VIABLE) != 0;
        } finally {
            OffHeap.free(status);
        }
    }

    /** Puts the group into a container. */
    public void setContainer(VfioContainer container) {
        long number = OffHeap.allocate(Integer.BYTES);
        try {
            OffHeap.putInt(number, container.number());
            fd.ioctl("VFIO_GROUP_SET_CONTAINER", Vfio.VFIO_GROUP_SET_CONTAINER, number);
        } finally {
            OffHeap.free(number);
        }
    }

    /** The group's number, for requests that list groups. */
    int number() {
        return fd.number();
    }

    /**
     * Opens a member.
     *
     * @param name its address on the host, {@code 0000:01:00.0}
     */
    public VfioDevice device(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        long text = OffHeap.allocate(bytes.length + 1L);
        try {
            OffHeap.copyIn(bytes, 0, text, bytes.length);
            return new VfioDevice(fd.ioctlForFd("VFIO_GROUP_GET_DEVICE_FD", Vfio.VFIO_GROUP_GET_DEVICE_FD, text, name));
        } finally {
            OffHeap.free(text);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
