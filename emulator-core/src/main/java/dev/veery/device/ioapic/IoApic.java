package dev.veery.device.ioapic;

import dev.veery.irq.EoiListener;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.IrqLine;
import dev.veery.irq.MsiSink;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import java.util.function.IntConsumer;

/** The I/O APIC. As a {@link MmioHandler} it is the register window at FEC00000h. */
public final class IoApic implements MmioHandler, EoiListener, Resettable {
    /** Interrupt inputs. */
    public static final int PINS = 24;

    /** Bytes of the register window. */
    public static final int WINDOW = 0x1000;

    /** Window registers: index, data, and (version 20h) end of interrupt. */
    static final int IOREGSEL = 0x00;

    static final int IOWIN = 0x10;
    static final int EOIR = 0x40;

    /** Indexed registers (82093AA 3.2). */
    static final int IOAPICID = 0x00;

    static final int IOAPICVER = 0x01;
    static final int IOAPICARB = 0x02;
    static final int IOREDTBL = 0x10;

    private static final int VERSION = 0x20;
    private static final int VERSION_MAX_ENTRY_SHIFT = 16;
    private static final int ID_MASK = 0xf << 24;

    /** IOREDTBL low dword (82093AA 3.2.4). */
    static final int RTE_VECTOR = 0xff;

    static final int RTE_MODE_SHIFT = 8;
    static final int RTE_LOGICAL = 1 << 11;
    static final int RTE_REMOTE_IRR = 1 << 14;
    static final int RTE_LEVEL = 1 << 15;
    static final int RTE_MASKED = 1 << 16;

    /** Delivery status (12) and remote IRR (14) are the chip's own; bits above the mask do not exist. */
    private static final int RTE_LOW_WRITABLE = 0x1afff;

    /** Destination 31:24 and extended destination 23:16. */
    private static final int RTE_HIGH_WRITABLE = 0xffff0000;

    private static final long MSI_ADDRESS = 0xfee00000L;
    private static final int MSI_EXTENDED_DEST_SHIFT = 4;
    private static final int RTE_HIGH_DEST_SHIFT = 16;
    private static final int MSI_LOGICAL = 1 << 2;
    private static final int MSI_ASSERT = 1 << 14;
    private static final int MSI_LEVEL = 1 << 15;

    private final int requesterId;
    private final MsiSink sink;
    private final IrqLine[] inputs = new IrqLine[PINS];
    private final int[] low = new int[PINS];
    private final int[] high = new int[PINS];

    private IntConsumer ended = pin -> {};

    /** The wires, a bit a pin. */
    private int lines;

    private int id;
    private int index;

    /**
     * Makes an I/O APIC.
     *
     * @param requesterId the bus, device and function its messages carry for interrupt remapping
     * @param sink where messages go: the interrupt bus, or the remapping unit before it
     */
    public IoApic(int requesterId, MsiSink sink) {
        this.requesterId = requesterId;
        this.sink = sink;
        for (int i = 0; i < PINS; i++) {
            int pin = i;
            inputs[i] = level -> setPin(pin, level);
        }
        reset();
    }

    /** Names who hears of the end of each level-triggered interrupt, by input, before it is delivered again. */
    public void onEnded(IntConsumer listener) {
        ended = listener;
    }

    /** Input 0 to 23. */
    public IrqLine line(int n) {
        return inputs[n];
    }

    @Override
    public void reset() {
        for (int pin = 0; pin < PINS; pin++) {
            low[pin] = RTE_MASKED;
            high[pin] = 0;
        }
        id = 0;
        index = 0;
    }

    @Override
    public long read(long offset, int size) {
        if (offset == IOREGSEL) {
            return index;
        }
        return offset == IOWIN && size == Integer.BYTES ? readIndexed() & 0xffffffffL : 0;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset == IOREGSEL) {
            index = (int) value & 0xff;
        } else if (size == Integer.BYTES && offset == IOWIN) {
            writeIndexed((int) value);
        } else if (size == Integer.BYTES && offset == EOIR) {
            endOfInterrupt((int) value & RTE_VECTOR);
        }
    }

    @Override
    public void endOfInterrupt(int vector) {
        for (int pin = 0; pin < PINS; pin++) {
            int entry = low[pin];
            if ((entry & RTE_REMOTE_IRR) != 0 && (entry & RTE_VECTOR) == vector) {
                low[pin] = entry & ~RTE_REMOTE_IRR;
                ended.accept(pin);
                offerLevel(pin);
            }
        }
    }

    private int readIndexed() {
        switch (index) {
            case IOAPICID, IOAPICARB -> {
                return id;
            }
            case IOAPICVER -> {
                return PINS - 1 << VERSION_MAX_ENTRY_SHIFT | VERSION;
            }
            default -> {
                int pin = index - IOREDTBL >> 1;
                if (index < IOREDTBL || pin >= PINS) {
                    return 0;
                }
                return (index & 1) == 0 ? low[pin] : high[pin];
            }
        }
    }

    private void writeIndexed(int value) {
        if (index == IOAPICID) {
            id = value & ID_MASK;
            return;
        }
        int pin = index - IOREDTBL >> 1;
        if (index < IOREDTBL || pin >= PINS) {
            return;
        }
        if ((index & 1) != 0) {
            high[pin] = value & RTE_HIGH_WRITABLE;
        } else {
            low[pin] = value & RTE_LOW_WRITABLE | low[pin] & ~RTE_LOW_WRITABLE;
        }
        if ((low[pin] & RTE_LEVEL) == 0) {
            // Drivers without the EOI register clear a stuck remote IRR by a passage through edge mode.
            low[pin] &= ~RTE_REMOTE_IRR;
        }
        offerLevel(pin);
    }

    private void setPin(int pin, boolean level) {
        int mask = 1 << pin;
        boolean rising = level && (lines & mask) == 0;
        lines = level ? lines | mask : lines & ~mask;
        if (!rising) {
            return;
        }
        if ((low[pin] & RTE_LEVEL) != 0) {
            offerLevel(pin);
        } else if ((low[pin] & RTE_MASKED) == 0) {
            // An edge on a masked pin is lost, 82093AA 3.2.4 bit 16.
            send(pin);
        }
    }

    /** Sends a level-triggered pin's message if it is asserted, unmasked and not already waiting for its EOI. */
    private void offerLevel(int pin) {
        int entry = low[pin];
        boolean ready = (entry & (RTE_LEVEL | RTE_MASKED | RTE_REMOTE_IRR)) == RTE_LEVEL;
        if (ready && (lines >>> pin & 1) != 0) {
            int mode = entry >>> RTE_MODE_SHIFT & 7;
            if (mode == InterruptBus.FIXED || mode == InterruptBus.LOWEST_PRIORITY) {
                low[pin] = entry | RTE_REMOTE_IRR;
            }
            send(pin);
        }
    }

    private void send(int pin) {
        int entry = low[pin];
        long address = MSI_ADDRESS
                | (long) (high[pin] >>> RTE_HIGH_DEST_SHIFT) << MSI_EXTENDED_DEST_SHIFT
                | ((entry & RTE_LOGICAL) != 0 ? MSI_LOGICAL : 0);
        int data = entry & (RTE_VECTOR | 7 << RTE_MODE_SHIFT);
        if ((entry & RTE_LEVEL) != 0) {
            data |= MSI_LEVEL | MSI_ASSERT;
        }
        sink.send(requesterId, address, data);
    }
}
