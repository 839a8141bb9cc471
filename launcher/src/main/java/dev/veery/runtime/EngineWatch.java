package dev.veery.runtime;

import dev.veery.accel.Accelerator;
import dev.veery.accel.EngineStatistics;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.ExecutionTrace;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Hands what processors report to the log, to perf's map and to Java Flight Recorder. The classes of the latter take longer
 * to load than they may cost a start: they are loaded once the recorder has threads, which somebody may have it start at any
 * time.
 */
final class EngineWatch implements ExecutionTrace, AutoCloseable {
    private static final String RECORDER_THREAD = "JFR ";
    private static final long LOOK_NANOS = 1_000_000_000L;

    private final TraceLog log;
    private final @Nullable PerfMap perf;
    private volatile @Nullable Thread looker;
    private volatile @Nullable Accelerator accelerator;
    private volatile @Nullable FlightEvents events;
    private volatile boolean closed;

    /**
     * Makes one.
     *
     * @param perf or null for none
     */
    EngineWatch(TraceLog log, @Nullable PerfMap perf) {
        this.log = log;
        this.perf = perf;
    }

    /** Begins to look for the recorder, which will be told of {@code engine}. */
    void start(Accelerator engine) {
        accelerator = engine;
        Thread thread = new Thread(this::look, "veery-events");
        looker = thread;
        thread.setDaemon(true);
        thread.start();
    }

    /** What the engine has counted; nothing before {@link #start} and after {@link #close}. */
    synchronized EngineStatistics statistics() {
        Accelerator engine = accelerator;
        EngineStatistics now = closed || engine == null ? null : engine.statistics();
        return now == null ? EngineStatistics.NONE : now;
    }

    private void look() {
        while (!closed) {
            if (recording()) {
                begin();
                return;
            }
            LockSupport.parkNanos(this, LOOK_NANOS);
        }
    }

    private synchronized void begin() {
        if (!closed) {
            events = new FlightEvents(this::statistics);
        }
    }

    /** Whether Java Flight Recorder has threads. */
    private static boolean recording() {
        ThreadGroup top = Thread.currentThread().getThreadGroup();
        for (ThreadGroup up = top.getParent(); up != null; up = up.getParent()) {
            top = up;
        }
        Thread[] threads = new Thread[top.activeCount() + 8];
        int count = top.enumerate(threads);
        for (int n = 0; n < count; n++) {
            if (threads[n].getName().startsWith(RECORDER_THREAD)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void exception(CpuState s, int vector, int errorCode, long address) {
        log.exception(s, vector, errorCode, address);
    }

    @Override
    public void interrupt(CpuState s, int vector) {
        log.interrupt(s, vector);
    }

    @Override
    public void reset(CpuState s) {
        log.reset(s);
    }

    @Override
    public boolean wantsBlocks() {
        return log.wantsBlocks();
    }

    @Override
    public void block(CpuState s, long linear, byte[] code, int[] offsets) {
        log.block(s, linear, code, offsets);
    }

    @Override
    public boolean wantsExecution() {
        return log.wantsExecution();
    }

    @Override
    public void executing(CpuState s, long code) {
        log.executing(s, code);
    }

    @Override
    public boolean chains() {
        return log.chains();
    }

    @Override
    public boolean wantsTranslations() {
        return log.wantsTranslations() || perf != null || events != null;
    }

    @Override
    public void translated(CpuState s, long rip, int guestBytes, int instructions, long code, byte[] host) {
        if (log.wantsTranslations()) {
            log.translated(s, rip, guestBytes, instructions, code, host);
        }
        if (perf != null) {
            perf.add(rip, code, host.length);
        }
        FlightEvents recorder = events;
        if (recorder != null) {
            recorder.translated(s.index, rip, guestBytes, instructions, host.length);
        }
    }

    @Override
    public void invalidated(CpuState s, long rip, long code) {
        FlightEvents recorder = events;
        if (recorder != null) {
            recorder.invalidated(s.index, rip, false);
        }
    }

    @Override
    public void discarded(CpuState s) {
        FlightEvents recorder = events;
        if (recorder != null) {
            recorder.invalidated(s.index, 0, true);
        }
    }

    /** Nobody reports any more, and the counts are about to go away. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            FlightEvents recorder = events;
            if (recorder != null) {
                recorder.close();
            }
        }
        Thread thread = looker;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
        if (perf != null) {
            perf.close();
        }
    }
}
