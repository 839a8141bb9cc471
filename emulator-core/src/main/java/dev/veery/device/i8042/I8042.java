package dev.veery.device.i8042;

import static dev.veery.device.i8042.I8042Regs.*;

import dev.veery.irq.IrqLine;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import java.util.Arrays;

/**
 * The controller: {@link #dataPort()} is port 60h, {@link #commandPort()} is port 64h, each one byte. The devices on it are
 * {@link #keyboard()} and {@link #mouse()}.
 *
 * <p>It holds one byte for the host. Reading that byte takes the interrupt back before the next byte raises it again, so
 * that each makes an edge.
 */
public final class I8042 implements Resettable {
    /** Nothing is expected at port 60h but a byte for the keyboard. */
    private static final int NO_COMMAND = -1;

    private static final int REPLY_BYTES = 16;
    /** Marks a reply of the controller as the auxiliary device's; above the byte. */
    private static final int REPLY_AUX = 1;

    private final IrqLine keyboardIrq;
    private final IrqLine mouseIrq;
    private final IrqLine a20;
    private final Runnable resetProcessor;
    private final Ps2Keyboard keyboard = new Ps2Keyboard();
    private final Ps2Mouse mouse = new Ps2Mouse();

    /** Pairs of byte and origin. */
    private final ByteQueue replies = new ByteQueue(2 * REPLY_BYTES);

    private final int[] memory = new int[MEMORY_BYTES];
    private int outputPort = OUTPUT_RESET;
    private int pending = NO_COMMAND;
    private boolean lastWasCommand;
    private boolean full;
    private boolean fullOfAux;
    private int buffer;
    private boolean breakPending;

    /**
     * @param keyboardIrq interrupt request 1
     * @param mouseIrq interrupt request 12
     * @param a20 high to let address bit 20 through; the board combines it with port 92h
     * @param resetProcessor asked for when the guest pulses or clears output pin 0
     */
    public I8042(IrqLine keyboardIrq, IrqLine mouseIrq, IrqLine a20, Runnable resetProcessor) {
        this.keyboardIrq = keyboardIrq;
        this.mouseIrq = mouseIrq;
        this.a20 = a20;
        this.resetProcessor = resetProcessor;
        keyboard.connect(this::pump);
        mouse.connect(this::pump);
    }

    /** The keyboard, to press keys on. */
    public Ps2Keyboard keyboard() {
        return keyboard;
    }

    /** The mouse, to move. */
    public Ps2Mouse mouse() {
        return mouse;
    }

    @Override
    public void reset() {
        keyboard.reset();
        mouse.reset();
        replies.clear();
        Arrays.fill(memory, 0);
        memory[0] = CTR_KBD_DISABLE | CTR_AUX_DISABLE;
        pending = NO_COMMAND;
        lastWasCommand = true;
        full = false;
        breakPending = false;
        setOutputPort(OUTPUT_RESET);
        pump();
    }

    /** Puts it into the state in which firmware hands it over: tested, keyboard enabled with translation and interrupt. */
    public void setUpAsFirmware() {
        memory[0] = CTR_SYS | CTR_TRANSLATE | CTR_KBD_INT | CTR_AUX_DISABLE;
        pump();
    }

    /** Port 60h. */
    public MmioHandler dataPort() {
        return new MmioHandler() {
            @Override
            public long read(long offset, int size) {
                return readData();
            }

            @Override
            public void write(long offset, int size, long value) {
                writeData((int) value & 0xff);
            }
        };
    }

    /** Port 64h: status and command. */
    public MmioHandler commandPort() {
        return new MmioHandler() {
            @Override
            public long read(long offset, int size) {
                return status();
            }

            @Override
            public void write(long offset, int size, long value) {
                writeCommand((int) value & 0xff);
            }
        };
    }

    private int status() {
        int value = STATUS_UNLOCKED;
        if (full) {
            value |= fullOfAux ? STATUS_OBF | STATUS_AUX_OBF : STATUS_OBF;
        }
        if ((memory[0] & CTR_SYS) != 0) {
            value |= STATUS_SYS;
        }
        if (lastWasCommand) {
            value |= STATUS_COMMAND;
        }
        return value;
    }

    private int readData() {
        int value = buffer;
        if (full) {
            full = false;
            updateIrqs();
            pump();
        }
        return value;
    }

    // Output buffer

    /** Fills the output buffer if it is empty and somebody has a byte: the controller first, then keyboard, then mouse. */
    private void pump() {
        if (!full && !replies.isEmpty()) {
            int value = replies.take();
            fill(value, replies.take() == REPLY_AUX);
        }
        while (!full && (memory[0] & CTR_KBD_DISABLE) == 0 && keyboard.hasData()) {
            fromKeyboard(keyboard.take());
        }
        if (!full && (memory[0] & CTR_AUX_DISABLE) == 0 && mouse.hasData()) {
            fill(mouse.take(), true);
        }
        updateIrqs();
    }

