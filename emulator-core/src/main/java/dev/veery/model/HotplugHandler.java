package dev.veery.model;

/** What a machine does about devices that come and go. */
public interface HotplugHandler {
    /**
     * Vets a constructed device before it is realized: is its address free, does its bus exist, may it come now? Changes
     * nothing.
     *
     * @throws dev.veery.base.ConfigException if it may not come; the message names what stands in the way
     */
    default void prePlug(Device device) {}

    /**
     * A device has been realized and takes its place.
     *
     * @throws dev.veery.base.ConfigException if that fails; the device is then unrealized
     */
    default void plug(Device device) {}

    /**
     * Somebody wants a device to go while the machine runs.
     *
     * @return whether it may go at once; if not the guest has been asked, and the machine removes the device when the
     *     guest lets it go
     * @throws dev.veery.base.ConfigException if it cannot go
     */
    default boolean requestUnplug(Device device) {
        return true;
    }

    /**
     * A device is about to be unrealized and loses its place.
     *
     * @throws dev.veery.base.ConfigException if it cannot go
     */
    default void unplug(Device device) {}
}
