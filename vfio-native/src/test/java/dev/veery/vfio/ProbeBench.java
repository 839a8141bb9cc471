package dev.veery.vfio;

import dev.veery.base.MachineLock;
import dev.veery.bus.pci.IntxSink;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciRegs;
import dev.veery.dma.CommitPlanner;
import dev.veery.dma.DmaDomainLease;
import dev.veery.dma.DmaStatus;
import dev.veery.dma.MappingListener;
import dev.veery.dma.Translation;
import dev.veery.dma.TranslationUnit;
import dev.veery.irq.MsiSink;
import dev.veery.irq.SignalRoutes;
import dev.veery.linux.sys.MappedRamAllocator;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.FlatView;
import dev.veery.memory.GuestRam;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.RamBlock;
import dev.veery.model.Device;
import dev.veery.model.DeviceDescriptor;
import dev.veery.model.DeviceManager;
import dev.veery.model.DeviceRegistry;
import dev.veery.model.HotplugHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A bus, memory and an IOMMU around one assigned device, without a processor: the test is the guest. */
final class ProbeBench implements AutoCloseable {
    static final long BAR0 = 0xe000_0000L;
    private static final int RAM = 16 << 20;
    private static final int SLOT = 3;
    private static final long WAIT_SECONDS = 60;

    final MachineLock lock = new MachineLock();
    final AddressSpace memory;
    final RamBlock ram;
    final VfioHost host;
    final List<String> warnings = new ArrayList<>();
    final Unit unit = new Unit();
    private final GuestRam guestRam = new GuestRam(new MappedRamAllocator());
    private final BlockingQueue<Integer> messages = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> wire = new LinkedBlockingQueue<>();
    private final Pins pins = new Pins();
    private final DeviceManager devices;
    private final CommitPlanner planner;
    final PciBus bus;

    /** With {@code iommufd} an address space of that, else a container. */
    ProbeBench(boolean iommufd) {
        MemoryRegion root = MemoryRegion.container("memory", MemoryRegion.WHOLE);
        MemoryRegion ports = MemoryRegion.container("io", 0x1_0000);
        ram = guestRam.allocate("ram", RAM);
        root.addChild(0, MemoryRegion.ram("ram", ram));
        memory = new AddressSpace("memory", root, lock);
        host = new VfioHost(lock, Sysfs.live(), iommufd ? Set.of("fd0") : Set.of(), () -> {}, warnings::add);
        planner = new CommitPlanner(memory, (requester, address, data) -> messages.add(data));
        bus = new PciBus("pcie.0", () -> 0, root, ports, pins, planner);
        devices = new DeviceManager(
                new DeviceRegistry().add(VfioPciDevice.type(host, memory, SignalRoutes.none())),
                new Place(),
                warnings::add);
    }

    private int plugged;

    private final class Place implements HotplugHandler {
        @Override
        public void plug(Device device) {
            bus.attach(SLOT + plugged++ << 3, (PciDevice) device);
        }
    }

    private final class Pins implements IntxSink {
        @Nullable
        Runnable ended;

        @Override
        public void set(int slot, int pin, boolean level) {
            wire.add(level);
        }

        @Override
        public void onEnded(int slot, int pin, Runnable listener) {
            ended = listener;
        }
    }

    /** The guest's IOMMU: it maps what the test says, once it translates. */
    static final class Unit implements TranslationUnit {
        private @Nullable MappingListener listener;

        @Override
        public String name() {
            return "unit";
        }

        @Override
        public int translate(int requesterId, int pasid, long iova, int access, Translation out) {
            return DmaStatus.FAULT;
        }

        @Override
        public void attach(DmaDomainLease lease) {}

        @Override
        public void detach(DmaDomainLease lease) {
            listener = null;
        }

        @Override
        public void mirror(DmaDomainLease lease, MappingListener follower) {
            listener = follower;
            follower.identity(true);
        }

        MappingListener guest() {
            MappingListener now = listener;
            if (now == null) {
                throw new AssertionError("nobody follows the guest's mappings");
            }
            return now;
        }

