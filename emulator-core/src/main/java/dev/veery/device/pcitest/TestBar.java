package dev.veery.device.pcitest;

import dev.veery.memory.Doorbell;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.register.RegisterBank;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One BAR: the header of the selected test, and the byte that the test writes. */
final class TestBar implements MmioHandler, Resettable {
    /** Write-only: selects a test and clears its count. */
    static final int TEST = 0;

    /** Width of the test's writes, in bytes; 0 when there is no such test. */
    static final int WIDTH = 1;

    static final int OFFSET = 4;
    static final int DATA = 8;
    static final int COUNT = 12;
    static final int NAME = 16;

    private static final String[] TESTS = {"no-eventfd", "wildcard-eventfd", "datamatch-eventfd"};
    private static final int WILDCARD = 1;
    private static final int DATAMATCH = 2;
    private static final int BYTE_WIDTH = 1;
    private static final int DATA_VALUE = 0xfa;

    private final String prefix;
    private final int size;
    private final RegisterBank header;
    private int selected = -1;

    /**
     * Makes a BAR.
     *
     * @param size of which the second half is for the tests' writes
     */
    TestBar(String prefix, int size) {
        this.prefix = prefix;
        this.size = size;
        header = new RegisterBank(size / 2);
    }

    @Override
    public void reset() {
        selected = -1;
        header.reset();
    }

    @Override
    public long read(long offset, int bytes) {
        return offset < header.size() ? header.read((int) offset, bytes) : 0;
    }

    @Override
    public void write(long offset, int bytes, long value) {
        if (offset == TEST) {
            select((int) value & 0xff);
        } else if (selected >= 0 && offset == place(selected) && bytes == BYTE_WIDTH && value == DATA_VALUE) {
            header.set(COUNT, 4, header.get(COUNT, 4) + 1);
        }
    }

    /** The places of the tests of what a write costs that the host's kernel takes; as in QEMU, those are not counted. */
    List<Doorbell> doorbells() {
        return List.of(
                new Doorbell(place(WILDCARD), BYTE_WIDTH, false, 0, Doorbell.UNHEARD),
                new Doorbell(place(DATAMATCH), BYTE_WIDTH, true, DATA_VALUE, Doorbell.UNHEARD));
    }

    private int place(int test) {
        return size / 2 + test * BYTE_WIDTH;
    }

    private void select(int test) {
        header.reset();
        selected = test < TESTS.length ? test : -1;
        if (selected < 0) {
            return;
        }
        header.set(WIDTH, 1, BYTE_WIDTH);
        header.set(OFFSET, 4, place(test));
        header.set(DATA, 4, DATA_VALUE);
        byte[] name = (prefix + "-" + TESTS[test]).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < name.length; i++) {
            header.set(NAME + i, 1, name[i]);
        }
    }
}
