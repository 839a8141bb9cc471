package dev.veery.device.pic;

import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import java.util.function.IntConsumer;

/** One 8259A. As a {@link MmioHandler} it is the chip's two ports: A0 low at offset 0, A0 high at offset 1. */
public final class I8259 implements MmioHandler, Resettable {
    /** The input that answers an INTA cycle when no request is left. */
    static final int SPURIOUS = 7;

    private static final int INPUTS = 8;
    private static final int NO_PRIORITY = 8;

    /** ICW1: D4 marks it; D3 level triggered, D1 single, D0 ICW4 follows. */
    private static final int ICW1 = 1 << 4;

    private static final int ICW1_LTIM = 1 << 3;
    private static final int ICW1_SNGL = 1 << 1;
    private static final int ICW1_IC4 = 1;

    /** ICW2: the vector's upper five bits. */
    private static final int ICW2_VECTOR = 0xf8;

    /** ICW4: D4 special fully nested mode, D1 automatic EOI. */
    private static final int ICW4_SFNM = 1 << 4;

    private static final int ICW4_AEOI = 1 << 1;

    /** OCW3: D3 marks it; D6:5 special mask command, D2 poll, D1:0 read register command. */
    private static final int OCW3 = 1 << 3;

    private static final int OCW3_ESMM = 1 << 6;
    private static final int OCW3_SMM = 1 << 5;
    private static final int OCW3_POLL = 1 << 2;
    private static final int OCW3_RR = 1 << 1;
    private static final int OCW3_RIS = 1;

    /** OCW2 commands, D7:5 (R, SL, EOI). */
    private static final int OCW2_SHIFT = 5;

    private static final int ROTATE_AEOI_CLEAR = 0;
    private static final int EOI = 1;
    private static final int EOI_SPECIFIC = 3;
    private static final int ROTATE_AEOI_SET = 4;
    private static final int ROTATE_EOI = 5;
    private static final int SET_PRIORITY = 6;
    private static final int ROTATE_EOI_SPECIFIC = 7;

    /** A poll word with a request: D7, and the input in D2:0. */
    private static final int POLL_REQUEST = 1 << 7;

    /** What a write with A0 high means. */
    private static final int EXPECT_OCW1 = 0;

    private static final int EXPECT_ICW2 = 1;
    private static final int EXPECT_ICW3 = 2;
    private static final int EXPECT_ICW4 = 3;

    private final IrqLine intr;
    private final int cascadeMask;
    private final int elcrWritable;
    private final IrqLine[] inputs = new IrqLine[INPUTS];

    private int lines;
    private int irr;
    private int imr;
    private int isr;
    private int elcr;
    private int vectorBase;
    private int lowestPriority;
    private int expect;
    private boolean icw4Follows;
    private boolean single;
    private boolean levelTriggered;
    private boolean autoEoi;
    private IntConsumer ended = input -> {};
    private boolean rotateOnAutoEoi;
    private boolean specialMask;
    private boolean fullyNested;
    private boolean readIsr;
    private boolean poll;

    /**
     * Makes a chip.
     *
     * @param intr the INT output
     * @param cascadeMask inputs that a slave drives, as a bit mask; 0 for a slave
     * @param elcrWritable the inputs that ELCR may make level triggered, as a bit mask
     */
    public I8259(IrqLine intr, int cascadeMask, int elcrWritable) {
        this.intr = intr;
        this.cascadeMask = cascadeMask;
        this.elcrWritable = elcrWritable;
        for (int i = 0; i < INPUTS; i++) {
            int input = i;
            inputs[i] = level -> setInput(input, level);
        }
        reset();
    }

    /** Input IR0 to IR7. */
    public IrqLine line(int n) {
        return inputs[n];
    }

    @Override
    public void reset() {
        elcr = 0;
        initialize(ICW1_IC4);
        expect = EXPECT_OCW1;
    }

    /** The edge/level control register. */
    int elcr() {
        return elcr;
    }

    /** Writes the edge/level control register; a level-triggered input follows its wire at once. */
    void setElcr(int value) {
        elcr = value & elcrWritable;
        followLevels();
        update();
    }

    /** The input an INTA cycle would take, or -1. */
    int request() {
        int asked = priority(irr & ~imr);
        if (asked == NO_PRIORITY) {
            return -1;
        }
        // Special fully nested mode: a slave in service does not hold back its own higher inputs.
        int serving = specialMask ? isr & ~imr : isr;
        if (fullyNested) {
            serving &= ~cascadeMask;
        }
        return asked < priority(serving) ? inputOf(asked) : -1;
    }

    /** The INTA cycle: the input taken into service, or {@link #SPURIOUS} with nothing changed when there is none. */
    int acknowledge() {
        int input = request();
        if (input < 0) {
            return SPURIOUS;
        }
        take(input);
        return input;
    }

    /** The vector that stands for an input. */
    int vector(int input) {
        return vectorBase | input;
    }

    /** Whether an input belongs to a slave. */
    boolean cascaded(int input) {
        return !single && (cascadeMask >>> input & 1) != 0;
    }

    @Override
    public long read(long offset, int size) {
        if (poll) {
            poll = false;
            int input = request();
            if (input < 0) {
                return 0;
            }
            take(input);
            return POLL_REQUEST | input;
        }
        if ((offset & 1) != 0) {
            return imr;
        }
        return readIsr ? isr : irr;
    }

