package dev.veery.accel.kvm;

import dev.veery.base.ConfigException;
import dev.veery.base.Unsigned;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.kvm.KvmVm;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.DeviceWindow;
import dev.veery.memory.GuestRam;
import dev.veery.memory.MemoryListener;
import dev.veery.memory.MemorySection;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps KVM's memory slots equal to the RAM and ROM of an address space, and to the windows of devices. Ranges that are no whole pages are left to MMIO
 * exits, which end in the same memory. A change that deletes slots is made while no processor runs, because between
 * deleting and adding, the guest would see holes. Called with the machine lock held.
 */
final class MemorySlots implements MemoryListener {
    private static final long PAGE = RamBlock.PAGE_SIZE;

    /** A slot in use. */
    private record Slot(int number, Range range) {}

    /** Host memory at a guest address: a block's from an offset on, or a device's without a block. */
    private record Range(
            String name, @Nullable RamBlock block, long offset, long host, long guest, long size, boolean readOnly) {
        // Spelled out: what the compiler leaves to be made at run time takes longer than all of the slots.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Range range
                    && name.equals(range.name)
                    && block == range.block
                    && offset == range.offset
                    && host == range.host
                    && guest == range.guest
                    && size == range.size
                    && readOnly == range.readOnly;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(guest);
        }
    }

    private final KvmVm vm;
    private final KvmMachine machine;
    private final Map<Range, Slot> slots = new HashMap<>();
    private final List<Range> removed = new ArrayList<>();
    private final List<Range> added = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();
    private final Set<RamBlock> logged = new HashSet<>();
    private int next;

    MemorySlots(KvmVm vm, KvmMachine machine, GuestRam ram) {
        this.vm = vm;
        this.machine = machine;
        ram.addTrackingListener(this::loggingChanged);
        ram.addDirtySource(this::collectDirty);
    }

    @Override
    public void regionRemove(MemorySection section) {
        Range range = range(section);
        if (range != null && slots.containsKey(range)) {
            removed.add(range);
        }
    }

    @Override
    public void regionAdd(MemorySection section) {
        Range range = range(section);
        if (range != null && !removed.remove(range)) {
            added.add(range);
        }
    }

    private static @Nullable Range range(MemorySection section) {
        RamBlock block = section.block();
        DeviceWindow window = section.region().window();
        if (block == null && window == null) {
            return null;
        }
        long start = section.start() + PAGE - 1 & -PAGE;
        long end = section.last() + 1 & -PAGE;
        if (!Unsigned.lt(start, end)) {
            return null;
        }
        long offset = section.offset() + (start - section.start());
        String name = section.region().name();
        return block != null
                ? new Range(name, block, offset, block.host() + offset, start, end - start, !section.writable())
                : new Range(name, null, 0, Objects.requireNonNull(window).host() + offset, start, end - start, false);
    }

    @Override
    public void commit() {
        if (removed.isEmpty() && added.isEmpty()) {
            return;
        }
        try {
            if (removed.isEmpty()) {
                added.forEach(this::addSlot);
            } else {
                machine.pauseAll();
                try {
                    removed.forEach(this::removeSlot);
                    added.forEach(this::addSlot);
                } finally {
                    machine.resumeAll();
                }
            }
        } finally {
            removed.clear();
            added.clear();
        }
    }

    private void addSlot(Range range) {
        int number = free.isEmpty() ? next++ : free.pop();
        Slot slot = new Slot(number, range);
        set(slot, isLogged(range));
        slots.put(range, slot);
    }

    private void removeSlot(Range range) {
        Slot slot = slots.remove(range);
        if (slot != null) {
            if (isLogged(range)) {
                collect(slot);
            }
            vm.setMemorySlot(slot.number, 0, range.guest, 0, 0);
            free.push(slot.number);
        }
    }

    private boolean isLogged(Range range) {
        return range.block != null && logged.contains(range.block);
    }

    private void set(Slot slot, boolean logged) {
        Range range = slot.range;
        int flags = (range.readOnly ? Kvm.KVM_MEM_READONLY : 0) | (logged ? Kvm.KVM_MEM_LOG_DIRTY_PAGES : 0);
        try {
            vm.setMemorySlot(slot.number, flags, range.guest, range.size, range.host);
        } catch (SysException e) {
            throw new ConfigException("the host's KVM refuses guest memory '" + range.name + "': " + e.getMessage()
                    + "; use less RAM (-m), fewer devices, or -accel tcg");
        }
    }

    // ---- dirty pages

    private void loggingChanged(RamBlock block) {
        machine.lock().lock();
        try {
            boolean now = block.logged();
            if (now ? !logged.add(block) : !logged.remove(block)) {
                return;
            }
            for (Slot slot : slots.values()) {
                if (slot.range.block == block) {
                    set(slot, now);
                }
            }
        } finally {
            machine.lock().unlock();
        }
    }

    private void collectDirty(RamBlock block) {
        machine.lock().lock();
        try {
            if (!logged.contains(block)) {
                return;
            }
            for (Slot slot : slots.values()) {
                if (slot.range.block == block) {
                    collect(slot);
                }
            }
        } finally {
            machine.lock().unlock();
        }
    }

    private void collect(Slot slot) {
        Range range = slot.range;
        RamBlock block = Objects.requireNonNull(range.block);
        long words = (range.size / PAGE + 63) / 64;
        long bitmap = OffHeap.allocate(8 * words);
        try {
            vm.takeDirtyLog(slot.number, bitmap);
            for (long w = 0; w < words; w++) {
                long bits = OffHeap.getLong(bitmap + 8 * w);
                while (bits != 0) {
                    long page = 64 * w + Long.numberOfTrailingZeros(bits);
                    block.noteWrite(range.offset + page * PAGE, PAGE);
                    bits &= bits - 1;
                }
            }
        } finally {
            OffHeap.free(bitmap);
        }
    }
}
