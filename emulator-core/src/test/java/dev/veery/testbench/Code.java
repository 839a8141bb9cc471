package dev.veery.testbench;

import java.io.ByteArrayOutputStream;

/** Guest code in the making: bytes, little-endian immediates, and the instructions every test needs. */
public final class Code {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Starts with {@code bytes}. */
    public static Code of(int... bytes) {
        return new Code().b(bytes);
    }

    /** Raw bytes. */
    public Code b(int... bytes) {
        for (int x : bytes) {
            out.write(x);
        }
        return this;
    }

    /** A 16-bit immediate. */
    public Code w(int value) {
        return b(value & 0xff, value >> 8 & 0xff);
    }

    /** A 32-bit immediate. */
    public Code d(long value) {
        return w((int) value & 0xffff).w((int) (value >>> 16) & 0xffff);
    }

    /** A 64-bit immediate. */
    public Code q(long value) {
        return d(value).d(value >>> 32);
    }

    /** MOV r32, imm32 in 32-bit and 64-bit code; registers 0 (EAX) to 7 (EDI). */
    public Code mov(int reg, long value) {
        return b(0xb8 + reg).d(value);
    }

    /** OUT imm8, AL: ends the run with what AL holds. */
    public Code exit() {
        return b(0xe6, TestMachine.EXIT);
    }

    /** MOV AL, imm8; OUT: ends the run with {@code value}. */
    public Code exit(int value) {
        return b(0xb0, value).exit();
    }

    /** OUT imm8, AL: tells the test thread that the guest got here, and goes on. */
    public Code ready() {
        return b(0xe6, TestMachine.READY);
    }

    /** Other code. */
    public Code append(Code other) {
        out.writeBytes(other.bytes());
        return this;
    }

    /** Bytes so far. */
    public int length() {
        return out.size();
    }

    /** NOPs up to {@code length}. */
    public Code fill(int length) {
        while (out.size() < length) {
            out.write(0x90);
        }
        return this;
    }

    /** The bytes. */
    public byte[] bytes() {
        return out.toByteArray();
    }
}
