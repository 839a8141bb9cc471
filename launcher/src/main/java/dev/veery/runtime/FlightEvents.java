package dev.veery.runtime;

import dev.veery.accel.EngineStatistics;
import java.util.function.Supplier;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;

/** What the software engines report to Java Flight Recorder; loaded only once that is in use. */
final class FlightEvents {
    /** A block was translated. */
    @Name("veery.Translation")
    @Label("Translation")
    @Category("Veery")
    @StackTrace(false)
    static final class Translation extends Event {
        @Label("Processor")
        int processor;

        @Label("Guest RIP")
        long rip;

        @Label("Guest Bytes")
        int guestBytes;

        @Label("Instructions")
        int instructions;

        @Label("Host Bytes")
        int hostBytes;
    }

    /** A translation was dropped because its code changed, or all of them to make room. */
    @Name("veery.Invalidation")
    @Label("Invalidation")
    @Category("Veery")
    @StackTrace(false)
    static final class Invalidation extends Event {
        @Label("Processor")
        int processor;

        @Label("Guest RIP")
        long rip;

        @Label("All Translations")
        boolean all;
    }

    /** TLB misses so far. */
    @Name("veery.TlbMisses")
    @Label("TLB Misses")
    @Category("Veery")
    @Period("1 s")
    @StackTrace(false)
    static final class TlbMisses extends Event {
        @Label("Misses")
        long misses;

        @Label("Flushes")
        long flushes;
    }

    /** Returns from translated code so far. */
    @Name("veery.Exits")
    @Label("Exits")
    @Category("Veery")
    @Period("1 s")
    @StackTrace(false)
    static final class Exits extends Event {
        @Label("Guest Instructions")
        long guestInstructions;

        @Label("Exits")
        long exits;

        @Label("Instructions Interpreted")
        long interpreted;
    }

    private final Runnable tlb;
    private final Runnable exits;

    /**
     * Registers the events.
     *
     * @param statistics the engine's counts now
     */
    FlightEvents(Supplier<EngineStatistics> statistics) {
        tlb = () -> {
            TlbMisses event = new TlbMisses();
            EngineStatistics now = statistics.get();
            event.misses = now.tlbMisses();
            event.flushes = now.tlbFlushes();
            event.commit();
        };
        exits = () -> {
            Exits event = new Exits();
            EngineStatistics now = statistics.get();
            event.guestInstructions = now.instructions();
            event.exits = now.entries();
            event.interpreted = now.interpreted();
            event.commit();
        };
        FlightRecorder.register(Translation.class);
        FlightRecorder.register(Invalidation.class);
        FlightRecorder.addPeriodicEvent(TlbMisses.class, tlb);
        FlightRecorder.addPeriodicEvent(Exits.class, exits);
    }

    /** The engine is about to go away. */
    void close() {
        FlightRecorder.removePeriodicEvent(tlb);
        FlightRecorder.removePeriodicEvent(exits);
    }

    void translated(int processor, long rip, int guestBytes, int instructions, int hostBytes) {
        Translation event = new Translation();
        event.processor = processor;
        event.rip = rip;
        event.guestBytes = guestBytes;
        event.instructions = instructions;
        event.hostBytes = hostBytes;
        event.commit();
    }

    void invalidated(int processor, long rip, boolean all) {
        Invalidation event = new Invalidation();
        event.processor = processor;
        event.rip = rip;
        event.all = all;
        event.commit();
    }
}
