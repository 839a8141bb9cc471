package dev.veery.config;

import dev.veery.base.ConfigException;

/**
 * {@code -smp}. Sockets, cores and threads multiply to {@code maxCpus}.
 *
 * @param cpus processors at power-on
 * @param sockets packages
 * @param cores cores a package
 * @param threads threads a core
 * @param maxCpus processors that can be there
 */
public record Topology(int cpus, int sockets, int cores, int threads, int maxCpus) {
    /** Most processors of a machine. */
    public static final int MAX_CPUS = 64;

    /** One processor. */
    public static final Topology SINGLE = new Topology(1, 1, 1, 1, 1);

    /** Checks that the numbers agree. */
    public Topology {
        if (cpus < 1 || sockets < 1 || cores < 1 || threads < 1 || maxCpus < 1) {
            throw ConfigException.usage("-smp: every number must be at least 1");
        }
        if ((long) sockets * cores * threads != maxCpus) {
            throw ConfigException.usage("-smp: sockets (" + sockets + ") * cores (" + cores + ") * threads (" + threads
                    + ") is not maxcpus (" + maxCpus + ")");
        }
        if (cpus > maxCpus) {
            throw ConfigException.usage("-smp: cpus (" + cpus + ") is above maxcpus (" + maxCpus + ")");
        }
        if (maxCpus > MAX_CPUS) {
            throw ConfigException.usage(
                    "-smp: " + maxCpus + " processors are too many; at most " + MAX_CPUS + " are possible");
        }
    }
}
