package dev.veery.device.ioapic;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IoApicTest {
    private static final int LEVEL = 0x8000;
    private static final int MASKED = 0x10000;

    private final List<String> sent = new ArrayList<>();
    private final IoApic apic =
            new IoApic(0xf8, (id, address, data) -> sent.add(String.format("%x:%x:%x", id, address, data)));

    private void set(int register, int value) {
        apic.write(IoApic.IOREGSEL, 4, register);
        apic.write(IoApic.IOWIN, 4, value & 0xffffffffL);
    }

    private long get(int register) {
        apic.write(IoApic.IOREGSEL, 4, register);
        return apic.read(IoApic.IOWIN, 4);
    }

    private void entry(int pin, int high, int low) {
        set(IoApic.IOREDTBL + 2 * pin + 1, high);
        set(IoApic.IOREDTBL + 2 * pin, low);
    }

    private long low(int pin) {
        return get(IoApic.IOREDTBL + 2 * pin);
    }

    @Test
    void identifiesAs24PinsWithEoiRegister() {
        assertEquals(0x00170020, get(IoApic.IOAPICVER));
        set(IoApic.IOAPICID, -1);
        assertEquals(0x0f000000, get(IoApic.IOAPICID));
        assertEquals(MASKED, low(23));
        assertEquals(0, get(IoApic.IOREDTBL + 48));
    }

    @Test
    void edgeSendsOnceAndIsLostWhileMasked() {
        entry(4, 0x02000000, 0x0831);
        apic.line(4).set(true);
        apic.line(4).set(true);
        assertEquals(List.of("f8:fee02004:31"), sent);

        apic.line(4).set(false);
        entry(4, 0x02000000, 0x0831 | MASKED);
        apic.line(4).set(true);
        entry(4, 0x02000000, 0x0831);
        assertEquals(1, sent.size());
    }

    @Test
    void theEndOfALevelIsToldBeforeTheLevelIsOfferedAgain() {
        apic.onEnded(pin -> {
            sent.add("ended " + pin);
            apic.line(pin).set(false);
        });
        entry(16, 0x02000000, 0x0841 | LEVEL);
        apic.line(16).set(true);

        apic.endOfInterrupt(0x40);
        apic.endOfInterrupt(0x41);
        apic.endOfInterrupt(0x41);

        assertEquals(List.of("f8:fee02004:c041", "ended 16"), sent);
    }

    @Test
    void levelWaitsForItsEoiAndIsOfferedAgain() {
        entry(10, 0, 0x51 | LEVEL);
        apic.line(10).set(true);
        assertEquals(List.of("f8:fee00000:c051"), sent);
        assertEquals(0xc051, low(10));
        apic.line(10).set(false);
        apic.line(10).set(true);
        assertEquals(1, sent.size(), "remote IRR holds it back");

        apic.endOfInterrupt(0x52);
        assertEquals(1, sent.size());
        apic.endOfInterrupt(0x51);
        assertEquals(2, sent.size());
        apic.line(10).set(false);
        apic.write(IoApic.EOIR, 4, 0x51);
        assertEquals(0x8051, low(10));
        assertEquals(2, sent.size());
    }

    @Test
    void maskingPreservesRemoteIrr() {
        entry(10, 0, 0x51 | LEVEL);
        apic.line(10).set(true);
        entry(10, 0, 0x51 | LEVEL | MASKED);
        assertEquals(0x1c051, low(10));
        apic.endOfInterrupt(0x51);
        assertEquals(1, sent.size());
        entry(10, 0, 0x51 | LEVEL);
        assertEquals(2, sent.size(), "a level survives masking");
    }

    @Test
    void passageThroughEdgeModeClearsRemoteIrr() {
        entry(10, 0, 0x51 | LEVEL);
        apic.line(10).set(true);
        set(IoApic.IOREDTBL + 20, 0x51 | MASKED);
        set(IoApic.IOREDTBL + 20, 0x51 | LEVEL);
        assertEquals(2, sent.size());
    }

    @Test
    void remappableEntryBecomesRemappableMessage() {
        // VT-d 5.1.5.1: index 5 in 63:49, format in 48, index bit 15 in bit 11.
        entry(2, 5 << 17 | 1 << 16, 0x30);
        apic.line(2).pulse();
        assertEquals(List.of("f8:fee000b0:30"), sent);
    }

    @Test
    void narrowAccessesToTheDataWindowDoNothing() {
        apic.write(IoApic.IOREGSEL, 4, IoApic.IOREDTBL);
        apic.write(IoApic.IOWIN, 1, 0x44);
        assertEquals(MASKED, low(0));
        assertEquals(0, apic.read(IoApic.IOWIN, 2));
    }
}
