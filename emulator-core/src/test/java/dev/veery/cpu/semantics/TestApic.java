package dev.veery.cpu.semantics;

import dev.veery.irq.LocalApic;

/** A local APIC that remembers what it was told. */
final class TestApic implements LocalApic {
    long base = 0xfee0_0900L;
    boolean rejectBase;
    int cr8;
    long deadline;
    boolean x2apic;
    long lastWritten;

    @Override
    public boolean hasInterrupt() {
        return false;
    }

    @Override
    public int pendingVector() {
        return -1;
    }

    @Override
    public int acknowledge() {
        return -1;
    }

    @Override
    public int cr8() {
        return cr8;
    }

    @Override
    public void setCr8(int value) {
        cr8 = value;
    }

    @Override
    public long base() {
        return base;
    }

    @Override
    public boolean setBase(long value) {
        if (rejectBase) {
            return false;
        }
        base = value;
        return true;
    }

    @Override
    public long tscDeadline() {
        return deadline;
    }

    @Override
    public void setTscDeadline(long ticks) {
        deadline = ticks;
    }

    @Override
    public boolean x2apic() {
        return x2apic;
    }

    @Override
    public boolean msrReadable(int msr) {
        return msr == 0x802;
    }

    @Override
    public long readMsr(int msr) {
        return 7;
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        lastWritten = value;
        return msr == 0x808;
    }

    @Override
    public void init() {}
}