        @Override
        public MsiSink remapping(MsiSink target) {
            return target;
        }
    }

    /** Adds a device before {@link #build}. */
    void add(Map<String, String> properties) {
        lock.lock();
        try {
            devices.add(new DeviceDescriptor(VfioPciDevice.NAME, null, null, properties, ""));
        } finally {
            lock.unlock();
        }
    }

    /** Builds the machine; the IOMMU, if there is one, is named before or after the device. */
    void build(Map<String, String> properties, boolean translated, boolean unitFirst) {
        lock.lock();
        try {
            if (translated && unitFirst) {
                planner.install(unit);
            }
            devices.add(new DeviceDescriptor(VfioPciDevice.NAME, null, null, properties, ""));
            if (translated && !unitFirst) {
                planner.install(unit);
            }
            planner.commit();
            devices.commit();
            devices.reset();
        } finally {
            lock.unlock();
        }
    }

    /** A reset of the machine. */
    void reset() {
        lock.lock();
        try {
            devices.reset();
        } finally {
            lock.unlock();
        }
    }

    PciDevice device() {
        return device(0);
    }

    /** The device that was added as number {@code n}. */
    PciDevice device(int n) {
        PciDevice device = bus.at(SLOT + n << 3);
        if (device == null) {
            throw new AssertionError("no device");
        }
        return device;
    }

    long config(int offset, int size) {
        lock.lock();
        try {
            return device().configRead(offset, size);
        } finally {
            lock.unlock();
        }
    }

    void config(int offset, int size, long value) {
        lock.lock();
        try {
            device().configWrite(offset, size, value);
        } finally {
            lock.unlock();
        }
    }

    /** Places BAR 0 and lets the device decode and master. */
    void enable() {
        config(PciRegs.BAR0, 4, BAR0);
        config(PciRegs.COMMAND, 2, PciRegs.COMMAND_MEMORY | PciRegs.COMMAND_MASTER);
    }

    /** Whether BAR 0 is reached without us. */
    boolean mapped() {
        FlatView view = memory.view();
        int i = view.find(BAR0);
        return i >= 0 && view.region(i).window() != null;
    }

    /** The offset of a capability. */
    int capability(int id) {
        int at = (int) config(PciRegs.CAPABILITIES, 1);
        for (int i = 0; i < 48 && at != 0; i++) {
            if (config(at, 1) == id) {
                return at;
            }
            at = (int) config(at + 1, 1);
        }
        throw new AssertionError("no capability " + id);
    }

    /** The data of the next message. */
    int message() throws InterruptedException {
        Integer data = messages.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (data == null) {
            throw new AssertionError("no message arrived");
        }
        return data;
    }

    /** The next level of the interrupt wire. */
    boolean level() throws InterruptedException {
        Boolean level = wire.poll(WAIT_SECONDS, TimeUnit.SECONDS);
        if (level == null) {
            throw new AssertionError("the interrupt pin did not change");
        }
        return level;
    }

    /** Whether messages or changes of the wire are left that nobody expected. */
    boolean quiet() {
        return messages.isEmpty() && wire.isEmpty();
    }

    /** The guest ends the interrupt of the pin. */
    void endInterrupt() {
        lock.lock();
        try {
            Runnable ended = pins.ended;
            if (ended == null) {
                throw new AssertionError("the device does not listen to ends of interrupt");
            }
            ended.run();
        } finally {
            lock.unlock();
        }
    }

    /** What the guest's IOMMU maps changes. */
    void guest(Consumer<MappingListener> change) {
        lock.lock();
        try {
            change.accept(unit.guest());
        } finally {
            lock.unlock();
        }
    }

    VfioHost.Totals totals() {
        lock.lock();
        try {
            return host.totals();
        } finally {
            lock.unlock();
        }
    }

    /** Takes the device away; what is mapped afterwards. */
    VfioHost.Totals unplug() {
        lock.lock();
        try {
            devices.close();
            return host.totals();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        unplug();
        host.close();
        memory.close();
        guestRam.close();
    }
}
