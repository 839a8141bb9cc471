package dev.veery.accel.soft;

import dev.veery.accel.EngineStatistics;
import dev.veery.memory.CodeListener;
import dev.veery.memory.GuestRam;
import dev.veery.memory.RamBlock;
import dev.veery.time.InstructionClock;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The software processors of one machine, as far as they concern each other: who may write which page unnoticed, and who
 * has the machine for itself.
 *
 * <p>A page becomes tracked for code in this order: it is marked; write permissions in all TLBs are revoked; who had one
 * is awaited between two blocks; only then is the code read. The first mark of a page is made with {@link #lock} held and
 * {@link #tracking} set, so that whoever finds it marked knows whether to wait.
 */
final class CpuGroup implements CodeListener {
    private static final int SPINS = 200;
    private static final long NAP_NANOS = 20_000;

    /** How long a processor runs while others wait for their turn. */
    private static final long TURN_MICROS = 1000;

    private final GuestRam ram;

    /** Serialises those who wait for others. Whoever wants it has left the guest, see {@link SoftVcpu#leave}. */
    private final ReentrantLock lock = new ReentrantLock();

    private final boolean turns;

    /** Executes the processors, if time runs with instructions. */
    private final @Nullable RoundRobin rounds;

    /** Held by the processor whose turn it is, if they take turns. Fair: all of them go round. */
    private final ReentrantLock turn = new ReentrantLock(true);

    private volatile @Nullable SoftVcpu running;

    private volatile SoftVcpu[] cpus = {};

    /** A page is being marked for the first time. */
    private volatile boolean tracking;

    /** A processor wants the others to stand still, or has them do so. */
    private volatile boolean exclusive;

    /**
     * Makes one.
     *
     * @param options how the processors run
     */
    CpuGroup(GuestRam ram, SoftOptions options) {
        this.ram = ram;
        InstructionClock clock = options.clock();
        rounds = clock == null ? null : new RoundRobin(clock);
        turns = clock == null && options.turns();
        ram.setCodeListener(this);
    }

    /** Whether processors with this memory belong here. */
    boolean shares(GuestRam other) {
        return ram == other;
    }

    /** What executes the processors on one thread; null if each has its own. */
    @Nullable
    RoundRobin rounds() {
        return rounds;
    }

    /** Adds a processor; while the machine is built. */
    synchronized void add(SoftVcpu cpu) {
        SoftVcpu[] grown = Arrays.copyOf(cpus, cpus.length + 1);
        grown[grown.length - 1] = cpu;
        cpus = grown;
    }

    /** Removes a processor that is being closed. */
    synchronized void remove(SoftVcpu cpu) {
        cpus = Arrays.stream(cpus).filter(other -> other != cpu).toArray(SoftVcpu[]::new);
    }

    /** How many processors are executing guest code. */
    int inside() {
        SoftVcpu[] all = cpus;
        int inside = 0;
        for (SoftVcpu cpu : all) {
            if (!SoftVcpu.outside(cpu.epoch())) {
                inside++;
            }
        }
        return inside;
    }

    /** What all of them have counted. */
    EngineStatistics statistics() {
        EngineStatistics sum = EngineStatistics.NONE;
        for (SoftVcpu cpu : cpus) {
            sum = sum.plus(cpu.statistics());
        }
        return sum;
    }

    /** Number of processors. */
    int size() {
        return cpus.length;
    }

    @Override
    public long codeWritten(RamBlock block, long offset, int length) {
        long kept = 0;
        for (SoftVcpu cpu : cpus) {
            kept |= cpu.codeWritten(block, offset, length);
        }
        return kept;
    }

    /** See {@link dev.veery.cpu.interp.Peers#markCode}. */
    void markCode(SoftVcpu self, RamBlock block, int page, long mask, long hostPage) {
        if (block.markMoreCode(page, mask) != 0 && !tracking) {
            return;
        }
        self.leave();
        lock.lock();
        try {
            tracking = true;
            if (block.markCode(page, mask) == 0) {
                revoke(self, hostPage);
            }
        } finally {
            tracking = false;
            lock.unlock();
        }
        self.enter();
    }

    private void revoke(SoftVcpu self, long hostPage) {
        self.revokeWrites(hostPage);
        SoftVcpu[] all = cpus;
        if (all.length == 1) {
            return;
        }
        for (SoftVcpu cpu : all) {
            while (cpu != self && cpu.revokeWritesOfPeer(hostPage)) {
                await(cpu);
            }
        }
    }

    /** Waits until {@code cpu} has been between two blocks. */
    private static void await(SoftVcpu cpu) {
        int seen = cpu.epoch();
        if (SoftVcpu.outside(seen)) {
            return;
        }
        cpu.requestPass();
        for (int i = 0; cpu.epoch() == seen; i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
    }

    /** Brings all processors but {@code self} to a stand between two blocks. */
    void beginExclusive(SoftVcpu self) {
        self.leave();
        lock.lock();
        exclusive = true;
        for (SoftVcpu cpu : cpus) {
            if (cpu != self) {
                await(cpu);
            }
        }
    }

    /** Lets them go on. */
    void endExclusive(SoftVcpu self) {
        exclusive = false;
        lock.unlock();
        self.enter();
    }

    /** Whether processors take turns. */
    boolean takesTurns() {
        return turns;
    }

    /** Waits for the turn of {@code self}, which has left the guest. */
    void takeTurn(SoftVcpu self) {
        if (!turns) {
            return;
        }
        boolean interrupted = false;
        boolean mine = false;
        while (!mine) {
            try {
                mine = turn.tryLock(TURN_MICROS, TimeUnit.MICROSECONDS);
                SoftVcpu other = running;
                if (!mine && other != null) {
                    other.requestPass();
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        running = self;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the turn. */
    void endTurn() {
        if (turns) {
            running = null;
            turn.unlock();
        }
    }

    /** Whether a processor that has just entered the guest has to leave it again. */
    boolean exclusive() {
        return exclusive;
    }

    /** Returns when no processor is exclusive any more, or at least was not for a moment. */
    void awaitShared() {
        lock.lock();
        lock.unlock();
    }
}
