package dev.veery.accel.soft;

import dev.veery.accel.CpuThread;
import dev.veery.accel.DebugStop;
import dev.veery.accel.EngineStatistics;
import dev.veery.accel.GuestDebug;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.cpu.interp.Interpreter;
import dev.veery.cpu.interp.Peers;
import dev.veery.cpu.jit.JitTier;
import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.semantics.CpuReset;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.cpu.state.HostDebug;
import dev.veery.cpu.state.Seg;
import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCode;
import dev.veery.irq.CpuSignals;
import dev.veery.irq.LocalApic;
import dev.veery.memory.RamBlock;
import dev.veery.time.Tsc;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A software processor and its thread. */
final class SoftVcpu implements Vcpu, CpuEnv, CpuSignals, Peers {
    /** Code cache; pages cost memory once written. */
    private static final long CODE_CACHE_BYTES = 64L << 20;

    /** PAUSE instructions before the thread offers its host processor to others. */
    private static final int PAUSES = 32;

    private static final int WAIT = 0;
    private static final int GO = 1;
    private static final int END = 2;

    private final VcpuConfig config;
    private final CpuGroup group;

    /** Executes this processor and the others on one thread; null if each has its own. */
    private final @Nullable RoundRobin rounds;

    private final CpuState state;
    private final SoftMmu mmu;
    private final Interpreter interpreter;
    private final ExecutionTrace trace;
    private final LongSupplier random;
    private final @Nullable CodeRegion region;
    private final @Nullable JitTier jit;
    private final @Nullable WideExchange wide;
    private @Nullable LocalApic apic;

    private final CpuThread thread;

    /** The thread is, or is about to be, parked in HLT. */
    private volatile boolean waiting;

    /** Waiting for a start-up IPI (SDM vol. 3, section 9.4.3). */
    private volatile boolean waitForSipi;

    private volatile int startupVector;

    /** Counts entries to and exits from guest code; even while outside. Written by the processor's thread. */
    private volatile int epoch;

    private int pauses;

    /** Halted, when {@link RoundRobin} executes it. */
    private boolean sleeping;

    SoftVcpu(VcpuConfig config, CpuGroup group, SoftOptions options, @Nullable HostCode host, int hot) {
        this.config = config;
        thread = new CpuThread("CPU " + config.index() + "/TCG", this::loop);
        this.group = group;
        rounds = group.rounds();
        random = options.random();
        state = new CpuState(config.index());
        trace = config.listener().trace();
        mmu = new SoftMmu(state, config.memory(), config.model().physicalBits());
        interpreter = new Interpreter(state, mmu, this, () -> apic, this);
        if (host != null) {
            wide = WideExchange.supported(host) ? new WideExchange(host) : null;
            region = host.allocate("veery-jit-cpu" + config.index(), CODE_CACHE_BYTES);
            jit = new JitTier(
                    state,
                    mmu,
                    host,
                    region,
                    hot,
                    rounds != null,
                    trace,
                    options.cache(),
                    config.model().featureHash());
            interpreter.setTier(jit);
        } else {
            wide = null;
            region = null;
            jit = null;
        }
        if (rounds != null) {
            interpreter.countExactly();
        }
        group.add(this);
        config.ram().addTrackingListener(block -> mapChanged());
        config.memory().onViewChanged(view -> mapChanged());
        reset();
    }

    private void mapChanged() {
        if (thread.isCurrent() || rounds != null && rounds.onThread()) {
            // The change was made by an instruction: the next access must see it.
            mmu.flushAll();
        } else {
            interpreter.request(Interpreter.FLUSH);
        }
    }

    // ---- the other processors

    /** About to execute guest code. */
    void enter() {
        while (true) {
            group.takeTurn(this);
            epoch = epoch + 1;
            if (!group.exclusive()) {
                return;
            }
            leave();
            group.awaitShared();
        }
    }

    /** Not executing guest code: other processors need not wait for this one. */
    void leave() {
        epoch = epoch + 1;
        group.endTurn();
    }

    int epoch() {
        return epoch;
    }

