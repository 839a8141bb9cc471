package dev.veery.linux.sys;

import dev.veery.linux.abi.Unistd;
import java.util.Optional;

/** Whether the C library can be called at all. */
public final class NativeLayer {
    private NativeLayer() {}

    /**
     * Why not, in one line; empty if it works. JNA unpacks a library of its own first, which a read-only or {@code noexec}
     * temporary directory prevents. A program can then go on with RAM from the JVM and without raw terminal mode.
     */
    public static Optional<String> problem() {
        try {
            return LibC.sysconf(Unistd._SC_PAGESIZE) == 4096
                    ? Optional.empty()
                    : Optional.of("the host's pages are not of 4 KiB; use an x86-64 host");
        } catch (LinkageError e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            return Optional.of("cannot load JNA's native library: " + reason
                    + "; set -Djna.tmpdir to a directory that is writable and not mounted noexec");
        }
    }
}
