package dev.veery.testbench;

import dev.veery.base.Bits;
import dev.veery.base.MachineLock;
import dev.veery.bus.pci.IntxSink;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciRegs;
import dev.veery.dma.CommitPlanner;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.GuestRam;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.OffHeapRamAllocator;
import dev.veery.model.Device;
import dev.veery.model.DeviceDescriptor;
import dev.veery.model.DeviceManager;
import dev.veery.model.DeviceRegistry;
import dev.veery.model.DeviceType;
import dev.veery.model.HotplugHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A PCI bus with memory and whatever functions a test puts on it, without a processor. */
public final class PciBench implements AutoCloseable {
    /** Bytes of RAM, from address 0. */
    public static final int RAM = 16 << 20;

    /** Where BARs are placed, from here on. */
    public static final long WINDOW = 0xc000_0000L;

    private static final int PORTS = 0xc000;

    /** A message that a function sent. */
    public record Message(int requester, long address, int data) {}

    public final MachineLock lock = new MachineLock();
    public final AddressSpace memory;
    public final AddressSpace ports;
    public final List<Message> messages = new ArrayList<>();
    public final DeviceManager devices;
    private final GuestRam ram = new GuestRam(new OffHeapRamAllocator());
    private final CommitPlanner planner;
    private final Map<String, Runnable> ended = new HashMap<>();
    private int asserted;
    private final PciBus root;
    private PciBus target;
    private int nextSlot = 1;
    private long nextMemory = WINDOW;
    private long nextPort = PORTS;

    /** An empty bus on which these types may be put. */
    public PciBench(DeviceType... types) {
        MemoryRegion memoryRoot = MemoryRegion.container("memory", MemoryRegion.WHOLE);
        MemoryRegion portRoot = MemoryRegion.container("io", 0x1_0000);
        memoryRoot.addChild(0, MemoryRegion.ram("ram", ram.allocate("ram", RAM)));
        memory = new AddressSpace("memory", memoryRoot, lock);
        ports = new AddressSpace("io", portRoot, lock);
        planner = new CommitPlanner(
                memory, (requester, address, data) -> messages.add(new Message(requester, address, data)));
        root = new PciBus("pcie.0", () -> 0, memoryRoot, portRoot, new Wires(), planner);
        target = root;
        DeviceRegistry registry = new DeviceRegistry();
        for (DeviceType type : types) {
            registry.add(type);
        }
        devices = new DeviceManager(
                registry,
                new HotplugHandler() {
                    @Override
                    public void plug(Device device) {
                        if (device instanceof PciDevice) {
                            attach((PciDevice) device);
                        }
                    }

                    @Override
                    public void unplug(Device device) {
                        if (device instanceof PciDevice) {
                            ((PciDevice) device).pciBus().detach((PciDevice) device);
                        }
                    }
                },
                warning -> {
                    throw new AssertionError(warning);
                });
    }

    private void attach(PciDevice function) {
        if (target == root) {
            root.attach(nextSlot << 3, function);
            nextSlot++;
        } else {
            target.attach(target.freeSlot(0), function);
        }
    }

    private final class Wires implements IntxSink {
        @Override
        public void set(int slot, int pin, boolean level) {
            asserted += level ? 1 : -1;
        }

        @Override
        public void onEnded(int slot, int pin, Runnable listener) {
            ended.put(slot + "/" + pin, listener);
        }
    }

    /** Ends an interrupt of a pin of the root bus, 0 for INTA, for whom listens to it; false if nobody does. */
    public boolean endInterrupt(int slot, int pin) {
        Runnable listener = ended.get(slot + "/" + pin);
        if (listener != null) {
            listener.run();
        }
        return listener != null;
    }

    /** Puts a function into the next slot. */
    public PciDevice add(String driver, Map<String, String> properties) {
        return (PciDevice) addAny(driver, properties);
    }

    /** Adds a device that is not a function of the bus. */
    public Device addAny(String driver, Map<String, String> properties) {
        return devices.add(DeviceDescriptor.of(driver, properties, ""));
    }

    /** Puts a function onto another bus. */
    public PciDevice add(PciBus bus, String driver, Map<String, String> properties) {
        target = bus;
        try {
            return add(driver, properties);
        } finally {
            target = root;
        }
    }

    /** The root bus. */
    public PciBus root() {
        return root;
    }

    /** Commits and resets, then places BARs and enables everything, as firmware and a driver would. */
    public void start() {
        planner.commit();
        devices.commit();
        lock.lock();
        try {
            devices.reset();
            devices.devices().stream()
                    .filter(PciDevice.class::isInstance)
                    .forEach(device -> enable((PciDevice) device));
        } finally {
            lock.unlock();
        }
    }

    /** Places a function's BARs and enables it. */
    public void enable(PciDevice device) {
        for (PciBar bar : device.bars()) {
            boolean io = bar.kind() == PciBar.Kind.IO;
            long at = Bits.alignUp(io ? nextPort : nextMemory, bar.size());
            if (io) {
                nextPort = at + bar.size();
            } else {
                nextMemory = at + bar.size();
            }
            device.configWrite(bar.offset(), bar.wide() ? 8 : 4, at);
        }
        int command = PciRegs.COMMAND_IO | PciRegs.COMMAND_MEMORY | PciRegs.COMMAND_MASTER;
        device.configWrite(PciRegs.COMMAND, 2, command);
    }

    /** Address of a memory BAR by its number. */
    public static long bar(PciDevice device, int index) {
        return device.config().get(PciRegs.BAR0 + 4 * index, 4) & ~0xfL;
    }

    /** Whether any interrupt pin is asserted. */
    public boolean pinAsserted() {
        return asserted != 0;
    }

    /** Sets up an MSI-X table entry by its BAR and enables the capability. */
    public void enableMsix(PciDevice device, int bar, int vectors) {
        int at = (int) device.config().get(PciRegs.CAPABILITIES, 1);
        while (device.config().get(at, 1) != 0x11) {
            at = (int) device.config().get(at + 1, 1);
        }
        device.configWrite(at + 2, 2, 1 << 15);
        for (int n = 0; n < vectors; n++) {
            long entry = bar(device, bar) + 16L * n;
            memory.write(entry, 8, 0xfee0_0000L);
            memory.write(entry + 8, 4, 0x40 + n);
            memory.write(entry + 12, 4, 0);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            devices.close();
        } finally {
            lock.unlock();
        }
        memory.close();
        ports.close();
        ram.close();
    }
}
