package dev.veery.model;

import java.util.ArrayList;
import java.util.List;

/** Everything that a machine reset resets, in the order in which it was added. */
public final class ResetList implements Resettable {
    private final List<Resettable> members = new ArrayList<>();

    /** Adds at the end; once each. */
    public void add(Resettable member) {
        if (members.contains(member)) {
            throw new IllegalStateException(member + " is already reset with the machine");
        }
        members.add(member);
    }

    /** Takes out; does nothing if it is not there. */
    public void remove(Resettable member) {
        members.remove(member);
    }

    /** Resets the members there are now; one that is added meanwhile waits for the next time. */
    @Override
    public void reset() {
        for (Resettable member : List.copyOf(members)) {
            member.reset();
        }
    }
}
