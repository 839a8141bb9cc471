package dev.veery.linux.tty;

import dev.veery.base.ConfigException;
import dev.veery.chardev.ByteStream;
import dev.veery.chardev.HostStreams;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.Signals;
import dev.veery.linux.sys.SysException;
import java.io.IOException;
import java.util.function.Consumer;

/** Standard input and output and pseudo-terminals of a Linux host. */
public final class LinuxStreams implements HostStreams {
    @Override
    public ByteStream stdio(boolean signals) {
        Fd input = Fd.standardInput();
        FdStream bytes = new FdStream("standard input and output", input, Fd.standardOutput(), false);
        if (!input.isTerminal()) {
            return bytes;
        }
        try {
            HostTerminal terminal = new HostTerminal(input, signals);
            Signals.onContinue(terminal::reapply);
            return new TerminalStream(bytes, terminal);
        } catch (SysException e) {
            bytes.close();
            throw new ConfigException("cannot set up the terminal: " + e.getMessage()
                    + "; use another terminal, or input from /dev/null");
        }
    }

    @Override
    public ByteStream pty(Consumer<String> path) {
        try {
            Pty pty = Pty.openTransparent();
            path.accept(pty.path());
            return new FdStream(pty.path(), pty.master(), pty.master(), true);
        } catch (SysException e) {
            throw new ConfigException(
                    "cannot make a pseudo-terminal: " + e.getMessage() + "; mount devpts on /dev/pts, or use a socket");
        }
    }

    /** Standard streams on a terminal that is put back when they close. */
    private record TerminalStream(FdStream bytes, HostTerminal terminal) implements ByteStream {
        @Override
        public int read(byte[] into) throws IOException {
            return bytes.read(into);
        }

        @Override
        public void write(byte[] data, int offset, int length) throws IOException {
            bytes.write(data, offset, length);
        }

        @Override
        public void close() {
            bytes.close();
            terminal.close();
        }
    }
}
