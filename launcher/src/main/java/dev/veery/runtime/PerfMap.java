package dev.veery.runtime;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The file by which {@code perf report} names code that no file contains: lines of address, size (both hexadecimal) and
 * name. See the kernel's tools/perf/Documentation/jit-interface.txt.
 */
final class PerfMap implements AutoCloseable {
    private final Writer out;

    /** Makes the file of process {@code pid}. */
    PerfMap(long pid) {
        this(Path.of("/tmp/perf-" + pid + ".map"));
    }

    /** Makes {@code file}. */
    PerfMap(Path file) {
        try {
            out = Files.newBufferedWriter(file);
        } catch (IOException e) {
            throw new ConfigException("could not open '" + file + "': " + HostErrors.reason(e, file.toString()));
        }
    }

    /** Adds a translation of the block at {@code rip}, which runs at {@code code}. */
    synchronized void add(long rip, long code, int size) {
        try {
            out.write(Long.toHexString(code) + ' ' + Integer.toHexString(size) + " guest-0x" + Long.toHexString(rip)
                    + '\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
