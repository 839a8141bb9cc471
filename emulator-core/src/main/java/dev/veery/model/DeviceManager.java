package dev.veery.model;

import dev.veery.base.ConfigException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Leads devices through their life, strictly in the order in which they are added. Devices that are added after
 * {@link #commit} are committed and reset at once.
 */
public final class DeviceManager implements Resettable, AutoCloseable {
    private static final Pattern ID = Pattern.compile("[A-Za-z][A-Za-z0-9._-]*");

    private final DeviceRegistry registry;
    private final HotplugHandler handler;
    private final Consumer<String> warnings;
    private final List<Device> devices = new ArrayList<>();
    /** By type, then by property, parsed. */
    private final Map<String, Map<String, Object>> globals = new HashMap<>();

    private boolean committed;

    /**
     * Makes a manager without devices.
     *
     * @param handler the machine's
     * @param warnings takes lines for the user, without a prefix
     */
    public DeviceManager(DeviceRegistry registry, HotplugHandler handler, Consumer<String> warnings) {
        this.registry = registry;
        this.handler = handler;
        this.warnings = warnings;
    }

    /** The devices, in the order in which they were added. */
    public List<Device> devices() {
        return Collections.unmodifiableList(devices);
    }

    /** The device with that id, or null. */
    public @Nullable Device find(String id) {
        for (Device device : devices) {
            if (id.equals(device.id())) {
                return device;
            }
        }
        return null;
    }

    /** Whether {@link #commit} is done. */
    public boolean committed() {
        return committed;
    }

    /**
     * Sets a property for all devices of a type that are added later, unless they are given their own value. An unknown type is
     * only warned of.
     *
     * @throws ConfigException if the type has no such property or it does not take the value
     */
    public void addGlobal(String driver, String property, String value) {
        String text = driver + "." + property + "=" + value;
        DeviceType type = registry.find(driver);
        if (type == null) {
            warnings.accept("global " + text + " has invalid class name");
            return;
        }
        try {
            globals.computeIfAbsent(type.name(), name -> new LinkedHashMap<>())
                    .put(property, parse(type, property, value));
        } catch (ConfigException e) {
            throw new ConfigException("can't apply global " + text + ": " + e.getMessage());
        }
    }

    /** The properties of a device that the board makes itself: defaults, and what {@link #addGlobal} set. */
    public PropertyValues boardProperties(DeviceType type) {
        return new PropertyValues(type.properties(), globals.getOrDefault(type.name(), Map.of()));
    }

    /**
     * Makes a device and puts it into the machine.
     *
     * @throws ConfigException if that fails, beginning with the descriptor's origin; nothing is left of the device
     */
    public Device add(DeviceDescriptor descriptor) {
        try {
            Device device = construct(descriptor);
            add(device);
            return device;
        } catch (ConfigException e) {
            if (descriptor.origin().isEmpty()) {
                throw e;
            }
            String message = descriptor.origin() + ": " + e.getMessage();
            throw e.isUsage() ? ConfigException.usage(message) : new ConfigException(message);
        }
    }

    /** Adds several, in their order; the first that fails ends it. */
    public void addAll(List<DeviceDescriptor> descriptors) {
        descriptors.forEach(this::add);
    }

    private Device construct(DeviceDescriptor descriptor) {
        DeviceType type = registry.require(descriptor.driver());
        if (!type.userCreatable() || (committed && !type.hotpluggable())) {
            throw new ConfigException("Parameter 'driver' expects a pluggable device type");
        }
        String id = descriptor.id();
        if (id != null && !ID.matcher(id).matches()) {
            throw new ConfigException("Parameter 'id' expects an identifier");
        }
        Map<String, Object> given = new LinkedHashMap<>(globals.getOrDefault(type.name(), Map.of()));
        descriptor.properties().forEach((name, text) -> given.put(name, parse(type, name, text)));
        PropertyValues values = new PropertyValues(type.properties(), given);
        return type.create(new DeviceConfig(type, id, descriptor.bus(), values));
    }

    private static Object parse(DeviceType type, String name, String text) {
        Property property = type.property(name);
        if (property == null) {
            throw new ConfigException("Property '" + type.name() + "." + name + "' not found");
        }
        return PropertyParser.parse(type.name(), property, text);
    }

    /**
     * Puts a device that the board constructed into the machine.
     *
     * @throws ConfigException if that fails; the device is then unrealized
     */
    public void add(Device device) {
        if (device.state() != Device.State.CONSTRUCTED) {
            throw new IllegalStateException(device + " is added in state " + device.state());
        }
        checkId(device);
        handler.prePlug(device);
        boolean plugged = false;
        boolean done = false;
        try {
            device.realize();
            handler.plug(device);
            plugged = true;
            device.plugged();
            if (committed) {
                device.commit();
                device.reset();
            }
            devices.add(device);
            done = true;
        } finally {
            if (!done) {
                rollBack(device, plugged);
            }
        }
    }

    private void rollBack(Device device, boolean plugged) {
        try {
            if (plugged) {
                handler.unplug(device);
            }
        } finally {
            device.unrealize();
        }
    }

    private void checkId(Device device) {
        String id = device.id();
        Device other = id == null ? null : find(id);
        if (other != null) {
            throw new ConfigException("Duplicate ID '" + id + "' for device '"
                    + device.type().name() + "': it is taken by device '"
                    + other.type().name() + "'");
        }
    }

    /**
     * The plan is complete: commits all devices in their order.
     *
     * @throws ConfigException if a device cannot work in this machine
     */
    public void commit() {
        if (committed) {
            throw new IllegalStateException("commit of a machine that is committed");
        }
        for (Device device : devices) {
            try {
                device.commit();
            } catch (ConfigException e) {
                throw new ConfigException("device " + device + ": " + e.getMessage());
            }
        }
        committed = true;
    }

    /** Resets all devices in their order; only after {@link #commit}. */
    @Override
    public void reset() {
        if (!committed) {
            throw new IllegalStateException("reset of a machine that is not committed");
        }
        for (Device device : List.copyOf(devices)) {
            device.reset();
        }
    }

    /**
     * Takes a device out of the machine, whatever the guest thinks of it.
     *
     * @throws ConfigException if there is none of that id or it cannot go
     */
    public void remove(String id) {
        remove(removable(id));
    }

    /**
     * Takes a device out of the machine, whatever the guest thinks of it.
     *
     * @throws ConfigException if it cannot go
     */
    public void remove(Device device) {
        handler.unplug(device);
        devices.remove(device);
        device.unrealize();
    }

    /**
     * Takes a device out of the machine if the guest need not be asked; otherwise asks it, and the machine removes the
     * device later or never.
     *
     * @return whether it is gone
     * @throws ConfigException if there is none of that id or it cannot go
     */
    public boolean requestRemoval(String id) {
        Device device = removable(id);
        if (!handler.requestUnplug(device)) {
            return !devices.contains(device);
        }
        remove(device);
        return true;
    }

    private Device removable(String id) {
        Device device = find(id);
        if (device == null) {
            throw new ConfigException("Device '" + id + "' not found");
        }
        if (committed && !device.type().hotpluggable()) {
            throw new ConfigException("Device '" + id + "' does not support hotplugging");
        }
        return device;
    }

    /** Unrealizes all devices, the last added first; one that fails does not keep the others. */
    @Override
    public void close() {
        RuntimeException failure = null;
        while (!devices.isEmpty()) {
            Device device = devices.remove(devices.size() - 1);
            try {
                device.unrealize();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
