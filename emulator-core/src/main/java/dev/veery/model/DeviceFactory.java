package dev.veery.model;

/** Constructs devices of one type. The board captures in it what the device is wired to. */
@FunctionalInterface
public interface DeviceFactory {
    /**
     * Constructs a device. Nothing outside it changes yet, so that it can be thrown away.
     *
     * @throws dev.veery.base.ConfigException if its properties contradict each other
     */
    Device create(DeviceConfig config);
}
