package dev.veery.accel.kvm;

import dev.veery.base.MachineLock;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmVm;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryListener;
import dev.veery.memory.MemorySection;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes that KVM keeps in a ring instead of leaving the guest (coalesced MMIO), for registers whose device allows that. Every
 * exit of any processor carries them out before anything else, so that no access overtakes them.
 */
final class LateWrites implements AutoCloseable {
    private final KvmVm vm;
    private final MachineLock lock;
    private final AddressSpace memory;
    private final AddressSpace io;
    private final List<Follower> followers = new ArrayList<>();

    LateWrites(KvmVm vm, MachineLock lock, AddressSpace memory, AddressSpace io) {
        this.vm = vm;
        this.lock = lock;
        this.memory = memory;
        this.io = io;
    }

    /** Follows one of the two spaces. With the machine lock held, or before anybody else has it. */
    void follow(boolean ports) {
        Follower follower = new Follower(ports);
        followers.add(follower);
        follower.space().addListener(follower);
    }

    private final class Follower implements MemoryListener {
        private final boolean ports;

        Follower(boolean ports) {
            this.ports = ports;
        }

        AddressSpace space() {
            return ports ? io : memory;
        }

        private long zone(MemorySection section) {
            long from = section.region().lateOffset() - section.offset();
            long size = section.region().lateSize();
            boolean whole = size != 0 && from >= 0 && from + size - 1 <= section.last() - section.start();
            return whole ? section.start() + from : -1;
        }

        @Override
        public void regionAdd(MemorySection section) {
            long zone = zone(section);
            if (zone >= 0) {
                try {
                    vm.keepWrites(ports, zone, (int) section.region().lateSize());
                } catch (SysException e) {
                    // KVM's table is full: the writes exit as others do.
                }
            }
        }

        @Override
        public void regionRemove(MemorySection section) {
            long zone = zone(section);
            if (zone >= 0) {
                vm.reportWrites(ports, zone, (int) section.region().lateSize());
            }
        }
    }

    /**
     * Carries out what is in the ring.
     *
     * @param ring host address of {@code struct kvm_coalesced_mmio_ring}, the same one behind every processor
     */
    void carryOut(long ring) {
        if (OffHeap.getInt(ring) == OffHeap.getIntAcquire(ring + KvmLayout.COALESCED_RING_LAST)) {
            return;
        }
        lock.lock();
        try {
            int first = OffHeap.getInt(ring);
            while (first != OffHeap.getIntAcquire(ring + KvmLayout.COALESCED_RING_LAST)) {
                long entry = ring + KvmLayout.COALESCED_RING_ENTRIES + (long) first * KvmLayout.SIZEOF_COALESCED_WRITE;
                int size = OffHeap.getInt(entry + KvmLayout.COALESCED_WRITE_LENGTH);
                long value = OffHeap.getLong(entry + KvmLayout.COALESCED_WRITE_DATA) & -1L >>> 64 - 8 * size;
                boolean port = OffHeap.getInt(entry + KvmLayout.COALESCED_WRITE_PIO) != 0;
                (port ? io : memory).write(OffHeap.getLong(entry), size, value);
                first = (first + 1) % KvmLayout.COALESCED_RING_MAX;
                OffHeap.putIntRelease(ring, first);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        for (Follower follower : followers) {
            follower.space().removeListener(follower);
        }
    }
}
