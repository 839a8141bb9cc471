package dev.veery.accel.kvm;

import dev.veery.linux.kvm.KvmVm;
import java.util.ArrayList;
import java.util.List;

/**
 * What each global system interrupt of a machine does. Changes reach the kernel with {@link #commit}, because the kernel
 * takes the table only as a whole. Called with the machine lock held.
 */
final class GsiTable {
    private final KvmVm vm;
    private final List<KvmVm.Route> routes = new ArrayList<>();
    private boolean changed;

    GsiTable(KvmVm vm) {
        this.vm = vm;
    }

    /** Adds a meaning; one interrupt may have several. */
    void add(KvmVm.Route route) {
        routes.add(route);
        changed = true;
    }

    /** Replaces all that an interrupt does. */
    void set(KvmVm.Route route) {
        if (!routes.contains(route)) {
            remove(route.gsi());
            add(route);
        }
    }

    /** Takes all that an interrupt does away. */
    void remove(int gsi) {
        changed |= routes.removeIf(old -> old.gsi() == gsi);
    }

    /** Tells the kernel, if there is anything new. */
    void commit() {
        if (changed) {
            changed = false;
            vm.setRoutes(routes);
        }
    }
}
