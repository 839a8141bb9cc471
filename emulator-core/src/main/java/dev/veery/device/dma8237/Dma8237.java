package dev.veery.device.dma8237;

import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import java.util.Arrays;

/**
 * One 8237A: 16 registers, accessed by bytes. The first controller of a PC has them at consecutive ports (00h), the second
 * at every other port (C0h).
 */
public final class Dma8237 implements MmioHandler, Resettable {
    /** Registers; times two for the second controller's ports. */
    public static final int REGISTERS = 16;

    private static final int CHANNELS = 4;

    private static final int STATUS_COMMAND = 0x8;
    private static final int REQUEST = 0x9;
    private static final int SINGLE_MASK = 0xa;
    private static final int CLEAR_FLIP_FLOP = 0xc;
    private static final int TEMPORARY_MASTER_CLEAR = 0xd;
    private static final int CLEAR_MASK = 0xe;
    private static final int ALL_MASK = 0xf;

    /** In the request and single mask registers: set rather than clear. */
    private static final int SET_BIT = 1 << 2;

    private static final int CHANNEL_MASK = 3;
    private static final int ALL_CHANNELS = 0xf;

    private final int portShift;
    /** Address and count of each channel in turn; base and current are one without transfers. */
    private final int[] words = new int[2 * CHANNELS];

    private int mask = ALL_CHANNELS;
    private int requests;
    private boolean highByte;

    /**
     * @param wide whether the registers are two ports apart, as the second controller's are
     */
    public Dma8237(boolean wide) {
        portShift = wide ? 1 : 0;
    }

    /** As a master clear; addresses and counts are undefined then, 0 here. */
    @Override
    public void reset() {
        Arrays.fill(words, 0);
        masterClear();
    }

    private void masterClear() {
        mask = ALL_CHANNELS;
        requests = 0;
        highByte = false;
    }

    @Override
    public long read(long offset, int size) {
        int register = (int) (offset >> portShift) & 0xf;
        if (register < STATUS_COMMAND) {
            int value = highByte ? words[register] >>> 8 : words[register] & 0xff;
            highByte = !highByte;
            return value;
        }
        switch (register) {
            case STATUS_COMMAND:
                return requests << 4;
            case ALL_MASK:
                return 0xf0 | mask;
            default:
                return 0;
        }
    }

    /** Command and mode registers take effect only in transfers and cannot be read back. */
    @Override
    public void write(long offset, int size, long value) {
        int register = (int) (offset >> portShift) & 0xf;
        int v = (int) value & 0xff;
        if (register < STATUS_COMMAND) {
            words[register] = highByte ? words[register] & 0xff | v << 8 : words[register] & 0xff00 | v;
            highByte = !highByte;
            return;
        }
        switch (register) {
            case REQUEST:
                requests = withBit(requests, v);
                break;
            case SINGLE_MASK:
                mask = withBit(mask, v);
                break;
            case CLEAR_FLIP_FLOP:
                highByte = false;
                break;
            case TEMPORARY_MASTER_CLEAR:
                masterClear();
                break;
            case CLEAR_MASK:
                mask = 0;
                break;
            case ALL_MASK:
                mask = v & ALL_CHANNELS;
                break;
            default:
                break;
        }
    }

    private static int withBit(int bits, int command) {
        int bit = 1 << (command & CHANNEL_MASK);
        return (command & SET_BIT) != 0 ? bits | bit : bits & ~bit;
    }
}
