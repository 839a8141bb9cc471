package dev.veery.linux.sys;

import dev.veery.linux.abi.SignalNumbers;
import java.util.List;
import java.util.function.Consumer;
import sun.misc.Signal;

/**
 * Handlers for the signals that people and scripts send.
 *
 * <p>Uses {@link sun.misc.Signal}, of the JDK's supported module {@code jdk.unsupported}: a handler of our own, installed
 * with sigaction(2), would run Java in signal context, which the JVM forbids. The JVM's handler only wakes a thread, which
 * runs ours.
 */
public final class Signals {
    private static final List<String> TERMINATION = List.of("TERM", "INT", "HUP");

    private Signals() {}

    /**
     * Runs {@code handler} when the program is asked to end by SIGTERM, SIGINT or SIGHUP, instead of what the JVM does then
     * (exit status 128 plus the number). It gets the name, such as {@code TERM}, on a thread of its own for each signal,
     * possibly several at once.
     *
     * <p>SIGINT is handled also where the parent had it ignored: a shell does that to what a script runs in the background,
     * and scripts end emulators so. An ignored SIGHUP stays ignored, as nohup(1) wants.
     */
    public static void onTermination(Consumer<String> handler) {
        if (LibC.signal(SignalNumbers.SIGINT, SignalNumbers.SIG_DFL) == -1) {
            throw SysException.last("signal", "SIGINT");
        }
        for (String name : TERMINATION) {
            Signal.handle(new Signal(name), signal -> handler.accept(signal.getName()));
        }
    }

    /** Runs {@code handler} when the program was stopped and goes on; the shell may have changed the terminal meanwhile. */
    public static void onContinue(Runnable handler) {
        Signal.handle(new Signal("CONT"), signal -> handler.run());
    }
}
