package dev.veery.accel.kvm;

import dev.veery.accel.VcpuConfig;
import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.kvm.CpuidTable;
import dev.veery.linux.kvm.KvmSystem;
import dev.veery.linux.kvm.KvmVm;
import dev.veery.memory.AddressSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** The virtual machine that a machine's processors share: complete with the first of them, gone with the last. */
final class KvmMachine {
    /** Below the firmware at the end of 4 GiB; nothing of the board is there. */
    private static final long IDENTITY_MAP = 0xfeff_c000L;

    private static final long TSS = IDENTITY_MAP + 0x1000;

    /** What every Linux since 4.11 has, and this accelerator cannot do without. */
    private static final int[] NEEDED = {
        Kvm.KVM_CAP_USER_MEMORY,
        Kvm.KVM_CAP_DESTROY_MEMORY_REGION_WORKS,
        Kvm.KVM_CAP_EXT_CPUID,
        Kvm.KVM_CAP_VCPU_EVENTS,
        Kvm.KVM_CAP_DEBUGREGS,
        Kvm.KVM_CAP_XSAVE,
        Kvm.KVM_CAP_XCRS,
        Kvm.KVM_CAP_USER_NMI,
        Kvm.KVM_CAP_READONLY_MEM,
        Kvm.KVM_CAP_IMMEDIATE_EXIT
    };

    private static final String[] NEEDED_NAMES = {
        "USER_MEMORY",
        "DESTROY_MEMORY_REGION_WORKS",
        "EXT_CPUID",
        "VCPU_EVENTS",
        "DEBUGREGS",
        "XSAVE",
        "XCRS",
        "USER_NMI",
        "READONLY_MEM",
        "IMMEDIATE_EXIT"
    };

    private static final int PAGE = 4096;
    private static final int TSC_DEADLINE_MSR = 0x6e0;

    private final KvmSystem system;
    private final KvmVm vm;
    private final @Nullable KvmIrqchip irqchip;
    private @Nullable MachineLock lock;
    private @Nullable AddressSpace memory;
    private @Nullable MemorySlots slots;
    private @Nullable Doorbells doorbells;
    private @Nullable LateWrites lateWrites;

    /** Where processors find the ring of late writes, from their {@code kvm_run} on. */
    private long lateRing;

    private final CpuidTable supported;
    private final int[] msrs;
    private final boolean msrExits;
    private final List<KvmProcessor> processors = new ArrayList<>();

    /** Processors stay out of the guest while set. */
    private volatile boolean gateClosed;

    KvmMachine(KvmSystem system, IrqchipMode mode) {
        this.system = system;
        require(system::extension);
        supported = system.supportedCpuid();
        msrs = system.msrIndices();
        vm = system.createVm();
        vm.setScratchPages(IDENTITY_MAP, TSS);
        irqchip = mode == IrqchipMode.OFF ? null : new KvmIrqchip(system, vm, this, mode);
        msrExits = irqchip == null
                && hasMsrExits(system)
                && vm.enable(
                        Kvm.KVM_CAP_X86_USER_SPACE_MSR,
                        Kvm.KVM_MSR_EXIT_REASON_INVAL
                                | Kvm.KVM_MSR_EXIT_REASON_UNKNOWN
                                | Kvm.KVM_MSR_EXIT_REASON_FILTER)
                && vm.filterMsrs(TSC_DEADLINE_MSR);
    }

    /** Before the first processor: the machine around it. */
    void connect(VcpuConfig first) {
        if (memory != null) {
            return;
        }
        lock = first.lock();
        MemorySlots made = new MemorySlots(vm, this, first.ram());
        slots = made;
        first.memory().addListener(made);
        memory = first.memory();
        if (system.extension(Kvm.KVM_CAP_IOEVENTFD) != 0) {
            boolean anyLength = system.extension(Kvm.KVM_CAP_IOEVENTFD_ANY_LENGTH) != 0;
            Doorbells bells = new Doorbells(vm, first.lock(), anyLength);
            bells.follow(first.memory(), false);
            bells.follow(first.io(), true);
            doorbells = bells;
        }
        // Behind kvm_run and the data of port accesses; KVM says at which page.
        int ringPage = system.extension(Kvm.KVM_CAP_COALESCED_MMIO);
        if (ringPage != 0) {
            LateWrites late = new LateWrites(vm, first.lock(), first.memory(), first.io());
            late.follow(false);
            if (system.extension(Kvm.KVM_CAP_COALESCED_PIO) != 0) {
                late.follow(true);
            }
            lateWrites = late;
            lateRing = (long) ringPage * PAGE;
        }
        if (irqchip != null) {
            irqchip.routes().commit();
        }
    }

