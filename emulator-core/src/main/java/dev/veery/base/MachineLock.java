package dev.veery.base;

import java.util.concurrent.locks.ReentrantLock;

/**
 * The lock that serialises devices. A vCPU runs guest instructions without it and takes it for each access that reaches
 * a device and for each interrupt it acknowledges; timers and back ends call into devices with it held. Device code
 * therefore never synchronises, and never blocks.
 */
public final class MachineLock {
    private final ReentrantLock lock = new ReentrantLock();

    /** Takes the lock; it nests. */
    public void lock() {
        lock.lock();
    }

    /** Releases one level. */
    public void unlock() {
        lock.unlock();
    }

    /** Whether the calling thread holds the lock; for assertions. */
    public boolean heldByCurrentThread() {
        return lock.isHeldByCurrentThread();
    }
}
