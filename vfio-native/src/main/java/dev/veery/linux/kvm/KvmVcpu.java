package dev.veery.linux.kvm;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.Mapping;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;

/**
 * A virtual processor and the {@code kvm_run} page it shares with the kernel. For one thread, except {@link #askToExit}.
 * Structures are passed by host address and belong to the caller. Nothing here allocates.
 */
public final class KvmVcpu implements AutoCloseable {
    private final Fd fd;
    private final Mapping mapping;
    private final long run;
    private final long vectorBuffer = OffHeap.allocate(4);
    private boolean closed;

    KvmVcpu(Fd fd, KvmSystem system) {
        this.fd = fd;
        Mapping mapped;
        try {
            mapped = Mapping.shared(fd, system.runSize());
        } catch (SysException e) {
            fd.close();
            throw e;
        }
        mapping = mapped;
        run = mapping.address();
    }

    /** Host address of {@code struct kvm_run}, to be read by the offsets {@code RUN_*} of {@link KvmLayout}. */
    public long run() {
        return run;
    }

    /**
     * Runs the guest until something is to be done; {@code RUN_EXIT_REASON} says what.
     *
     * @return 0 for that; else -{@code EINTR} after a signal or {@link #askToExit}, or another negative error number
     */
    public int enter() {
        return fd.tryIoctl(Kvm.KVM_RUN, 0);
    }

    /** Makes the next {@link #enter}, or the one that has not begun to run the guest, finish what it owes and return. */
    public void askToExit() {
        OffHeap.putByteRelease(run + KvmLayout.RUN_IMMEDIATE_EXIT, 1);
    }

    /** Whether {@link #askToExit} was called since the last {@link #clearExitRequest}. */
    public boolean exitRequested() {
        return OffHeap.getByteAcquire(run + KvmLayout.RUN_IMMEDIATE_EXIT) != 0;
    }

    /** Takes {@link #askToExit} back. */
    public void clearExitRequest() {
        OffHeap.putByteRelease(run + KvmLayout.RUN_IMMEDIATE_EXIT, 0);
    }

    /** Injects an interrupt; only while {@code RUN_READY_FOR_INTERRUPT_INJECTION}, and without in-kernel APIC or with a split one. */
    public void interrupt(int vector) {
        OffHeap.putInt(vectorBuffer, vector);
        fd.ioctl("KVM_INTERRUPT", Kvm.KVM_INTERRUPT, vectorBuffer);
    }

    /** Injects a non-maskable interrupt. */
    public void nmi() {
        fd.ioctl("KVM_NMI", Kvm.KVM_NMI, 0);
    }

    /** Copies a structure of registers to {@code buffer}, or from there: {@code KVM_GET_*} and {@code KVM_SET_*}. */
    public void transfer(String name, long request, long buffer) {
        fd.ioctl(name, request, buffer);
    }

    /** As {@link #transfer}, the negative error number being an answer. */
    public int tryTransfer(long request, long buffer) {
        return fd.tryIoctl(request, buffer);
    }

    /** Gives the processor its CPUID. Before it first runs. */
    public void setCpuid(CpuidTable table) {
        long cpuid = table.toNative();
        try {
            fd.ioctl("KVM_SET_CPUID2", Kvm.KVM_SET_CPUID2, cpuid);
        } finally {
            OffHeap.free(cpuid);
        }
    }

    /** The guest's time-stamp counter in kHz, or 0 if the host does not know. */
    public int tscKhz() {
        return Math.max(0, fd.tryIoctl(Kvm.KVM_GET_TSC_KHZ, 0));
    }

    /** Sets the frequency of the guest's time-stamp counter; false where the processor cannot scale it. */
    public boolean setTscKhz(int khz) {
        return fd.tryIoctl(Kvm.KVM_SET_TSC_KHZ, khz) >= 0;
    }

    /** Tells kvmclock that the guest was paused, so that its watchdogs hold still. */
    public void notePaused() {
        int result = fd.tryIoctl(Kvm.KVM_KVMCLOCK_CTRL, 0);
        // EINVAL: the guest does not use kvmclock.
        if (result < 0 && result != -Errno.EINVAL && result != -Errno.ENOTTY) {
            throw new SysException("KVM_KVMCLOCK_CTRL", -result, fd.name());
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            mapping.close();
            fd.close();
            OffHeap.free(vectorBuffer);
        }
    }
}
