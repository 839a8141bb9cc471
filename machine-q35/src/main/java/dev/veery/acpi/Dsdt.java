package dev.veery.acpi;

import static dev.veery.acpi.aml.Aml.and;
import static dev.veery.acpi.aml.Aml.arg;
import static dev.veery.acpi.aml.Aml.createDwordField;
import static dev.veery.acpi.aml.Aml.device;
import static dev.veery.acpi.aml.Aml.eisaId;
import static dev.veery.acpi.aml.Aml.equal;
import static dev.veery.acpi.aml.Aml.integer;
import static dev.veery.acpi.aml.Aml.local;
import static dev.veery.acpi.aml.Aml.method;
import static dev.veery.acpi.aml.Aml.name;
import static dev.veery.acpi.aml.Aml.not;
import static dev.veery.acpi.aml.Aml.or;
import static dev.veery.acpi.aml.Aml.otherwise;
import static dev.veery.acpi.aml.Aml.pkg;
import static dev.veery.acpi.aml.Aml.ref;
import static dev.veery.acpi.aml.Aml.ret;
import static dev.veery.acpi.aml.Aml.scope;
import static dev.veery.acpi.aml.Aml.sequence;
import static dev.veery.acpi.aml.Aml.serializedMethod;
import static dev.veery.acpi.aml.Aml.store;
import static dev.veery.acpi.aml.Aml.string;
import static dev.veery.acpi.aml.Aml.uuid;
import static dev.veery.acpi.aml.Aml.when;

import dev.veery.acpi.aml.Resources;
import dev.veery.acpi.aml.Term;
import java.util.ArrayList;
import java.util.List;

/** The Differentiated System Description Table: the name space of the board. */
final class Dsdt {
    /** Revision 2: integers have 64 bits. */
    private static final int REVISION = 2;

    /** The PCI host bridge's UUID of _OSC (PCI Firmware 3.3, 4.5.1). */
    private static final String OSC_UUID = "33DB4D5B-1FF7-401C-9657-7441C03DD766";
    /** _OSC: native hot plug. */
    private static final int OSC_NATIVE_HOTPLUG = 1;

    /** _OSC: SHPC hot plug, PME, AER, capability structure. */
    private static final int OSC_GRANTED = 0x1e;

    private static final int OSC_MASKED = 1 << 4;
    private static final int OSC_UNKNOWN_REVISION = 1 << 3;
    private static final int OSC_UNKNOWN_UUID = 1 << 2;

    /** ACPI 6.3.7 _STA: present, enabled, shown, functioning. */
    private static final int STA_ALL = 0xf;

    private static final long LEGACY_VGA_FIRST = 0xa_0000L;
    private static final long LEGACY_VGA_LAST = 0xb_ffffL;

    private Dsdt() {}

    static byte[] build(AcpiPlatform platform) {
        Table t = new Table("DSDT", REVISION);
        t.bytes(picMode().toBytes());
        t.bytes(scope("\\_SB", hostBridge(platform), InterruptRouting.links(), board(platform), processors(platform))
                .toBytes());
        if (platform.hotPlug() != null) {
            t.bytes(HotPlugMethods.event().toBytes());
        }
        // S5 is sleep type 0 of this board; the other states do not exist.
        Term zero = integer(0);
        t.bytes(name("\\_S5", pkg(zero, zero, zero, zero)).toBytes());
        return t.finish();
    }

    /** _PIC: the operating system says which interrupt controller it uses; 0 is the 8259 pair. */
    private static Term picMode() {
        return sequence(name("\\PICF", integer(0)), method("\\_PIC", 1, store(arg(0), ref("PICF"))));
    }

    private static Term hostBridge(AcpiPlatform platform) {
        return device(
                "PCI0",
                name("_HID", eisaId("PNP0A08")),
                name("_CID", eisaId("PNP0A03")),
                name("_UID", integer(0)),
                name("_SEG", integer(0)),
                name("_BBN", integer(0)),
                name("_CRS", hostBridgeResources(platform)),
                name("SUPP", integer(0)),
                name("CTRL", integer(0)),
                osc(platform.hotPlug() == null),
                InterruptRouting.table(),
                lpcBridge(platform),
                device("SMB0", name("_ADR", integer(0x1f_0003))),
                platform.hotPlug() == null ? sequence() : HotPlugMethods.inHostBridge(platform.hotPlug()));
    }

    private static Term hostBridgeResources(AcpiPlatform platform) {
        Resources r = new Resources();
        r.buses(0, platform.lastBus());
        // CF8h to CFFh belong to the host bridge itself.
        r.io(0xcf8, 8);
        r.ioWindow(0, 0xcf7);
        r.ioWindow(0xd00, 0xffff);
        r.memoryWindow32(LEGACY_VGA_FIRST, LEGACY_VGA_LAST);
        for (AcpiPlatform.Window window : platform.memoryWindows()) {
            if (window.last() >>> 32 == 0) {
                r.memoryWindow32(window.first(), window.last());
            } else {
                r.memoryWindow64(window.first(), window.last());
            }
        }
        return r.build();
    }

