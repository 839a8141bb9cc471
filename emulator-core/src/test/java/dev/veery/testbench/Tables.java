package dev.veery.testbench;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/**
 * Descriptor tables, paging structures and handlers in guest memory, and the registers that make a mode of them. All of
 * guest memory below 4 MiB is mapped to itself by 4 KiB pages that user mode may write, the rest of RAM by large pages.
 *
 * <p>The handler of vector n is at {@link #HANDLERS} plus 16 n and ends the run with everything as delivery left it.
 */
public final class Tables {
    public static final long GDT = 0x1000;
    public static final long IDT = 0x2000;
    public static final long TSS = 0x3000;
    /** A second TSS, for task switches. */
    public static final long TSS2 = 0x3800;

    public static final long HANDLERS = 0x4000;
    public static final long STACK = 0x8000;
    /** What the TSS gives for privilege level 0. */
    public static final long STACK0 = 0x9000;
    /** What the TSS gives for IST 1. */
    public static final long IST1 = 0xa000;

    public static final long USER_STACK = 0xb000;
    public static final long CODE = 0x10000;
    public static final long DATA = 0x20000;
    public static final long PML4 = 0x100000;
    public static final long PDPT = 0x101000;
    public static final long PD = 0x102000;
    /** Two page tables of 512 entries that follow each other: 0 to 4 MiB. */
    public static final long PT = 0x104000;

    public static final long PD32 = 0x110000;
    public static final long PT32 = 0x111000;
    public static final long PAE_PDPT = 0x112000;

    public static final int CS32 = 0x08;
    public static final int DS = 0x10;
    public static final int CS64 = 0x18;
    public static final int USER_CS32 = 0x23;
    public static final int USER_DS = 0x2b;
    public static final int USER_CS64 = 0x33;
    public static final int CS16 = 0x38;
    public static final int DS16 = 0x40;
    public static final int TR = 0x48;
    public static final int TR2 = 0x58;
    /** First of the descriptors that tests fill themselves. */
    public static final int FREE = 0x60;

    /** Present, writable, user. */
    public static final long PWU = 7;

    public static final long LARGE = 1 << 7;
    public static final long GLOBAL = 1 << 8;
    public static final long NX = 1L << 63;

    private static final int STUB = 16;

    private Tables() {}

    /** Which handler the processor is in, or -1. */
    static int vectorAt(CpuState s) {
        long linear = s.code64() ? s.rip : s.seg[Seg.CS].base() + s.rip;
        long at = linear - HANDLERS;
        return at >= 0 && at < 256 * STUB && at % STUB == 2 ? (int) at / STUB : -1;
    }

    private static void handlers(TestMachine t) {
        for (int v = 0; v < 256; v++) {
            t.load(HANDLERS + v * STUB, Code.of(0xe6, TestMachine.HANDLER, 0xf4, 0xeb, 0xfd));
        }
    }

    /** Real mode, code, data and stack segments at 0, the interrupt table leading to the handlers, IF clear. */
    public static void real(TestMachine t) {
        handlers(t);
        for (int v = 0; v < 256; v++) {
            t.poke32(4L * v, HANDLERS + v * STUB);
        }
        CpuState s = t.s;
        s.cr0 = Cr.CR0_ET;
        s.cr4 = 0;
        s.efer = 0;
        s.cpl = 0;
        s.setFlags(0);
        for (Seg g : s.seg) {
            g.set(0, 0, 0xffff, Seg.P | Seg.S | Seg.TYPE_RW | Seg.TYPE_ACCESSED);
        }
        s.idtBase = 0;
        s.idtLimit = 0x3ff;
        s.setGpr(CpuState.RSP, 0x8000);
        s.updateMode();
    }

    /** Flat 32-bit protected mode at level 0 without paging. */
    public static void protected32(TestMachine t) {
        tables(t, false);
        CpuState s = t.s;
        s.cr0 = Cr.CR0_ET | Cr.CR0_PE | Cr.CR0_NE;
        s.cr4 = Cr.CR4_OSFXSR | Cr.CR4_OSXMMEXCPT;
        s.efer = 0;
        enter(t, CS32, DS);
    }

