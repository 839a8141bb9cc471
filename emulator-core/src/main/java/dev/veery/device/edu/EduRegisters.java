package dev.veery.device.edu;

import dev.veery.base.Unsigned;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;

/** The registers in BAR 0; offsets and bits as docs/specs/edu names them. */
final class EduRegisters implements MmioHandler, Resettable {
    static final int IDENTIFICATION = 0x00;
    static final int LIVENESS = 0x04;
    static final int FACTORIAL = 0x08;
    static final int STATUS = 0x20;
    static final int IRQ_STATUS = 0x24;
    static final int IRQ_RAISE = 0x60;
    static final int IRQ_ACKNOWLEDGE = 0x64;
    static final int DMA_SOURCE = 0x80;
    static final int DMA_DESTINATION = 0x88;
    static final int DMA_COUNT = 0x90;
    static final int DMA_COMMAND = 0x98;

    /** Major version 1, minor 0, and the device's mark. */
    static final long IDENTITY = 0x0100_00edL;

    /** STATUS: a factorial is being computed. */
    static final int STATUS_COMPUTING = 1;

    /** STATUS: a finished factorial interrupts. */
    static final int STATUS_IRQ_FACTORIAL = 0x80;

    /** IRQ_STATUS: what the device itself raises. */
    static final int FACTORIAL_IRQ = 1;

    static final int DMA_IRQ = 0x100;

    static final int DMA_START = 1;
    static final int DMA_TO_MEMORY = 2;
    static final int DMA_INTERRUPT = 4;
    private static final int DMA_COMMANDS = DMA_START | DMA_TO_MEMORY | DMA_INTERRUPT;

    /** Where the buffer lies for the DMA engine; nobody else sees it. */
    static final long BUFFER = 0x4_0000L;

    static final int BUFFER_SIZE = 4096;

    static final long DMA_NANOS = 1_000_000;

    /** From here on registers may be accessed 8 bytes at a time. */
    private static final int WIDE_FROM = 0x80;

    private static final long DWORD = 0xffff_ffffL;
    private static final long BAD = -1L;

    private final VirtualClock clock;
    private final VmTimer timer;

    /** The device's own thread is the clock's, which computes as soon as it gets there. */
    private final VmTimer computation;

    private final long dmaMask;
    private final Host host;

    private int liveness;
    private int factorial;
    private int status;
    private int irqStatus;
    private long source;
    private long destination;
    private long count;
    private int command;

    /** What the registers act upon. */
    interface Host {
        /** There is a new cause, or none is left. */
        void interrupt(boolean asserted);

        /** Moves bytes between the buffer and the bus. */
        void transfer(long address, int offset, int length, boolean toMemory);
    }

    EduRegisters(VirtualClock clock, long dmaMask, Host host) {
        this.clock = clock;
        this.dmaMask = dmaMask;
        this.host = host;
        timer = clock.newTimer("edu-dma", this::transfer);
        computation = clock.newTimer("edu-factorial", this::compute);
    }

    @Override
    public void reset() {
        timer.cancel();
        computation.cancel();
        liveness = 0;
        factorial = 0;
        status = 0;
        irqStatus = 0;
        source = 0;
        destination = 0;
        count = 0;
        command = 0;
    }

    @Override
    public long read(long offset, int size) {
        if (offset < WIDE_FROM && size != Integer.BYTES) {
            return BAD;
        }
        switch ((int) offset) {
            case IDENTIFICATION:
                return IDENTITY;
            case LIVENESS:
                return liveness & DWORD;
            case FACTORIAL:
                return factorial & DWORD;
            case STATUS:
                return status;
            case IRQ_STATUS:
                return irqStatus & DWORD;
            case DMA_SOURCE:
                return source;
            case DMA_DESTINATION:
                return destination;
            case DMA_COUNT:
                return count;
            case DMA_COMMAND:
                return command;
            default:
                return BAD;
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset >= WIDE_FROM) {
            writeDma((int) offset, value);
        } else if (size == Integer.BYTES) {
            writeControl((int) offset, (int) value);
        }
    }

    private void writeControl(int offset, int value) {
        switch (offset) {
            case LIVENESS:
                liveness = ~value;
                break;
            case FACTORIAL:
                if ((status & STATUS_COMPUTING) == 0) {
                    factorial = value;
                    status |= STATUS_COMPUTING;
                    computation.arm(clock.nanos());
                }
                break;
            case STATUS:
                status = status & STATUS_COMPUTING | value & STATUS_IRQ_FACTORIAL;
                break;
            case IRQ_RAISE:
                raise(value);
                break;
            case IRQ_ACKNOWLEDGE:
                irqStatus &= ~value;
                if (irqStatus == 0) {
                    host.interrupt(false);
                }
                break;
            default:
                break;
        }
    }

    private void writeDma(int offset, long value) {
        if ((command & DMA_START) != 0) {
            // The engine is busy.
            return;
        }
        switch (offset) {
            case DMA_SOURCE:
                source = value;
                break;
            case DMA_DESTINATION:
                destination = value;
                break;
            case DMA_COUNT:
                count = value;
                break;
            case DMA_COMMAND:
                if ((value & DMA_START) != 0) {
                    command = (int) value & DMA_COMMANDS;
                    timer.arm(clock.nanos() + DMA_NANOS);
                }
                break;
            default:
                break;
        }
    }

    private void compute() {
        factorial = factorial(factorial);
        status &= ~STATUS_COMPUTING;
        if ((status & STATUS_IRQ_FACTORIAL) != 0) {
            raise(FACTORIAL_IRQ);
        }
    }

    /** Modulo 2^32, which leaves nothing of 34! and beyond; so no value takes long. */
    private static int factorial(int n) {
        if (Integer.compareUnsigned(n, 34) >= 0) {
            return 0;
        }
        int product = 1;
        for (int i = 2; i <= n; i++) {
            product *= i;
        }
        return product;
    }

    private void raise(int cause) {
        irqStatus |= cause;
        if (irqStatus != 0) {
            host.interrupt(true);
        }
    }

    private void transfer() {
        boolean toMemory = (command & DMA_TO_MEMORY) != 0;
        long inBuffer = (toMemory ? source : destination) - BUFFER;
        long address = (toMemory ? destination : source) & dmaMask;
        if (count != 0 && Unsigned.fits(inBuffer, count, BUFFER_SIZE)) {
            host.transfer(address, (int) inBuffer, (int) count, toMemory);
        }
        command &= ~DMA_START;
        if ((command & DMA_INTERRUPT) != 0) {
            raise(DMA_IRQ);
        }
    }
}
