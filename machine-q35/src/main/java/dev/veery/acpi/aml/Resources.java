package dev.veery.acpi.aml;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** A ResourceTemplate under construction (ACPI 6.4); descriptors appear in the order of the calls. */
public final class Resources {
    private static final int TYPE_MEMORY = 0;
    private static final int TYPE_IO = 1;
    private static final int TYPE_BUS = 2;
    /** General flags: minimum and maximum fixed, positive decode, producer. */
    private static final int FIXED_WINDOW = 0xc;
    /** Memory flags: read-write, not cacheable. */
    private static final int READ_WRITE = 1;
    /** I/O flags: the whole range is both ISA and non-ISA. */
    private static final int ENTIRE_RANGE = 3;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** IO: {@code length} ports from {@code base}, 16-bit decode, fixed. */
    public Resources io(int base, int length) {
        out.write(0x47);
        out.write(1);
        Encoding.little(out, base, 2);
        Encoding.little(out, base, 2);
        out.write(1);
        out.write(length);
        return this;
    }

    /** IRQNoFlags: an edge-triggered, active-high ISA interrupt. */
    public Resources isaIrq(int irq) {
        out.write(0x22);
        Encoding.little(out, 1L << irq, 2);
        return this;
    }

    /** Interrupt: level-triggered, active-high, shared; one of {@code gsis}. */
    public Resources levelInterrupt(int... gsis) {
        out.write(0x89);
        Encoding.little(out, 2 + 4L * gsis.length, 2);
        // Consumer, level, active high, shared.
        out.write(1 | 1 << 3);
        out.write(gsis.length);
        for (int gsi : gsis) {
            Encoding.little(out, gsi, 4);
        }
        return this;
    }

    /** Memory32Fixed. */
    public Resources memory32(long base, long length, boolean writable) {
        out.write(0x86);
        Encoding.little(out, 9, 2);
        out.write(writable ? 1 : 0);
        Encoding.little(out, base, 4);
        Encoding.little(out, length, 4);
        return this;
    }

    /** WordBusNumber window. */
    public Resources buses(int first, int last) {
        window(0x88, 2, TYPE_BUS, 0, first, last);
        return this;
    }

    /** WordIO window. */
    public Resources ioWindow(int first, int last) {
        window(0x88, 2, TYPE_IO, ENTIRE_RANGE, first, last);
        return this;
    }

    /** DWordMemory window, not cacheable. */
    public Resources memoryWindow32(long first, long last) {
        window(0x87, 4, TYPE_MEMORY, READ_WRITE, first, last);
        return this;
    }

    /** QWordMemory window, not cacheable. */
    public Resources memoryWindow64(long first, long last) {
        window(0x8a, 8, TYPE_MEMORY, READ_WRITE, first, last);
        return this;
    }

    private void window(int tag, int width, int type, int typeFlags, long first, long last) {
        out.write(tag);
        Encoding.little(out, 3 + 5L * width, 2);
        out.write(type);
        out.write(FIXED_WINDOW);
        out.write(typeFlags);
        Encoding.little(out, 0, width);
        Encoding.little(out, first, width);
        Encoding.little(out, last, width);
        Encoding.little(out, 0, width);
        Encoding.little(out, last - first + 1, width);
    }

    /** The finished template with its end tag. */
    public Term build() {
        byte[] descriptors = out.toByteArray();
        byte[] all = Arrays.copyOf(descriptors, descriptors.length + 2);
        // End tag with checksum 0: the operating system treats it as always right.
        all[descriptors.length] = 0x79;
        return Aml.buffer(all);
    }
}
