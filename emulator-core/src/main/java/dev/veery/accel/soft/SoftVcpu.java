package dev.veery.accel.soft;

import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.cpu.interp.Interpreter;
import dev.veery.cpu.jit.JitTier;
import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.semantics.CpuReset;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCode;
import dev.veery.irq.CpuSignals;
import dev.veery.irq.LocalApic;
import dev.veery.time.Tsc;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A software processor and its thread. */
final class SoftVcpu implements Vcpu, CpuEnv, CpuSignals {
    /** Code cache; pages cost memory once written. */
    private static final long CODE_CACHE_BYTES = 64L << 20;

    private final VcpuConfig config;
    private final CpuState state;
    private final SoftMmu mmu;
    private final Interpreter interpreter;
    private final ExecutionTrace trace;
    private final SecureRandom random = new SecureRandom();
    private final @Nullable CodeRegion region;
    private final @Nullable JitTier jit;
    private @Nullable LocalApic apic;

    private volatile @Nullable Thread thread;

    /** The thread is, or is about to be, parked in HLT. */
    private volatile boolean waiting;

    /** Waiting for a start-up IPI (SDM vol. 3, section 9.4.3). */
    private volatile boolean waitForSipi;

    private volatile int startupVector;

    SoftVcpu(VcpuConfig config, @Nullable HostCode host, int hot) {
        this.config = config;
        state = new CpuState(config.index());
        trace = config.listener().trace();
        mmu = new SoftMmu(state, config.memory(), config.model().physicalBits());
        interpreter = new Interpreter(state, mmu, this, () -> apic, this::wake);
        if (host != null) {
            region = host.allocate("veery-jit-cpu" + config.index(), CODE_CACHE_BYTES);
            jit = new JitTier(state, mmu, host, region, hot);
            interpreter.setTier(jit);
        } else {
            region = null;
            jit = null;
        }
        config.ram().setCodeListener(interpreter.codeListener());
        config.ram().addTrackingListener(block -> mapChanged());
        config.memory().onViewChanged(view -> mapChanged());
        reset();
    }

    private void mapChanged() {
        if (Thread.currentThread() == thread) {
            // The change was made by an instruction: the next access must see it.
            mmu.flushAll();
        } else {
            interpreter.request(Interpreter.FLUSH);
            wake();
        }
    }

    // ---- Vcpu

    @Override
    public int index() {
        return config.index();
    }

    @Override
    public void connect(LocalApic localApic) {
        apic = localApic;
    }

    @Override
    public CpuSignals signals() {
        return this;
    }

    @Override
    public void start() {
        if (thread != null) {
            return;
        }
        Objects.requireNonNull(apic, "connect comes before start");
        interpreter.clear(Interpreter.STOP);
        Thread t = new Thread(this::loop, "veery-cpu" + config.index());
        t.setDaemon(true);
        thread = t;
        t.start();
    }

    @Override
    public void requestStop() {
        interpreter.request(Interpreter.STOP);
        wake();
    }