    @Override
    public void write(long offset, int size, long value) {
        int data = (int) value & 0xff;
        if ((offset & 1) != 0) {
            writeHigh(data);
        } else if ((data & ICW1) != 0) {
            initialize(data);
        } else if ((data & OCW3) != 0) {
            command3(data);
        } else {
            command2(data);
        }
        update();
    }

    private void writeHigh(int data) {
        switch (expect) {
            case EXPECT_ICW2 -> {
                vectorBase = data & ICW2_VECTOR;
                expect = single ? afterIcw3() : EXPECT_ICW3;
            }
            // ICW3 tells where the slaves are, which the wiring fixes.
            case EXPECT_ICW3 -> expect = afterIcw3();
            case EXPECT_ICW4 -> {
                fullyNested = (data & ICW4_SFNM) != 0;
                autoEoi = (data & ICW4_AEOI) != 0;
                expect = EXPECT_OCW1;
            }
            default -> imr = data;
        }
    }

    private int afterIcw3() {
        return icw4Follows ? EXPECT_ICW4 : EXPECT_OCW1;
    }

    /** ICW1. An input must go low and high again to be seen as an edge, so latched edges are forgotten. */
    private void initialize(int icw1) {
        icw4Follows = (icw1 & ICW1_IC4) != 0;
        single = (icw1 & ICW1_SNGL) != 0;
        levelTriggered = (icw1 & ICW1_LTIM) != 0;
        expect = EXPECT_ICW2;
        irr = 0;
        imr = 0;
        isr = 0;
        vectorBase = 0;
        lowestPriority = INPUTS - 1;
        autoEoi = false;
        rotateOnAutoEoi = false;
        specialMask = false;
        fullyNested = false;
        readIsr = false;
        poll = false;
        followLevels();
        update();
    }

    private void command2(int data) {
        int level = data & 7;
        int command = data >>> OCW2_SHIFT;
        switch (command) {
            case ROTATE_AEOI_CLEAR, ROTATE_AEOI_SET -> rotateOnAutoEoi = command == ROTATE_AEOI_SET;
            case EOI, ROTATE_EOI -> {
                // In special mask mode an in-service bit that is masked is not the one meant.
                int ended = priority(specialMask ? isr & ~imr : isr);
                if (ended != NO_PRIORITY) {
                    endOfInterrupt(inputOf(ended), command == ROTATE_EOI);
                }
            }
            case EOI_SPECIFIC, ROTATE_EOI_SPECIFIC -> endOfInterrupt(level, command == ROTATE_EOI_SPECIFIC);
            case SET_PRIORITY -> lowestPriority = level;
            default -> {
                // 2 is "no operation".
            }
        }
    }

    private void command3(int data) {
        if ((data & OCW3_POLL) != 0) {
            poll = true;
        }
        if ((data & OCW3_RR) != 0) {
            readIsr = (data & OCW3_RIS) != 0;
        }
        if ((data & OCW3_ESMM) != 0) {
            specialMask = (data & OCW3_SMM) != 0;
        }
    }

    private void endOfInterrupt(int input, boolean rotate) {
        isr &= ~(1 << input);
        ended.accept(input);
        if (rotate) {
            lowestPriority = input;
        }
    }

    private void take(int input) {
        int mask = 1 << input;
        if ((levelMask() & mask) == 0) {
            irr &= ~mask;
        }
        if (!autoEoi) {
            isr |= mask;
        } else if (rotateOnAutoEoi) {
            lowestPriority = input;
        }
        // INT drops during INTA, so that another pending request makes a new edge.
        intr.set(false);
        update();
        if (autoEoi) {
            ended.accept(input);
        }
    }

    /** Names who hears of the end of each interrupt, by input. */
    void onEnded(IntConsumer listener) {
        ended = listener;
    }

    /**
     * DEVIATION: an edge that goes away before INTA stays latched, where the chip would answer with the spurious vector.
     * Devices here signal an edge with {@link IrqLine#pulse()}, which has no duration.
     */
    private void setInput(int input, boolean level) {
        int mask = 1 << input;
        boolean rising = level && (lines & mask) == 0;
        lines = level ? lines | mask : lines & ~mask;
        if ((levelMask() & mask) != 0) {
            irr = level ? irr | mask : irr & ~mask;
        } else if (rising) {
            irr |= mask;
        }
        update();
    }

    private void followLevels() {
        int mask = levelMask();
        irr = irr & ~mask | lines & mask;
    }

    private int levelMask() {
        return levelTriggered ? 0xff : elcr;
    }

    private void update() {
        intr.set(request() >= 0);
    }

    /** The rank of the highest-priority set bit, 0 highest, or {@link #NO_PRIORITY}. */
    private int priority(int mask) {
        if (mask == 0) {
            return NO_PRIORITY;
        }
        int first = lowestPriority + 1 & 7;
        int rotated = (mask >>> first | mask << INPUTS - first) & 0xff;
        return Integer.numberOfTrailingZeros(rotated);
    }

    private int inputOf(int priority) {
        return priority + lowestPriority + 1 & 7;
    }
}
