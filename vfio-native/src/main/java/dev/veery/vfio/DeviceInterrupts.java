package dev.veery.vfio;

import dev.veery.irq.IrqLine;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.vfio.IrqInfo;
import dev.veery.linux.vfio.VfioDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The way of a device's interrupts from the host to the guest: one kind at a time, as the guest chose. With the machine lock
 * held.
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

    private final VfioHost host;
    private final VfioDevice device;
    private final String name;
    private final IrqLine pin;
    private final IntConsumer messages;
    private final Runnable arriving;
    private final List<@Nullable EventFd> events = new ArrayList<>();
    private final List<Integer> tokens = new ArrayList<>();
    private final List<EventFd> watched = new ArrayList<>();
    private final List<Integer> watchedTokens = new ArrayList<>();
    private Mode mode = Mode.NONE;
    private int vectors;
    private long count;

    /**
     * None is on.
     *
     * @param name of the device, for errors
     * @param pin the guest device's
     * @param messages sends the message of a number
     * @param arriving called before the guest is interrupted
     */
    DeviceInterrupts(
            VfioHost host, VfioDevice device, String name, IrqLine pin, IntConsumer messages, Runnable arriving) {
        this.host = host;
        this.device = device;
        this.name = name;
        this.pin = pin;
        this.messages = messages;
        this.arriving = arriving;
    }

    /** How many arrived. */
    long count() {
        return count;
    }

    /** What is on. */
    Mode mode() {
        return mode;
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
            connect(0, this::pinFired);
            return;
        }
        // The kernel allocates as many vectors as it is told of at first, and can add none later: name all of them now.
        int[] none = new int[Math.min(wantedVectors, info.count())];
        Arrays.fill(none, -1);
        int result = device.setEventfds(wanted.index, 0, none);
        if (result > 0) {
            host.warnings()
                    .accept("device " + name + ": the host has only " + result + " of " + none.length
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
        if (mode != Mode.MSI && mode != Mode.MSIX || n >= vectors || n < events.size() && events.get(n) != null) {
            return;
        }
        connect(n, () -> {
            count++;
            arriving.run();
            messages.accept(n);
        });
    }

    private void connect(int n, Runnable handler) {
        EventFd event = new EventFd("interrupt " + n + " of device " + name);
        while (events.size() <= n) {
            events.add(null);
        }
        events.set(n, event);
        tokens.add(host.listen(event, handler));
        report(device.setEventfds(mode.index, n, new int[] {event.fd().number()}));
    }

    private void report(int result) {
        if (result < 0) {
            host.warnings()
                    .accept("device " + name + ": the host refuses " + mode + " interrupts: "
                            + Errno.describe(-result));
        }
    }

    private void pinFired() {
        count++;
        arriving.run();
        // The host has masked it, until the guest is done.
        pin.set(true);
    }

    /** The guest ended the interrupt of the pin; if the device still asserts it, it comes again. */
    void pinEnded() {
        if (mode == Mode.PIN) {
            pin.set(false);
            device.unmask(Mode.PIN.index);
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
        EventFd event = new EventFd("notice " + index + " of device " + name);
        watched.add(event);
        watchedTokens.add(host.listen(event, handler));
        report(device.setEventfds(index, 0, new int[] {event.fd().number()}));
    }

    /** Ends everything, notices of the host included. */
    void close() {
        clear();
        watchedTokens.forEach(host::forget);
        watchedTokens.clear();
        watched.forEach(EventFd::close);
        watched.clear();
    }

    /** Switches off whatever is on. */
    void clear() {
        if (mode == Mode.NONE) {
            return;
        }
        device.disableIrqs(mode.index);
        tokens.forEach(host::forget);
        tokens.clear();
        for (EventFd event : events) {
            if (event != null) {
                event.close();
            }
        }
        events.clear();
        if (mode == Mode.PIN) {
            pin.set(false);
        }
        mode = Mode.NONE;
        vectors = 0;
    }
}
