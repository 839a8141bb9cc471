package dev.veery.linux.kvm;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine: memory slots, interrupt controllers, processors. {@link #irqLine} and {@link #signalMsi} share a
 * buffer and are called with the machine lock held; the others may be called from any thread.
 */
public final class KvmVm implements AutoCloseable {
    /** Interrupt controllers of {@link Route#chip}. */
    public static final int PIC_MASTER = Kvm.KVM_IRQCHIP_PIC_MASTER;

    public static final int PIC_SLAVE = Kvm.KVM_IRQCHIP_PIC_SLAVE;
    public static final int IOAPIC = Kvm.KVM_IRQCHIP_IOAPIC;

    private final Fd fd;
    private final KvmSystem system;
    private final long hotBuffer = OffHeap.allocate(KvmLayout.SIZEOF_MSI);
    private boolean closed;

    KvmVm(Fd fd, KvmSystem system) {
        this.fd = fd;
        this.system = system;
    }

    /**
     * What a global system interrupt does: {@code chip} at least 0 raises input {@code pin} of a controller, -1 sends a
     * message.
     */
    public record Route(int gsi, int chip, int pin, long address, int data) {
        /** An input of an in-kernel controller. */
        public static Route toPin(int gsi, int chip, int pin) {
            return new Route(gsi, chip, pin, 0, 0);
        }

        /** A message. With the x2APIC interface, address bits 63 to 40 are bits 31 to 8 of the destination. */
        public static Route toMessage(int gsi, long address, int data) {
            return new Route(gsi, -1, 0, address, data);
        }
    }

    /** What this machine's KVM can do; see {@link KvmSystem#extension}. */
    public int extension(int capability) {
        return system.extension(capability);
    }

    /** Switches on a capability with one argument; false if the host refuses. */
    public boolean enable(int capability, long argument) {
        long cap = OffHeap.allocate(KvmLayout.SIZEOF_ENABLE_CAP);
        try {
            OffHeap.putInt(cap, capability);
            OffHeap.putLong(cap + KvmLayout.ENABLE_CAP_ARGS, argument);
            return fd.tryIoctl(Kvm.KVM_ENABLE_CAP, cap) >= 0;
        } finally {
            OffHeap.free(cap);
        }
    }

    /**
     * Three pages of guest physical memory, and one behind them, that KVM on Intel may use where the processor cannot run
     * real mode by itself; nothing else is there.
     */
    public void setScratchPages(long identityMap, long tss) {
        long buffer = OffHeap.allocate(8);
        try {
            OffHeap.putLong(buffer, identityMap);
            fd.ioctl("KVM_SET_IDENTITY_MAP_ADDR", Kvm.KVM_SET_IDENTITY_MAP_ADDR, buffer);
        } finally {
            OffHeap.free(buffer);
        }
        fd.ioctl("KVM_SET_TSS_ADDR", Kvm.KVM_SET_TSS_ADDR, tss);
    }

    // ---- memory

    /**
     * Sets or, with size 0, deletes a memory slot.
     *
     * @param slot below the KVM_CAP_NR_MEMSLOTS extension
     * @param flags {@code KVM_MEM_*}
     * @param guest physical address, whole pages, as the size
     * @param host address of the memory
     */
    public void setMemorySlot(int slot, int flags, long guest, long size, long host) {
        long region = OffHeap.allocate(KvmLayout.SIZEOF_MEMORY_REGION);
        try {
            OffHeap.putInt(region + KvmLayout.MEMORY_REGION_SLOT, slot);
            OffHeap.putInt(region + KvmLayout.MEMORY_REGION_FLAGS, flags);
            OffHeap.putLong(region + KvmLayout.MEMORY_REGION_GUEST_ADDRESS, guest);
            OffHeap.putLong(region + KvmLayout.MEMORY_REGION_SIZE, size);
            OffHeap.putLong(region + KvmLayout.MEMORY_REGION_HOST_ADDRESS, host);
            int result = fd.tryIoctl(Kvm.KVM_SET_USER_MEMORY_REGION, region);
            if (result < 0) {
                throw new SysException(
                        "KVM_SET_USER_MEMORY_REGION",
                        -result,
                        String.format("slot %d: %d KiB at %x", slot, size >>> 10, guest));
            }
        } finally {
            OffHeap.free(region);
        }
    }

    /**
     * Takes the pages of a slot written since the last call.
     *
     * @param bitmap host address of one bit a page, rounded up to 64 bits
     */
    public void takeDirtyLog(int slot, long bitmap) {
        long log = OffHeap.allocate(KvmLayout.SIZEOF_DIRTY_LOG);
        try {
            OffHeap.putInt(log, slot);
            OffHeap.putLong(log + KvmLayout.DIRTY_LOG_BITMAP, bitmap);
            fd.ioctl("KVM_GET_DIRTY_LOG", Kvm.KVM_GET_DIRTY_LOG, log);
        } finally {
            OffHeap.free(log);
        }
    }

    // ---- interrupts

    /** Puts both 8259s, the I/O APIC and local APICs into the kernel. Before the first processor. */
    public void createIrqchip() {
        fd.ioctl("KVM_CREATE_IRQCHIP", Kvm.KVM_CREATE_IRQCHIP, 0);
    }

    /** Puts only local APICs into the kernel. Before the first processor. */
    public void createSplitIrqchip(int ioapicPins) {
        if (!enable(Kvm.KVM_CAP_SPLIT_IRQCHIP, ioapicPins)) {
            throw new SysException("KVM_CAP_SPLIT_IRQCHIP", Errno.EINVAL, fd.name());
        }
    }

    /** Puts the 8254 into the kernel, port 61h included. Needs {@link #createIrqchip}. */
    public void createPit() {
        long config = OffHeap.allocate(KvmLayout.SIZEOF_PIT_CONFIG);
        try {
            OffHeap.putInt(config, Kvm.KVM_PIT_SPEAKER_DUMMY);
            fd.ioctl("KVM_CREATE_PIT2", Kvm.KVM_CREATE_PIT2, config);
        } finally {
            OffHeap.free(config);
        }
    }

    /** Copies the state of the 8254 to {@code state}, a {@code struct kvm_pit_state2}. */
    public void getPit(long state) {
        fd.ioctl("KVM_GET_PIT2", Kvm.KVM_GET_PIT2, state);
    }

    /** Sets the state of the 8254. */
    public void setPit(long state) {
        fd.ioctl("KVM_SET_PIT2", Kvm.KVM_SET_PIT2, state);
    }

    /** Copies the state of an in-kernel controller to {@code chip}, a {@code struct kvm_irqchip}. */
    public void getIrqchip(int number, long chip) {
        OffHeap.putInt(chip, number);
        fd.ioctl("KVM_GET_IRQCHIP", Kvm.KVM_GET_IRQCHIP, chip);
    }

    /** Sets the state of an in-kernel controller from {@code chip}, which {@link #getIrqchip} filled. */
    public void setIrqchip(long chip) {
        fd.ioctl("KVM_SET_IRQCHIP", Kvm.KVM_SET_IRQCHIP, chip);
    }

    /** Replaces the table of global system interrupts. */
    public void setRoutes(List<Route> routes) {
        long table = OffHeap.allocate(
                KvmLayout.IRQ_ROUTING_ENTRIES + (long) routes.size() * KvmLayout.SIZEOF_IRQ_ROUTING_ENTRY);
        try {
            OffHeap.putInt(table, routes.size());
            for (int i = 0; i < routes.size(); i++) {
                Route route = routes.get(i);
                long at = table + KvmLayout.IRQ_ROUTING_ENTRIES + (long) i * KvmLayout.SIZEOF_IRQ_ROUTING_ENTRY;
                OffHeap.putInt(at, route.gsi());
                if (route.chip() >= 0) {
                    OffHeap.putInt(at + KvmLayout.IRQ_ROUTING_TYPE, Kvm.KVM_IRQ_ROUTING_IRQCHIP);
                    OffHeap.putInt(at + KvmLayout.IRQ_ROUTING_CHIP, route.chip());
                    OffHeap.putInt(at + KvmLayout.IRQ_ROUTING_PIN, route.pin());
                } else {
                    OffHeap.putInt(at + KvmLayout.IRQ_ROUTING_TYPE, Kvm.KVM_IRQ_ROUTING_MSI);
                    OffHeap.putInt(at + KvmLayout.IRQ_ROUTING_MSI_ADDRESS_LO, (int) route.address());
                    OffHeap.putInt(at + KvmLayout.IRQ_ROUTING_MSI_ADDRESS_HI, (int) (route.address() >>> 32));
                    OffHeap.putInt(at + KvmLayout.IRQ_ROUTING_MSI_DATA, route.data());
                }
            }
            fd.ioctl("KVM_SET_GSI_ROUTING", Kvm.KVM_SET_GSI_ROUTING, table);
        } finally {
            OffHeap.free(table);
        }
    }

    /** Drives a global system interrupt that leads to pins. With the machine lock held; allocates nothing. */
    public void irqLine(int gsi, boolean level) {
        OffHeap.putInt(hotBuffer, gsi);
        OffHeap.putInt(hotBuffer + KvmLayout.IRQ_LEVEL_LEVEL, level ? 1 : 0);
        fd.ioctl("KVM_IRQ_LINE", Kvm.KVM_IRQ_LINE, hotBuffer);
    }

    /**
     * Sends a message to in-kernel local APICs. With the machine lock held; allocates nothing.
     *
     * @return whether a processor took it
     */
    public boolean signalMsi(long address, int data) {
        OffHeap.fill(hotBuffer, KvmLayout.SIZEOF_MSI, 0);
        OffHeap.putInt(hotBuffer, (int) address);
        OffHeap.putInt(hotBuffer + KvmLayout.MSI_ADDRESS_HI, (int) (address >>> 32));
        OffHeap.putInt(hotBuffer + KvmLayout.MSI_DATA, data);
        return fd.tryIoctl(Kvm.KVM_SIGNAL_MSI, hotBuffer) > 0;
    }

    /**
     * Lets the kernel raise {@code gsi} whenever {@code trigger} is signalled.
     *
     * @param resample for a level-triggered interrupt: signalled when the guest has ended it; null for an edge
     */
    public void attachIrqfd(int gsi, EventFd trigger, @Nullable EventFd resample) {
        attachIrqfd(
                gsi,
                trigger.fd().number(),
                resample == null ? -1 : resample.fd().number());
    }

    /** As the other one, with numbers of descriptors; {@code resample} -1 for an edge. */
    public void attachIrqfd(int gsi, int trigger, int resample) {
        irqfd(gsi, trigger, resample, resample < 0 ? 0 : Kvm.KVM_IRQFD_FLAG_RESAMPLE);
    }

    /** Ends what {@link #attachIrqfd} began; a signal on its way still arrives. */
    public void detachIrqfd(int gsi, EventFd trigger) {
        detachIrqfd(gsi, trigger.fd().number());
    }

    /** As the other one, with the number of a descriptor. */
    public void detachIrqfd(int gsi, int trigger) {
        irqfd(gsi, trigger, -1, Kvm.KVM_IRQFD_FLAG_DEASSIGN);
    }

    private void irqfd(int gsi, int trigger, int resample, int flags) {
        long irqfd = OffHeap.allocate(KvmLayout.SIZEOF_IRQFD);
        try {
            OffHeap.putInt(irqfd, trigger);
            OffHeap.putInt(irqfd + KvmLayout.IRQFD_GSI, gsi);
            OffHeap.putInt(irqfd + KvmLayout.IRQFD_FLAGS, flags);
            if (resample >= 0) {
                OffHeap.putInt(irqfd + KvmLayout.IRQFD_RESAMPLEFD, resample);
            }
            fd.ioctl("KVM_IRQFD", Kvm.KVM_IRQFD, irqfd);
        } finally {
            OffHeap.free(irqfd);
        }
    }

    /**
     * What the guest writes to tell a device that there is work.
     *
     * @param port port space, else memory
     * @param length of the write in bytes, or 0 for any
     * @param match only writes of {@code value}
     */
    public record Doorbell(boolean port, long address, int length, boolean match, long value) {}

    /** Turns writes to a doorbell into signals, without leaving the kernel. */
    public void attachDoorbell(Doorbell doorbell, EventFd signal) {
        ioeventfd(doorbell, signal, 0);
    }

    /** Ends what {@link #attachDoorbell} began. */
    public void detachDoorbell(Doorbell doorbell, EventFd signal) {
        ioeventfd(doorbell, signal, Kvm.KVM_IOEVENTFD_FLAG_DEASSIGN);
    }

    private void ioeventfd(Doorbell doorbell, EventFd signal, int operation) {
        long buffer = OffHeap.allocate(KvmLayout.SIZEOF_IOEVENTFD);
        try {
            int flags = operation
                    | (doorbell.port() ? Kvm.KVM_IOEVENTFD_FLAG_PIO : 0)
                    | (doorbell.match() ? Kvm.KVM_IOEVENTFD_FLAG_DATAMATCH : 0);
            OffHeap.putLong(buffer, doorbell.value());
            OffHeap.putLong(buffer + KvmLayout.IOEVENTFD_ADDRESS, doorbell.address());
            OffHeap.putInt(buffer + KvmLayout.IOEVENTFD_LENGTH, doorbell.length());
            OffHeap.putInt(buffer + KvmLayout.IOEVENTFD_FD, signal.fd().number());
            OffHeap.putInt(buffer + KvmLayout.IOEVENTFD_FLAGS, flags);
            fd.ioctl("KVM_IOEVENTFD", Kvm.KVM_IOEVENTFD, buffer);
        } finally {
            OffHeap.free(buffer);
        }
    }

    /** Has the kernel keep writes to these addresses in its ring of coalesced writes. */
    public void keepWrites(boolean port, long address, int size) {
        coalesce("KVM_REGISTER_COALESCED_MMIO", Kvm.KVM_REGISTER_COALESCED_MMIO, port, address, size);
    }

    /** Ends what {@link #keepWrites} began. */
    public void reportWrites(boolean port, long address, int size) {
        coalesce("KVM_UNREGISTER_COALESCED_MMIO", Kvm.KVM_UNREGISTER_COALESCED_MMIO, port, address, size);
    }

    private void coalesce(String name, long request, boolean port, long address, int size) {
        long zone = OffHeap.allocate(KvmLayout.SIZEOF_COALESCED_ZONE);
        try {
            OffHeap.putLong(zone, address);
            OffHeap.putInt(zone + KvmLayout.COALESCED_ZONE_SIZE, size);
            OffHeap.putInt(zone + KvmLayout.COALESCED_ZONE_PIO, port ? 1 : 0);
            fd.ioctl(name, request, zone);
        } finally {
            OffHeap.free(zone);
        }
    }

    // ---- processors and devices

    /**
     * Makes model-specific registers leave to user space, where a capability lets them: the rest is as it was.
     *
     * @return false where the kernel cannot
     */
    public boolean filterMsrs(int... indices) {
        long filter = OffHeap.allocate(KvmLayout.SIZEOF_MSR_FILTER);
        long noBits = OffHeap.allocate(8);
        try {
            OffHeap.putInt(filter, Kvm.KVM_MSR_FILTER_DEFAULT_ALLOW);
            for (int i = 0; i < indices.length; i++) {
                long range = filter + KvmLayout.MSR_FILTER_RANGES + (long) i * KvmLayout.SIZEOF_MSR_FILTER_RANGE;
                OffHeap.putInt(range, Kvm.KVM_MSR_FILTER_READ | Kvm.KVM_MSR_FILTER_WRITE);
                OffHeap.putInt(range + KvmLayout.MSR_FILTER_RANGE_NMSRS, 1);
                OffHeap.putInt(range + KvmLayout.MSR_FILTER_RANGE_BASE, indices[i]);
                OffHeap.putLong(range + KvmLayout.MSR_FILTER_RANGE_BITMAP, noBits);
            }
            return fd.tryIoctl(Kvm.KVM_X86_SET_MSR_FILTER, filter) >= 0;
        } finally {
            OffHeap.free(filter);
            OffHeap.free(noBits);
        }
    }

    /** Makes a processor; its number is its APIC id. */
    public KvmVcpu createVcpu(int id) {
        return new KvmVcpu(fd.ioctlForFd("KVM_CREATE_VCPU", Kvm.KVM_CREATE_VCPU, id, "KVM processor " + id), system);
    }

    /** Makes an in-kernel device, {@code KVM_DEV_TYPE_*}. */
    public KvmDevice createDevice(int type) {
        long create = OffHeap.allocate(KvmLayout.SIZEOF_CREATE_DEVICE);
        try {
            OffHeap.putInt(create, type);
            return new KvmDevice(fd.ioctlForNewFd(
                    "KVM_CREATE_DEVICE",
                    Kvm.KVM_CREATE_DEVICE,
                    create,
                    KvmLayout.CREATE_DEVICE_FD,
                    "KVM device " + type));
        } finally {
            OffHeap.free(create);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            fd.close();
            OffHeap.free(hotBuffer);
        }
    }
}
