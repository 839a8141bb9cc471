package dev.veery.vfio;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.sysfs.PciAddress;
import dev.veery.linux.sysfs.Sysfs;
import dev.veery.linux.vfio.HotReset;
import dev.veery.linux.vfio.VfioDevice;
import dev.veery.linux.vfio.VfioGroup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Resets of whole buses, for devices that cannot be reset alone. All functions on the bus lose their state: they must all be this
 * machine's, and none of them in use. With the machine lock held.
 */
final class BusResets {
    /** A function that is assigned. */
    interface Member {
        /** Whether the guest has not used it since its last reset. */
        boolean idle();

        /** It is about to be reset along with another. */
        void beforeReset();

        /** It was. */
        void afterReset();
    }

    private final Sysfs sysfs;
    private final IntFunction<@Nullable VfioGroup> groups;
    private final Map<String, Member> members = new HashMap<>();

    /**
     * Nobody is assigned yet.
     *
     * @param groups those that are open, by number
     */
    BusResets(Sysfs sysfs, IntFunction<@Nullable VfioGroup> groups) {
        this.sysfs = sysfs;
        this.groups = groups;
    }

    void add(String address, Member member) {
        members.put(address, member);
    }

    void remove(String address) {
        members.remove(address);
    }

    /**
     * How a reset went.
     *
     * @param done whether the bus was reset
     * @param waiting whether another function of this machine is in use: its reset will do it
     * @param obstacle otherwise, why not; empty if there is no such reset
     */
    record Outcome(boolean done, boolean waiting, String obstacle) {
        private static final Outcome DONE = new Outcome(true, false, "");
        private static final Outcome WAITING = new Outcome(false, true, "");

        private static Outcome impossible(String why) {
            return new Outcome(false, false, why);
        }
    }

    /**
     * Resets the bus that a device is on.
     *
     * @param address of the device
     * @param byGroup whether it was opened by its group, and not by iommufd
     */
    Outcome reset(VfioDevice device, String address, boolean byGroup) {
        HotReset info = device.hotReset().orElse(null);
        if (info == null) {
            return Outcome.impossible("");
        }
        Set<VfioGroup> involved = new LinkedHashSet<>();
        List<String> foreign = new ArrayList<>();
        List<Member> others = new ArrayList<>();
        for (HotReset.Affected affected : info.affected()) {
            Member member = members.get(affected.address());
            VfioGroup group = byGroup ? groups.apply(affected.group()) : null;
            if (group != null) {
                involved.add(group);
            } else if (byGroup || !info.owned() && member == null) {
                foreign.add(named(affected.address()));
            }
            if (member != null && !affected.address().equals(address)) {
                others.add(member);
            }
        }
        if (!foreign.isEmpty()) {
            return Outcome.impossible("a reset of its bus would hit " + String.join(", ", foreign)
                    + ", which this machine does not have");
        }
        if (!others.stream().allMatch(Member::idle)) {
            return Outcome.WAITING;
        }
        others.forEach(Member::beforeReset);
        int result = device.hotReset(involved);
        others.forEach(Member::afterReset);
        return result == 0 ? Outcome.DONE : Outcome.impossible("a reset of its bus: " + Errno.describe(-result));
    }

    private String named(String address) {
        String driver = sysfs.device(PciAddress.parse(address)).driver().orElse("none");
        return address + " (driver " + driver + ")";
    }
}
