package dev.veery.model;

import org.jspecify.annotations.Nullable;

/**
 * What a device is made from.
 *
 * @param type its type
 * @param id the user's name for it, unique in the machine, or null
 * @param bus the id of the bus that the user wants it on, or null if the machine may choose
 * @param properties its properties
 */
public record DeviceConfig(
        DeviceType type, @Nullable String id, @Nullable String bus, PropertyValues properties) {

    /** A device that the board itself makes: no id, no bus, default properties. */
    public static DeviceConfig board(DeviceType type) {
        return new DeviceConfig(type, null, null, PropertyValues.defaults(type.properties()));
    }
}
