package dev.veery.acpi;

import static dev.veery.acpi.aml.Aml.acquire;
import static dev.veery.acpi.aml.Aml.and;
import static dev.veery.acpi.aml.Aml.arg;
import static dev.veery.acpi.aml.Aml.call;
import static dev.veery.acpi.aml.Aml.device;
import static dev.veery.acpi.aml.Aml.dwordField;
import static dev.veery.acpi.aml.Aml.integer;
import static dev.veery.acpi.aml.Aml.method;
import static dev.veery.acpi.aml.Aml.mutex;
import static dev.veery.acpi.aml.Aml.name;
import static dev.veery.acpi.aml.Aml.opRegion;
import static dev.veery.acpi.aml.Aml.ref;
import static dev.veery.acpi.aml.Aml.release;
import static dev.veery.acpi.aml.Aml.scope;
import static dev.veery.acpi.aml.Aml.sequence;
import static dev.veery.acpi.aml.Aml.shiftLeft;
import static dev.veery.acpi.aml.Aml.store;
import static dev.veery.acpi.aml.Aml.unit;
import static dev.veery.acpi.aml.Aml.when;

import dev.veery.acpi.aml.Aml;
import dev.veery.acpi.aml.Term;
import java.util.ArrayList;
import java.util.List;

/**
 * PCI hot plug by methods: general-purpose event 1 has every slot's bus read from the registers what came and went, and the
 * operating system told; it lets a device go by _EJ0 (ACPI 6.3.3). The names are those that QEMU's tables made usual.
 */
final class HotPlugMethods {
    private static final int UP_AND_DOWN = 8;
    private static final int EJECT = 8;
    private static final int SELECT = 0x10;
    private static final int REGISTER = 4;

    /** ACPI 5.6.6: look again; please go. */
    private static final int NOTIFY_DEVICE_CHECK = 1;

    private static final int NOTIFY_EJECT = 3;

    private static final String LOCK = "\\_SB.PCI0.BLCK";

    private HotPlugMethods() {}

    /** For the host bridge's scope. */
    static Term inHostBridge(AcpiPlatform.HotPlug hotPlug) {
        List<Term> terms = new ArrayList<>();
        int port = hotPlug.port();
        terms.add(opRegion("PCST", Aml.SYSTEM_IO, port, UP_AND_DOWN));
        terms.add(dwordField("PCST", unit("PCIU", 32), unit("PCID", 32)));
        terms.add(opRegion("SEJ", Aml.SYSTEM_IO, port + EJECT, REGISTER));
        terms.add(dwordField("SEJ", unit("B0EJ", 32)));
        terms.add(opRegion("BNMR", Aml.SYSTEM_IO, port + SELECT, REGISTER));
        terms.add(dwordField("BNMR", unit("BNUM", 32)));
        terms.add(mutex("BLCK"));
        terms.add(method(
                "PCEJ",
                2,
                acquire(ref("BLCK")),
                store(arg(0), ref("BNUM")),
                store(shiftLeft(integer(1), arg(1)), ref("B0EJ")),
                release(ref("BLCK"))));
        hotPlug.bridges().forEach(bridge -> terms.add(bridge(bridge)));
        terms.add(look(hotPlug.bridges(), List.of()));
        return sequence(terms.toArray(Term[]::new));
    }

    /** For the root of the name space. */
    static Term event() {
        return scope("\\_GPE", method("_E01", 0, acquire(ref(LOCK)), call("\\_SB.PCI0.PCNT"), release(ref(LOCK))));
    }

    private static String segment(int devfn) {
        return String.format("S%02X", devfn);
    }

    private static Term bridge(AcpiPlatform.Bridge bridge) {
        List<Term> body = new ArrayList<>();
        body.add(name("_ADR", integer((long) bridge.devfn() >> 3 << 16 | bridge.devfn() & 7)));
        List<Term> own = new ArrayList<>();
        if (bridge.slot()) {
            body.add(slot(bridge.number()));
            own.add(store(integer(bridge.number()), ref("BNUM")));
            own.add(call("DVNT", ref("PCIU"), integer(NOTIFY_DEVICE_CHECK)));
            own.add(call("DVNT", ref("PCID"), integer(NOTIFY_EJECT)));
        }
        bridge.below().forEach(inner -> body.add(bridge(inner)));
        body.add(look(bridge.below(), own));
        return device(segment(bridge.devfn()), body.toArray(Term[]::new));
    }

    /** The one slot of a port. */
    private static Term slot(int number) {
        return sequence(
                device(
                        segment(0),
                        name("_ADR", integer(0)),
                        name("_SUN", integer(0)),
                        method("_EJ0", 1, call("PCEJ", integer(number), integer(0)))),
                method("DVNT", 2, when(and(arg(0), integer(1)), Aml.notify(ref(segment(0)), arg(1)))));
    }

    /** Looks at a bus' own slot, then at the buses below; a path of several segments begins at the method, hence the ^. */
    private static Term look(List<AcpiPlatform.Bridge> below, List<Term> own) {
        List<Term> body = new ArrayList<>(own);
        below.forEach(inner -> body.add(call("^" + segment(inner.devfn()) + ".PCNT")));
        return method("PCNT", 0, body.toArray(Term[]::new));
    }
}
