package dev.veery.vfio;

import dev.veery.irq.IrqLine;
import dev.veery.irq.SignalRoutes;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.vfio.IrqInfo;
import dev.veery.linux.vfio.VfioDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The way of a device's interrupts from the host to the guest: one kind at a time, as the guest chose. Each arrives as an eventfd,
 * which is read here unless the accelerator's kernel takes it over. With the machine lock held.
 */
final class DeviceInterrupts {
    /** What the guest uses. */
    enum Mode {
        NONE(-1),
        PIN(Vfio.VFIO_PCI_INTX_IRQ_INDEX),
        MSI(Vfio.VFIO_PCI_MSI_IRQ_INDEX),
        MSIX(Vfio.VFIO_PCI_MSIX_IRQ_INDEX);

        private final int index;

        Mode(int index) {
            this.index = index;
        }
    }

    /**
     * The guest's side.
     *
     * @param name of the device, for errors
     * @param pin its pin
     * @param rootPin where that ends on the root bus, slot * 4 + pin
     * @param requesterId what its messages carry
     * @param messages sends the message of a number
     * @param arriving called before the guest is interrupted
     * @param routes past this program
     */
    record Guest(
            String name,
            IrqLine pin,
            IntSupplier rootPin,
            IntSupplier requesterId,
            IntConsumer messages,
            Runnable arriving,
            SignalRoutes routes) {}

    private final VfioHost host;
    private final VfioDevice device;
    private final Guest guest;
    private final List<@Nullable Message> signals = new ArrayList<>();
    private final List<Source> watched = new ArrayList<>();
    private @Nullable Pin pin;
    private Mode mode = Mode.NONE;
    private int vectors;
    private long count;

    /** None is on. */
    DeviceInterrupts(VfioHost host, VfioDevice device, Guest guest) {
        this.host = host;
        this.device = device;
        this.guest = guest;
    }

    /** An eventfd that is read here while {@link #listening}. */
    private class Source {
        final EventFd event;
        private final Runnable handler;
        private int token;
        private boolean listening;

        Source(String name, Runnable handler) {
            event = new EventFd(name + " of device " + guest.name);
            this.handler = handler;
            listen(true);
        }

        final int number() {
            return event.fd().number();
        }

        final void listen(boolean on) {
            if (on == listening) {
                return;
            }
            listening = on;
            if (on) {
                token = host.listen(event, handler);
            } else {
                host.forget(token);
            }
        }

        void close() {
            listen(false);
            event.close();
        }
    }

    /** One message. */
    private final class Message extends Source {
        private final SignalRoutes.@Nullable MessageRoute route;
        private boolean open;
        private long address;
        private int data;

        Message(int n) {
            super("interrupt " + n, () -> {
                count++;
                guest.arriving.run();
                guest.messages.accept(n);
            });
            route = guest.routes.available()
                    ? guest.routes.message(number(), guest.requesterId, kernel -> listen(!kernel))
                    : null;
        }

        void follow(boolean isOpen, long newAddress, int newData) {
            if (route == null || isOpen == open && (!open || newAddress == address && newData == data)) {
                return;
            }
            open = isOpen;
            address = newAddress;
            data = newData;
            if (isOpen) {
                route.send(newAddress, newData);
            } else {
                route.mask();
            }
        }

        @Override
        void close() {
            if (route != null) {
                route.close();
            }
            super.close();
        }
    }

    /** The pin: the host masks it when it fires, until the guest is done. */
    private final class Pin extends Source {
        private final @Nullable EventFd ended;
        private final SignalRoutes.@Nullable PinRoute route;

        Pin() {
            super("pin", () -> {
                count++;
                guest.arriving.run();
                guest.pin.set(true);
            });
            if (guest.routes.available()) {
                ended = new EventFd("end of the interrupt of device " + guest.name);
                route = guest.routes.pin(number(), ended.fd().number(), guest.rootPin, this::carried);
            } else {
                ended = null;
                route = null;
            }
        }

        /** Once the host's interrupt is connected. */
        void start() {
            if (route != null) {
                route.raise();
            }
        }

        private void carried(boolean kernel) {
            EventFd end = ended;
            if (end == null) {
                return;
            }
            listen(!kernel);
            guest.pin.set(false);
            report(device.unmaskBy(Mode.PIN.index, kernel ? end.fd().number() : -1));
            // One that was under way in the old manner comes again in the new one.
            device.unmask(Mode.PIN.index);
        }

