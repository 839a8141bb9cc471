package dev.veery.accel.kvm;

import dev.veery.accel.IntervalTimer;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmVm;
import dev.veery.memory.access.OffHeap;

/** KVM's 8254. It runs in the host's time, not in the machine's: it goes on while the machine is stopped. */
final class KernelPit implements IntervalTimer, AutoCloseable {
    private final KvmVm vm;
    private final long powerOn = OffHeap.allocate(KvmLayout.SIZEOF_PIT_STATE2);
    private final long now = OffHeap.allocate(KvmLayout.SIZEOF_PIT_STATE2);
    private boolean connected = true;

    KernelPit(KvmVm vm) {
        this.vm = vm;
        vm.createPit();
        vm.getPit(powerOn);
    }

    @Override
    public void connectInterrupt(boolean wanted) {
        if (wanted != connected) {
            connected = wanted;
            vm.getPit(now);
            OffHeap.putInt(now + KvmLayout.PIT_STATE2_FLAGS, wanted ? 0 : Kvm.KVM_PIT_FLAGS_HPET_LEGACY);
            vm.setPit(now);
        }
    }

    /** Power-on: connected, and nothing counts. */
    void reset() {
        connected = true;
        vm.setPit(powerOn);
    }

    @Override
    public void close() {
        OffHeap.free(powerOn);
        OffHeap.free(now);
    }
}
