package dev.veery.linux.tty;

import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Termios;
import dev.veery.linux.abi.Ttys;
import dev.veery.linux.sys.Fd;
import dev.veery.memory.access.OffHeap;

/**
 * A new pseudo-terminal, pty(7).
 *
 * @param master our side
 * @param path the file by which others open theirs
 */
public record Pty(Fd master, String path) {
    /** Makes one, in the kernel's default (cooked) mode. */
    public static Pty open() {
        Fd master = Fd.open("/dev/ptmx", Fcntl.O_RDWR | Fcntl.O_NOCTTY, 0);
        long word = OffHeap.allocate(Integer.BYTES);
        try {
            OffHeap.putInt(word, 0);
            master.ioctl("TIOCSPTLCK", Ttys.TIOCSPTLCK, word);
            master.ioctl("TIOCGPTN", Ttys.TIOCGPTN, word);
            return new Pty(master, "/dev/pts/" + OffHeap.getInt(word));
        } catch (RuntimeException e) {
            master.close();
            throw e;
        } finally {
            OffHeap.free(word);
        }
    }

    /** Opens the other side; it does not become anybody's controlling terminal. */
    public Fd openSlave() {
        return Fd.open(path, Fcntl.O_RDWR | Fcntl.O_NOCTTY, 0);
    }

    /**
     * Makes one that changes no byte. The kernel keeps the mode while our side is open; opening and closing the other side
     * once also makes ours say from then on whether somebody has it open.
     */
    static Pty openTransparent() {
        Pty pty = open();
        long termios = OffHeap.allocate(Termios.SIZEOF_TERMIOS);
        try (Fd slave = pty.openSlave()) {
            slave.terminalAttributes(termios);
            RawMode.apply(termios, false, false);
            slave.setTerminalAttributes(Termios.TCSANOW, termios);
            return pty;
        } catch (RuntimeException e) {
            pty.master().close();
            throw e;
        } finally {
            OffHeap.free(termios);
        }
    }
}
