package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;

/** Who may use which I/O port (SDM vol. 1, section 19.5). */
public final class IoPermission {
    /** Offset of the I/O map base in a 32-bit or 64-bit TSS. */
    static final int MAP_BASE = 0x66;

    private IoPermission() {}

    /** #GP(0) unless the program may access {@code size} bytes of ports from {@code port}. */
    public static void check(CpuState s, Mmu m, int port, int size) {
        if ((s.cr0 & Cr.CR0_PE) == 0) {
            return;
        }
        int iopl = s.rflags >> Cr.IOPL_SHIFT & 3;
        if (!s.vm86() && s.cpl <= iopl) {
            return;
        }
        if (!hasMap(s)) {
            throw s.gp0();
        }
        long map = m.loadSystem(s.tr.base() + MAP_BASE, 2);
        long at = map + (port >> 3);
        // Two bytes are read whatever the size, so the map ends in a byte of ones.
        if (at + 1 > s.tr.limit) {
            throw s.gp0();
        }
        long bits = m.loadSystem(s.tr.base() + at, 2) >>> (port & 7);
        if ((bits & (1 << size) - 1) != 0) {
            throw s.gp0();
        }
    }

    /** Whether the task has a TSS with an I/O map base at all: not a 16-bit one, and long enough. */
    static boolean hasMap(CpuState s) {
        int type = s.tr.attributes & Seg.TYPE;
        return s.tr.usable() && (type | Descriptor.BUSY) == Descriptor.TSS32_BUSY && s.tr.limit >= MAP_BASE + 1;
    }
}
