package dev.veery.acpi;

import static dev.veery.acpi.aml.Aml.and;
import static dev.veery.acpi.aml.Aml.arg;
import static dev.veery.acpi.aml.Aml.call;
import static dev.veery.acpi.aml.Aml.createDwordField;
import static dev.veery.acpi.aml.Aml.device;
import static dev.veery.acpi.aml.Aml.eisaId;
import static dev.veery.acpi.aml.Aml.field;
import static dev.veery.acpi.aml.Aml.gap;
import static dev.veery.acpi.aml.Aml.integer;
import static dev.veery.acpi.aml.Aml.method;
import static dev.veery.acpi.aml.Aml.name;
import static dev.veery.acpi.aml.Aml.opRegion;
import static dev.veery.acpi.aml.Aml.or;
import static dev.veery.acpi.aml.Aml.otherwise;
import static dev.veery.acpi.aml.Aml.pkg;
import static dev.veery.acpi.aml.Aml.ref;
import static dev.veery.acpi.aml.Aml.ret;
import static dev.veery.acpi.aml.Aml.sequence;
import static dev.veery.acpi.aml.Aml.serializedMethod;
import static dev.veery.acpi.aml.Aml.store;
import static dev.veery.acpi.aml.Aml.unit;
import static dev.veery.acpi.aml.Aml.when;

import dev.veery.acpi.aml.Aml;
import dev.veery.acpi.aml.Resources;
import dev.veery.acpi.aml.Term;
import java.util.ArrayList;
import java.util.List;

/**
 * How PCI interrupt pins reach the interrupt controllers: pin of slot to PIRQA-H as the chip set's D31IR-style registers
 * are at reset, and PIRQ to an 8259 input (links LNKA-H, programmable) or to I/O APIC input 16-23 (links GSIA-H, wired).
 */
final class InterruptRouting {
    private static final int LINKS = 8;
    private static final int SLOTS = 32;
    private static final int PINS = 4;
    private static final int FIRST_GSI = 16;

    /** ICH9 13.1.17: PIRQ routing registers, bit 7 set when the PIRQ is not routed to the 8259s. */
    private static final int PIRQA_ROUT = 0x60;

    private static final int ROUT_LENGTH = 0xc;
    private static final int NOT_ROUTED = 0x80;

    /** Byte 5 of an extended-interrupt descriptor is the first interrupt. */
    private static final int INTERRUPT_OFFSET = 5;

    private static final String LPC = "\\_SB.PCI0.ISA.";

    private InterruptRouting() {}

    /** Index, 0 for PIRQA, of the link that {@code pin} (0 for INTA) of the device in {@code slot} is wired to. */
    static int link(int slot, int pin) {
        boolean lowLinks = slot >= 25 && slot != 30;
        int base = lowLinks ? 0 : 4;
        int rotation = lowLinks || slot == 30 ? 0 : slot;
        return base + (rotation + pin) % PINS;
    }

    /** _PRT and the packages it chooses from by the interrupt mode. */
    static Term table() {
        return sequence(
                name("PRTP", routes("LNK")),
                name("PRTA", routes("GSI")),
                method("_PRT", 0, when(ref("\\PICF"), ret(ref("PRTA"))), otherwise(ret(ref("PRTP")))));
    }

    private static Term routes(String prefix) {
        List<Term> routes = new ArrayList<>();
        for (int slot = 1; slot < SLOTS; slot++) {
            for (int pin = 0; pin < PINS; pin++) {
                String link = "\\_SB." + prefix + (char) ('A' + link(slot, pin));
                routes.add(
                        pkg(integer(Integer.toUnsignedLong(slot << 16 | 0xffff)), integer(pin), ref(link), integer(0)));
            }
        }
        return pkg(routes.toArray(Term[]::new));
    }

    /** The routing registers as a field of the LPC bridge. */
    static Term registers() {
        return sequence(
                opRegion("PIRQ", Aml.PCI_CONFIG, PIRQA_ROUT, ROUT_LENGTH),
                field(
                        "PIRQ",
                        unit("PRQA", 8),
                        unit("PRQB", 8),
                        unit("PRQC", 8),
                        unit("PRQD", 8),
                        gap(32),
                        unit("PRQE", 8),
                        unit("PRQF", 8),
                        unit("PRQG", 8),
                        unit("PRQH", 8)));
    }

    /** The link devices of both modes, for the scope {@code \_SB}. */
    static Term links() {
        List<Term> terms = new ArrayList<>();
        terms.add(method("IQST", 1, when(and(arg(0), integer(NOT_ROUTED)), ret(integer(0x9))), ret(integer(0xb))));
        terms.add(serializedMethod(
                "IQCR",
                1,
                name("BUF", new Resources().levelInterrupt(0).build()),
                createDwordField(ref("BUF"), INTERRUPT_OFFSET, "IRQ"),
                when(Aml.less(arg(0), integer(NOT_ROUTED)), store(arg(0), ref("IRQ"))),
                ret(ref("BUF"))));
        for (int i = 0; i < LINKS; i++) {
            terms.add(programmable((char) ('A' + i), i));
        }
        for (int i = 0; i < LINKS; i++) {
            terms.add(wired((char) ('A' + i), LINKS + i, FIRST_GSI + i));
        }
        return sequence(terms.toArray(Term[]::new));
    }

    private static Term programmable(char letter, int uid) {
        Term register = ref(LPC + "PRQ" + letter);
        return device(
                "LNK" + letter,
                name("_HID", eisaId("PNP0C0F")),
                name("_UID", integer(uid)),
                name("_PRS", new Resources().levelInterrupt(5, 10, 11).build()),
                method("_STA", 0, ret(call("IQST", register))),
                method("_DIS", 0, or(register, integer(NOT_ROUTED), register)),
                method("_CRS", 0, ret(call("IQCR", register))),
                serializedMethod(
                        "_SRS", 1, createDwordField(arg(0), INTERRUPT_OFFSET, "PRRI"), store(ref("PRRI"), register)));
    }

    private static Term wired(char letter, int uid, int gsi) {
        Term interrupt = new Resources().levelInterrupt(gsi).build();
        return device(
                "GSI" + letter,
                name("_HID", eisaId("PNP0C0F")),
                name("_UID", integer(uid)),
                name("_PRS", interrupt),
                name("_CRS", interrupt),
                method("_SRS", 1));
    }
}
