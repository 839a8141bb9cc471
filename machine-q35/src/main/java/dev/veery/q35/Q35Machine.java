package dev.veery.q35;

import dev.veery.accel.DebugStop;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuListener;
import dev.veery.acpi.AcpiTables;
import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.bus.isa.IsaBus;
import dev.veery.chardev.CharBackend;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.device.debugcon.IsaDebugconDevice;
import dev.veery.device.debugexit.IsaDebugExitDevice;
import dev.veery.device.i8042.I8042;
import dev.veery.device.pvpanic.PvpanicDevice;
import dev.veery.device.pvpanic.PvpanicListener;
import dev.veery.device.serial.IsaSerialDevice;
import dev.veery.device.testdev.PcTestdevDevice;
import dev.veery.dma.CommitPlanner;
import dev.veery.dma.DmaPlan;
import dev.veery.dma.DmaPlanner;
import dev.veery.firmware.EntryState;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.IrqLine;
import dev.veery.irq.MsiSink;
import dev.veery.irq.SignalRoutes;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.Device;
import dev.veery.model.DeviceDescriptor;
import dev.veery.model.DeviceManager;
import dev.veery.model.DeviceRegistry;
import dev.veery.q35.chipset.Ich9Lpc;
import dev.veery.q35.chipset.Ich9Smbus;
import dev.veery.q35.chipset.Mch;
import dev.veery.q35.vtd.IntelIommuDevice;
import dev.veery.time.VirtualClock;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole Q35 PC. Made in the order plan, realize, plug, commit by the constructor; then {@link #reset()}, which also
 * loads what is booted, and {@link #start()}.
 *
 * <p>The public methods are for one controlling thread that does not hold the machine lock; {@link MachineEvents} tells
 * it what the guest wants.
 */
public final class Q35Machine implements AutoCloseable {
    private static final int LPC_SLOT = 0x1f;
    private static final int SMBUS_FUNCTION = 3;

    private final Q35Settings settings;
    private final Q35Chips chips;
    private final DeviceManager devices;
    private final Q35Firmware firmware;
    private @Nullable Q35HotPlug hotPlug;

    /**
     * Makes the machine, devices included, up to commit.
     *
     * @throws ConfigException if a device is refused, or the host cannot give what is asked for
     */
    public Q35Machine(Q35Settings settings) {
        this(settings, CommitPlanner::new);
    }

    /** As the public one; {@code planner} makes what resolves DMA leases. */
    Q35Machine(Q35Settings settings, BiFunction<AddressSpace, MsiSink, DmaPlanner> planner) {
        this.settings = settings;
        checkAddressWidth(settings);
        settings.lock().lock();
        try {
            Requests requests = new Requests();
            chips = new Q35Chips(settings, requests, requests, planner);
            boolean strict = settings.options().choice(Q35Options.VIOMMU_ORDER).equals(Q35Options.STRICT);
            Q35Plug plug = new Q35Plug(chips, strict);
            DeviceRegistry registry = registry(
                    chips.memorySpace,
                    chips.apicBus,
                    settings.warnings(),
                    chips.isa,
                    settings.clock(),
                    this::chardev,
                    this::exit,
                    new PanicListener());
            settings.backends()
                    .hostDevices()
                    .types(chips.memorySpace, chips.signals)
                    .forEach(registry::add);
            PciDeviceTypes.addTo(registry, settings.clock(), settings.backends(), settings.cpus());
            devices = new DeviceManager(registry, plug, settings.warnings());
            firmware = new Q35Firmware(settings, chips);
            boolean done = false;
            try {
                plug.addBoardDevice(devices, chips.mch, 0, 0);
                plug.addBoardDevice(devices, chips.lpc, LPC_SLOT, 0);
                plug.addBoardDevice(devices, chips.smbus, LPC_SLOT, SMBUS_FUNCTION);
                settings.globals().forEach(g -> devices.addGlobal(g.driver(), g.property(), g.value()));
                if (devices.boardProperties(Ich9Lpc.TYPE).bool(Ich9Lpc.ACPI_HOTPLUG)) {
                    hotPlug = new Q35HotPlug(chips);
                    plug.useAcpiHotPlug(hotPlug);
                    firmware.useAcpiHotPlug(hotPlug);
                }
                addSerialPorts();
                devices.addAll(strict ? settings.devices() : BusOrder.sort(settings.devices()));
                chips.dma.commit();
                devices.commit();
                plug.start(this::eject);
                firmware.describe(devices.devices());
                done = true;
            } finally {
                if (!done) {
                    closeParts();
                }
            }
        } finally {
            settings.lock().unlock();
        }
    }

    private static void checkAddressWidth(Q35Settings settings) {
        long last = Q35MemoryMap.of(settings.ramBytes()).lastAddress();
        int bits = settings.cpuModel().physicalBits();
        if (last >>> bits != 0) {
            throw new ConfigException("the machine needs " + (64 - Long.numberOfLeadingZeros(last))
                    + " bits of physical address, the CPU has " + bits + "; use less RAM or a larger phys-bits");
        }
    }

    private static DeviceRegistry registry(
            AddressSpace memory,
            InterruptBus interrupts,
            Consumer<String> warnings,
            IsaBus isa,
            VirtualClock clock,
            Function<String, CharBackend> chardevs,
            IntConsumer exit,
            PvpanicListener panic) {
        return new DeviceRegistry()
                .add(Mch.TYPE)
                .add(Ich9Lpc.TYPE)
                .add(Ich9Smbus.TYPE)
                .add(IsaSerialDevice.type(isa, clock, chardevs))
                .add(IsaDebugconDevice.type(isa, chardevs))
                .add(IsaDebugExitDevice.type(isa, exit))
                .add(PvpanicDevice.type(isa, panic))
                .add(PcTestdevDevice.type(isa))
                .add(IntelIommuDevice.type(memory, interrupts, warnings));
    }

    /** The device types of this machine without one, for help. */
    public static DeviceRegistry deviceTypes(VirtualClock clock, HostDevices hostDevices) {
        List<IrqLine> lines = Collections.nCopies(IsaBus.IRQS, IrqLine.NONE);
        IsaBus nowhere = new IsaBus(MemoryRegion.container("io", 0x1_0000), MemoryRegion.container("memory", 0), lines);
        PvpanicListener nobody = new PvpanicListener() {
            @Override
            public void guestPanicked() {}

            @Override
            public void guestCrashLoaded() {}
        };
        AddressSpace memory = new AddressSpace("memory", MemoryRegion.container("memory", 0), new MachineLock());
        DeviceRegistry types = registry(
                memory,
                new InterruptBus(),
                warning -> {},
                nowhere,
                clock,
                id -> {
                    throw new ConfigException("chardev '" + id + "' not found");
                },
                status -> {},
                nobody);
        hostDevices.types(memory, SignalRoutes.none()).forEach(types::add);
        return PciDeviceTypes.addTo(types, clock, Q35Backends.NONE, 1);
    }

    private static String serialId(int index) {
        return "serial" + index;
    }

    private CharBackend chardev(String id) {
        List<@Nullable CharBackend> serials = settings.serials();
        for (int i = 0; i < serials.size(); i++) {
            CharBackend backend = serials.get(i);
            if (backend != null && id.equals(serialId(i))) {
                return backend;
            }
        }
        return settings.chardevs().apply(id);
    }

    private void addSerialPorts() {
        for (int i = 0; i < settings.serials().size(); i++) {
            if (settings.serials().get(i) != null) {
                Map<String, String> properties = new LinkedHashMap<>();
                properties.put("chardev", serialId(i));
                properties.put("index", Integer.toString(i));
                devices.add(new DeviceDescriptor("isa-serial", null, null, properties, "-serial"));
            }
        }
    }

    /** The devices, the board's PCI functions included. Its users hold the machine lock. */
    public DeviceManager devices() {
        return devices;
    }

    /** Which device was given which memory. */
    public DmaPlan dmaPlan() {
        return chips.dma.plan();
    }

    /** The ACPI tables, which each reset writes to memory. */
    AcpiTables.Image acpiTables() {
        return firmware.describeToAcpi(devices.devices());
    }

    /** The processors; 0 is the bootstrap processor. */
    public List<Vcpu> vcpus() {
        return List.copyOf(chips.vcpus);
    }

    /** Physical memory as devices see it. */
    public AddressSpace memory() {
        return chips.memorySpace;
    }

    /** Port space. */
    public AddressSpace ports() {
        return chips.ioSpace;
    }

    /** The keyboard controller, or null when the machine has none. */
    public @Nullable I8042 keyboard() {
        return chips.keyboard;
    }

    /**
     * A cold reset, with processors stopped; the kernel is loaded again.
     *
     * @throws ConfigException if it cannot be loaded
     */
    public void reset() {
        stop();
        settings.lock().lock();
        try {
            if (hotPlug != null) {
                hotPlug.reset();
            }
            chips.memorySpace.begin();
            try {
                devices.reset();
                chips.resets.reset();
            } finally {
                chips.memorySpace.commit();
            }
            EntryState entry = firmware.run(devices.devices());
            for (Vcpu vcpu : chips.vcpus) {
                vcpu.reset();
                int bits = settings.cpuModel().physicalBits();
                vcpu.state().msrs.setFirmwareTypes(chips.map.uncachedFrom(), bits);
            }
            EntryRegisters.apply(entry, chips.vcpus.get(0));
        } finally {
            settings.lock().unlock();
        }
    }

    /** Lets the processors run. */
    public void start() {
        chips.vcpus.forEach(Vcpu::start);
    }

    /** Stops the processors between two instructions. */
    public void stop() {
        chips.vcpus.forEach(Vcpu::requestStop);
        chips.vcpus.forEach(Vcpu::stop);
    }

    /**
     * Adds a device to the machine, as {@code device_add} does: vetted as those of the start are, then committed and reset
     * at once, and announced to the guest. It must go into a slot that allows that, such as a root port's.
     *
     * @throws ConfigException if it is refused; the machine is as before
     */
    public Device deviceAdd(DeviceDescriptor descriptor) {
        settings.lock().lock();
        try {
            return devices.add(descriptor);
        } finally {
            settings.lock().unlock();
        }
    }

    /**
     * Asks for a device to go, as {@code device_del} does. Where the guest has a say it goes when the guest lets it, perhaps
     * never; {@link MachineEvents#deviceDeleted} tells.
     *
     * @throws ConfigException if there is no such device or it cannot go
     */
    public void deviceDel(String id) {
        settings.lock().lock();
        try {
            devices.requestRemoval(id);
        } finally {
            settings.lock().unlock();
        }
    }

    /** The guest lets a device go. */
    private void eject(Device device) {
        devices.remove(device);
        settings.events().deviceDeleted(device);
    }

    /** Presses the power button: the guest's operating system decides what that means. */
    public void powerButton() {
        settings.lock().lock();
        try {
            chips.lpc.pm().pressPowerButton();
        } finally {
            settings.lock().unlock();
        }
    }

    /** A non-maskable interrupt for every processor. */
    public void nmi() {
        chips.vcpus.forEach(vcpu -> vcpu.signals().nmi());
    }

    private void exit(int status) {
        requestStop();
        settings.events().debugExit(status);
    }

    private void requestStop() {
        chips.vcpus.forEach(Vcpu::requestStop);
    }

    /** Stops and frees everything. The clock and the back ends are not the machine's. */
    @Override
    public void close() {
        stop();
        settings.lock().lock();
        try {
            closeParts();
        } finally {
            settings.lock().unlock();
        }
    }

    private void closeParts() {
        try {
            devices.close();
        } finally {
            chips.close();
        }
    }

    /** What chips and processors ask for. */
    private final class Requests implements Q35Chips.Requests, VcpuListener {
        @Override
        public void powerOff() {
            requestStop();
            settings.events().poweredOff();
        }

        @Override
        public void reset() {
            requestStop();
            settings.events().resetRequested();
        }

        @Override
        public void tripleFault(Vcpu vcpu) {
            requestStop();
            settings.events().tripleFault(vcpu);
        }

        @Override
        public ExecutionTrace trace() {
            return settings.events().trace();
        }

        @Override
        public void debugged(Vcpu vcpu, DebugStop stop) {
            requestStop();
            settings.events().debugged(vcpu, stop);
        }

        @Override
        public void failed(Vcpu vcpu, Throwable cause) {
            requestStop();
            settings.events().engineFailed(vcpu, cause);
        }
    }

    private final class PanicListener implements PvpanicListener {
        @Override
        public void guestPanicked() {
            settings.events().guestPanicked();
        }

        @Override
        public void guestCrashLoaded() {
            // The crash kernel takes over: nothing for the machine to do.
        }
    }
}
