package dev.veery.testbench;

import dev.veery.bus.pci.PciDevice;
import dev.veery.memory.AddressSpace;

/**
 * Just enough of a driver to run split queues of a virtio device on a {@link PciBench}, in guest memory from 1 MiB on; 2 MiB
 * further for each queue.
 */
public final class VirtioDriver {
    public static final int NEXT = 1;
    public static final int WRITE = 2;
    public static final int INDIRECT = 4;

    public static final long TABLE = 0x10_0000L;
    public static final long AVAILABLE = 0x11_0000L;
    public static final long USED = 0x12_0000L;

    public static final long INDIRECT_DESC = 1L << 28;
    public static final long EVENT_IDX = 1L << 29;
    public static final long PACKED = 1L << 34;
    public static final long VERSION_1 = 1L << 32;
    private static final int ACKNOWLEDGE = 3;
    private static final int FEATURES_OK = 8;
    private static final int DRIVER_OK = 4;
    private static final int NOTIFY = 0x3000;

    private final AddressSpace memory;
    private final long bar;
    private final long base;
    private final int queue;
    private int available;
    private int size;

    /** For queue 0 of the device behind {@code device}. */
    public VirtioDriver(PciBench bench, PciDevice device) {
        this(bench, device, 0);
    }

    /** For queue {@code queue}, at most 6. */
    public VirtioDriver(PciBench bench, PciDevice device, int queue) {
        memory = bench.memory;
        bar = PciBench.bar(device, 4);
        base = 0x20_0000L * queue;
        this.queue = queue;
    }

    /** Reads a register of the common structure. */
    public long common(int offset, int bytes) {
        return memory.read(bar + offset, bytes);
    }

    /** Writes one. */
    public void setCommon(int offset, int bytes, long value) {
        memory.write(bar + offset, bytes, value);
    }

    /** The device status. */
    public int status() {
        return (int) common(0x14, 1);
    }

    /** Resets, negotiates and starts with one queue; returns the status. */
    public int start(long features, int queueSize) {
        negotiate(features);
        enable(queueSize);
        return run();
    }

    /** Resets and negotiates. */
    public void negotiate(long features) {
        setCommon(0x14, 1, 0);
        setCommon(0x14, 1, ACKNOWLEDGE);
        setCommon(0x08, 4, 0);
        setCommon(0x0c, 4, features);
        setCommon(0x08, 4, 1);
        setCommon(0x0c, 4, features >>> 32);
        setCommon(0x14, 1, ACKNOWLEDGE | FEATURES_OK);
    }

    /** Places the queue and enables it. */
    public void enable(int queueSize) {
        size = queueSize;
        available = 0;
        memory.fill(base + TABLE, 0x3_0000, 0);
        setCommon(0x16, 2, queue);
        setCommon(0x18, 2, queueSize);
        setCommon(0x1a, 2, queue);
        setCommon(0x20, 4, base + TABLE);
        setCommon(0x28, 4, base + AVAILABLE);
        setCommon(0x30, 4, base + USED);
        setCommon(0x1c, 2, 1);
    }

    /** Sets DRIVER_OK; returns the status. */
    public int run() {
        setCommon(0x14, 1, ACKNOWLEDGE | FEATURES_OK | DRIVER_OK);
        return status();
    }

    /** Fills in a descriptor of the queue's table. */
    public void descriptor(int index, long address, long length, int flags, int next) {
        descriptorAt(base + TABLE + 16L * index, address, length, flags, next);
    }

    /** Fills in a descriptor anywhere. */
    public void descriptorAt(long at, long address, long length, int flags, int next) {
        memory.write(at, 8, address);
        memory.write(at + 8, 4, length);
        memory.write(at + 12, 2, flags);
        memory.write(at + 14, 2, next);
    }

    /** Makes a chain available and notifies. */
    public void offer(int head) {
        memory.write(base + AVAILABLE + 4 + 2L * (available % size), 2, head);
        available++;
        memory.write(base + AVAILABLE + 2, 2, available);
        memory.write(bar + NOTIFY + 4L * queue, 2, queue);
    }

    /** How many chains came back. */
    public int used() {
        return (int) memory.read(base + USED + 2, 2);
    }

    /** How many bytes of chain {@code n} to come back were written. */
    public long written(int n) {
        return memory.read(base + USED + 4 + 8L * (n % size) + 4, 4);
    }

    /** Notifies without making anything available: whatever the ring has. */
    public void kick() {
        memory.write(bar + NOTIFY + 4L * queue, 2, queue);
    }
}