    /** Whether the processor was executing no guest code at {@code epoch}. */
    static boolean outside(int epoch) {
        return (epoch & 1) == 0;
    }

    /** Asks the processor to show itself between two blocks. */
    void requestPass() {
        interpreter.request(Interpreter.PASS);
    }

    void revokeWrites(long hostPage) {
        mmu.revokeWrites(hostPage);
    }

    boolean revokeWritesOfPeer(long hostPage) {
        return mmu.revokeWritesOfPeer(hostPage);
    }

    long codeWritten(RamBlock block, long offset, int length) {
        return interpreter.codeListener().codeWritten(block, offset, length);
    }

    @Override
    public void markCode(RamBlock ram, int page, long mask, long hostPage) {
        group.markCode(this, ram, page, mask, hostPage);
    }

    @Override
    public int count() {
        return group.size();
    }

    @Override
    public void pass() {
        leave();
        enter();
    }

    @Override
    public void beginExclusive() {
        group.beginExclusive(this);
    }

    @Override
    public void endExclusive() {
        group.endExclusive(this);
    }

    @Override
    public boolean compareAndSet16() {
        return wide != null;
    }

    @Override
    public boolean compareAndSet16(long host, long expectedLow, long expectedHigh, long low, long high) {
        return Objects.requireNonNull(wide).compareAndSet(host, expectedLow, expectedHigh, low, high);
    }

