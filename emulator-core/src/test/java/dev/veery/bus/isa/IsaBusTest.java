package dev.veery.bus.isa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.irq.IrqLine;
import dev.veery.memory.MemoryRegion;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IsaBusTest {
    private final boolean[] levels = new boolean[IsaBus.IRQS];
    private final MemoryRegion ports = MemoryRegion.container("io", 0x1_0000);
    private final IsaBus bus = new IsaBus(ports, MemoryRegion.container("memory", MemoryRegion.WHOLE), lines());

    private List<IrqLine> lines() {
        return IntStream.range(0, IsaBus.IRQS)
                .<IrqLine>mapToObj(n -> level -> levels[n] = level)
                .toList();
    }

    @Test
    void overlapNamesBothOwners() {
        bus.claim("'a'", new PortRange(0x3f8, 8));
        ConfigException error = assertThrows(ConfigException.class, () -> bus.claim("'b'", new PortRange(0x3ff, 2)));
        assertEquals("ports 0x3ff to 0x400 of 'b' overlap ports 0x3f8 to 0x3ff of 'a'", error.getMessage());
        bus.claim("'b'", new PortRange(0x400, 2));
        assertFalse(bus.isFree(new PortRange(0x401, 1)));
        assertTrue(bus.isFree(new PortRange(0x402, 1)));
    }

    @Test
    void rangesEndAtTheEndOfPortSpace() {
        assertEquals(0xffff, PortRange.of(0xffff, 1).last());
        assertThrows(ConfigException.class, () -> PortRange.of(0xffff, 2));
        assertThrows(ConfigException.class, () -> PortRange.of(0x10, 0));
        assertThrows(ConfigException.class, () -> PortRange.of(0xffff_ffffL, 0xffff_ffffL));
    }

    @Test
    void lineIsHighWhileAnyDriverIs() {
        IrqLine first = bus.irq(4);
        IrqLine second = bus.irq(4);
        first.set(true);
        first.set(true);
        second.set(true);
        first.set(false);
        assertTrue(levels[4]);
        second.set(false);
        second.set(false);
        assertFalse(levels[4]);
        first.set(true);
        assertTrue(levels[4]);
        assertEquals(
                1,
                Arrays.asList(levels[3], levels[4], levels[5]).stream()
                        .filter(l -> l)
                        .count());
    }
}