    /** Flat 32-bit protected mode with 32-bit paging. */
    public static void paged32(TestMachine t) {
        protected32(t);
        t.poke32(PD32, PT32 | PWU);
        for (int i = 0; i < 1024; i++) {
            t.poke32(PT32 + 4L * i, (long) i << 12 | PWU);
        }
        for (int i = 1; i < 1024; i++) {
            t.poke32(PD32 + 4L * i, (long) i << 22 | PWU | LARGE);
        }
        CpuState s = t.s;
        s.cr3 = PD32;
        s.cr4 |= Cr.CR4_PSE | Cr.CR4_PGE;
        s.cr0 |= Cr.CR0_PG | Cr.CR0_WP;
    }

    /** Flat 32-bit protected mode with PAE paging. */
    public static void pae(TestMachine t) {
        protected32(t);
        pageTables(t);
        for (int i = 0; i < 4; i++) {
            t.poke(PAE_PDPT + 8L * i, 0);
        }
        t.poke(PAE_PDPT, PD | 1);
        t.poke(PAE_PDPT + 24, 0x103000 | 1);
        CpuState s = t.s;
        s.cr3 = PAE_PDPT;
        s.cr4 |= Cr.CR4_PAE | Cr.CR4_PGE;
        s.efer = Cr.EFER_NXE;
        s.cr0 |= Cr.CR0_PG | Cr.CR0_WP;
    }

    /** 64-bit mode at level 0. */
    public static void long64(TestMachine t) {
        tables(t, true);
        pageTables(t);
        t.poke(PML4, PDPT | PWU);
        t.poke(PML4 + 8 * 511, PDPT | PWU);
        t.poke(PDPT, PD | PWU);
        t.poke(PDPT + 24, 0x103000 | PWU);
        t.poke(PDPT + 32, TestMachine.HIGH_RAM | PWU | LARGE);
        CpuState s = t.s;
        s.cr0 = Cr.CR0_ET | Cr.CR0_PE | Cr.CR0_NE | Cr.CR0_PG | Cr.CR0_WP;
        s.cr3 = PML4;
        s.cr4 = Cr.CR4_PAE | Cr.CR4_PGE | Cr.CR4_OSFXSR | Cr.CR4_OSXMMEXCPT;
        s.efer = Cr.EFER_LME | Cr.EFER_LMA | Cr.EFER_NXE | Cr.EFER_SCE;
        enter(t, CS64, DS);
    }

    /** Compatibility mode: 32-bit code under 4-level paging. */
    public static void compatibility(TestMachine t) {
        long64(t);
        enter(t, CS32, DS);
    }

    /** Continues at level 3 of the mode that is set up, on the user stack. */
    public static void user(TestMachine t) {
        boolean wide = t.s.code64();
        enter(t, wide ? USER_CS64 : USER_CS32, USER_DS);
        t.s.setGpr(CpuState.RSP, USER_STACK);
        t.s.cpl = 3;
        t.s.updateMode();
    }

    private static void enter(TestMachine t, int cs, int data) {
        CpuState s = t.s;
        s.cpl = 0;
        s.setFlags(0);
        for (int g = 0; g < 6; g++) {
            load(t, s.seg[g], g == Seg.CS ? cs : data);
        }
        s.setGpr(CpuState.RSP, STACK);
        s.updateMode();
    }

    /** Loads a segment register with its descriptor in the GDT, no questions asked. */
    public static void load(TestMachine t, Seg g, int selector) {
        long d = t.peek(GDT + (selector & ~7));
        long limit = d & 0xffff | d >>> 32 & 0xf_0000;
        if ((d & 1L << 55) != 0) {
            limit = limit << 12 | 0xfff;
        }
        g.set(selector, d >>> 16 & 0xff_ffff | d >>> 32 & 0xff00_0000L, limit, (int) (d >>> 40) & 0xf0ff);
    }

    /** Writes a descriptor into the GDT. */
    public static void descriptor(TestMachine t, int selector, long base, long limit, int attributes) {
        long d = limit & 0xffff
                | (base & 0xff_ffff) << 16
                | (attributes & 0xffL) << 40
                | (limit >>> 16 & 0xf) << 48
                | (attributes >>> 12 & 0xfL) << 52
                | (base >>> 24 & 0xff) << 56;
        t.poke(GDT + (selector & ~7), d);
    }

    /** Writes gate {@code vector}; in long mode 16 bytes. */
    public static void gate(TestMachine t, int vector, int selector, long offset, int type) {
        boolean wide = (t.s.efer & Cr.EFER_LMA) != 0;
        gate(t, wide, vector, selector, offset, type);
    }

