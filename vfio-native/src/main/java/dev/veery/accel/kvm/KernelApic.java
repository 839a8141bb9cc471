package dev.veery.accel.kvm;

import dev.veery.irq.InterruptBus;
import dev.veery.irq.LocalApic;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmVcpu;
import dev.veery.memory.access.OffHeap;

/**
 * The state of a processor's local APIC in the kernel: a register page as in xAPIC mode. It is kept as fetched and goes back
 * when it was changed here; the kernel gives the power-on state itself when it makes a processor. Interrupts, the timer and
 * the registers as the guest reaches them are the kernel's business: here nothing is ever pending.
 */
final class KernelApic implements LocalApic, AutoCloseable {
    /** SDM vol. 3, table 11-1. */
    private static final int SVR = 0xf0;

    private static final int LVT_LINT0 = 0x350;
    private static final int LVT_LINT1 = 0x360;
    private static final int LVT_MASKED = 1 << 16;
    private static final int SVR_ENABLE = 1 << 8;
    private static final int MODE_SHIFT = 8;

    private static final long DEFAULT_BASE = 0xfee0_0000L;
    private static final int BASE_BOOTSTRAP = 1 << 8;
    private static final int BASE_X2APIC = 1 << 10;
    private static final int BASE_ENABLE = 1 << 11;

    private final KvmVcpu cpu;
    private final boolean bootstrap;
    private final long powerOn = OffHeap.allocate(KvmLayout.SIZEOF_LAPIC_STATE);
    private final long page = OffHeap.allocate(KvmLayout.SIZEOF_LAPIC_STATE);
    private final long mpState = OffHeap.allocate(KvmLayout.SIZEOF_MP_STATE);
    private long base;
    private int cr8;
    private boolean changed;

    KernelApic(KvmVcpu cpu, boolean bootstrap) {
        this.cpu = cpu;
        this.bootstrap = bootstrap;
        cpu.transfer("KVM_GET_LAPIC", Kvm.KVM_GET_LAPIC, powerOn);
        // KVM opens LINT0 for firmware that does not know it; the manual has it masked (SDM vol. 3, 11.4.7.1).
        OffHeap.putInt(powerOn + LVT_LINT0, LVT_MASKED);
        reset();
    }

    /** Power-on. The processor is stopped; {@link #store} follows before it runs. */
    void reset() {
        OffHeap.copy(powerOn, page, KvmLayout.SIZEOF_LAPIC_STATE);
        base = DEFAULT_BASE | BASE_ENABLE | (bootstrap ? BASE_BOOTSTRAP : 0);
        cr8 = 0;
        setMpState(bootstrap ? Kvm.KVM_MP_STATE_RUNNABLE : Kvm.KVM_MP_STATE_UNINITIALIZED);
        changed = true;
    }

    /** Software-enabled, the 8259s on LINT0, NMI on LINT1. */
    void enterVirtualWire() {
        OffHeap.putInt(page + SVR, OffHeap.getInt(page + SVR) | SVR_ENABLE);
        OffHeap.putInt(page + LVT_LINT0, InterruptBus.EXTINT << MODE_SHIFT);
        OffHeap.putInt(page + LVT_LINT1, InterruptBus.NMI << MODE_SHIFT);
        changed = true;
    }

    @Override
    public long base() {
        return base;
    }

    @Override
    public int cr8() {
        return cr8;
    }

    /** Whether the processor stands in HLT. */
    boolean halted() {
        return OffHeap.getInt(mpState) == Kvm.KVM_MP_STATE_HALTED;
    }

    /** Says whether it does; a processor that waits for a start-up message goes on waiting. */
    void setHalted(boolean halted) {
        if (halted) {
            setMpState(Kvm.KVM_MP_STATE_HALTED);
        } else if (halted()) {
            setMpState(Kvm.KVM_MP_STATE_RUNNABLE);
        }
    }

    @Override
    public boolean hasInterrupt() {
        return false;
    }

    @Override
    public int pendingVector() {
        return -1;
    }

    @Override
    public int acknowledge() {
        return -1;
    }

    @Override
    public void setCr8(int value) {
        cr8 = value & 0xf;
    }

    @Override
    public boolean setBase(long value) {
        base = value;
        return true;
    }

    @Override
    public long tscDeadline() {
        return 0;
    }

    @Override
    public void setTscDeadline(long ticks) {
        // The guest's writes end in the kernel.
    }

    @Override
    public boolean x2apic() {
        return (base & BASE_X2APIC) != 0;
    }

    @Override
    public boolean msrReadable(int msr) {
        return false;
    }

    @Override
    public long readMsr(int msr) {
        return 0;
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        return false;
    }

    @Override
    public void init() {
        reset();
    }

    private void setMpState(int state) {
        OffHeap.putInt(mpState, state);
    }

    /** Fetches all of it; {@code sregs} has just been fetched. */
    void fetch(long sregs) {
        cpu.transfer("KVM_GET_MP_STATE", Kvm.KVM_GET_MP_STATE, mpState);
        cpu.transfer("KVM_GET_LAPIC", Kvm.KVM_GET_LAPIC, page);
        base = OffHeap.getLong(sregs + KvmLayout.SREGS_APIC_BASE);
        cr8 = (int) OffHeap.getLong(sregs + KvmLayout.SREGS_CR8);
    }

    /** Stores it, after the other registers: the mode of the page is that of IA32_APIC_BASE. */
    void store() {
        if (changed) {
            changed = false;
            cpu.transfer("KVM_SET_LAPIC", Kvm.KVM_SET_LAPIC, page);
        }
        cpu.transfer("KVM_SET_MP_STATE", Kvm.KVM_SET_MP_STATE, mpState);
    }

    @Override
    public void close() {
        OffHeap.free(powerOn);
        OffHeap.free(page);
        OffHeap.free(mpState);
    }
}
