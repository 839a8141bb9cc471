package dev.veery.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeviceManagerTest {
    private final List<String> log = new ArrayList<>();
    private String failAt = "";

    private final class Probe extends Device {
        Probe(DeviceConfig config) {
            super(config);
            step("construct");
        }

        private void step(String what) {
            String text = what + " " + id();
            log.add(text);
            if (text.equals(failAt)) {
                throw new ConfigException("no luck");
            }
        }

        @Override
        protected void onRealize() {
            step("realize");
        }

        @Override
        protected void onCommit() {
            step("commit");
        }

        @Override
        protected void onReset() {
            step("reset");
        }

        @Override
        protected void onUnrealize() {
            step("unrealize");
        }
    }

    private final HotplugHandler machine = new HotplugHandler() {
        private void step(String what, Device device) {
            String text = what + " " + device.id();
            log.add(text);
            if (text.equals(failAt)) {
                throw new ConfigException("no place");
            }
        }

        @Override
        public void prePlug(Device device) {
            assertEquals(Device.State.CONSTRUCTED, device.state());
            step("prePlug", device);
        }

        @Override
        public void plug(Device device) {
            assertEquals(Device.State.REALIZED, device.state());
            step("plug", device);
        }

        @Override
        public void unplug(Device device) {
            step("unplug", device);
        }
    };

    private final DeviceType probe = DeviceType.named("probe")
            .bus("PCI")
            .description("A probe")
            .alias("sonde")
            .hotpluggable()
            .property(Property.uint32("iobase", 0x501, "first port"))
            .property(Property.bool("fast", false, ""))
            .property(Property.string("file", "what it reads"))
            .property(Property.enumeration("mode", "auto", "how", "auto", "strict"))
            .property(Property.pciAddress("addr", "Slot and optional function number, example: 06.0 or 06"))
            .build(Probe::new);
    private final DeviceType chip =
            DeviceType.named("chip").bus("System").boardOnly().build(Probe::new);
    private final DeviceType fixed =
            DeviceType.named("Fixed").category(DeviceCategory.BRIDGE).build(Probe::new);
    private final DeviceRegistry registry =
            new DeviceRegistry().add(probe).add(chip).add(fixed);
    private final DeviceManager manager = new DeviceManager(registry, machine, line -> log.add("warning " + line));

    private static DeviceDescriptor wish(String driver, String... options) {
        Map<String, String> map = new LinkedHashMap<>();
        StringBuilder origin = new StringBuilder("-device " + driver);
        for (String option : options) {
            int equals = option.indexOf('=');
            map.put(option.substring(0, equals), option.substring(equals + 1));
            origin.append(',').append(option);
        }
        return DeviceDescriptor.of(driver, map, origin.toString());
    }

    private String error(DeviceDescriptor wish) {
        return assertThrows(ConfigException.class, () -> manager.add(wish)).getMessage();
    }

    @Test
    void stepsComeInOrder() {
        manager.addAll(List.of(wish("probe", "id=a"), wish("probe", "id=b")));
        manager.commit();
        manager.reset();

        assertEquals(
                List.of(
                        "construct a",
                        "prePlug a",
                        "realize a",
                        "plug a",
                        "construct b",
                        "prePlug b",
                        "realize b",
                        "plug b",
                        "commit a",
                        "commit b",
                        "reset a",
                        "reset b"),
                log);
        assertEquals(Device.State.COMMITTED, manager.devices().get(0).state());
    }

    @Test
    void lateDeviceIsCommittedAndResetAtOnce() {
        manager.commit();
        manager.add(wish("probe", "id=a"));
        manager.remove("a");

        assertEquals(
                List.of(
                        "construct a",
                        "prePlug a",
                        "realize a",
                        "plug a",
                        "commit a",
                        "reset a",
                        "unplug a",
                        "unrealize a"),
                log);
        assertNull(manager.find("a"));
    }

    @Test
    void deviceThatFailsLeavesNothing() {
        failAt = "realize a";
        assertEquals("-device probe,id=a: no luck", error(wish("probe", "id=a")));
        assertEquals(List.of("construct a", "prePlug a", "realize a", "unrealize a"), log);

        log.clear();
        failAt = "plug a";
        assertEquals("-device probe,id=a: no place", error(wish("probe", "id=a")));
        assertEquals(List.of("construct a", "prePlug a", "realize a", "plug a", "unrealize a"), log);

        log.clear();
        failAt = "prePlug a";
        error(wish("probe", "id=a"));
        assertEquals(List.of("construct a", "prePlug a"), log);

        failAt = "";
        manager.add(wish("probe", "id=a"));
        assertEquals(1, manager.devices().size());
    }

    @Test
    void lateDeviceThatCannotCommitIsUnpluggedAgain() {
        manager.commit();
        failAt = "commit a";
        error(wish("probe", "id=a"));

        assertEquals(List.of("commit a", "unplug a", "unrealize a"), log.subList(4, log.size()));
        assertTrue(manager.devices().isEmpty());
    }

    @Test
    void duplicateIdNamesBothDevices() {
        manager.add(wish("probe", "id=x"));

        assertEquals(
                "-device Fixed,id=x: Duplicate ID 'x' for device 'Fixed': it is taken by device 'probe'",
                error(wish("Fixed", "id=x")));
        manager.add(wish("Fixed"));
        manager.add(wish("Fixed"));
    }

    @Test
    void wishesThatCannotBeAreRefusedByName() {
        assertEquals("-device nosuch: 'nosuch' is not a valid device model name", error(wish("nosuch")));
        assertEquals("-device probe,foo=1: Property 'probe.foo' not found", error(wish("probe", "foo=1")));
        assertEquals("-device probe,iobase=z: Parameter 'iobase' expects integer", error(wish("probe", "iobase=z")));
        assertEquals("-device chip: Parameter 'driver' expects a pluggable device type", error(wish("chip")));
        assertEquals("-device probe,id=1: Parameter 'id' expects an identifier", error(wish("probe", "id=1")));
        manager.commit();
        assertEquals("-device Fixed: Parameter 'driver' expects a pluggable device type", error(wish("Fixed")));
        ConfigException e = assertThrows(ConfigException.class, () -> manager.remove("gone"));
        assertEquals("Device 'gone' not found", e.getMessage());
        assertEquals(List.of(), log);
    }

    @Test
    void valuesAreTypedAndDefaultsFilledIn() {
        Device device = manager.add(wish("sonde", "bus=pcie.0", "iobase=0xf4", "addr=1f.3"));

        PropertyValues values = device.properties();
        assertSame(probe, device.type());
        assertEquals("pcie.0", device.bus());
        assertEquals(0xf4, values.integer("iobase"));
        assertEquals(0xfb, values.pciAddress("addr"));
        assertFalse(values.bool("fast"));
        assertNull(values.string("file"));
        assertEquals("auto", values.choice("mode"));
        assertTrue(values.isGiven("addr"));
        assertFalse(values.isGiven("mode"));
        assertThrows(IllegalArgumentException.class, () -> values.bool("iobase"));
        assertThrows(IllegalArgumentException.class, () -> values.number("nosuch"));
    }

    @Test
    void globalsAreDefaultsThatTheDeviceMayOverride() {
        manager.addGlobal("sonde", "iobase", "1");
        manager.addGlobal("probe", "fast", "on");
        manager.addGlobal("nosuch", "x", "1");

        assertEquals(1, manager.add(wish("probe")).properties().integer("iobase"));
        PropertyValues own = manager.add(wish("probe", "iobase=2")).properties();
        assertEquals(2, own.integer("iobase"));
        assertTrue(own.bool("fast"));
        assertTrue(log.contains("warning global nosuch.x=1 has invalid class name"));
        ConfigException e = assertThrows(ConfigException.class, () -> manager.addGlobal("probe", "foo", "1"));
        assertEquals("can't apply global probe.foo=1: Property 'probe.foo' not found", e.getMessage());
    }

    @Test
    void misuseOfTheLifecycleIsRefused() {
        Device device = manager.add(wish("probe", "id=a"));

        assertThrows(IllegalStateException.class, manager::reset);
        assertThrows(IllegalStateException.class, device::reset);
        assertThrows(IllegalStateException.class, () -> manager.add(device));
        manager.commit();
        assertThrows(IllegalStateException.class, manager::commit);
        assertThrows(IllegalStateException.class, device::realize);
        assertEquals(Device.State.COMMITTED, device.state());
        manager.remove("a");
        assertThrows(IllegalStateException.class, () -> manager.add(device));
        assertThrows(IllegalStateException.class, device::unrealize);
    }

    @Test
    void closingUnrealizesInReverseAndReportsTheFirstFailure() {
        manager.addAll(List.of(wish("probe", "id=a"), wish("probe", "id=b"), wish("probe", "id=c")));
        log.clear();
        failAt = "unrealize b";

        assertThrows(ConfigException.class, manager::close);

        assertEquals(List.of("unrealize c", "unrealize b", "unrealize a"), log);
    }

    @Test
    void boardDevicesGoThroughTheSameLife() {
        manager.add(new Probe(DeviceConfig.board(chip)));
        manager.commit();

        assertEquals(List.of("construct null", "prePlug null", "realize null", "plug null", "commit null"), log);
    }

    @Test
    void helpListsUserCreatableTypesByCategory() {
        assertEquals(
                "Controller/Bridge/Hub devices:\n"
                        + "name \"Fixed\"\n"
                        + "\n"
                        + "Misc devices:\n"
                        + "name \"probe\", bus PCI, alias \"sonde\", desc \"A probe\"\n",
                registry.help());
    }

    @Test
    void helpListsPropertiesByName() {
        assertEquals(
                "probe options:\n"
                        + "  addr=<int32>           - Slot and optional function number, example: 06.0 or 06"
                        + " (default: -1)\n"
                        + "  fast=<bool>            -  (default: off)\n"
                        + "  file=<str>             - what it reads\n"
                        + "  iobase=<uint32>        - first port (default: 1281)\n"
                        + "  mode=<enum>            - how (default: auto)\n",
                registry.help("probe"));
        assertEquals("There are no options for Fixed.\n", registry.help("Fixed"));
        ConfigException e = assertThrows(ConfigException.class, () -> registry.help("nosuch"));
        assertEquals("Device 'nosuch' not found", e.getMessage());
    }

    @Test
    void resetListKeepsItsOrder() {
        ResetList list = new ResetList();
        Resettable first = () -> log.add("first");
        list.add(first);
        list.add(() -> {
            log.add("second");
            list.remove(first);
        });

        list.reset();
        list.reset();

        assertEquals(List.of("first", "second", "second"), log);
        list.add(first);
        assertThrows(IllegalStateException.class, () -> list.add(first));
    }
}
