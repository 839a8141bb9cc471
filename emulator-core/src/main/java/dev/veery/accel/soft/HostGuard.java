package dev.veery.accel.soft;

import dev.veery.cpu.jit.HostFeatures;
import dev.veery.cpu.state.CpuSupport;
import dev.veery.cpu.state.Feature;

/**
 * What the software processor does, without what a translator would have to leave to the interpreter: programs choose
 * their inner loops by these features.
 */
final class HostGuard implements CpuSupport {
    private final HostFeatures host;

    HostGuard(HostFeatures host) {
        this.host = host;
    }

    @Override
    public String engine() {
        return SOFTWARE.engine() + " on this host";
    }

    @Override
    public boolean supports(Feature feature) {
        return SOFTWARE.supports(feature) && host.has(feature);
    }

    @Override
    public boolean tscFrequency(long hz) {
        return SOFTWARE.tscFrequency(hz);
    }
}
