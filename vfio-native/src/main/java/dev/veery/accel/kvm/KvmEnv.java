package dev.veery.accel.kvm;

import dev.veery.accel.VcpuConfig;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuModel;
import dev.veery.irq.LocalApic;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The surroundings of a processor for what is done to it from outside: resets, CPUID. */
final class KvmEnv implements CpuEnv {
    private static final long KHZ_NANOS = 1_000_000;

    private final VcpuConfig config;
    private final int tscKhz;
    private @Nullable LocalApic apic;

    KvmEnv(VcpuConfig config, int tscKhz) {
        this.config = config;
        this.tscKhz = tscKhz;
    }

    void connect(LocalApic localApic) {
        apic = localApic;
    }

    /** The guest's time-stamp frequency, which is the host's; 0 if not known. */
    int tscKhz() {
        return tscKhz;
    }

    @Override
    public int in(int port, int size) {
        return (int) config.io().read(port, size);
    }

    @Override
    public void out(int port, int size, int value) {
        config.io().write(port, size, value & 0xffff_ffffL >>> 32 - 8 * size);
    }

    /** Machine time in ticks of the guest's counter, which runs at the host's frequency. */
    @Override
    public long tsc() {
        long nanos = config.clock().nanos();
        return Math.multiplyHigh(nanos, tscKhz) == 0
                ? nanos * tscKhz / KHZ_NANOS
                : nanos / KHZ_NANOS * tscKhz + nanos % KHZ_NANOS * tscKhz / KHZ_NANOS;
    }

    @Override
    public LocalApic apic() {
        return Objects.requireNonNull(apic, "connect comes before start");
    }

    @Override
    public void lock() {
        config.lock().lock();
    }

    @Override
    public void unlock() {
        config.lock().unlock();
    }

    @Override
    public CpuModel model() {
        return config.model();
    }

    @Override
    public long random() {
        throw new IllegalStateException("no instruction is executed here");
    }

    @Override
    public void tripleFault() {
        throw new IllegalStateException("no instruction is executed here");
    }

    @Override
    public void codeTranslationChanged() {
        // KVM keeps its own translations.
    }
}
