package dev.veery.q35;

import dev.veery.base.ConfigException;
import dev.veery.block.DiskQueue;
import dev.veery.net.NetSource;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The host's parts that devices are connected to by name; a name that nobody defined is refused with a ConfigException.
 *
 * @param drives gives a disk to one device
 * @param nets gives networks, each to one device
 * @param entropy fills arrays with random bytes
 * @param hostDevices device types that the host brings
 */
public record Q35Backends(
        Function<String, DiskQueue> drives, NetSource nets, Consumer<byte[]> entropy, HostDevices hostDevices) {
    /** No disks, no networks, no devices of the host; the entropy source yields what was in the array. */
    public static final Q35Backends NONE = new Q35Backends(
            id -> {
                throw new ConfigException("can't find drive '" + id + "'");
            },
            id -> {
                throw new ConfigException("netdev '" + id + "' not found");
            },
            bytes -> {},
            HostDevices.NONE);
}
