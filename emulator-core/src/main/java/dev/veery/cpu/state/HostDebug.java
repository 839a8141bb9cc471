package dev.veery.cpu.state;

/**
 * What a debugger on the host wants to hear of a software processor, beside the guest's debug registers: up to four places,
 * single steps, INT3.
 */
public final class HostDebug {
    /** What a place waits for: that an instruction begins there. */
    public static final int EXECUTE = 0;

    /** A store, in the encoding of DR7.R/W. */
    public static final int WRITE = 1;

    /** A load or store, in the encoding of DR7.R/W. */
    public static final int ACCESS = 3;

    private static final int PLACES = 4;

    private final int[] kinds = new int[PLACES];
    private final long[] addresses = new long[PLACES];
    private final int[] lengths = new int[PLACES];
    private int count;
    private boolean stepping;
    private boolean int3;
    private boolean data;
    private int touched = -1;
    private boolean int3Met;
    private boolean executeMet;

    /** Forgets all places. */
    public void clear() {
        count = 0;
        stepping = false;
        int3 = false;
        data = false;
        forget();
    }

    /** Forgets what was met. */
    public void forget() {
        touched = -1;
        int3Met = false;
        executeMet = false;
    }

    /** Wants single steps, and INT3 in place of #BP. */
    public void want(boolean singleStep, boolean breakpoints) {
        stepping = singleStep;
        int3 = breakpoints;
    }

    /** One more place: {@link #EXECUTE}, {@link #WRITE} or {@link #ACCESS}. */
    public void add(int kind, long address, int length) {
        kinds[count] = kind;
        addresses[count] = address;
        lengths[count] = length;
        count++;
        data |= kind != EXECUTE;
    }

    /** Whether the processor has to go instruction by instruction. */
    public boolean instructionwise() {
        return stepping || count != 0;
    }

    /** Whether to stop after each instruction. */
    public boolean stepping() {
        return stepping;
    }

    /** Whether loads and stores are watched. */
    public boolean watching() {
        return data;
    }

    /** Whether INT3 is the debugger's. */
    public boolean takesInt3() {
        return int3;
    }

    /** An INT3 was met. */
    public void meetInt3() {
        int3Met = true;
    }

    /** Whether an INT3 was met. */
    public boolean int3Met() {
        return int3Met;
    }

    /** Whether an instruction that begins at {@code linear} is waited for, which is noted. */
    public boolean meet(long linear) {
        for (int n = 0; n < count; n++) {
            executeMet |= kinds[n] == EXECUTE && addresses[n] == linear;
        }
        return executeMet;
    }

    /** Whether the next instruction was waited for. */
    public boolean executeMet() {
        return executeMet;
    }

    /** Notes a load or store. */
    public void access(long linear, int size, boolean write) {
        for (int n = 0; n < count; n++) {
            boolean wanted = kinds[n] == ACCESS || kinds[n] == WRITE && write;
            if (wanted && linear < addresses[n] + lengths[n] && addresses[n] < linear + size) {
                touched = n;
            }
        }
    }

    /** Whether a watched place was touched. */
    public boolean dataMet() {
        return touched >= 0;
    }

    /** The watched address that was touched. */
    public long touched() {
        return addresses[touched];
    }
}
