package dev.veery.dma;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which requester goes to which domain; the order in which devices were named leaves no trace in it.
 *
 * @param unit the translation unit's name, or null
 * @param entries one a lease, sorted by requester
 */
public record DmaPlan(@Nullable String unit, List<Entry> entries) {
    /** The name of the domain that is guest physical memory. */
    public static final String IDENTITY = "memory";

    /** Sorts. */
    public DmaPlan {
        entries = entries.stream()
                .sorted(Comparator.comparing(Entry::requester).thenComparing(Entry::device))
                .toList();
    }

    /**
     * One requester.
     *
     * @param requester its path
     * @param device the device, as errors name it
     * @param purpose what it needs
     * @param domain {@link #IDENTITY}, or the name of the unit that translates
     */
    public record Entry(String requester, String device, DmaDomainLease.Purpose purpose, String domain) {}
}
