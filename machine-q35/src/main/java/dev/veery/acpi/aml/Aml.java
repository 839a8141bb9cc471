package dev.veery.acpi.aml;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Builds AML terms. Each method names the ASL operator it stands for; a path is written as in ASL ({@code \_SB.PCI0},
 * {@code ^FOO}), segments shorter than four characters are padded.
 */
public final class Aml {
    /** ACPI 19.6.100 OperationRegion address spaces. */
    public static final int SYSTEM_IO = 1;

    /** PCI configuration space of the enclosing device. */
    public static final int PCI_CONFIG = 2;

    private static final int EXT_PREFIX = 0x5b;
    /** Field flags: access of 4 bytes, no lock, untouched bits are written as zeros. */
    private static final int DWORD_ACC_ZEROS = 3 | 2 << 5;

    /** As long as it takes. */
    private static final int FOREVER = 0xffff;

    /** Field flags: byte access, no lock, preserve untouched bits. */
    private static final int BYTE_ACC_PRESERVE = 1;

    private static final int SERIALIZED = 1 << 3;

    private Aml() {}

    /** A reference to the object at {@code path}; also the target of a store. */
    public static Term ref(String path) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Encoding.name(out, path);
        return new Term(out.toByteArray());
    }

    /** An unsigned integer. */
    public static Term integer(long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Encoding.integer(out, value);
        return new Term(out.toByteArray());
    }

    /** An ASCII string. */
    public static Term string(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0x0d);
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        out.write(0);
        return new Term(out.toByteArray());
    }

    /** EISAID: three letters and four hexadecimal digits, compressed as ACPI 19.3.4 says. */
    public static Term eisaId(String id) {
        if (!id.matches("[A-Z]{3}[0-9A-F]{4}")) {
            throw new IllegalArgumentException("not an EISA id: " + id);
        }
        int letters = (id.charAt(0) - '@') << 10 | (id.charAt(1) - '@') << 5 | id.charAt(2) - '@';
        int compressed = letters << 16 | Integer.parseInt(id.substring(3), 16);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0x0c);
        Encoding.little(out, Integer.toUnsignedLong(Integer.reverseBytes(compressed)), 4);
        return new Term(out.toByteArray());
    }

    /** Buffer with these contents. */
    public static Term buffer(byte... contents) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        Encoding.integer(body, contents.length);
        body.writeBytes(contents);
        return packaged(body.toByteArray(), 0x11);
    }

    /** ToUUID: the sixteen bytes with the first three groups little-endian. */
    public static Term uuid(String text) {
        String hex = text.replace("-", "");
        int[] order = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
        byte[] bytes = new byte[16];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex.substring(2 * order[i], 2 * order[i] + 2), 16);
        }
        return buffer(bytes);
    }

    /** Package of at most 255 elements. */
    public static Term pkg(Term... elements) {
        if (elements.length > 255) {
            throw new IllegalArgumentException("more than 255 elements need VarPackage");
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(elements.length);
        append(body, elements);
        return packaged(body.toByteArray(), 0x12);
    }

    /** Scope. */
    public static Term scope(String path, Term... body) {
        return named(path, body, 0x10);
    }

    /** Device. */
    public static Term device(String name, Term... body) {
        return named(name, body, EXT_PREFIX, 0x82);
    }

    /** Name: a named data object. */
    public static Term name(String name, Term value) {
        return op(0x08, ref(name), value);
    }

    /** Method with up to seven arguments that threads may run at the same time. */
    public static Term method(String name, int args, Term... body) {
        return method(name, args, 0, body);
    }

    /** Method that creates named objects, and so must not run twice at a time. */
    public static Term serializedMethod(String name, int args, Term... body) {
        return method(name, args, SERIALIZED, body);
    }

    private static Term method(String name, int args, int flags, Term... body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Encoding.name(out, name);
        out.write(args | flags);
        append(out, body);
        return packaged(out.toByteArray(), 0x14);
    }

    /** OperationRegion of constant bounds. */
    public static Term opRegion(String name, int space, long offset, long length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(EXT_PREFIX);
        out.write(0x80);
        Encoding.name(out, name);
        out.write(space);
        Encoding.integer(out, offset);
        Encoding.integer(out, length);
        return new Term(out.toByteArray());
    }

    /**
     * Field over {@code region}, byte accesses, no lock, other bits preserved.
     *
     * @param units from {@link #unit} and {@link #gap}, in order
     */
    public static Term field(String region, Term... units) {
        return field(region, BYTE_ACC_PRESERVE, units);
    }

    /** As {@link #field}, in accesses of four bytes whose other bits are zeros. */
    public static Term dwordField(String region, Term... units) {
        return field(region, DWORD_ACC_ZEROS, units);
    }

    private static Term field(String region, int flags, Term... units) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Encoding.name(out, region);
        out.write(flags);
        append(out, units);
        return packaged(out.toByteArray(), EXT_PREFIX, 0x81);
    }

    /** A named element of a field. */
    public static Term unit(String name, int bits) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Encoding.segment(out, name);
        Encoding.fieldWidth(out, bits);
        return new Term(out.toByteArray());
    }

    /** Skips bits of a field. */
    public static Term gap(int bits) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(0);
        Encoding.fieldWidth(out, bits);
        return new Term(out.toByteArray());
    }

    /** Arg0 to Arg6. */
    public static Term arg(int n) {
        return new Term(new byte[] {(byte) (0x68 + n)});
    }

    /** Local0 to Local7. */
    public static Term local(int n) {
        return new Term(new byte[] {(byte) (0x60 + n)});
    }

    /** Calls the method at {@code path}. */
    public static Term call(String path, Term... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Encoding.name(out, path);
        append(out, args);
        return new Term(out.toByteArray());
    }

    /** Mutex of sync level 0. */
    public static Term mutex(String name) {
        return extended(0x01, ref(name), new byte[] {0});
    }

    /** Acquire, waiting as long as it takes. */
    public static Term acquire(Term mutex) {
        return extended(0x23, mutex, new byte[] {(byte) FOREVER, (byte) (FOREVER >> 8)});
    }

    /** Release. */
    public static Term release(Term mutex) {
        return extended(0x27, mutex, new byte[0]);
    }

    private static Term extended(int opcode, Term operand, byte[] rest) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(EXT_PREFIX);
        out.write(opcode);
        operand.appendTo(out);
        out.writeBytes(rest);
        return new Term(out.toByteArray());
    }

    /** Notify. */
    public static Term notify(Term device, Term value) {
        return op(0x86, device, value);
    }

    /** ShiftLeft. */
    public static Term shiftLeft(Term value, Term bits) {
        return op(0x79, value, bits, ref(""));
    }

    /** Store. */
    public static Term store(Term value, Term target) {
        return op(0x70, value, target);
    }

    /** And, stored into {@code target}. */
    public static Term and(Term a, Term b, Term target) {
        return op(0x7b, a, b, target);
    }

    /** And. */
    public static Term and(Term a, Term b) {
        return and(a, b, ref(""));
    }

    /** Or, stored into {@code target}. */
    public static Term or(Term a, Term b, Term target) {
        return op(0x7d, a, b, target);
    }

    /** Or. */
    public static Term or(Term a, Term b) {
        return or(a, b, ref(""));
    }

    /** LEqual. */
    public static Term equal(Term a, Term b) {
        return op(0x93, a, b);
    }

    /** LNot. */
    public static Term not(Term a) {
        return op(0x92, a);
    }

    /** LLess. */
    public static Term less(Term a, Term b) {
        return op(0x95, a, b);
    }

    /** If. */
    public static Term when(Term condition, Term... body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        condition.appendTo(out);
        append(out, body);
        return packaged(out.toByteArray(), 0xa0);
    }

    /** Else: follows {@link #when} directly. */
    public static Term otherwise(Term... body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        append(out, body);
        return packaged(out.toByteArray(), 0xa1);
    }

    /** Return. */
    public static Term ret(Term value) {
        return op(0xa4, value);
    }

    /** CreateDWordField: names four bytes of a buffer. */
    public static Term createDwordField(Term buffer, long byteIndex, String name) {
        return op(0x8a, buffer, integer(byteIndex), ref(name));
    }

    /** Several terms as one. */
    public static Term sequence(Term... terms) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        append(out, terms);
        return new Term(out.toByteArray());
    }

    private static Term op(int opcode, Term... operands) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(opcode);
        append(out, operands);
        return new Term(out.toByteArray());
    }

    private static Term named(String path, Term[] body, int... opcode) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Encoding.name(out, path);
        append(out, body);
        return packaged(out.toByteArray(), opcode);
    }

    private static Term packaged(byte[] body, int... opcode) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int part : opcode) {
            out.write(part);
        }
        Encoding.pkgLength(out, body.length);
        out.writeBytes(body);
        return new Term(out.toByteArray());
    }

    private static void append(ByteArrayOutputStream out, Term... terms) {
        for (Term term : terms) {
            term.appendTo(out);
        }
    }
}