    @Override
    public void pause() {
        if (rounds != null) {
            rounds.pause(this);
            return;
        }
        if (++pauses < PAUSES) {
            return;
        }
        pauses = 0;
        if (group.takesTurns()) {
            pass();
        } else if (group.inside() > 1) {
            // It may be waiting for one of the others, and the host may have let this one take that one's place. With
            // nobody else
            // in there it is a delay loop, whose time is not to go to strangers.
            Thread.yield();
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
        if (thread.started()) {
            return;
        }
        Objects.requireNonNull(apic, "connect comes before start");
        interpreter.clear(Interpreter.STOP);
        if (rounds != null) {
            rounds.start(this);
        } else {
            thread.start();
        }
    }

    @Override
    public void requestStop() {
        interpreter.request(Interpreter.STOP);
        wake();
    }

    @Override
    public void stop() {
        if (rounds != null) {
            requestStop();
            rounds.awaitStop(this);
        } else if (thread.started()) {
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
        mmu.flushAll();
        mmu.debugChanged();
        interpreter.restart();
    }

    @Override
    public void reset() {
        trace.reset(state);
        CpuReset.powerOn(state, mmu, this);
        waitForSipi = config.index() != 0;
        sleeping = false;
        interpreter.clear(-1);
        stateChanged();
    }

    @Override
    public void setDebug(GuestDebug debug) {
        HostDebug wanted = state.hostDebug;
        wanted.clear();
        wanted.want(debug.singleStep(), debug.software());
        for (GuestDebug.Breakpoint place : debug.hardware()) {
            int kind = switch (place.kind()) {
                case EXECUTE -> HostDebug.EXECUTE;
                case WRITE -> HostDebug.WRITE;
                case ACCESS -> HostDebug.ACCESS;
            };
            wanted.add(kind, place.address(), place.length());
        }
        mmu.debugChanged();
    }

    private void reportDebug() {
        DebugStop stop = debugStop();
        state.hostDebug.forget();
        config.listener().debugged(this, stop);
    }

    private DebugStop debugStop() {
        HostDebug met = state.hostDebug;
        if (met.dataMet()) {
            return new DebugStop(DebugStop.Reason.DATA, met.touched());
        }
        long next = state.code64() ? state.rip : state.seg[Seg.CS].base() + state.rip & 0xffff_ffffL;
        DebugStop.Reason reason = met.int3Met()
                ? DebugStop.Reason.SOFTWARE
                : met.executeMet() ? DebugStop.Reason.EXECUTE : DebugStop.Reason.STEP;
        return new DebugStop(reason, next);
    }

    @Override
    public void setA20(boolean enabled) {
        mmu.setA20(enabled);
        mapChanged();
    }

    @Override
    public long instructions() {
        return interpreter.instructions();
    }

    /** What this processor has counted; any thread, before {@link #close}. */
    EngineStatistics statistics() {
        JitTier t = jit;
        if (t == null) {
            return new EngineStatistics(
                    false, interpreter.instructions(), 0, 0, 0, 0, 0, 0, 0, 0, 0, mmu.walks(), mmu.flushes());
        }
        return new EngineStatistics(
                true,
                interpreter.instructions(),
                t.translations(),
                t.reused(),
                t.translatedBytes(),
                t.codeBytes(),
                CODE_CACHE_BYTES,
                t.kills(),
                t.discards(),
                t.entries(),
                t.interpreted(),
                mmu.walks(),
                mmu.flushes());
    }

    @Override
    public void close() {
        stop();
        thread.close();
        group.remove(this);
        mmu.free();
        interpreter.free();
        if (wide != null) {
            wide.close();
        }
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
                int reason = waitForSipi ? Interpreter.HALTED : execute();
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
                    case Interpreter.DEBUGGED:
                        reportDebug();
                        return;
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

    /**
     * Executes up to {@code budget} instructions, on the thread of {@link RoundRobin}.
     *
     * @return false if the processor has been stopped
     */
    boolean slice(long budget) {
        try {
            if (sleeping) {
                int state = awake();
                if (state != GO) {
                    return state == WAIT;
                }
                sleeping = false;
            }
            interpreter.limit(interpreter.instructions() + Math.min(budget, Integer.MAX_VALUE));
            int reason = waitForSipi ? Interpreter.HALTED : execute();
            switch (reason) {
                case Interpreter.STOPPED:
                    return false;
                case Interpreter.SPENT:
                    break;
                case Interpreter.HALTED:
                    sleeping = true;
                    break;
                case Interpreter.RESET_REQUESTED:
                    carryOutInit();
                    break;
                case Interpreter.DEBUGGED:
                    reportDebug();
                    return false;
                default:
                    config.listener().tripleFault(this);
                    sleeping = true;
                    break;
            }
            return true;
        } catch (RuntimeException | Error e) {
            config.listener().failed(this, e);
            return false;
        }
    }

    /** Whether a slice would have nothing to do. */
    boolean asleep() {
        return sleeping && (interpreter.requests() & wanted()) == 0;
    }

    /** Ends the slice after the current instruction; on its own thread. */
    void makeWay() {
        interpreter.makeWay();
    }

    /** Ends the slice soon; any thread. */
    void preempt() {
        interpreter.request(Interpreter.PREEMPT);
    }

    private int execute() {
        enter();
        try {
            return interpreter.run();
        } finally {
            leave();
        }
    }

    /** Waits for something to do; false for a stop. */
    private boolean idle() {
        for (; ; ) {
            waiting = true;
            int found = awake();
            if (found != WAIT) {
                waiting = false;
                return found == GO;
            }
            LockSupport.park(this);
        }
    }

    /** The requests that end HLT, or the wait for a start-up IPI. */
    private int wanted() {
        int wanted = Interpreter.STOP | Interpreter.INIT | Interpreter.STARTUP;
        if (!waitForSipi) {
            wanted |= Interpreter.NMI;
            if ((state.rflags & dev.veery.cpu.state.Cr.IF) != 0) {
                wanted |= Interpreter.INTERRUPT;
            }
        }
        return wanted;
    }

    /** Whether a halted processor has something to do: {@link #WAIT}, {@link #GO} or {@link #END}. */
    private int awake() {
        for (; ; ) {
            int requests = interpreter.requests();
            if ((requests & wanted()) == 0) {
                return WAIT;
            }
            if ((requests & Interpreter.STOP) != 0) {
                interpreter.clear(Interpreter.STOP);
                return END;
            }
            if (!waitForSipi) {
                return GO;
            }
            carryOutInit();
            if (!waitForSipi) {
                return GO;
            }
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
        if (rounds != null) {
            rounds.wake();
        } else if (waiting) {
            thread.unpark();
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
        return random.getAsLong();
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
