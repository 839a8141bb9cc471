package dev.veery.q35.chipset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.irq.IrqLine;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PirqRouterTest {
    private final TreeSet<String> high = new TreeSet<>();
    private final PirqRouter router = new PirqRouter(lines("apic", 16, 8), lines("isa", 0, 16));
    private final RootComplex rootComplex = new RootComplex(router);

    private IrqLine[] lines(String name, int first, int count) {
        IrqLine[] lines = new IrqLine[count];
        for (int i = 0; i < count; i++) {
            String wire = name + (first + i);
            lines[i] = level -> {
                if (level) {
                    high.add(wire);
                } else {
                    high.remove(wire);
                }
            };
        }
        return lines;
    }

    @Test
    void pinsOfOrdinarySlotsRotateOverTheUpperPirqs() {
        router.set(1, 0, true);
        assertEquals("[apic21]", high.toString());
        router.set(3, 3, true);
        assertEquals("[apic21, apic22]", high.toString());
        router.set(1, 0, false);
        router.set(3, 3, false);
        assertEquals("[]", high.toString());
    }

    @Test
    void pinsOfTheChipSetsSlotsFollowTheirRouteRegisters() {
        router.set(31, 0, true);
        assertEquals("[apic16]", high.toString());
        rootComplex.write(0x3140, 2, 0x3215);
        assertEquals("[apic21]", high.toString());
        assertEquals(5, router.pirqOf(31, 0));
        rootComplex.reset();
        assertEquals("[apic16]", high.toString());
        router.set(30, 1, true);
        assertEquals("[apic16, apic21]", high.toString());
    }

    @Test
    void changesOfRoutesAreTold() {
        int[] told = new int[1];
        router.onChanged(() -> told[0]++);
        router.setRoute(5, 10);
        assertTrue(router.reachesIsa(5));
        router.setRoute(5, 10);
        assertEquals(1, told[0]);
        router.setRoute(5, 8);
        assertFalse(router.reachesIsa(5), "an input that is never PCI's");
        rootComplex.write(0x3140, 2, 0x3215);
        assertEquals(3, told[0]);
    }

    @Test
    void theEndOfAnInterruptReachesThePinsThatRaisedIt() {
        List<String> ended = new ArrayList<>();
        router.onEnded(1, 0, () -> ended.add("1/0"));
        router.onEnded(5, 0, () -> ended.add("5/0"));
        router.onEnded(2, 0, () -> ended.add("2/0"));
        router.setRoute(5, 10);
        router.set(1, 0, true);
        router.set(2, 0, true);

        router.ended(5);
        router.endedIsa(10);
        router.endedIsa(9);

        assertEquals(List.of("1/0", "1/0"), ended);
    }

    @Test
    void pirqsShareAnInputOfThe8259sUntilTheLastLetsGo() {
        router.setRoute(0, 10);
        router.setRoute(5, 10);
        router.set(31, 0, true);
        router.set(1, 0, true);
        assertEquals("[apic16, apic21, isa10]", high.toString());
        router.set(31, 0, false);
        assertEquals("[apic21, isa10]", high.toString());
        router.setRoute(5, 11);
        assertEquals("[apic21, isa11]", high.toString());
        router.setRoute(5, 0x8b);
        assertEquals("[apic21]", high.toString());
        router.setRoute(5, 8);
        assertEquals("[apic21]", high.toString());
    }
}
