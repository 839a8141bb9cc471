package dev.veery.device.i8042;

import dev.veery.model.Resettable;

/** What keyboard and mouse share: answers go before events, and the host may ask for the last byte again. */
abstract class Ps2Device implements Resettable {
    static final int ACK = 0xfa;
    static final int RESEND = 0xfe;
    static final int SELF_TEST_PASSED = 0xaa;

    static final int CMD_GET_ID = 0xf2;
    static final int CMD_ENABLE = 0xf4;
    static final int CMD_DISABLE = 0xf5;
    static final int CMD_SET_DEFAULT = 0xf6;
    static final int CMD_RESEND = 0xfe;
    static final int CMD_RESET = 0xff;

    /** The size of a keyboard's buffer. */
    private static final int QUEUE_BYTES = 16;

    private static final int NO_COMMAND = -1;

    private final ByteQueue replies = new ByteQueue(QUEUE_BYTES);
    private final ByteQueue events = new ByteQueue(QUEUE_BYTES);
    private Runnable onData = () -> {};
    private int awaitingArgument = NO_COMMAND;
    private int lastSent;

    /** Who is told that a byte may be fetched. */
    final void connect(Runnable listener) {
        onData = listener;
    }

    final boolean hasData() {
        return !replies.isEmpty() || !events.isEmpty();
    }

    /** Fetches a byte; there is one. */
    final int take() {
        lastSent = replies.isEmpty() ? events.take() : replies.take();
        return lastSent;
    }

    /** A byte from the host: a command, or the argument of the one before. */
    final void receive(int value) {
        int command = awaitingArgument;
        awaitingArgument = NO_COMMAND;
        if (command != NO_COMMAND && value < firstCommand()) {
            argument(command, value);
        } else if (value == CMD_RESEND) {
            reply(lastSent);
        } else {
            command(value);
        }
    }

    @Override
    public void reset() {
        replies.clear();
        events.clear();
        awaitingArgument = NO_COMMAND;
        lastSent = 0;
        setDefaults();
    }

    /** The lowest value that is a command even where an argument is expected. */
    abstract int firstCommand();

    abstract void command(int command);

    abstract void argument(int command, int value);

    abstract void setDefaults();

    final void expectArgument(int command) {
        awaitingArgument = command;
    }

    final void reply(int value) {
        replies.add(value);
    }

    /** Bytes of an event that fit. */
    final int eventRoom() {
        return events.room();
    }

    final void event(int value) {
        events.add(value);
    }

    final void clearEvents() {
        events.clear();
    }

    final void notifyController() {
        onData.run();
    }
}
