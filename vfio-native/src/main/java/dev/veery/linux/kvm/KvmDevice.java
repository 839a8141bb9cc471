package dev.veery.linux.kvm;

import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;

/** An in-kernel device, controlled by attributes. */
public final class KvmDevice implements AutoCloseable {
    private final Fd fd;

    KvmDevice(Fd fd) {
        this.fd = fd;
    }

    /** Whether the device has an attribute. */
    public boolean has(int group, long attribute) {
        return attribute(Kvm.KVM_HAS_DEVICE_ATTR, group, attribute, 0) >= 0;
    }

    /** Sets an attribute from the value at host address {@code value}. */
    public void set(int group, long attribute, long value) {
        int result = attribute(Kvm.KVM_SET_DEVICE_ATTR, group, attribute, value);
        if (result < 0) {
            throw new SysException("KVM_SET_DEVICE_ATTR", -result, fd.name());
        }
    }

    private int attribute(long request, int group, long attribute, long value) {
        long attr = OffHeap.allocate(KvmLayout.SIZEOF_DEVICE_ATTR);
        try {
            OffHeap.putInt(attr + KvmLayout.DEVICE_ATTR_GROUP, group);
            OffHeap.putLong(attr + KvmLayout.DEVICE_ATTR_ATTR, attribute);
            OffHeap.putLong(attr + KvmLayout.DEVICE_ATTR_ADDR, value);
            return fd.tryIoctl(request, attr);
        } finally {
            OffHeap.free(attr);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