    /** PCI Firmware 3.3, 4.5: hands the PCI Express features to the operating system. */
    private static Term osc(boolean nativeHotPlug) {
        Term granted = integer(OSC_GRANTED | (nativeHotPlug ? OSC_NATIVE_HOTPLUG : 0));
        return serializedMethod(
                "_OSC",
                4,
                createDwordField(arg(3), 0, "CDW1"),
                when(
                        equal(arg(0), uuid(OSC_UUID)),
                        createDwordField(arg(3), 4, "CDW2"),
                        createDwordField(arg(3), 8, "CDW3"),
                        store(ref("CDW2"), ref("SUPP")),
                        store(ref("CDW3"), local(0)),
                        and(local(0), granted, local(0)),
                        when(not(equal(arg(1), integer(1))), setStatus(OSC_UNKNOWN_REVISION)),
                        when(not(equal(ref("CDW3"), local(0))), setStatus(OSC_MASKED)),
                        store(local(0), ref("CDW3")),
                        store(local(0), ref("CTRL"))),
                otherwise(setStatus(OSC_UNKNOWN_UUID)),
                ret(arg(3)));
    }

    private static Term setStatus(int bit) {
        return or(ref("CDW1"), integer(bit), ref("CDW1"));
    }

    private static Term lpcBridge(AcpiPlatform platform) {
        List<Term> body = new ArrayList<>();
        body.add(name("_ADR", integer(0x1f_0000)));
        body.add(InterruptRouting.registers());
        body.add(isaDevice("RTC", "PNP0B00", 0, new Resources().io(0x70, 8).isaIrq(8)));
        if (platform.i8042()) {
            body.add(isaDevice(
                    "KBD", "PNP0303", 0, new Resources().io(0x60, 1).io(0x64, 1).isaIrq(1)));
            body.add(isaDevice("MOU", "PNP0F13", 0, new Resources().isaIrq(12)));
        }
        int unit = 0;
        for (AcpiPlatform.SerialPort port : platform.serialPorts()) {
            unit++;
            Resources r = new Resources().io(port.ioBase(), 8).isaIrq(port.irq());
            body.add(isaDevice("COM" + unit, "PNP0501", unit, r));
        }
        platform.fwCfgPort().ifPresent(port -> body.add(vendorDevice("FWCF", "QEMU0002", port, 12)));
        platform.pvpanicPort().ifPresent(port -> body.add(vendorDevice("PEVT", "QEMU0001", port, 1)));
        return device("ISA", body.toArray(Term[]::new));
    }

    private static Term isaDevice(String name, String id, int unit, Resources resources) {
        Term hid = name("_HID", eisaId(id));
        Term crs = name("_CRS", resources.build());
        Term sta = name("_STA", integer(STA_ALL));
        return unit == 0 ? device(name, hid, sta, crs) : device(name, hid, name("_UID", integer(unit)), sta, crs);
    }

    private static Term vendorDevice(String name, String id, int port, int length) {
        return device(
                name,
                name("_HID", string(id)),
                name("_STA", integer(0xb)),
                name("_CRS", new Resources().io(port, length).build()));
    }

    /** What the board decodes itself, so that no driver is given these addresses; and the HPET. */
    private static Term board(AcpiPlatform platform) {
        Resources r = new Resources();
        for (AcpiPlatform.Ports ports : platform.reservedPorts()) {
            r.io(ports.first(), ports.length());
        }
        for (AcpiPlatform.Window window : platform.reserved()) {
            r.memory32(window.first(), window.last() - window.first() + 1, true);
        }
        Term motherboard =
                device("BRD", name("_HID", eisaId("PNP0C02")), name("_UID", integer(0)), name("_CRS", r.build()));
        if (platform.hpetBase() == 0) {
            return motherboard;
        }
        Resources hpet = new Resources().memory32(platform.hpetBase(), 0x400, false);
        return sequence(
                motherboard,
                device(
                        "HPET",
                        name("_HID", eisaId("PNP0103")),
                        name("_UID", integer(0)),
                        name("_STA", integer(STA_ALL)),
                        name("_CRS", hpet.build())));
    }

    /** One ACPI0007 device for each processor; the unit number ties it to the MADT. */
    private static Term processors(AcpiPlatform platform) {
        Term[] devices = new Term[platform.cpus()];
        for (int id = 0; id < devices.length; id++) {
            devices[id] =
                    device(String.format("C%03X", id), name("_HID", string("ACPI0007")), name("_UID", integer(id)));
        }
        return sequence(devices);
    }
}
