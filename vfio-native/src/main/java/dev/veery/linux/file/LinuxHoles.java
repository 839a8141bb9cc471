package dev.veery.linux.file;

import dev.veery.block.HolePuncher;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SysException;
import java.io.IOException;

/** Punches holes into a file. */
public final class LinuxHoles implements HolePuncher {
    private final Fd file;

    private LinuxHoles(Fd file) {
        this.file = file;
    }

    /** Opens a file for that. Closing it gives up this process's record locks on the file. */
    public static HolePuncher open(String path) throws IOException {
        try {
            return new LinuxHoles(Fd.open(path, Fcntl.O_RDWR, 0));
        } catch (SysException e) {
            throw new IOException(e);
        }
    }

    @Override
    public boolean punch(long offset, long length) throws IOException {
        try {
            return file.punchHole(offset, length);
        } catch (SysException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