    @Override
    public void stop() {
        Thread t = thread;
        if (t == null) {
            return;
        }
        if (t == Thread.currentThread()) {
            throw new IllegalStateException("a vCPU cannot wait for itself");
        }
        requestStop();
        boolean interrupted = false;
        while (t.isAlive()) {
            try {
                t.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        thread = null;
    }

    @Override
    public CpuState state() {
        return state;
    }

    @Override
    public void stateChanged() {
        state.updateMode();
        mmu.flushAll();
        mmu.debugChanged();
        interpreter.restart();
    }

    @Override
    public void reset() {
        trace.reset(state);
        CpuReset.powerOn(state, mmu, this);
        waitForSipi = config.index() != 0;
        interpreter.clear(-1);
        stateChanged();
    }

    @Override
    public void setA20(boolean enabled) {
        mmu.setA20(enabled);
    }

    @Override
    public long instructions() {
        return interpreter.instructions();
    }

    @Override
    public void close() {
        stop();
        mmu.free();
        interpreter.free();
        JitTier tier = jit;
        CodeRegion code = region;
        if (tier != null && code != null) {
            tier.free();
            code.close();
        }
        state.free();
    }

    // ---- the thread

    private void loop() {
        try {
            for (; ; ) {
                int reason = waitForSipi ? Interpreter.HALTED : interpreter.run();
                switch (reason) {
                    case Interpreter.STOPPED:
                        return;
                    case Interpreter.HALTED:
                        if (!idle()) {
                            return;
                        }
                        break;
                    case Interpreter.RESET_REQUESTED:
                        carryOutInit();
                        break;
                    default:
                        config.listener().tripleFault(this);
                        if (!idle()) {
                            return;
                        }
                        break;
                }
            }
        } catch (RuntimeException | Error e) {
            config.listener().failed(this, e);
        }
    }

    /** Waits for something to do; false for a stop. */
    private boolean idle() {
        for (; ; ) {
            waiting = true;
            int wanted = Interpreter.STOP | Interpreter.INIT | Interpreter.STARTUP;
            if (!waitForSipi) {
                wanted |= Interpreter.NMI | Interpreter.FLUSH | Interpreter.CODE_WRITTEN;
                if ((state.rflags & dev.veery.cpu.state.Cr.IF) != 0) {
                    wanted |= Interpreter.INTERRUPT;
                }
            }
            int requests = interpreter.requests();
            if ((requests & wanted) != 0) {
                waiting = false;
                if ((requests & Interpreter.STOP) != 0) {
                    interpreter.clear(Interpreter.STOP);
                    return false;
                }
                if (waitForSipi) {
                    carryOutInit();
                    if (waitForSipi) {
                        continue;
                    }
                }
                return true;
            }
            LockSupport.park(this);
        }
    }

    private void carryOutInit() {
        int requests = interpreter.requests();
        LocalApic a = Objects.requireNonNull(apic);
        if ((requests & Interpreter.INIT) != 0) {
            interpreter.clear(Interpreter.INIT | Interpreter.NMI);
            lock();
            try {
                a.init();
            } finally {
                unlock();
            }
            CpuReset.init(state, mmu, this);
            stateChanged();
            waitForSipi = config.index() != 0;
        }
        if ((requests & Interpreter.STARTUP) != 0) {
            interpreter.clear(Interpreter.STARTUP);
            if (waitForSipi) {
                CpuReset.startup(state, mmu, startupVector);
                stateChanged();
                waitForSipi = false;
            }
        }
    }

    private void wake() {
        if (waiting) {
            LockSupport.unpark(thread);
        }
    }

    // ---- CpuSignals

    @Override
    public void interruptRequested() {
        interpreter.request(Interpreter.INTERRUPT);
        wake();
    }

    @Override
    public void nmi() {
        interpreter.request(Interpreter.NMI);
        wake();
    }

    @Override
    public void init() {
        interpreter.request(Interpreter.INIT);
        wake();
    }

    @Override
    public void startup(int vector) {
        startupVector = vector;
        interpreter.request(Interpreter.STARTUP);
        wake();
    }

    // ---- CpuEnv

    @Override
    public int in(int port, int size) {
        return (int) config.io().read(port, size);
    }

    @Override
    public void out(int port, int size, int value) {
        config.io().write(port, size, value & 0xffff_ffffL >>> 32 - 8 * size);
    }

    @Override
    public long tsc() {
        return Tsc.fromNanos(config.clock().nanos());
    }

    @Override
    public LocalApic apic() {
        return Objects.requireNonNull(apic);
    }

    @Override
    public void lock() {
        config.lock().lock();
    }

    @Override
    public void unlock() {
        config.lock().unlock();
    }

    @Override
    public long random() {
        return random.nextLong();
    }

    @Override
    public ExecutionTrace trace() {
        return trace;
    }

    @Override
    public CpuModel model() {
        return config.model();
    }

    @Override
    public void tripleFault() {
        interpreter.shutDown();
    }

    @Override
    public void codeTranslationChanged() {
        // The MMU counts its own flushes; nothing else caches translations.
    }
}
