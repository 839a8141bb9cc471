package dev.veery.cpu.mmu;

import dev.veery.cpu.state.CpuState;

/**
 * Data breakpoints of DR0 to DR3 (SDM vol. 3, section 17.2). A hit is recorded in DR6 and reported after the instruction. Those
 * of a debugger on the host, {@link dev.veery.cpu.state.HostDebug}, hear of the same accesses.
 */
final class WatchPoints {
    private static final int RW_WRITE = 1;
    private static final int RW_ACCESS = 3;

    private final CpuState s;
    private boolean active;

    WatchPoints(CpuState s) {
        this.s = s;
    }

    /** Whether any data breakpoint is enabled. */
    boolean active() {
        return active;
    }

    /** DR7 changed, or what the debugger wants. */
    void update() {
        active = s.hostDebug.watching();
        for (int n = 0; n < 4; n++) {
            int kind = (int) (s.dr7 >>> 16 + 4 * n) & 3;
            if ((s.dr7 >>> 2 * n & 3) != 0 && (kind == RW_WRITE || kind == RW_ACCESS)) {
                active = true;
            }
        }
    }

    /** Records the breakpoints that an access touches in {@link CpuState#pendingDebug}. */
    void access(long linear, int size, boolean write) {
        if (s.hostDebug.watching()) {
            s.hostDebug.access(linear, size, write);
        }
        for (int n = 0; n < 4; n++) {
            int control = (int) (s.dr7 >>> 16 + 4 * n) & 15;
            int kind = control & 3;
            boolean wanted = kind == RW_ACCESS || kind == RW_WRITE && write;
            if ((s.dr7 >>> 2 * n & 3) == 0 || !wanted) {
                continue;
            }
            // LEN: 1, 2, 8, 4 bytes.
            int length = (control >> 2) == 2 ? 8 : (control >> 2) + 1;
            long start = s.dr[n] & -length;
            if (linear < start + length && start < linear + size) {
                s.pendingDebug |= 1 << n;
            }
        }
    }
}
