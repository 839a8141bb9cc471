package dev.veery.device.serial;

import static dev.veery.device.serial.Uart16550Regs.*;

import dev.veery.chardev.CharBackend;
import dev.veery.chardev.CharFrontend;
import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;

/**
 * A PC16550D at eight consecutive byte ports, clocked by 1.8432 MHz as in a PC. Declare the region for one-byte accesses.
 *
 * <p>DEVIATION: characters to and from the host keep all eight bits whatever word length LCR names, because guests write
 * to an unprogrammed UART and expect text; the loopback path does cut them.
 */
public final class Uart16550 implements MmioHandler, CharFrontend, Resettable {
    /** Size of the register block in ports. */
    public static final int PORTS = 8;

    /** Characters a second times bits a character, with divisor 1: 1.8432 MHz / 16. */
    private static final long BAUD_BASE = 115_200;

    /** Not affected by a reset (PC16550D table I); firmware programs it. 9600 baud. */
    private static final int POWER_ON_DIVISOR = 12;

    private static final int[] TRIGGER_LEVELS = {1, 4, 8, 14};

    /** A host back end looks like a connected modem: carrier, ready, clear to send. */
    private static final int CONNECTED_INPUTS = MSR_DCD | MSR_DSR | MSR_CTS;

    private final IrqLine irq;
    private final VirtualClock clock;
    private final CharBackend backend;
    private final VmTimer timeoutTimer;
    private final RxFifo fifo = new RxFifo();

    private int divisor = POWER_ON_DIVISOR;
    private int ier;
    private int lcr;
    private int mcr;
    private int scr;
    private int msr = CONNECTED_INPUTS;
    private int lsrErrors;
    private int lastReceived;
    private boolean fifoMode;
    private int trigger = 1;
    private boolean thrInterrupt;
    private boolean timeoutInterrupt;
    private long lastActivity;
    private boolean irqLevel;

    /**
     * @param irq the interrupt line, already gated by OUT2 here
     * @param clock times the character timeout
     * @param backend the host end; this becomes its front end
     */
    public Uart16550(IrqLine irq, VirtualClock clock, CharBackend backend) {
        this.irq = irq;
        this.clock = clock;
        this.backend = backend;
        this.timeoutTimer = clock.newTimer("16550 character timeout", this::onTimeout);
        backend.attach(this);
    }

    @Override
    public void reset() {
        ier = 0;
        lcr = 0;
        mcr = 0;
        msr = CONNECTED_INPUTS;
        fifoMode = false;
        trigger = 1;
        thrInterrupt = false;
        clearReceiver();
        irqLevel = false;
        irq.set(false);
        backend.acceptInput();
    }

    // Registers

