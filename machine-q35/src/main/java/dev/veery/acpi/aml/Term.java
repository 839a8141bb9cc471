package dev.veery.acpi.aml;

import java.io.ByteArrayOutputStream;

/** An encoded piece of AML: a statement, an expression or a data object. Immutable. */
public final class Term {
    private final byte[] bytes;

    Term(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The encoding, a fresh copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    int length() {
        return bytes.length;
    }

    void appendTo(ByteArrayOutputStream out) {
        out.write(bytes, 0, bytes.length);
    }
}
