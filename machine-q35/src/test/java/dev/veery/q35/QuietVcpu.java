package dev.veery.q35;

import dev.veery.accel.GuestDebug;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.cpu.state.CpuState;
import dev.veery.irq.CpuSignals;
import dev.veery.irq.LocalApic;
import org.jspecify.annotations.Nullable;

/** A processor that executes nothing and hears nothing. */
final class QuietVcpu implements Vcpu, CpuSignals {
    final VcpuConfig config;
    private final CpuState state;

    /** The one it was connected to. */
    @Nullable
    LocalApic apic;

    QuietVcpu(VcpuConfig config) {
        this.config = config;
        state = new CpuState(config.index());
    }

    @Override
    public int index() {
        return config.index();
    }

    @Override
    public void connect(LocalApic localApic) {
        apic = localApic;
    }

    @Override
    public CpuSignals signals() {
        return this;
    }

    @Override
    public void start() {}

    @Override
    public void stop() {}

    @Override
    public void requestStop() {}

    @Override
    public CpuState state() {
        return state;
    }

    @Override
    public void stateChanged() {}

    @Override
    public void reset() {}

    @Override
    public void setDebug(GuestDebug debug) {}

    @Override
    public void setA20(boolean enabled) {}

    @Override
    public long instructions() {
        return 0;
    }

    @Override
    public void close() {
        state.free();
    }

    @Override
    public void interruptRequested() {}

    @Override
    public void nmi() {}

    @Override
    public void init() {}

    @Override
    public void startup(int vector) {}
}
