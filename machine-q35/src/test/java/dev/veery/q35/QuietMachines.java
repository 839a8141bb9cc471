package dev.veery.q35;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.base.Units;
import dev.veery.block.DiskQueue;
import dev.veery.block.NullImage;
import dev.veery.cpu.state.CpuModels;
import dev.veery.dma.CommitPlanner;
import dev.veery.dma.DmaPlanner;
import dev.veery.irq.MsiSink;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.RamAllocator;
import dev.veery.memory.RamBacking;
import dev.veery.memory.access.OffHeap;
import dev.veery.model.DeviceDescriptor;
import dev.veery.net.NullNet;
import dev.veery.time.ManualClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;

/** Makes machines whose processors execute nothing; all of them share one block of RAM. Each drive and each network exists. */
final class QuietMachines implements AutoCloseable {
    private static final long RAM = 64 * Units.MIB;
    private static final long DISK = Units.MIB;

    /** What the machines' users hear: warnings, and devices that went. */
    final List<String> events = new ArrayList<>();

    /** Properties that each machine's devices have. */
    final List<Q35Settings.Global> globals = new ArrayList<>();

    private MachineLock lock = new MachineLock();
    private ManualClock clock = new ManualClock(lock);
    private final List<DiskQueue> disks = new ArrayList<>();
    private final long host = OffHeap.allocateUninitialized(RAM, 4096);
    private final String kernel;

    /** With a kernel in {@code dir} that a reset can load. */
    QuietMachines(Path dir) throws IOException {
        OffHeap.fill(host, RAM, 0);
        ByteBuffer b = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0, 0x1bad_b002).putInt(4, 1 << 16).putInt(8, -(0x1bad_b002 + (1 << 16)));
        b.putInt(12, 0x10_0000).putInt(16, 0x10_0000).putInt(28, 0x10_0020);
        kernel = Files.write(dir.resolve("kernel"), b.array()).toString();
    }

    /** Of machines that are closed. */
    @Override
    public void close() {
        disks.forEach(DiskQueue::close);
        OffHeap.free(host);
    }

    /** Whatever it is called, an empty disk. */
    private DiskQueue disk(String id) {
        DiskQueue disk = new DiskQueue(id, new NullImage(DISK, false), lock);
        disks.add(disk);
        return disk;
    }

    /** A wish for a device; properties as names and values in turn. */
    static DeviceDescriptor device(String driver, String... properties) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < properties.length; i += 2) {
            map.put(properties[i], properties[i + 1]);
        }
        return DeviceDescriptor.of(driver, map, "");
    }

    /** A machine that was reset, so that buses are numbered and BARs placed. */
    Q35Machine start(DeviceDescriptor... devices) {
        Q35Machine machine = make(List.of(devices), Map.of(), CommitPlanner::new);
        machine.reset();
        return machine;
    }

    /** The clock of the machine made last. */
    ManualClock clock() {
        return clock;
    }

    /** The lock of the machine made last. */
    MachineLock lock() {
        return lock;
    }

    /** A machine that was not reset yet. */
    Q35Machine make(
            List<DeviceDescriptor> devices,
            Map<String, String> options,
            BiFunction<AddressSpace, MsiSink, DmaPlanner> planner) {
        lock = new MachineLock();
        clock = new ManualClock(lock);
        return new Q35Machine(
                new Q35Settings(
                        lock,
                        clock,
                        () -> 0,
                        new SharedMemory(),
                        new QuietAccelerator(),
                        CpuModels.parse("qemu64"),
                        1,
                        RAM,
                        Q35Options.parse(options),
                        new Q35Settings.Boot(kernel, null, ""),
                        List.of(),
                        id -> {
                            throw new ConfigException("chardev '" + id + "' does not exist");
                        },
                        new Q35Backends(this::disk, id -> new NullNet(), bytes -> {}, HostDevices.NONE),
                        devices,
                        List.copyOf(globals),
                        new UUID(1, 2),
                        "1",
                        new byte[32],
                        new RecordedEvents(events),
                        events::add),
                planner);
    }

    /** Hands out the same memory each time: none of these machines ever runs. */
    private final class SharedMemory implements RamAllocator {
        @Override
        public RamBacking allocate(String name, long size) {
            return new RamBacking() {
                @Override
                public long host() {
                    return host;
                }

                @Override
                public long size() {
                    return size;
                }

                @Override
                public void close() {}
            };
        }
    }

    private static final class QuietAccelerator implements Accelerator {
        @Override
        public String name() {
            return "quiet";
        }

        @Override
        public Vcpu createVcpu(VcpuConfig config) {
            return new QuietVcpu(config);
        }
    }
}
