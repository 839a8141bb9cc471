package dev.veery.explain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much memory this process may lock (getrlimit(2), RLIMIT_MEMLOCK), from {@code self/limits} and {@code self/status} of
 * {@code /proc}.
 *
 * @param lockable bytes, {@link Long#MAX_VALUE} for no limit
 * @param known whether the files were there
 * @param privileged whether the limit does not count, because the process has CAP_IPC_LOCK
 */
public record HostLimits(long lockable, boolean known, boolean privileged) {
    private static final String LIMIT = "Max locked memory";
    private static final String CAPABILITIES = "CapEff:";

    /** capabilities(7). */
    private static final int CAP_IPC_LOCK = 14;

    /**
     * Reads.
     *
     * @param proc the directory that stands for {@code /proc}
     */
    public static HostLimits read(Path proc) {
        for (String line : lines(proc.resolve("self/status"))) {
            if (line.startsWith(CAPABILITIES)
                    && locksAnyway(line.substring(CAPABILITIES.length()).strip())) {
                return new HostLimits(Long.MAX_VALUE, true, true);
            }
        }
        for (String line : lines(proc.resolve("self/limits"))) {
            if (line.startsWith(LIMIT)) {
                String soft = line.substring(LIMIT.length()).strip().split("\\s+")[0];
                boolean number = soft.matches("[0-9]{1,18}");
                return new HostLimits(number ? Long.parseLong(soft) : Long.MAX_VALUE, true, false);
            }
        }
        return new HostLimits(Long.MAX_VALUE, false, false);
    }

    private static boolean locksAnyway(String mask) {
        return mask.matches("[0-9a-fA-F]{1,16}") && (Long.parseUnsignedLong(mask, 16) >>> CAP_IPC_LOCK & 1) != 0;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }
}
