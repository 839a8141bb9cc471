package dev.veery.linux.kvm;

import dev.veery.base.ConfigException;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;

/** /dev/kvm: what the host's KVM can do, and virtual machines. */
public final class KvmSystem implements AutoCloseable {
    /** The device. */
    public static final String PATH = "/dev/kvm";

    private static final int MAX_CPUID_ENTRIES = 1024;

    private final Fd fd;

    private KvmSystem(Fd fd) {
        this.fd = fd;
    }

    /**
     * Opens the device.
     *
     * @throws ConfigException with one line that names the remedy, if there is none, it may not be opened, or it speaks
     *     another version of the interface
     */
    public static KvmSystem open() {
        Fd fd;
        try {
            fd = Fd.open(PATH, Fcntl.O_RDWR, 0);
        } catch (SysException e) {
            throw new ConfigException(PATH + ": " + remedy(e));
        }
        KvmSystem system = new KvmSystem(fd);
        int version = fd.tryIoctl(Kvm.KVM_GET_API_VERSION, 0);
        if (version != Kvm.KVM_API_VERSION) {
            fd.close();
            throw new ConfigException(
                    PATH + ": is not KVM version " + Kvm.KVM_API_VERSION + " (it answers " + version + ")");
        }
        return system;
    }

    /** What can be done about an error when the device is opened. */
    static String remedy(SysException e) {
        return switch (e.errno()) {
            case Errno.ENOENT ->
                "does not exist; load the module kvm_intel or kvm_amd, and enable virtualization in the" + " firmware";
            case Errno.EACCES, Errno.EPERM -> "permission denied; add yourself to the group that owns it (often 'kvm')";
            case Errno.ENODEV, Errno.ENXIO ->
                "no driver answers; load the module kvm_intel or kvm_amd, and enable"
                        + " virtualization in the firmware";
            case Errno.EBUSY -> "busy; another hypervisor uses the processor";
            default -> Errno.describe(e.errno());
        };
    }

    /** What KVM_CHECK_EXTENSION answers: 0 for what it has not, else 1 or a number that the capability defines. */
    public int extension(int capability) {
        return fd.ioctl("KVM_CHECK_EXTENSION", Kvm.KVM_CHECK_EXTENSION, capability);
    }

    /**
     * Makes a virtual machine.
     *
     * @throws ConfigException if the host refuses, with its reason
     */
    public KvmVm createVm() {
        try {
            return new KvmVm(fd.ioctlForFd("KVM_CREATE_VM", Kvm.KVM_CREATE_VM, 0, "KVM machine"), this);
        } catch (SysException e) {
            throw new ConfigException("KVM cannot make a virtual machine: " + Errno.describe(e.errno())
                    + (e.errno() == Errno.EBUSY ? "; another hypervisor uses the processor" : ""));
        }
    }

    /** Bytes of a virtual processor's shared {@code kvm_run} and what follows it. */
    int runSize() {
        return fd.ioctl("KVM_GET_VCPU_MMAP_SIZE", Kvm.KVM_GET_VCPU_MMAP_SIZE, 0);
    }

    /** What CPUID can show under this KVM. */
    public CpuidTable supportedCpuid() {
        long buffer = OffHeap.allocate(CpuidTable.bytes(MAX_CPUID_ENTRIES));
        try {
            OffHeap.putInt(buffer, MAX_CPUID_ENTRIES);
            fd.ioctl("KVM_GET_SUPPORTED_CPUID", Kvm.KVM_GET_SUPPORTED_CPUID, buffer);
            return CpuidTable.read(buffer);
        } finally {
            OffHeap.free(buffer);
        }
    }

    /** The model-specific registers that KVM keeps for a processor. */
    public int[] msrIndices() {
        long empty = OffHeap.allocate(KvmLayout.MSR_LIST_INDICES);
        try {
            // Fails with E2BIG and says how many there are.
            int result = fd.tryIoctl(Kvm.KVM_GET_MSR_INDEX_LIST, empty);
            if (result < 0 && result != -Errno.E2BIG) {
                throw new SysException("KVM_GET_MSR_INDEX_LIST", -result, PATH);
            }
            int count = OffHeap.getInt(empty);
            long buffer = OffHeap.allocate(KvmLayout.MSR_LIST_INDICES + 4L * count);
            try {
                OffHeap.putInt(buffer, count);
                fd.ioctl("KVM_GET_MSR_INDEX_LIST", Kvm.KVM_GET_MSR_INDEX_LIST, buffer);
                int[] indices = new int[OffHeap.getInt(buffer)];
                for (int i = 0; i < indices.length; i++) {
                    indices[i] = OffHeap.getInt(buffer + KvmLayout.MSR_LIST_INDICES + 4L * i);
                }
                return indices;
            } finally {
                OffHeap.free(buffer);
            }
        } finally {
            OffHeap.free(empty);
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
