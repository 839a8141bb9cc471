package dev.veery.bus.pci.cap;

import dev.veery.irq.MsiSink;
import dev.veery.register.RegisterBank;

/** Message-signalled interrupts, with a 64-bit address and per-vector masking (PCI 3.0, 6.8.1). */
public final class MsiCapability {
    /** Capability id. */
    public static final int ID = 0x05;

    /** Bytes of configuration space. */
    public static final int LENGTH = 24;

    private static final int CONTROL = 2;
    private static final int ADDRESS = 4;
    private static final int DATA = 12;
    private static final int MASK = 16;
    private static final int PENDING = 20;

    private static final int CONTROL_ENABLE = 1;
    private static final int CONTROL_CAPABLE_SHIFT = 1;
    private static final int CONTROL_ENABLED_SHIFT = 4;
    private static final int CONTROL_64BIT = 1 << 7;
    private static final int CONTROL_PER_VECTOR_MASK = 1 << 8;

    private final RegisterBank config;
    private final int offset;
    private final int capableLog2;
    private final MsiSink sink;

    /**
     * Declares the registers.
     *
     * @param offset of the capability, whose header the device has written
     * @param vectors 1, 2, 4, 8, 16 or 32
     */
    public MsiCapability(RegisterBank config, int offset, int vectors, MsiSink sink) {
        if (vectors < 1 || vectors > 32 || Integer.bitCount(vectors) != 1) {
            throw new IllegalArgumentException(vectors + " MSI vectors");
        }
        this.config = config;
        this.offset = offset;
        this.sink = sink;
        capableLog2 = Integer.numberOfTrailingZeros(vectors);
        int control = capableLog2 << CONTROL_CAPABLE_SHIFT | CONTROL_64BIT | CONTROL_PER_VECTOR_MASK;
        config.declare(offset + CONTROL, 2, control, CONTROL_ENABLE | 7 << CONTROL_ENABLED_SHIFT);
        config.declare(offset + ADDRESS, 8, 0, ~3L);
        config.declare(offset + DATA, 2, 0, 0xffff);
        config.declare(offset + MASK, 4, 0, (1L << vectors) - 1);
        config.declare(offset + PENDING, 4, 0, 0);
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
        long bit = 1L << n;
        if ((config.get(offset + MASK, 4) & bit) != 0) {
            config.setBits(offset + PENDING, 4, bit, true);
            return;
        }
        // Software may have granted fewer vectors than the device has: the surplus share the granted ones.
        int enabledLog2 = (int) config.get(offset + CONTROL, 2) >> CONTROL_ENABLED_SHIFT & 7;
        int low = (1 << Math.min(enabledLog2, capableLog2)) - 1;
        int data = (int) config.get(offset + DATA, 2) & ~low | n & low;
        sink.send(requesterId, config.get(offset + ADDRESS, 8), data);
    }

    /** Configuration space was written: sends what was pending and no longer is masked. */
    public void written(int at, int bytes, int requesterId) {
        if (at + bytes <= offset || at >= offset + LENGTH || !enabled()) {
            return;
        }
        long ready = config.get(offset + PENDING, 4) & ~config.get(offset + MASK, 4);
        while (ready != 0) {
            int n = Long.numberOfTrailingZeros(ready);
            ready &= ready - 1;
            config.setBits(offset + PENDING, 4, 1L << n, false);
            send(n, requesterId);
        }
    }
}
