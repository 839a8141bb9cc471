package dev.veery.accel.kvm;

import dev.veery.irq.ApicMessage;
import dev.veery.irq.SignalTarget;
import dev.veery.linux.kvm.KvmVm;
import dev.veery.linux.sys.SysException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Signals that KVM turns into interrupts by itself (KVM_IRQFD): each message has a global system interrupt of its own, behind
 * those of the I/O APIC's inputs.
 */
final class KernelSignals implements SignalTarget {
    private final KvmIrqchip irqchip;
    private final KvmVm vm;
    private final int limit;
    private final boolean inputs;
    private final BitSet used = new BitSet();
    private final Map<Integer, Connection> connections = new HashMap<>();
    private int lastConnection = NONE;

    private record Connection(int gsi, int signal) {
        boolean hasMessage() {
            return gsi >= KvmIrqchip.FIRST_MESSAGE;
        }
    }

    /**
     * Makes it without any.
     *
     * @param limit how many global system interrupts there are
     * @param inputs whether the I/O APIC is the kernel's, and it can tell of ended interrupts
     */
    KernelSignals(KvmIrqchip irqchip, KvmVm vm, int limit, boolean inputs) {
        this.irqchip = irqchip;
        this.vm = vm;
        this.limit = limit;
        this.inputs = inputs;
    }

    @Override
    public int connect(int signal, ApicMessage message) {
        int gsi = used.nextClearBit(KvmIrqchip.FIRST_MESSAGE);
        KvmVm.Route route = irqchip.route(gsi, message);
        if (gsi >= limit || route == null) {
            return NONE;
        }
        irqchip.routes().set(route);
        irqchip.routes().commit();
        int connection = attach(gsi, signal, -1);
        if (connection == NONE) {
            irqchip.routes().remove(gsi);
        } else {
            used.set(gsi);
        }
        return connection;
    }

    private int attach(int gsi, int signal, int ended) {
        try {
            vm.attachIrqfd(gsi, signal, ended);
        } catch (SysException e) {
            // The caller reads the signal, as it does where there is no KVM.
            return NONE;
        }
        lastConnection++;
        connections.put(lastConnection, new Connection(gsi, signal));
        return lastConnection;
    }

    @Override
    public boolean change(int connection, ApicMessage message) {
        Connection existing = connections.get(connection);
        KvmVm.Route route = existing == null ? null : irqchip.route(existing.gsi(), message);
        if (route == null) {
            disconnect(connection);
            return false;
        }
        irqchip.routes().set(route);
        irqchip.routes().commit();
        return true;
    }

    @Override
    public int connectInput(int signal, int ended, int input) {
        return inputs ? attach(input, signal, ended) : NONE;
    }

    @Override
    public void disconnect(int connection) {
        Connection existing = connections.remove(connection);
        if (existing == null) {
            return;
        }
        vm.detachIrqfd(existing.gsi(), existing.signal());
        if (existing.hasMessage()) {
            used.clear(existing.gsi());
            // The kernel hears of it with the next change: nobody signals it now.
            irqchip.routes().remove(existing.gsi());
        }
    }
}