    @Override
    public long read(long offset, int size) {
        switch ((int) offset & 7) {
            case RBR_THR_DLL:
                return dlab() ? divisor & 0xff : readRbr();
            case IER_DLM:
                return dlab() ? divisor >>> 8 : ier;
            case IIR_FCR:
                return readIir();
            case LCR:
                return lcr;
            case MCR:
                return mcr;
            case LSR:
                return readLsr();
            case MSR:
                return readMsr();
            default:
                return scr;
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        int v = (int) value & 0xff;
        switch ((int) offset & 7) {
            case RBR_THR_DLL:
                if (dlab()) {
                    divisor = divisor & 0xff00 | v;
                } else {
                    writeThr(v);
                }
                break;
            case IER_DLM:
                if (dlab()) {
                    divisor = divisor & 0xff | v << 8;
                } else {
                    writeIer(v);
                }
                break;
            case IIR_FCR:
                writeFcr(v);
                break;
            case LCR:
                writeLcr(v);
                break;
            case MCR:
                writeMcr(v);
                break;
            case SCR:
                scr = v;
                break;
            default:
                // LSR and MSR: a write is a factory test (8.4), nothing happens.
                break;
        }
    }

    private boolean dlab() {
        return (lcr & LCR_DLAB) != 0;
    }

    private int readRbr() {
        if (fifo.count() == 0) {
            return lastReceived;
        }
        lastReceived = fifo.pop();
        timeoutInterrupt = false;
        lastActivity = clock.nanos();
        showTop();
        // Refill before the line is looked at again, so that it does not drop and rise between two bytes of one burst.
        if (!loopback()) {
            backend.acceptInput();
        }
        update();
        return lastReceived;
    }

    /** 8.6: reading IIR takes back the transmitter interrupt, if that is what it shows. */
    private int readIir() {
        int id = interruptId();
        if (id == IIR_THR_EMPTY) {
            thrInterrupt = false;
            update();
        }
        return fifoMode ? id | IIR_FIFOS_ENABLED : id;
    }

    private int readLsr() {
        int value = LSR_THRE | LSR_TEMT | lsrErrors;
        if (fifo.count() != 0) {
            value |= LSR_DR;
        }
        if (fifoMode && ((lsrErrors & LSR_CHAR_ERRORS) != 0 || fifo.hasErrors())) {
            value |= LSR_FIFO_ERROR;
        }
        if (lsrErrors != 0) {
            lsrErrors = 0;
            update();
        }
        return value;
    }

    private int readMsr() {
        int value = msr;
        if ((msr & MSR_DELTAS) != 0) {
            msr &= ~MSR_DELTAS;
            update();
        }
        return value;
    }

    private void writeThr(int value) {
        // The holding register is full for an instant: the interrupt line must drop, for the next one is an edge.
        thrInterrupt = false;
        update();
        if (loopback()) {
            push(value & wordMask(), 0);
        } else if ((lcr & LCR_BREAK) == 0) {
            backend.write(value);
        }
        thrInterrupt = true;
        update();
    }

    private void writeIer(int value) {
        int old = ier;
        ier = value & IER_WRITABLE;
        if ((ier & IER_ETBEI) == 0) {
            thrInterrupt = false;
        } else if ((old & IER_ETBEI) == 0) {
            // Enabling the interrupt with an empty transmitter asserts it, also after IIR had taken it back: drivers
            // start transmission this way, and Linux looks for chips that fail to.
            thrInterrupt = true;
        }
        update();
    }

    /** 8.5: bit 0 must be 1 for the others to be programmed; changing it clears the FIFOs. */
    private void writeFcr(int value) {
        boolean enable = (value & FCR_ENABLE) != 0;
        boolean clear = enable != fifoMode || enable && (value & FCR_RCVR_RESET) != 0;
        fifoMode = enable;
        trigger = enable ? TRIGGER_LEVELS[value >>> FCR_TRIGGER_SHIFT] : 1;
        if (clear) {
            clearReceiver();
            if (!loopback()) {
                backend.acceptInput();
            }
        }
        update();
    }

    private void writeLcr(int value) {
        boolean breakStarts = (value & ~lcr & LCR_BREAK) != 0;
        lcr = value;
        if (breakStarts && loopback()) {
            push(0, LSR_BI);
            update();
        }
    }

    private void writeMcr(int value) {
        boolean wasLoopback = loopback();
        mcr = value & MCR_WRITABLE;
        setModemInputs(loopback() ? loopedOutputs() : CONNECTED_INPUTS);
        update();
        if (wasLoopback && !loopback()) {
            backend.acceptInput();
        }
    }

    // Modem lines

    private boolean loopback() {
        return (mcr & MCR_LOOP) != 0;
    }

    /** 8.8 bit 4: RTS, DTR, OUT1 and OUT2 feed CTS, DSR, RI and DCD. */
    private int loopedOutputs() {
        int inputs = 0;
        if ((mcr & MCR_RTS) != 0) {
            inputs |= MSR_CTS;
        }
        if ((mcr & MCR_DTR) != 0) {
            inputs |= MSR_DSR;
        }
        if ((mcr & MCR_OUT1) != 0) {
            inputs |= MSR_RI;
        }
        if ((mcr & MCR_OUT2) != 0) {
            inputs |= MSR_DCD;
        }
        return inputs;
    }

    private void setModemInputs(int inputs) {
        int changed = (msr ^ inputs) & ~MSR_DELTAS;
        int deltas = msr & MSR_DELTAS;
        if ((changed & MSR_CTS) != 0) {
            deltas |= MSR_DCTS;
        }
        if ((changed & MSR_DSR) != 0) {
            deltas |= MSR_DDSR;
        }
        // 8.9 bit 2: only the trailing edge of the ring indicator counts.
        if ((changed & msr & MSR_RI) != 0) {
            deltas |= MSR_TERI;
        }
        if ((changed & MSR_DCD) != 0) {
            deltas |= MSR_DDCD;
        }
        msr = inputs | deltas;
    }

    // Receiver

    /** In loopback the serial input is disconnected (8.8): the host waits rather than lose input. */
    @Override
    public int canReceive() {
        return loopback() ? 0 : capacity() - fifo.count();
    }

    @Override
    public void receive(byte[] data, int offset, int length) {
        for (int i = 0; i < length; i++) {
            push(data[offset + i] & 0xff, 0);
        }
        update();
    }

    @Override
    public void receiveBreak() {
        if (!loopback()) {
            push(0, LSR_BI);
            update();
        }
    }

    private int capacity() {
        return fifoMode ? RxFifo.DEPTH : 1;
    }

    /** A character arrives. With FIFOs a full one keeps its contents (8.4 bit 1), without, the new character wins. */
    private void push(int value, int errors) {
        if (fifo.count() < capacity()) {
            fifo.push(value, errors);
            if (fifo.count() == 1) {
                showTop();
            }
        } else {
            lsrErrors |= LSR_OE;
            if (!fifoMode) {
                fifo.replaceTop(value);
                lsrErrors |= errors;
            }
        }
        if (fifoMode) {
            lastActivity = clock.nanos();
            startTimeout();
        }
    }

    /** 8.4: the errors of a character show in LSR when it reaches the top of the FIFO. */
    private void showTop() {
        lsrErrors |= fifo.takeErrors();
        if (fifoMode && fifo.count() != 0) {
            startTimeout();
        }
    }

    private void clearReceiver() {
        fifo.clear();
        lsrErrors = 0;
        timeoutInterrupt = false;
        timeoutTimer.cancel();
    }

    /** 8.1: the bits of a word that the line carries. */
    private int wordMask() {
        return (1 << wordLength()) - 1;
    }

    private int wordLength() {
        return 5 + (lcr & LCR_WORD_LENGTH);
    }

    // Character timeout (8.11): four character times without an arrival and without a read.

    /** The timer is not moved at each character; it looks at the last activity when it expires. */
    private void startTimeout() {
        if (!timeoutTimer.armed()) {
            timeoutTimer.arm(lastActivity + timeoutNanos());
        }
    }

    private void onTimeout() {
        if (!fifoMode || fifo.count() == 0) {
            return;
        }
        long due = lastActivity + timeoutNanos();
        if (clock.nanos() < due) {
            timeoutTimer.arm(due);
            return;
        }
        timeoutInterrupt = true;
        update();
    }

    private long timeoutNanos() {
        int bits = 1 + wordLength() + ((lcr & LCR_PARITY) != 0 ? 1 : 0) + ((lcr & LCR_STOP) != 0 ? 2 : 1);
        return 4L * bits * Math.max(divisor, 1) * VirtualClock.SECOND / BAUD_BASE;
    }

    // Interrupts

    /** Table IV: the pending interrupt of the highest priority. */
    private int interruptId() {
        if ((ier & IER_ELSI) != 0 && (lsrErrors & LSR_ERRORS) != 0) {
            return IIR_LINE_STATUS;
        }
        if ((ier & IER_ERBFI) != 0) {
            if (fifo.count() >= trigger) {
                return IIR_RECEIVED_DATA;
            }
            if (timeoutInterrupt) {
                return IIR_CHAR_TIMEOUT;
            }
        }
        if ((ier & IER_ETBEI) != 0 && thrInterrupt) {
            return IIR_THR_EMPTY;
        }
        if ((ier & IER_EDSSI) != 0 && (msr & MSR_DELTAS) != 0) {
            return IIR_MODEM_STATUS;
        }
        return IIR_NONE;
    }

    /** The PC drives its bus with INTR only while OUT2 is asserted, which loopback takes back. */
    private void update() {
        boolean level = (mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2 && interruptId() != IIR_NONE;
        if (level != irqLevel) {
            irqLevel = level;
            irq.set(level);
        }
    }
}
