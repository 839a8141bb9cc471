package dev.veery.irq;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Lets signals of the host's kernel (eventfds) interrupt the guest without coming through this program, where the
 * accelerator can: assigned devices, whose interrupts arrive as such signals.
 *
 * <p>A device makes a {@link Route} for a signal of its own and says what it sends. Whether the kernel carries it may change
 * at any time: the guest remaps interrupts, or routes pins elsewhere. The route's {@link Carrier} hears of each change; as
 * long as the kernel does not carry a signal, the device reads it and interrupts by itself, as it would without all this.
 * Called with the machine lock held.
 */
public final class SignalRoutes {
    private static final int WINDOW = 0xfee;
    private static final int WINDOW_SHIFT = 20;

    private final MsiSink messages;
    private final IntUnaryOperator inputs;
    private final @Nullable SignalTarget target;
    private final List<Route> routes = new ArrayList<>();
    private final ApicMessage message = new ApicMessage();

    /** Hears who takes a signal. */
    @FunctionalInterface
    public interface Carrier {
        /**
         * From now on the kernel takes the signal, or the device is to read it. A signal that came in between may arrive
         * twice.
         */
        void carriedByKernel(boolean kernel);
    }

    /**
     * Makes a board's.
     *
     * @param messages where devices send messages; it resolves them, and tells when that may have changed
     * @param inputs for slot * 4 + pin of the root bus, the I/O APIC input that it drives and nothing else; -1 for none
     * @param target the kernel, or null if it takes no signals
     */
    public SignalRoutes(MsiSink messages, IntUnaryOperator inputs, @Nullable SignalTarget target) {
        this.messages = messages;
        this.inputs = inputs;
        this.target = target;
        if (target != null) {
            messages.onRemapped(this::update);
        }
    }

    /** Routes of which none is ever carried. */
    public static SignalRoutes none() {
        return new SignalRoutes((requester, address, data) -> {}, pin -> -1, null);
    }

    /** Whether it is worth while to ask. */
    public boolean available() {
        return target != null;
    }

    /**
     * A route for messages, which sends none yet.
     *
     * @param signal number of an open eventfd, which stays open until the route is closed
     * @param requesterId asked whenever the route is resolved: bus numbers change
     */
    public MessageRoute message(int signal, IntSupplier requesterId, Carrier carrier) {
        MessageRoute route = new MessageRoute(signal, requesterId, carrier);
        routes.add(route);
        return route;
    }

    /**
     * A route for a PCI interrupt pin, which is off.
     *
     * @param signal number of an open eventfd: the device asserts its pin, and has been kept from doing so again
     * @param ended number of an open eventfd that is signalled when the guest has ended the interrupt
     * @param rootPin slot * 4 + pin of the root bus, asked whenever the route is resolved
     */
    public PinRoute pin(int signal, int ended, IntSupplier rootPin, Carrier carrier) {
        PinRoute route = new PinRoute(signal, ended, rootPin, carrier);
        routes.add(route);
        return route;
    }

    /** Resolves every route again: the guest has changed how interrupts are remapped or routed. */
    public void update() {
        for (int i = 0; i < routes.size(); i++) {
            routes.get(i).resolve();
        }
    }

    /** The way of one signal. */
    public abstract class Route implements AutoCloseable {
        final int signal;
        private final Carrier carrier;
        private int connection = SignalTarget.NONE;
        private boolean on;

        private Route(int signal, Carrier carrier) {
            this.signal = signal;
            this.carrier = carrier;
        }

        /** Whether the kernel carries it now. */
        public final boolean carried() {
            return connection != SignalTarget.NONE;
        }

        /** The device is to read the signal from now on: it is masked, or off. */
        public final void mask() {
            on = false;
            resolve();
        }

        final void unmask() {
            on = true;
            resolve();
        }

        private void resolve() {
            SignalTarget kernel = target;
            if (kernel == null) {
                return;
            }
            boolean before = carried();
            connection = on ? connect(kernel, connection) : disconnect(kernel, connection);
            if (carried() != before) {
                carrier.carriedByKernel(!before);
            }
        }

        /** Brings a connection, which may be none, up to date; what it is then. */
        abstract int connect(SignalTarget kernel, int existing);

        final int disconnect(SignalTarget kernel, int existing) {
            if (existing != SignalTarget.NONE) {
                kernel.disconnect(existing);
            }
            return SignalTarget.NONE;
        }

        /** Ends it; afterwards the descriptors may be closed. The carrier hears nothing of this. */
        @Override
        public final void close() {
            routes.remove(this);
            SignalTarget kernel = target;
            if (kernel != null) {
                connection = disconnect(kernel, connection);
            }
        }
    }

    /** The way of a signal that sends a message. */
    public final class MessageRoute extends Route {
        private final IntSupplier requesterId;
        private long address;
        private int data;

        private MessageRoute(int signal, IntSupplier requesterId, Carrier carrier) {
            super(signal, carrier);
            this.requesterId = requesterId;
        }

        /** A signal sends this message from now on. */
        public void send(long newAddress, int newData) {
            address = newAddress;
            data = newData;
            unmask();
        }

        @Override
        int connect(SignalTarget kernel, int existing) {
            boolean known = address >>> WINDOW_SHIFT == WINDOW
                    && messages.resolve(requesterId.getAsInt(), address, data, message)
                    && !message.level()
                    && message.mode() <= InterruptBus.LOWEST_PRIORITY;
            if (!known) {
                return disconnect(kernel, existing);
            }
            if (existing == SignalTarget.NONE) {
                return kernel.connect(signal, message);
            }
            return kernel.change(existing, message) ? existing : SignalTarget.NONE;
        }
    }

    /** The way of a signal that raises a pin. */
    public final class PinRoute extends Route {
        private final int ended;
        private final IntSupplier rootPin;
        private int connectedInput = -1;

        private PinRoute(int signal, int ended, IntSupplier rootPin, Carrier carrier) {
            super(signal, carrier);
            this.ended = ended;
            this.rootPin = rootPin;
        }

        /** A signal raises the pin from now on. */
        public void raise() {
            unmask();
        }

        @Override
        int connect(SignalTarget kernel, int existing) {
            int input = inputs.applyAsInt(rootPin.getAsInt());
            if (existing != SignalTarget.NONE && input == connectedInput) {
                return existing;
            }
            disconnect(kernel, existing);
            connectedInput = input;
            return input < 0 ? SignalTarget.NONE : kernel.connectInput(signal, ended, input);
        }
    }
}
