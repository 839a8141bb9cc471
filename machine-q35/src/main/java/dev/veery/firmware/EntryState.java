package dev.veery.firmware;

import java.util.List;

/**
 * The registers a kernel is entered with. What is not named here is as after a reset; interrupts are off.
 *
 * @param cr0 control register 0
 * @param eip instruction pointer
 * @param eax accumulator
 * @param ebx base register
 * @param esi source index: the boot parameters of Linux
 * @param esp stack pointer
 * @param gdtBase linear address of the global descriptor table, which is in memory
 * @param gdtLimit its limit in bytes
 * @param segments ES, CS, SS, DS, FS, GS, in this order
 * @param tr the task register
 */
public record EntryState(
        long cr0,
        long eip,
        long eax,
        long ebx,
        long esi,
        long esp,
        long gdtBase,
        int gdtLimit,
        List<Segment> segments,
        Segment tr) {
    /** CR0.PE and CR0.ET: protected mode without paging. */
    public static final long CR0_PROTECTED = 0x11;

    /** Takes a copy of the list. */
    public EntryState {
        segments = List.copyOf(segments);
    }

    /**
     * A segment register with its hidden part.
     *
     * @param selector visible part
     * @param base linear address
     * @param limit in bytes, granularity applied
     * @param attributes descriptor bits 40 to 47 as bits 0 to 7, and 52 to 55 as 12 to 15
     */
    public record Segment(int selector, long base, long limit, int attributes) {}

    /** 32-bit protected mode with flat segments of ring 0, in the table that {@link BootGdt} writes. */
    static EntryState flat32(long eip, long eax, long ebx, long esi, long esp, int codeSelector) {
        Segment code = new Segment(codeSelector, 0, 0xffff_ffffL, BootGdt.CODE_ATTRIBUTES);
        Segment data = new Segment(BootGdt.DATA, 0, 0xffff_ffffL, BootGdt.DATA_ATTRIBUTES);
        Segment task = new Segment(BootGdt.TASK, 0, BootGdt.TASK_LIMIT, BootGdt.TASK_ATTRIBUTES);
        return new EntryState(
                CR0_PROTECTED,
                eip,
                eax,
                ebx,
                esi,
                esp,
                BootGdt.ADDRESS,
                BootGdt.LIMIT,
                List.of(data, code, data, data, data, data),
                task);
    }
}
