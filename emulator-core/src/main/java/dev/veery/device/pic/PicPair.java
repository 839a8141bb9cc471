package dev.veery.device.pic;

import dev.veery.irq.ExtIntSource;
import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import java.util.function.IntConsumer;

/** The PC's two 8259As: IRQ0 to IRQ7 on the master, IRQ8 to IRQ15 on the slave that drives the master's input 2. */
public final class PicPair implements ExtIntSource, Resettable {
    private static final int CASCADE = 2;
    private static final int INPUTS = 8;

    /** ICH9 ELCR1 and ELCR2: IRQ0, 1, 2, 8 and 13 are always edges. */
    private static final int ELCR1_WRITABLE = 0xf8;

    private static final int ELCR2_WRITABLE = 0xde;

    private final I8259 master;
    private final I8259 slave;
    private final MmioHandler elcr = new ElcrPorts();

    /** Makes the pair. {@code intr} is the INT output of the master, high while a request waits. */
    public PicPair(IrqLine intr) {
        master = new I8259(intr, 1 << CASCADE, ELCR1_WRITABLE);
        slave = new I8259(master.line(CASCADE), 0, ELCR2_WRITABLE);
    }

    /** Names who hears of the end of each interrupt, by IRQ. */
    public void onEnded(IntConsumer listener) {
        master.onEnded(listener);
        slave.onEnded(input -> listener.accept(INPUTS + input));
    }

    /** Input IRQ0 to IRQ15; IRQ2 is the cascade and leads nowhere. */
    public IrqLine line(int n) {
        if (n == CASCADE) {
            return IrqLine.NONE;
        }
        return n < INPUTS ? master.line(n) : slave.line(n - INPUTS);
    }

    /** The master's two ports (20h). */
    public MmioHandler masterPorts() {
        return master;
    }

    /** The slave's two ports (A0h). */
    public MmioHandler slavePorts() {
        return slave;
    }

    /** ELCR1 and ELCR2 (4D0h, 4D1h). */
    public MmioHandler elcrPorts() {
        return elcr;
    }

    @Override
    public void reset() {
        slave.reset();
        master.reset();
    }

    @Override
    public int pendingVector() {
        int input = master.request();
        if (input < 0) {
            return master.vector(I8259.SPURIOUS);
        }
        if (!master.cascaded(input)) {
            return master.vector(input);
        }
        int behind = slave.request();
        return slave.vector(behind < 0 ? I8259.SPURIOUS : behind);
    }

    @Override
    public int acknowledge() {
        int input = master.acknowledge();
        return master.cascaded(input) ? slave.vector(slave.acknowledge()) : master.vector(input);
    }

    private final class ElcrPorts implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return (offset & 1) == 0 ? master.elcr() : slave.elcr();
        }

        @Override
        public void write(long offset, int size, long value) {
            if ((offset & 1) == 0) {
                master.setElcr((int) value);
            } else {
                slave.setElcr((int) value);
            }
        }
    }
}
