package dev.veery.accel.kvm;

import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Poll;
import dev.veery.linux.kvm.KvmVm;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.PollSet;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.Doorbell;
import dev.veery.memory.MemoryListener;
import dev.veery.memory.MemorySection;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns writes to devices' doorbells into signals in the kernel, wherever the devices' registers are mapped, and answers
 * them on a thread of its own. A doorbell that the kernel does not take, for its tables are full, goes on as an exit.
 */
final class Doorbells implements AutoCloseable {
    private static final int COUNTER_BYTES = 8;

    private final KvmVm vm;
    private final MachineLock lock;
    private final boolean anyLength;
    private final long counter = OffHeap.allocate(COUNTER_BYTES);
    private final EventFd changed = new EventFd("doorbells");
    private final List<Space> spaces = new ArrayList<>();

    /** Every doorbell that was ever mapped. Guarded by the machine lock, as are the spaces. */
    private final Map<Doorbell, EventFd> signals = new IdentityHashMap<>();

    private @Nullable Thread thread;
    private boolean stale;
    private volatile boolean closed;

    /**
     * Makes the listener.
     *
     * @param anyLength whether the kernel can hear writes of any width
     */
    Doorbells(KvmVm vm, MachineLock lock, boolean anyLength) {
        this.vm = vm;
        this.lock = lock;
        this.anyLength = anyLength;
    }

    /** Follows an address space. With the machine lock held, or before anybody else has it. */
    void follow(AddressSpace space, boolean ports) {
        Space follower = new Space(space, ports);
        spaces.add(follower);
        space.addListener(follower);
    }

    /** One address space. */
    private final class Space implements MemoryListener {
        private final AddressSpace space;
        private final boolean ports;

        /** What is attached, by doorbell; one that is mapped twice is heard at the first place only. */
        private final Map<Doorbell, KvmVm.Doorbell> attached = new IdentityHashMap<>();

        Space(AddressSpace space, boolean ports) {
            this.space = space;
            this.ports = ports;
        }

        private KvmVm.@Nullable Doorbell place(MemorySection section, Doorbell doorbell) {
            long from = doorbell.offset() - section.offset();
            long last = from + Math.max(1, doorbell.size()) - 1;
            if (from < 0 || Long.compareUnsigned(last, section.last() - section.start()) > 0) {
                return null;
            }
            return new KvmVm.Doorbell(
                    ports, section.start() + from, doorbell.size(), doorbell.match(), doorbell.value());
        }

        @Override
        public void regionAdd(MemorySection section) {
            for (Doorbell doorbell : section.region().doorbells()) {
                KvmVm.Doorbell place = place(section, doorbell);
                if (place != null && !attached.containsKey(doorbell) && (doorbell.size() != 0 || anyLength)) {
                    attach(doorbell, place);
                }
            }
        }

        private void attach(Doorbell doorbell, KvmVm.Doorbell place) {
            EventFd signal = signals.computeIfAbsent(doorbell, made -> {
                stale |= heard(doorbell);
                return new EventFd("doorbell");
            });
            try {
                vm.attachDoorbell(place, signal);
                attached.put(doorbell, place);
            } catch (SysException e) {
                // The kernel's table is full, or another register is at the same place: the write exits as before.
                attached.remove(doorbell);
            }
        }

        @Override
        public void regionRemove(MemorySection section) {
            for (Doorbell doorbell : section.region().doorbells()) {
                KvmVm.Doorbell place = place(section, doorbell);
                EventFd signal = signals.get(doorbell);
                if (place != null && signal != null && attached.remove(doorbell, place)) {
                    vm.detachDoorbell(place, signal);
                }
            }
        }

        @Override
        public void commit() {
            if (stale) {
                stale = false;
                startOrTell();
            }
        }
    }

    /** A signal that nobody awaits costs the writer no wake-up. */
    private static boolean heard(Doorbell doorbell) {
        return doorbell.rung() != Doorbell.UNHEARD;
    }

    private void startOrTell() {
        if (thread != null) {
            changed.signal();
            return;
        }
        Thread t = new Thread(this::listen, "veery-doorbells");
        t.setDaemon(true);
        thread = t;
        t.start();
    }

    private void listen() {
        while (!closed) {
            Doorbell[] bells;
            Fd[] fds;
            lock.lock();
            try {
                bells = signals.keySet().stream().filter(Doorbells::heard).toArray(Doorbell[]::new);
                fds = new Fd[bells.length + 1];
                fds[bells.length] = changed.fd();
                for (int i = 0; i < bells.length; i++) {
                    EventFd signal = signals.get(bells[i]);
                    fds[i] = signal == null ? changed.fd() : signal.fd();
                }
            } finally {
                lock.unlock();
            }
            int[] events = new int[fds.length];
            Arrays.fill(events, Poll.POLLIN);
            try (PollSet set = new PollSet(fds, events)) {
                answer(set, bells, fds);
            }
        }
        free();
    }

    /** Answers until the set is no longer all there is. */
    private void answer(PollSet set, Doorbell[] bells, Fd[] fds) {
        while (true) {
            set.await(-1);
            if (set.ready(bells.length) != 0) {
                fds[bells.length].read(counter, COUNTER_BYTES);
                return;
            }
            for (int i = 0; i < bells.length; i++) {
                if (set.ready(i) != 0) {
                    fds[i].read(counter, COUNTER_BYTES);
                    ring(bells[i]);
                }
            }
        }
    }

    private void ring(Doorbell bell) {
        lock.lock();
        try {
            if (!closed) {
                bell.rung().run();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops hearing, with the machine lock held; the thread, which may be waiting for that lock, ends afterwards and frees
     * what it uses.
     */
    @Override
    public void close() {
        closed = true;
        for (Space follower : spaces) {
            follower.space.removeListener(follower);
        }
        if (thread == null) {
            free();
        } else {
            changed.signal();
        }
    }

    private void free() {
        signals.values().forEach(EventFd::close);
        changed.close();
        OffHeap.free(counter);
    }
}
