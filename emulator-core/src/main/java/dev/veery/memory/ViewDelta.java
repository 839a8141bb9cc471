package dev.veery.memory;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a listener must be told to get from one view to the next. */
final class ViewDelta {
    private final List<MemorySection> removed;
    private final List<MemorySection> added;

    ViewDelta(FlatView from, FlatView to) {
        Set<MemorySection> before = new LinkedHashSet<>(from.sections());
        Set<MemorySection> after = new LinkedHashSet<>(to.sections());
        removed = new ArrayList<>(before);
        removed.removeAll(after);
        added = new ArrayList<>(after);
        added.removeAll(before);
    }

    boolean isEmpty() {
        return removed.isEmpty() && added.isEmpty();
    }

    /** Ranges of the old view that the new one lacks, ascending. */
    List<MemorySection> removed() {
        return removed;
    }

    /** Ranges of the new view that the old one lacked, ascending. */
    List<MemorySection> added() {
        return added;
    }
}
