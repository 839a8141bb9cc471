package dev.veery.net;

/** Gives networks to devices, by their ids. */
@FunctionalInterface
public interface NetSource {
    /**
     * Gives a network to a device, which closes it.
     *
     * @throws dev.veery.base.ConfigException if there is none of that id, or another device has it
     */
    NetBackend connect(String id);

    /** How many queues that network has; 1 if there is none of that id, which {@link #connect} will say. */
    default int queues(String id) {
        return 1;
    }
}
