package dev.veery.bus.pci.cap;

import dev.veery.irq.MsiSink;
import dev.veery.register.RegisterBank;

/** Message-signalled interrupts in each of their four layouts (PCI 3.0, 6.8.1). */
public final class MsiCapability {
    /** Capability id. */
    public static final int ID = 0x05;

    /** Bytes of configuration space. */
    public static final int LENGTH = 24;

    private static final int CONTROL = 2;
    private static final int ADDRESS = 4;
    private static final int DATA_32BIT = 8;
    private static final int DATA_64BIT = 12;
    private static final int MASK_BEHIND_DATA = 4;
    private static final int PENDING_BEHIND_DATA = 8;

    private static final int CONTROL_ENABLE = 1;
    private static final int CONTROL_CAPABLE_SHIFT = 1;
    private static final int CONTROL_ENABLED_SHIFT = 4;
    private static final int CONTROL_64BIT = 1 << 7;
    private static final int CONTROL_PER_VECTOR_MASK = 1 << 8;

    private final RegisterBank config;
    private final int offset;
    private final int capableLog2;
    private final int addressBytes;
    private final int data;
    private final boolean maskable;
    private final int length;
    private final MsiSink sink;

    /**
     * Declares the registers, with a 64-bit address and masks.
     *
     * @param offset of the capability, whose header the device has written
     * @param vectors 1, 2, 4, 8, 16 or 32
     */
    public MsiCapability(RegisterBank config, int offset, int vectors, MsiSink sink) {
        this(config, offset, vectors, true, true, sink);
    }

    /**
     * Declares the registers.
     *
     * @param wide whether the address has 64 bits
     * @param maskable whether vectors can be masked one by one
     */
    public MsiCapability(RegisterBank config, int offset, int vectors, boolean wide, boolean maskable, MsiSink sink) {
        if (vectors < 1 || vectors > 32 || Integer.bitCount(vectors) != 1) {
            throw new IllegalArgumentException(vectors + " MSI vectors");
        }
        this.config = config;
        this.offset = offset;
        this.sink = sink;
        this.maskable = maskable;
        addressBytes = wide ? 8 : 4;
        data = offset + (wide ? DATA_64BIT : DATA_32BIT);
        length = length(wide, maskable);
        capableLog2 = Integer.numberOfTrailingZeros(vectors);
        int control = capableLog2 << CONTROL_CAPABLE_SHIFT
                | (wide ? CONTROL_64BIT : 0)
                | (maskable ? CONTROL_PER_VECTOR_MASK : 0);
        config.declare(offset + CONTROL, 2, control, CONTROL_ENABLE | 7 << CONTROL_ENABLED_SHIFT);
        config.declare(offset + ADDRESS, addressBytes, 0, ~3L);
        config.declare(data, 2, 0, 0xffff);
        if (maskable) {
            config.declare(data + MASK_BEHIND_DATA, 4, 0, (1L << vectors) - 1);
            config.declare(data + PENDING_BEHIND_DATA, 4, 0, 0);
        }
    }

    /** Bytes of configuration space, by what the capability has. */
    public static int length(boolean wide, boolean maskable) {
        return (wide ? DATA_64BIT : DATA_32BIT) + (maskable ? PENDING_BEHIND_DATA + 4 : 2);
    }

    /** How many vectors software has granted. */
    public int granted() {
        return 1 << Math.min((int) config.get(offset + CONTROL, 2) >> CONTROL_ENABLED_SHIFT & 7, capableLog2);
    }

    /** Whether the device must use messages instead of its pin. */
    public boolean enabled() {
        return (config.get(offset + CONTROL, 2) & CONTROL_ENABLE) != 0;
    }

    /** Sends vector {@code n}, or keeps it pending while it is masked; does nothing when not enabled. */
    public void send(int n, int requesterId) {
        if (!enabled()) {
            return;
        }
        if (masked(n)) {
            config.setBits(data + PENDING_BEHIND_DATA, 4, 1L << n, true);
            return;
        }
        sink.send(requesterId, address(), data(n));
    }

    private boolean masked(int n) {
        return maskable && (config.get(data + MASK_BEHIND_DATA, 4) & 1L << n) != 0;
    }

    /** Whether vector {@code n} would be sent at once. */
    public boolean ready(int n) {
        return enabled() && !masked(n);
    }

    /** Where vectors are written. */
    public long address() {
        return config.get(offset + ADDRESS, addressBytes);
    }

    /** What vector {@code n} writes. */
    public int data(int n) {
        // Software may have granted fewer vectors than the device has: the surplus share the granted ones.
        int low = granted() - 1;
        return (int) config.get(data, 2) & ~low | n & low;
    }

    /** Configuration space was written: sends what was pending and no longer is masked. */
    public void written(int at, int bytes, int requesterId) {
        if (at + bytes <= offset || at >= offset + length || !maskable || !enabled()) {
            return;
        }
        long ready = config.get(data + PENDING_BEHIND_DATA, 4) & ~config.get(data + MASK_BEHIND_DATA, 4);
        while (ready != 0) {
            int n = Long.numberOfTrailingZeros(ready);
            ready &= ready - 1;
            config.setBits(data + PENDING_BEHIND_DATA, 4, 1L << n, false);
            send(n, requesterId);
        }
    }
}
