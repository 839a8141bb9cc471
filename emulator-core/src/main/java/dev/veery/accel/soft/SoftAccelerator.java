package dev.veery.accel.soft;

import dev.veery.accel.Accelerator;
import dev.veery.accel.EngineStatistics;
import dev.veery.memory.GuestRam;
import org.jspecify.annotations.Nullable;

/** What the software engines have in common: the group that the processors of one machine form. */
abstract class SoftAccelerator implements Accelerator {
    private final SoftOptions options;

    /** The processors of the machine that is being made. */
    private volatile @Nullable CpuGroup group;

    /** Makes one. */
    SoftAccelerator(SoftOptions options) {
        this.options = options;
    }

    /** How processors run. */
    final SoftOptions options() {
        return options;
    }

    @Override
    public final EngineStatistics statistics() {
        CpuGroup g = group;
        return g == null ? EngineStatistics.NONE : g.statistics();
    }

    /** The group of processors with this memory. */
    final CpuGroup group(GuestRam ram) {
        CpuGroup g = group;
        if (g == null || !g.shares(ram)) {
            g = new CpuGroup(ram, options);
            group = g;
        }
        return g;
    }
}