    /** With translation, the prefix of a release becomes bit 7 of the code that follows. */
    private void fromKeyboard(int value) {
        if ((memory[0] & CTR_TRANSLATE) == 0) {
            fill(value, false);
        } else if (value == ScanCodes.BREAK_PREFIX) {
            breakPending = true;
        } else {
            int code = ScanCodes.toSet1(value);
            fill(breakPending ? code | ScanCodes.SET1_BREAK : code, false);
            breakPending = false;
        }
    }

    private void fill(int value, boolean aux) {
        buffer = value;
        full = true;
        fullOfAux = aux;
    }

    private void reply(int value) {
        reply(value, 0);
    }

    private void reply(int value, int origin) {
        replies.add(value);
        replies.add(origin);
    }

    private void updateIrqs() {
        keyboardIrq.set(full && !fullOfAux && (memory[0] & CTR_KBD_INT) != 0);
        mouseIrq.set(full && fullOfAux && (memory[0] & CTR_AUX_INT) != 0);
    }

    // Commands

    private void writeCommand(int command) {
        lastWasCommand = true;
        pending = NO_COMMAND;
        if (command >= CMD_PULSE) {
            if ((command & OUTPUT_NOT_RESET) == 0) {
                resetProcessor.run();
            }
        } else if ((command & -MEMORY_BYTES) == CMD_READ_MEMORY) {
            reply(memory[command & MEMORY_BYTES - 1]);
        } else if ((command & -MEMORY_BYTES) == CMD_WRITE_MEMORY) {
            pending = command;
        } else {
            simpleCommand(command);
        }
        pump();
    }

    private void simpleCommand(int command) {
        switch (command) {
            case CMD_PASSWORD_TEST:
                reply(NO_PASSWORD);
                break;
            case CMD_AUX_DISABLE:
                memory[0] |= CTR_AUX_DISABLE;
                break;
            case CMD_AUX_ENABLE:
                memory[0] &= ~CTR_AUX_DISABLE;
                break;
            case CMD_SELF_TEST:
                replies.clear();
                full = false;
                memory[0] |= CTR_SYS;
                reply(SELF_TEST_PASSED);
                break;
            case CMD_AUX_TEST:
            case CMD_KBD_TEST:
                reply(TEST_PASSED);
                break;
            case CMD_KBD_DISABLE:
                memory[0] |= CTR_KBD_DISABLE;
                break;
            case CMD_KBD_ENABLE:
                memory[0] &= ~CTR_KBD_DISABLE;
                break;
            case CMD_READ_INPUT:
                reply(INPUT_UNLOCKED);
                break;
            case CMD_READ_OUTPUT:
                reply(readOutputPort());
                break;
            case CMD_WRITE_OUTPUT:
            case CMD_LOOP_KBD:
            case CMD_LOOP_AUX:
            case CMD_WRITE_AUX:
                pending = command;
                break;
            case CMD_A20_OFF:
                setOutputPort(outputPort & ~OUTPUT_A20);
                break;
            case CMD_A20_ON:
                setOutputPort(outputPort | OUTPUT_A20);
                break;
            case CMD_READ_TEST:
                reply(0);
                break;
            default:
                // Unknown commands are ignored, as the controller's program does.
                break;
        }
    }

    private void writeData(int value) {
        lastWasCommand = false;
        int command = pending;
        pending = NO_COMMAND;
        switch (command) {
            case NO_COMMAND:
                // Sending enables the interface.
                memory[0] &= ~CTR_KBD_DISABLE;
                keyboard.receive(value);
                break;
            case CMD_WRITE_OUTPUT:
                setOutputPort(value);
                if ((value & OUTPUT_NOT_RESET) == 0) {
                    resetProcessor.run();
                }
                break;
            case CMD_LOOP_KBD:
                reply(value);
                break;
            case CMD_LOOP_AUX:
                reply(value, REPLY_AUX);
                break;
            case CMD_WRITE_AUX:
                memory[0] &= ~CTR_AUX_DISABLE;
                mouse.receive(value);
                break;
            default:
                writeMemory(command & MEMORY_BYTES - 1, value);
                break;
        }
        pump();
    }

    private void writeMemory(int at, int value) {
        memory[at] = at == 0 ? value & CTR_WRITABLE : value;
    }

    // Output port

    private int readOutputPort() {
        int value = outputPort & ~(OUTPUT_KBD_IRQ | OUTPUT_AUX_IRQ);
        if (full) {
            value |= fullOfAux ? OUTPUT_AUX_IRQ : OUTPUT_KBD_IRQ;
        }
        return value;
    }

    private void setOutputPort(int value) {
        outputPort = value;
        a20.set((value & OUTPUT_A20) != 0);
    }
}
