package dev.veery.bus.pci.cap;

import dev.veery.irq.MsiSink;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.register.RegisterBank;
import java.util.function.IntSupplier;

/** MSI-X: a table of messages and an array of pending bits in a BAR (PCI 3.0, 6.8.2). */
public final class MsixCapability {
    /** Capability id. */
    public static final int ID = 0x11;

    /** Bytes of configuration space. */
    public static final int LENGTH = 12;

    private static final int CONTROL = 2;
    private static final int TABLE = 4;
    private static final int PBA = 8;
    private static final int CONTROL_FUNCTION_MASK = 1 << 14;
    private static final int CONTROL_ENABLE = 1 << 15;
    private static final int MAX_VECTORS = 2048;

    private static final int ENTRY = 16;
    private static final int ENTRY_DATA = 8;
    private static final int ENTRY_CONTROL = 12;
    private static final int ENTRY_MASKED = 1;

    private final RegisterBank config;
    private final int offset;
    private final int vectors;
    private final RegisterBank table;
    private final RegisterBank pending;
    private final MsiSink sink;
    private final IntSupplier requesterId;

    /**
     * Declares the registers.
     *
     * @param offset of the capability, whose header the device has written
     * @param vectors 1 to 2048
     * @param tableBar index of the BAR with the table, at {@code tableOffset}, a multiple of 8
     * @param pbaBar index of the BAR with the pending bits, at {@code pbaOffset}, a multiple of 8
     * @param requesterId asked at each message: bus numbers change
     */
    public MsixCapability(
            RegisterBank config,
            int offset,
            int vectors,
            int tableBar,
            int tableOffset,
            int pbaBar,
            int pbaOffset,
            MsiSink sink,
            IntSupplier requesterId) {
        if (vectors < 1 || vectors > MAX_VECTORS) {
            throw new IllegalArgumentException(vectors + " MSI-X vectors");
        }
        this.config = config;
        this.offset = offset;
        this.vectors = vectors;
        this.sink = sink;
        this.requesterId = requesterId;
        config.declare(offset + CONTROL, 2, vectors - 1, CONTROL_FUNCTION_MASK | CONTROL_ENABLE);
        config.declare(offset + TABLE, 4, tableOffset | tableBar, 0);
        config.declare(offset + PBA, 4, pbaOffset | pbaBar, 0);
        table = new RegisterBank(vectors * ENTRY);
        pending = new RegisterBank((vectors + 63) / 64 * 8);
        for (int n = 0; n < vectors; n++) {
            table.declare(n * ENTRY, 8, 0, ~3L);
            table.declare(n * ENTRY + ENTRY_DATA, 4, 0, 0xffff_ffffL);
            table.declare(n * ENTRY + ENTRY_CONTROL, 4, ENTRY_MASKED, ENTRY_MASKED);
        }
    }

    /** The table, to be put into its BAR. */
    public MemoryRegion tableRegion(String name) {
        return MemoryRegion.mmio(name + ".msix-table", table.size(), new Table(), AccessSizes.DWORD_TO_QWORD);
    }

    /** The pending bits, to be put into their BAR. */
    public MemoryRegion pendingRegion(String name) {
        return MemoryRegion.mmio(name + ".msix-pba", pending.size(), new Pending(), AccessSizes.DWORD_TO_QWORD);
    }

    /** How many there are. */
    public int vectors() {
        return vectors;
    }

    /** Whether the device must use messages instead of its pin. */
    public boolean enabled() {
        return (config.get(offset + CONTROL, 2) & CONTROL_ENABLE) != 0;
    }

    /** All entries masked and nothing pending; the configuration registers are the device's to reset. */
    public void reset() {
        table.reset();
        pending.reset();
    }

    /** Sends vector {@code n}, or keeps it pending while it is masked; does nothing when not enabled. */
    public void send(int n) {
        if (!enabled() || n >= vectors) {
            return;
        }
        if (masked(n)) {
            pending.setBits(n / 8, 1, 1L << n % 8, true);
        } else {
            sink.send(requesterId.getAsInt(), address(n), data(n));
        }
    }

    /** Whether vector {@code n} would be sent at once. */
    public boolean ready(int n) {
        return enabled() && n < vectors && !masked(n);
    }

    /** Where vector {@code n} is written. */
    public long address(int n) {
        return table.get(n * ENTRY, 8);
    }

    /** What vector {@code n} writes. */
    public int data(int n) {
        return (int) table.get(n * ENTRY + ENTRY_DATA, 4);
    }

    private boolean masked(int n) {
        return (config.get(offset + CONTROL, 2) & CONTROL_FUNCTION_MASK) != 0
                || (table.get(n * ENTRY + ENTRY_CONTROL, 4) & ENTRY_MASKED) != 0;
    }

    /** Configuration space was written: sends what was pending and no longer is masked. */
    public void written(int at, int bytes) {
        if (at + bytes > offset && at < offset + LENGTH && enabled()) {
            for (int n = 0; n < vectors; n++) {
                sendIfReady(n);
            }
        }
    }

    private void sendIfReady(int n) {
        if ((pending.get(n / 8, 1) >>> n % 8 & 1) != 0 && enabled() && !masked(n)) {
            pending.setBits(n / 8, 1, 1L << n % 8, false);
            send(n);
        }
    }

    private final class Table implements MmioHandler {
        @Override
        public long read(long at, int size) {
            return table.read((int) at, size);
        }

        @Override
        public void write(long at, int size, long value) {
            table.write((int) at, size, value);
            sendIfReady((int) at / ENTRY);
        }
    }

    private final class Pending implements MmioHandler {
        @Override
        public long read(long at, int size) {
            return pending.read((int) at, size);
        }

        @Override
        public void write(long at, int size, long value) {
            // Read-only: software has no business here.
        }
    }
}
