package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.config.GlobalProperty;
import dev.veery.model.DeviceDescriptor;
import java.util.Map;

/** {@code -device} and {@code -global}. */
final class DeviceParser {
    private DeviceParser() {}

    /** Reads {@code -device}, after {@link #help}: JSON if it begins with a brace, otherwise {@code DRIVER,key=value}. */
    static DeviceDescriptor device(String value) {
        String whole = "-device " + value;
        if (value.startsWith("{")) {
            Map<String, String> members = Json.object(whole, value);
            String driver = members.remove("driver");
            if (driver == null) {
                throw ConfigException.usage(whole + ": 'driver' is missing");
            }
            return DeviceDescriptor.of(driver, members, whole);
        }
        OptionText text = new OptionText("-device", value, "driver");
        String driver = text.require("driver");
        return DeviceDescriptor.of(driver, text.takeAll(), whole);
    }

    /** Whether {@code -device value} asks for help. */
    static boolean isHelp(String value) {
        return !value.startsWith("{") && new OptionText("-device", value, "driver").wantsHelp();
    }

    /** The driver that {@code -device DRIVER,help} names; empty for {@code -device help}. */
    static String helpDriver(String value) {
        String driver = new OptionText("-device", value, "driver").take("driver");
        return driver == null ? "" : driver;
    }

    /** Reads {@code -global}: {@code driver.property=value}, or the three as keys. */
    static GlobalProperty global(String value) {
        int dot = value.indexOf('.');
        int equals = value.indexOf('=');
        if (dot > 0 && equals > dot + 1) {
            return new GlobalProperty(
                    value.substring(0, dot), value.substring(dot + 1, equals), value.substring(equals + 1));
        }
        OptionText text = new OptionText("-global", value, null);
        GlobalProperty global =
                new GlobalProperty(text.require("driver"), text.require("property"), text.require("value"));
        text.finish();
        return global;
    }
}