        void end() {
            if (route == null || !route.carried()) {
                guest.pin.set(false);
                device.unmask(Mode.PIN.index);
            }
        }

        @Override
        void close() {
            if (route != null) {
                route.close();
            }
            super.close();
            if (ended != null) {
                ended.close();
            }
            guest.pin.set(false);
        }
    }

    /** How many arrived here. */
    long count() {
        return count;
    }

    /** What is on. */
    Mode mode() {
        return mode;
    }

    /** How many messages there are. */
    int vectors() {
        return vectors;
    }

    /** Whether the host can deliver interrupts of a kind. */
    boolean has(Mode wanted) {
        return wanted != Mode.NONE && device.irq(wanted.index).usable();
    }

    /**
     * Changes the kind.
     *
     * @param wantedVectors how many messages there are; they are connected one by one by {@link #use}
     */
    void set(Mode wanted, int wantedVectors) {
        if (wanted == mode && wantedVectors == vectors) {
            return;
        }
        clear();
        if (wanted == Mode.NONE) {
            return;
        }
        IrqInfo info = device.irq(wanted.index);
        if (!info.usable()) {
            return;
        }
        mode = wanted;
        vectors = wantedVectors;
        if (wanted == Mode.PIN) {
            Pin made = new Pin();
            pin = made;
            trigger(0, made);
            made.start();
            return;
        }
        // The kernel allocates as many vectors as it is told of at first, and can add none later: name all of them now.
        int[] none = new int[Math.min(wantedVectors, info.count())];
        Arrays.fill(none, -1);
        int result = device.setEventfds(wanted.index, 0, none);
        if (result > 0) {
            host.warnings()
                    .accept("device " + guest.name + ": the host has only " + result + " of " + none.length
                            + " interrupt vectors for it");
            result = device.setEventfds(wanted.index, 0, Arrays.copyOf(none, result));
        }
        report(result);
        if (wanted == Mode.MSI) {
            for (int n = 0; n < none.length; n++) {
                use(n);
            }
        }
    }

    /** Connects message {@code n}, if it is not yet. */
    void use(int n) {
        if (mode != Mode.MSI && mode != Mode.MSIX || n >= vectors || message(n) != null) {
            return;
        }
        while (signals.size() <= n) {
            signals.add(null);
        }
        Message made = new Message(n);
        signals.set(n, made);
        trigger(n, made);
    }

    private @Nullable Message message(int n) {
        return n < signals.size() ? signals.get(n) : null;
    }

    /**
     * What message {@code n} is now.
     *
     * @param open whether it would be sent at once
     */
    void follow(int n, boolean open, long address, int data) {
        Message message = message(n);
        if (message != null) {
            message.follow(open, address, data);
        }
    }

    private void trigger(int n, Source source) {
        report(device.setEventfds(mode.index, n, new int[] {source.number()}));
    }

    private void report(int result) {
        if (result < 0) {
            host.warnings()
                    .accept("device " + guest.name + ": the host refuses " + mode + " interrupts: "
                            + Errno.describe(-result));
        }
    }

    /** The guest ended the interrupt of the pin; if the device still asserts it, it comes again. */
    void pinEnded() {
        Pin now = pin;
        if (now != null) {
            now.end();
        }
    }

    /**
     * Has the host tell of errors of the device, and that it wants it back.
     *
     * @param index {@code VFIO_PCI_ERR_IRQ_INDEX} or {@code VFIO_PCI_REQ_IRQ_INDEX}
     */
    void watch(int index, Runnable handler) {
        if (!device.irq(index).usable()) {
            return;
        }
        Source source = new Source("notice " + index, handler);
        watched.add(source);
        report(device.setEventfds(index, 0, new int[] {source.number()}));
    }

    /** Ends everything, notices of the host included. */
    void close() {
        clear();
        watched.forEach(Source::close);
        watched.clear();
    }

    /** Switches off whatever is on. */
    void clear() {
        if (mode == Mode.NONE) {
            return;
        }
        device.disableIrqs(mode.index);
        for (Message message : signals) {
            if (message != null) {
                message.close();
            }
        }
        signals.clear();
        Pin now = pin;
        pin = null;
        if (now != null) {
            now.close();
        }
        mode = Mode.NONE;
        vectors = 0;
    }
}
