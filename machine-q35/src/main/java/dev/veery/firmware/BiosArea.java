package dev.veery.firmware;

import dev.veery.memory.AddressSpace;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a BIOS leaves in the first megabyte: interrupt vectors that return, the BIOS data area, the extended one, and the
 * few bytes of the F000 segment that programs look at. There are no BIOS services.
 */
public final class BiosArea {
    private static final long BDA = 0x400;
    private static final long BDA_COM_PORTS = BDA;
    private static final long BDA_EBDA_SEGMENT = BDA + 0x0e;
    private static final long BDA_EQUIPMENT = BDA + 0x10;
    private static final long BDA_MEMORY_KIB = BDA + 0x13;
    private static final long BDA_KEYBOARD_HEAD = BDA + 0x1a;
    private static final long BDA_KEYBOARD_TAIL = BDA + 0x1c;
    private static final long BDA_KEYBOARD_START = BDA + 0x80;
    private static final long BDA_KEYBOARD_END = BDA + 0x82;
    private static final int KEYBOARD_BUFFER = 0x1e;
    private static final int KEYBOARD_BUFFER_END = 0x3e;

    /** Equipment word: a floating-point unit, a PS/2 mouse; the number of serial ports from bit 9. */
    private static final int EQUIPMENT = 1 << 1 | 1 << 2;

    private static final int MAX_COM_PORTS = 4;
    private static final int VECTORS = 256;

    /** Where every BIOS since the PC has had an IRET: F000:FF53. */
    private static final long IRET_ADDRESS = 0xf_ff53L;

    private static final int IRET_VECTOR = 0xf000_ff53;
    private static final int IRET = 0xcf;
    /** F000:FFF5: the BIOS date, eight characters; then a model byte that says PC/AT. */
    private static final long DATE_ADDRESS = 0xf_fff5L;

    private static final long MODEL_ADDRESS = 0xf_fffeL;
    private static final int MODEL_AT = 0xfc;

    private BiosArea() {}

    /**
     * Writes it.
     *
     * @param ebda physical address of the extended BIOS data area: the end of conventional memory, 1 KiB long
     * @param comPorts I/O bases of the serial ports
     */
    public static void write(AddressSpace memory, long ebda, List<Integer> comPorts) {
        for (int vector = 0; vector < VECTORS; vector++) {
            memory.write(4L * vector, 4, IRET_VECTOR);
        }
        memory.write(IRET_ADDRESS, 1, IRET);
        int ports = Math.min(comPorts.size(), MAX_COM_PORTS);
        for (int i = 0; i < ports; i++) {
            memory.write(BDA_COM_PORTS + 2L * i, 2, comPorts.get(i));
        }
        memory.write(BDA_EBDA_SEGMENT, 2, ebda >>> 4);
        memory.write(BDA_EQUIPMENT, 2, EQUIPMENT | ports << 9);
        memory.write(BDA_MEMORY_KIB, 2, ebda >>> 10);
        memory.write(BDA_KEYBOARD_HEAD, 2, KEYBOARD_BUFFER);
        memory.write(BDA_KEYBOARD_TAIL, 2, KEYBOARD_BUFFER);
        memory.write(BDA_KEYBOARD_START, 2, KEYBOARD_BUFFER);
        memory.write(BDA_KEYBOARD_END, 2, KEYBOARD_BUFFER_END);
        // Its own size in KiB is the first byte of the extended area.
        memory.write(ebda, 1, 1);
        memory.write(DATE_ADDRESS, "01/01/26".getBytes(StandardCharsets.US_ASCII));
        memory.write(MODEL_ADDRESS, 1, MODEL_AT);
    }
}
