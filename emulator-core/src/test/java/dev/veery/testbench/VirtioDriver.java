package dev.veery.testbench;

import dev.veery.bus.pci.PciDevice;
import dev.veery.memory.AddressSpace;

/** Just enough of a driver to run a split queue of a virtio device on a {@link PciBench}, in guest memory from 1 MiB on. */
public final class VirtioDriver {
    public static final int NEXT = 1;
    public static final int WRITE = 2;
    public static final int INDIRECT = 4;

    public static final long TABLE = 0x10_0000L;
    public static final long AVAILABLE = 0x11_0000L;
    public static final long USED = 0x12_0000L;

    public static final long VERSION_1 = 1L << 32;
    private static final int ACKNOWLEDGE = 3;
    private static final int FEATURES_OK = 8;
    private static final int DRIVER_OK = 4;
    private static final int NOTIFY = 0x3000;

    private final AddressSpace memory;
    private final long bar;
    private int available;
    private int size;

    /** For the device behind {@code device}. */
    public VirtioDriver(PciBench bench, PciDevice device) {
        memory = bench.memory;
        bar = PciBench.bar(device, 4);
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
        size = queueSize;
        available = 0;
        setCommon(0x14, 1, 0);
        setCommon(0x14, 1, ACKNOWLEDGE);
        setCommon(0x08, 4, 0);
        setCommon(0x0c, 4, features);
        setCommon(0x08, 4, 1);
        setCommon(0x0c, 4, features >>> 32);
        setCommon(0x14, 1, ACKNOWLEDGE | FEATURES_OK);
        setCommon(0x16, 2, 0);
        setCommon(0x18, 2, queueSize);
        setCommon(0x1a, 2, 0);
        setCommon(0x20, 4, TABLE);
        setCommon(0x28, 4, AVAILABLE);
        setCommon(0x30, 4, USED);
        setCommon(0x1c, 2, 1);
        memory.fill(TABLE, 0x3_0000, 0);
        setCommon(0x14, 1, ACKNOWLEDGE | FEATURES_OK | DRIVER_OK);
        return status();
    }

    /** Fills in a descriptor of the queue's table. */
    public void descriptor(int index, long address, long length, int flags, int next) {
        descriptorAt(TABLE + 16L * index, address, length, flags, next);
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
        memory.write(AVAILABLE + 4 + 2L * (available % size), 2, head);
        available++;
        memory.write(AVAILABLE + 2, 2, available);
        memory.write(bar + NOTIFY, 2, 0);
    }

    /** How many chains came back. */
    public int used() {
        return (int) memory.read(USED + 2, 2);
    }

    /** How many bytes of chain {@code n} to come back were written. */
    public long written(int n) {
        return memory.read(USED + 4 + 8L * (n % size) + 4, 4);
    }
}