    /** Whether accesses to model-specific registers can be made to leave to user space. */
    static boolean hasMsrExits(KvmSystem system) {
        return system.extension(Kvm.KVM_CAP_X86_MSR_FILTER) != 0
                && system.extension(Kvm.KVM_CAP_X86_USER_SPACE_MSR) != 0;
    }

    /**
     * Throws for a host that lacks something.
     *
     * @param extension answers as {@link KvmSystem#extension}
     */
    static void require(IntUnaryOperator extension) {
        for (int i = 0; i < NEEDED.length; i++) {
            if (extension.applyAsInt(NEEDED[i]) == 0) {
                throw new ConfigException("the host's KVM lacks KVM_CAP_" + NEEDED_NAMES[i]
                        + "; use Linux 4.11 or later, or another accelerator");
            }
        }
    }

    KvmVm vm() {
        return vm;
    }

    MachineLock lock() {
        return Objects.requireNonNull(lock);
    }

    /** The kernel's interrupt controllers; null if there are none. */
    @Nullable
    KvmIrqchip irqchip() {
        return irqchip;
    }

    boolean hasProcessor() {
        synchronized (processors) {
            return !processors.isEmpty();
        }
    }

    /** A processor that has been made. */
    KvmProcessor processor(int index) {
        synchronized (processors) {
            return processors.get(index);
        }
    }

    void forEachProcessor(Consumer<KvmProcessor> action) {
        synchronized (processors) {
            processors.forEach(action);
        }
    }

    CpuidTable supported() {
        return supported;
    }

    /** What processors show of themselves. */
    KvmCpuid cpuid() {
        boolean deadline = irqchip != null && system.extension(Kvm.KVM_CAP_TSC_DEADLINE_TIMER) != 0;
        return new KvmCpuid(supported, irqchip == null, msrExits, deadline);
    }

    /** The model-specific registers that KVM keeps. */
    int[] msrs() {
        return msrs;
    }

    /** Whether accesses to registers that KVM does not know, and to the deadline timer's, come to user space. */
    boolean msrExits() {
        return msrExits;
    }

    void add(KvmProcessor processor) {
        synchronized (processors) {
            processors.add(processor);
        }
    }

    /** A processor was closed; with the last one, the machine goes. */
    void remove(KvmProcessor processor) {
        boolean last;
        synchronized (processors) {
            processors.remove(processor);
            last = processors.isEmpty();
        }
        if (last) {
            removeSlots();
            if (irqchip != null) {
                irqchip.close();
            }
            vm.close();
            system.close();
        }
    }

    private void removeSlots() {
        AddressSpace space = memory;
        MemorySlots listener = slots;
        if (space != null && listener != null) {
            lock().lock();
            try {
                Doorbells bells = doorbells;
                if (bells != null) {
                    bells.close();
                }
                LateWrites late = lateWrites;
                if (late != null) {
                    late.close();
                }
                space.removeListener(listener);
            } finally {
                lock().unlock();
            }
        }
    }

    /** Carries out the writes that KVM has kept; {@code run} is a processor's. */
    void carryOutLateWrites(long run) {
        LateWrites late = lateWrites;
        if (late != null) {
            late.carryOut(run + lateRing);
        }
    }

    // ---- the gate

    /** Whether processors must not enter the guest now. */
    boolean gateClosed() {
        return gateClosed;
    }

    /** Gets every processor out of the guest and keeps it out. With the machine lock held, which none of them then needs. */
    void pauseAll() {
        gateClosed = true;
        synchronized (processors) {
            for (KvmProcessor processor : processors) {
                processor.leaveGuest();
            }
        }
    }

    /** Lets the processors in again. */
    void resumeAll() {
        gateClosed = false;
        synchronized (processors) {
            for (KvmProcessor processor : processors) {
                processor.gateOpened();
            }
        }
    }

    /** Waits on a processor's thread until the gate is open. */
    void awaitGate() {
        while (gateClosed) {
            LockSupport.park(this);
        }
    }
}
