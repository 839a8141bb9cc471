package dev.veery.linux.tty;

import dev.veery.linux.abi.Termios;
import dev.veery.memory.access.OffHeap;

/** Edits a {@code struct termios} in native memory. */
final class RawMode {
    private static final int INPUT_OFF = Termios.IGNBRK
            | Termios.BRKINT
            | Termios.PARMRK
            | Termios.ISTRIP
            | Termios.INLCR
            | Termios.IGNCR
            | Termios.ICRNL
            | Termios.IXON;
    private static final int LOCAL_OFF = Termios.ECHO | Termios.ECHONL | Termios.ICANON | Termios.IEXTEN;

    private RawMode() {}

    /**
     * Bytes arrive one by one, without echo or translation.
     *
     * @param signals whether Ctrl-C, Ctrl-\ and Ctrl-Z stay signals
     * @param outputTranslated whether a line feed alone still starts a line at the left
     */
    static void apply(long termios, boolean signals, boolean outputTranslated) {
        change(termios + Termios.TERMIOS_IFLAG, INPUT_OFF, 0);
        change(
                termios + Termios.TERMIOS_OFLAG,
                outputTranslated ? 0 : Termios.OPOST,
                outputTranslated ? Termios.OPOST : 0);
        change(termios + Termios.TERMIOS_CFLAG, Termios.CSIZE | Termios.PARENB, Termios.CS8);
        change(termios + Termios.TERMIOS_LFLAG, LOCAL_OFF | (signals ? 0 : Termios.ISIG), 0);
        OffHeap.putByte(termios + Termios.TERMIOS_CC + Termios.VMIN, 1);
        OffHeap.putByte(termios + Termios.TERMIOS_CC + Termios.VTIME, 0);
    }

    private static void change(long flags, int clear, int set) {
        OffHeap.putInt(flags, OffHeap.getInt(flags) & ~clear | set);
    }
}