    private static void gate(TestMachine t, boolean wide, int vector, int selector, long offset, int type) {
        long low = offset & 0xffff | (long) selector << 16 | (type & 0xffL) << 40 | (offset >>> 16 & 0xffff) << 48;
        long at = IDT + (long) vector * (wide ? 16 : 8);
        t.poke(at, low);
        if (wide) {
            t.poke(at + 8, offset >>> 32);
        }
    }

    private static void tables(TestMachine t, boolean wide) {
        handlers(t);
        t.poke(GDT, 0);
        t.poke(GDT + CS32, 0x00cf_9b00_0000_ffffL);
        t.poke(GDT + DS, 0x00cf_9300_0000_ffffL);
        t.poke(GDT + CS64, 0x00af_9b00_0000_ffffL);
        t.poke(GDT + (USER_CS32 & ~7), 0x00cf_fb00_0000_ffffL);
        t.poke(GDT + (USER_DS & ~7), 0x00cf_f300_0000_ffffL);
        t.poke(GDT + (USER_CS64 & ~7), 0x00af_fb00_0000_ffffL);
        t.poke(GDT + CS16, 0x0000_9b00_0000_ffffL);
        t.poke(GDT + DS16, 0x0000_9300_0000_ffffL);
        descriptor(t, TR, TSS, 0x67, 0x8b);
        t.poke(GDT + TR + 8, 0);
        descriptor(t, TR2, TSS2, 0x67, 0x89);
        for (int v = 0; v < 256; v++) {
            gate(t, wide, v, wide ? CS64 : CS32, HANDLERS + v * STUB, v == 3 || v == 4 || v == 0x80 ? 0xee : 0x8e);
        }
        if (wide) {
            t.poke(TSS + 4, STACK0);
            t.poke(TSS + 0x24, IST1);
        } else {
            t.poke32(TSS + 4, STACK0);
            t.poke32(TSS + 8, DS);
        }
        t.memory.write(TSS + 0x66, 2, 0x68); // no I/O permission bitmap
        CpuState s = t.s;
        s.gdtBase = GDT;
        s.gdtLimit = 0xfff;
        s.idtBase = IDT;
        s.idtLimit = 0xfff;
        s.tr.set(TR, TSS, 0x67, 0x8b);
        s.ldtr.set(0, 0, 0, Seg.UNUSABLE);
    }

    private static void pageTables(TestMachine t) {
        for (int i = 0; i < 1024; i++) {
            t.poke(PT + 8L * i, (long) i << 12 | PWU);
        }
        t.poke(PD, PT | PWU);
        t.poke(PD + 8, PT + 0x1000 | PWU);
        for (int i = 2; i < 512; i++) {
            t.poke(PD + 8L * i, (long) i << 21 | PWU | LARGE);
        }
        // 3 to 4 GiB: devices.
        for (int i = 0; i < 512; i++) {
            t.poke(0x103000 + 8L * i, 0xc000_0000L + ((long) i << 21) | PWU | LARGE);
        }
    }

    /**
     * Makes the handlers of exceptions other than #DF go on one byte behind the instruction that faulted, at the same
     * privilege level.
     */
    public static void skipFaults(TestMachine t) {
        for (int v = 0; v < 32; v++) {
            if (v == Vector.DF) {
                continue;
            }
            Code code = new Code();
            if ((t.s.efer & Cr.EFER_LMA) != 0) {
                if (Vector.hasErrorCode(v)) {
                    code.b(0x48, 0x8d, 0x64, 0x24, 0x08); // lea rsp, [rsp+8]
                }
                code.b(0x48, 0xff, 0x04, 0x24, 0x48, 0xcf); // inc qword [rsp]; iretq
            } else if ((t.s.cr0 & Cr.CR0_PE) != 0) {
                if (Vector.hasErrorCode(v)) {
                    code.b(0x8d, 0x64, 0x24, 0x04);
                }
                code.b(0xff, 0x04, 0x24, 0xcf); // inc dword [esp]; iretd
            } else {
                code.b(0x89, 0xe5, 0xff, 0x46, 0x00, 0xcf); // mov bp, sp; inc word [bp]; iret
            }
            t.load(HANDLERS + v * STUB, code);
        }
    }

    /** Entry of the 8-byte page tables that maps {@code linear}, below 4 MiB. */
    public static long pte(long linear) {
        return PT + (linear >>> 12) * 8;
    }

    /** Entry of the 4-byte page table that maps {@code linear}, below 4 MiB. */
    public static long pte32(long linear) {
        return PT32 + (linear >>> 12) * 4;
    }
}
