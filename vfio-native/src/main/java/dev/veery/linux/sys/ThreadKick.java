package dev.veery.linux.sys;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.SignalNumbers;
import dev.veery.memory.access.OffHeap;

/**
 * A signal whose only effect is that a system call of one thread returns with {@code EINTR}. It is a real-time signal that
 * the JVM does not use, and its handler is the C library's {@code abs}: a function that takes one int, touches nothing and
 * may therefore run at any instruction, which no Java method may. System calls that can be restarted are
 * ({@code SA_RESTART}); KVM_RUN is not one of them.
 */
public final class ThreadKick {
    private static final int SIGNAL = SignalNumbers.SIGRTMIN + 4;
    private static final int PROCESS = install();

    private ThreadKick() {}

    private static int install() {
        long action = OffHeap.allocate(SignalNumbers.SIZEOF_SIGACTION);
        try {
            OffHeap.putLong(action + SignalNumbers.SIGACTION_HANDLER, LibC.address("abs"));
            OffHeap.putInt(action + SignalNumbers.SIGACTION_FLAGS, SignalNumbers.SA_RESTART);
            if (LibC.sigaction(SIGNAL, action, 0) < 0) {
                throw SysException.last("sigaction", "signal " + SIGNAL);
            }
        } finally {
            OffHeap.free(action);
        }
        return LibC.getpid();
    }

    /** The number by which {@link #kick} knows the calling thread. */
    public static int currentThread() {
        return LibC.gettid();
    }

    /** Interrupts a thread's system call, if it is in one; a thread that has ended is left alone. Allocates nothing. */
    public static void kick(int thread) {
        if (LibC.tgkill(PROCESS, thread, SIGNAL) < 0 && LibC.errno() != Errno.ESRCH) {
            throw SysException.last("tgkill", "thread " + thread);
        }
    }
}
