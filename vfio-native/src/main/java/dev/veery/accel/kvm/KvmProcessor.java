package dev.veery.accel.kvm;

import dev.veery.accel.CpuThread;
import dev.veery.accel.DebugStop;
import dev.veery.accel.GuestDebug;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.base.ConfigException;
import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.semantics.CpuReset;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.irq.CpuSignals;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.LocalApic;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmVcpu;
import dev.veery.linux.sys.SysException;
import dev.veery.linux.sys.ThreadKick;
import dev.veery.memory.access.OffHeap;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A KVM processor, its thread, and its dealings with a local APIC in user space.
 *
 * <p>The thread prepares an entry (requests, interrupts), says so in {@link #inGuest}, looks once more for something new,
 * and enters. Whoever has news stores them first and looks at {@link #inGuest} then, so that one of the two sees the
 * other; a guest that runs is made to leave by {@code immediate_exit} and a signal.
 */
final class KvmProcessor implements Vcpu, CpuSignals {
    private static final int STOP = 1;
    private static final int NMI = 1 << 1;
    private static final int INIT = 1 << 2;
    private static final int STARTUP = 1 << 3;

    private static final int HZ_PER_KHZ = 1000;

    private static final VarHandle REQUESTS;

    static {
        try {
            REQUESTS = MethodHandles.lookup().findVarHandle(KvmProcessor.class, "requests", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final VcpuConfig config;
    private final KvmMachine machine;
    private final KvmVcpu cpu;
    private final long run;
    private final CpuState state;
    private final KvmEnv env;
    private final RegisterSync registers;
    private final Exits exits;
    private final FailureText failures;
    private final DebugControl debug;
    private final ExecutionTrace trace;

    /** Only for resets and to read guest memory by linear addresses: it executes nothing. */
    private final SoftMmu mmu;

    /** The local APIC's state where the kernel has it, with the controllers it belongs to; else both are null. */
    private final @Nullable KernelApic kernelApic;

    private final @Nullable KvmIrqchip irqchip;

    /** The board's 8259s end at this processor although the kernel has its local APIC. */
    private final boolean takesExtInt;

    private boolean cpuidSet;

    /** {@link #state} is newer than what KVM has. */
    private boolean dirty;

    private boolean waitForSipi;
    private boolean shutDown;

    /** What a debugger asked for has happened. */
    private @Nullable DebugStop debugStop;

    private long lastApicBase;
    private int lastCr8;
    private long exitCount;
    private boolean closed;

    @SuppressWarnings("UnusedVariable") // by REQUESTS
    private volatile int requests;

    private volatile int startupVector;
    private volatile boolean inGuest;
    private volatile boolean parked;
    private final CpuThread thread;
    private volatile int hostThread;

    KvmProcessor(VcpuConfig config, KvmMachine machine) {
        this.config = config;
        thread = new CpuThread("CPU " + config.index() + "/KVM", this::loop);
        this.machine = machine;
        cpu = machine.vm().createVcpu(config.index());
        run = cpu.run();
        state = new CpuState(config.index());
        env = new KvmEnv(config, tscKhz(config.model().tscHz()));
        trace = config.listener().trace();
        mmu = new SoftMmu(state, config.memory(), config.model().physicalBits());
        MsrSync msrs = new MsrSync(state, env, cpu, machine.msrs());
        registers = new RegisterSync(state, cpu, msrs, machine.vm().extension(Kvm.KVM_CAP_XSAVE2));
        exits = new Exits(config, env, cpu, msrs);
        failures = new FailureText(state, mmu, run);
        debug = new DebugControl(cpu, machine.vm().extension(Kvm.KVM_CAP_SET_GUEST_DEBUG2));
        irqchip = machine.irqchip();
        kernelApic = irqchip == null ? null : new KernelApic(cpu, config.index() == 0);
        if (kernelApic != null) {
            env.connect(kernelApic);
        }
        takesExtInt = irqchip != null && !irqchip.complete() && config.index() == 0;
        machine.add(this);
        reset();
    }

    /** The guest's time-stamp frequency, after it was set if it was given. */
    private int tscKhz(long wantedHz) {
        int wanted = (int) (wantedHz / HZ_PER_KHZ);
        int host = cpu.tscKhz();
        if (wanted != 0 && wanted != host && !cpu.setTscKhz(wanted)) {
            cpu.close();
            throw new ConfigException("tsc-frequency=" + wantedHz + ": the host's time-stamp counter runs at " + host
                    + " kHz, and its processor cannot scale it for guests");
        }
        return cpu.tscKhz();
    }

    // ---- Vcpu

    @Override
    public int index() {
        return config.index();
    }

    @Override
    public void connect(LocalApic localApic) {
        env.connect(localApic);
    }

    @Override
    public CpuSignals signals() {
        return this;
    }

    @Override
    public void start() {
        if (thread.started()) {
            return;
        }
        env.apic();
        clear(STOP);
        thread.start();
    }

    @Override
    public void requestStop() {
        request(STOP);
    }

    @Override
    public void stop() {
        if (thread.started()) {
            requestStop();
            thread.join();
        }
    }

    @Override
    public CpuState state() {
        return state;
    }

    @Override
    public void stateChanged() {
        state.updateMode();
        dirty = true;
    }

    @Override
    public void reset() {
        trace.reset(state);
        CpuReset.powerOn(state, mmu, env);
        registers.powerOn();
        waitForSipi = irqchip == null && config.index() != 0;
        shutDown = false;
        clear(-1);
        stateChanged();
    }

    @Override
    public void setDebug(GuestDebug wanted) {
        if (wanted.active() && machine.vm().extension(Kvm.KVM_CAP_SET_GUEST_DEBUG) == 0) {
            throw new ConfigException("the host's KVM lacks KVM_CAP_SET_GUEST_DEBUG; debug with another accelerator");
        }
        debug.set(wanted);
    }

    /** KVM has no A20 gate: processors that it runs on have none either, and no guest since the 286 needs it off. */
    @Override
    public void setA20(boolean enabled) {}

    @Override
    public int hostThread() {
        return hostThread;
    }

    /** Exits to user space: KVM does not count instructions, and an exit takes at least one. */
    @Override
    public long instructions() {
        return exitCount;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            stop();
            thread.close();
            cpu.close();
            debug.close();
            registers.close();
            if (kernelApic != null) {
                kernelApic.close();
            }
            mmu.free();
            state.free();
            machine.remove(this);
        }
    }

    // ---- requests

    private void request(int bit) {
        REQUESTS.getAndBitwiseOr(this, bit);
        kick();
    }

    private void clear(int bits) {
        REQUESTS.getAndBitwiseAnd(this, ~bits);
    }

    /** Makes the thread look at what is new. The caller has stored it. */
    private void kick() {
        if (thread.isCurrent()) {
            // It looks before it enters the guest again.
            return;
        }
        if (parked) {
            thread.unpark();
        }
        if (inGuest && !cpu.exitRequested()) {
            cpu.askToExit();
            ThreadKick.kick(hostThread);
        }
    }

    /** The gate has just been closed: returns when this processor is out of the guest. */
    void leaveGuest() {
        if (thread.isCurrent()) {
            return;
        }
        while (inGuest) {
            kick();
            Thread.onSpinWait();
        }
    }

    /** The gate was opened. */
    void gateOpened() {
        thread.unpark();
    }

    @Override
    public void interruptRequested() {
        kick();
    }

    @Override
    public void nmi() {
        request(NMI);
    }

    @Override
    public void init() {
        if (irqchip != null) {
            deliver(irqchip, InterruptBus.INIT, 0);
            return;
        }
        request(INIT);
    }

    private void deliver(KvmIrqchip chip, int mode, int vector) {
        env.lock();
        try {
            chip.deliver(config.index(), false, mode, vector, false);
        } finally {
            env.unlock();
        }
    }

    /** The local APIC's state; only where the kernel has it. */
    KernelApic localApic() {
        dirty = true;
        return Objects.requireNonNull(kernelApic);
    }

    @Override
    public void startup(int vector) {
        if (irqchip != null) {
            deliver(irqchip, InterruptBus.STARTUP, vector);
            return;
        }
        startupVector = vector;
        request(STARTUP);
    }

    // ---- the thread

    private void loop() {
        hostThread = ThreadKick.currentThread();
        try {
            if (!cpuidSet) {
                cpu.setCpuid(machine.cpuid().build(state, env, env.tscKhz()));
                cpuidSet = true;
            } else {
                // It stood still for a while, of which the guest's watchdogs are not to hear.
                cpu.notePaused();
            }
            storeIfDirty();
            debug.tell();
            debugStop = null;
            while (debugStop == null && serveRequests()) {
                if (!runnable()) {
                    park();
                    continue;
                }
                offerInterrupt();
                enterGuest();
            }
            finishIo();
            fetch();
            DebugStop stop = debugStop;
            if (stop != null) {
                config.listener().debugged(this, stop);
            }
        } catch (RuntimeException | Error e) {
            inGuest = false;
            config.listener().failed(this, e);
        }
    }

    /** HLT ends in the kernel where that has the local APIC. */
    private boolean runnable() {
        return !waitForSipi && !shutDown && (irqchip != null || !state.halted);
    }

    private void fetch() {
        registers.fetch();
        if (kernelApic != null) {
            kernelApic.fetch(registers.systemRegisters());
            state.halted = kernelApic.halted();
        }
    }

    private void storeIfDirty() {
        if (!dirty) {
            return;
        }
        dirty = false;
        KernelApic kernels = kernelApic;
        if (kernels != null) {
            registers.store(kernels.base(), kernels.cr8());
            kernels.setHalted(state.halted);
            kernels.store();
            OffHeap.putByte(run + KvmLayout.RUN_READY_FOR_INTERRUPT_INJECTION, 0);
            return;
        }
        LocalApic apic = env.apic();
        long base;
        int cr8;
        env.lock();
        try {
            base = apic.base();
            cr8 = apic.cr8();
        } finally {
            env.unlock();
        }
        registers.store(base, cr8);
        lastApicBase = base;
        lastCr8 = cr8;
        OffHeap.putLong(run + KvmLayout.RUN_APIC_BASE, base);
        OffHeap.putLong(run + KvmLayout.RUN_CR8, cr8);
        // What the last exit said about interrupts no longer holds: ask for a window.
        OffHeap.putByte(run + KvmLayout.RUN_READY_FOR_INTERRUPT_INJECTION, 0);
    }

    /** Does what was asked for; false for a stop. */
    private boolean serveRequests() {
        if (cpu.exitRequested()) {
            cpu.clearExitRequest();
            OffHeap.fullFence();
        }
        int r = requests;
        if (r == 0) {
            return true;
        }
        if ((r & STOP) != 0) {
            return false;
        }
        if ((r & (INIT | STARTUP)) != 0) {
            finishIo();
            carryOutInit(r);
        } else if ((r & NMI) != 0 && !waitForSipi && !shutDown) {
            clear(NMI);
            state.halted = false;
            cpu.nmi();
        }
        return true;
    }

    private void carryOutInit(int r) {
        LocalApic apic = env.apic();
        if ((r & INIT) != 0) {
            clear(INIT | NMI);
            fetch();
            env.lock();
            try {
                apic.init();
            } finally {
                env.unlock();
            }
            CpuReset.init(state, mmu, env);
            registers.initEvents();
            shutDown = false;
            stateChanged();
            waitForSipi = config.index() != 0;
        }
        if ((r & STARTUP) != 0) {
            clear(STARTUP);
            if (waitForSipi) {
                CpuReset.startup(state, mmu, startupVector);
                stateChanged();
                waitForSipi = false;
            }
        }
        storeIfDirty();
    }

    /** Waits until a request can be served, or an interrupt ends HLT. */
    private void park() {
        boolean canInterrupt =
                irqchip == null && !waitForSipi && !shutDown && OffHeap.getByte(run + KvmLayout.RUN_IF_FLAG) != 0;
        int wanted = STOP | INIT | STARTUP | (waitForSipi || shutDown ? 0 : NMI);
        parked = true;
        while ((requests & wanted) == 0) {
            if (canInterrupt && interruptPending()) {
                state.halted = false;
                break;
            }
            LockSupport.park(this);
        }
        parked = false;
    }

    /** Whether there is an interrupt that does not come from the kernel. */
    private boolean interruptPending() {
        KvmIrqchip chip = irqchip;
        return chip == null ? env.apic().hasInterrupt() : takesExtInt && chip.extIntPending();
    }

    private int acknowledge() {
        KvmIrqchip chip = irqchip;
        env.lock();
        try {
            return chip == null ? env.apic().acknowledge() : chip.acknowledgeExtInt();
        } finally {
            env.unlock();
        }
    }

    /** Injects an interrupt if the guest can take one now; else asks to hear when it can. */
    private void offerInterrupt() {
        boolean pending = interruptPending();
        if (pending
                && OffHeap.getByte(run + KvmLayout.RUN_READY_FOR_INTERRUPT_INJECTION) != 0
                && OffHeap.getByte(run + KvmLayout.RUN_IF_FLAG) != 0) {
            int vector = acknowledge();
            if (vector >= 0) {
                cpu.interrupt(vector);
                OffHeap.putByte(run + KvmLayout.RUN_READY_FOR_INTERRUPT_INJECTION, 0);
            }
            pending = interruptPending();
        }
        OffHeap.putByte(run + KvmLayout.RUN_REQUEST_INTERRUPT_WINDOW, pending ? 1 : 0);
    }

    private boolean news() {
        return requests != 0
                || machine.gateClosed()
                || OffHeap.getByte(run + KvmLayout.RUN_REQUEST_INTERRUPT_WINDOW) == 0 && interruptPending();
    }

    private void enterGuest() {
        inGuest = true;
        if (news()) {
            inGuest = false;
            machine.awaitGate();
            return;
        }
        int result = cpu.enter();
        inGuest = false;
        afterExit(result);
    }

    /** Lets KVM complete the instruction whose I/O was handled last, so that the registers are those between two instructions. */
    private void finishIo() {
        int result;
        do {
            inGuest = true;
            while (machine.gateClosed()) {
                inGuest = false;
                machine.awaitGate();
                inGuest = true;
            }
            cpu.askToExit();
            result = cpu.enter();
            inGuest = false;
            afterExit(result);
        } while (result == 0 && debugStop == null);
        cpu.clearExitRequest();
    }

    private void afterExit(int result) {
        machine.carryOutLateWrites(run);
        if (result != 0) {
            if (result != -Errno.EINTR && result != -Errno.EAGAIN) {
                throw new SysException("KVM_RUN", -result, "processor " + config.index());
            }
            return;
        }
        exitCount++;
        if (irqchip == null) {
            followApic();
        }
        switch (OffHeap.getInt(run + KvmLayout.RUN_EXIT_REASON)) {
            case Kvm.KVM_EXIT_IO:
                exits.io();
                break;
            case Kvm.KVM_EXIT_MMIO:
                exits.mmio();
                if (irqchip == null) {
                    showPriority();
                }
                break;
            case Kvm.KVM_EXIT_X86_RDMSR:
                exits.readMsr();
                break;
            case Kvm.KVM_EXIT_X86_WRMSR:
                exits.writeMsr();
                showPriority();
                break;
            case Kvm.KVM_EXIT_HLT:
                state.halted = true;
                break;
            case Kvm.KVM_EXIT_SHUTDOWN:
                shutDown = true;
                fetch();
                config.listener().tripleFault(this);
                break;
            case Kvm.KVM_EXIT_DEBUG:
                debugStop = debug.stop();
                break;
            case Kvm.KVM_EXIT_IOAPIC_EOI:
                endOfInterrupt(OffHeap.getByte(run + KvmLayout.RUN_EOI_VECTOR) & 0xff);
                break;
            case Kvm.KVM_EXIT_IRQ_WINDOW_OPEN:
            case Kvm.KVM_EXIT_INTR:
            case Kvm.KVM_EXIT_SET_TPR:
            case Kvm.KVM_EXIT_NMI:
                // Nothing but to look at interrupts and requests again.
                break;
            default:
                fetch();
                throw new IllegalStateException(failures.describe());
        }
    }

    private void endOfInterrupt(int vector) {
        KvmIrqchip chip = irqchip;
        if (chip != null) {
            env.lock();
            try {
                chip.endOfInterrupt(vector);
            } finally {
                env.unlock();
            }
        }
    }

    /** Passes on what the guest did to its APIC without leaving: CR8 and IA32_APIC_BASE. */
    private void followApic() {
        LocalApic apic = env.apic();
        int cr8 = (int) OffHeap.getLong(run + KvmLayout.RUN_CR8);
        long base = OffHeap.getLong(run + KvmLayout.RUN_APIC_BASE);
        if (cr8 != lastCr8 || base != lastApicBase) {
            env.lock();
            try {
                apic.setCr8(cr8);
                apic.setBase(base);
            } finally {
                env.unlock();
            }
            lastCr8 = cr8;
            lastApicBase = base;
        }
    }

    /** The other way round: the guest may have written the task-priority register. */
    private void showPriority() {
        LocalApic apic = env.apic();
        env.lock();
        try {
            lastCr8 = apic.cr8();
        } finally {
            env.unlock();
        }
        OffHeap.putLong(run + KvmLayout.RUN_CR8, lastCr8);
    }
}
