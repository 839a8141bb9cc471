package dev.veery.cpu.state;

import dev.veery.memory.access.OffHeap;

/**
 * The architectural registers of one processor. No execution happens here.
 *
 * <p>General, vector and x87 registers and segment bases live in one off-heap block, so that an operand is a byte offset
 * into the block whatever its kind, and so that emitted machine code and Java share them. The rest are plain fields,
 * public because the engines read them on every instruction. One thread, the vCPU's own, touches an instance while it
 * runs.
 */
public final class CpuState {
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;

    /** Offset of the sixteen general registers, 8 bytes each. */
    public static final int GPR = 0;

    /** Offset of eight bytes that are always zero: the base or index an address does not have. */
    public static final int ZERO = 0x80;

    /** Offset of the six segment bases in the order of {@link Seg}, then LDTR's and TR's, 8 bytes each. */
    public static final int SEG_BASE = 0x90;

    /** Emitted code: arithmetic flags as LAHF and SETO leave them in AX, 2 bytes. */
    public static final int JIT_FLAGS = 0xd0;

    /** Emitted code: non-zero asks it to return, an int. */
    public static final int JIT_POLL = 0xd4;

    /** Emitted code: address of the TLB table for the current permissions. */
    public static final int JIT_TLB = 0xd8;

    /** Emitted code: address of the table of recent branch targets. */
    public static final int JIT_JUMPS = 0xe0;

    /** Emitted code: why it returned, an int. */
    public static final int JIT_EXIT = 0xe8;

    /** Emitted code: whether the host's vector registers and MXCSR are the guest's, an int; always 0 in Java. */
    public static final int JIT_VECTORS = 0xec;

    /** Emitted code: instructions of the blocks it has entered. */
    public static final int JIT_COUNT = 0xf0;

    /** Emitted code: where to enter. */
    public static final int JIT_TARGET = 0xf8;

    /** Emitted code: RIP when it returns at the beginning of a block. */
    public static final int JIT_RIP = 0x88;

    /** Offset of scratch space for operands of up to 64 bytes. */
    public static final int SCRATCH = 0x100;

    /** Offset of a second scratch operand. */
    public static final int SCRATCH2 = 0x140;

    /** Emitted code: whether the host's x87 registers are the guest's, an int; always 0 in Java. */
    public static final int JIT_X87 = 0x1e0;

    /** Emitted code: the control word that Java wants, an int. */
    public static final int JIT_HOST_FCW = 0x1e4;

    /**
     * Whether a bit of any YMM register above its XMM register may be set, an int: while it is 0, none is (outside emitted
     * code).
     */
    public static final int YMM_IN_USE = 0x1fc;

    /** Offset of the selectors of the six segments in the order of {@link Seg}, then LDTR's and TR's, eight ints. */
    public static final int SELECTORS = 0x1a0;

    /** Emitted code: where code that has changed was entered, and with it this code left: 5 bytes behind; 0 otherwise; a long. */
    public static final int JIT_DEAD = 0x198;

    /** Offset of XMM0; registers are 64 bytes apart, so that wider ones fit. */
    public static final int XMM = 0x200;

    public static final int XMM_STRIDE = 64;

    /** Offset of the eight physical x87 registers: significand (8 bytes), sign and exponent (2), 16 bytes apart; MMX register n is the significand of physical register n. */
    public static final int FPR = 0x600;

    public static final int FPR_STRIDE = 16;

    /** Offset of the x87 control word, an int. */
    public static final int FCW = 0x680;

    /** Offset of the x87 status word, an int; TOP is bits 11 to 13. */
    public static final int FSW = 0x684;

    /** Offset of the abridged x87 tag word, an int: bit n set when physical register n is not empty. */
    public static final int FTW = 0x688;

    /** Offset of MXCSR, an int. */
    public static final int MXCSR = 0x68c;

    /** Offset of the x87 instruction pointer, a long. */
    public static final int FIP = 0x690;

    /** Offset of the x87 operand pointer, a long. */
    public static final int FDP = 0x698;

    /** Offset of the last x87 opcode, an int of 11 bits. */
    public static final int FOP = 0x6a0;

    /** Offset of the selectors stored with FIP and FDP, two ints. */
    public static final int FCS = 0x6a4;

    public static final int FDS = 0x6a8;

    /** Emitted code: MXCSR as it runs under, every exception masked; on the way out, as the JVM wants it; an int. */
    public static final int JIT_MXCSR = 0x6ac;

    /** From the beginning of the block to here, a reset clears it; what follows is emitted code's own. */
    public static final int ARCHITECTURAL_SIZE = 0x6b0;

    /** Emitted code: address of the second level of the TLB for the current permissions. */
    public static final int JIT_TLB2 = 0x6b0;

    /** IA32_KERNEL_GS_BASE, a long. */
    public static final int KERNEL_GS_BASE = 0x6b8;

    /** Emitted code: RFLAGS but for the arithmetic flags, IF and AC, an int. */
    public static final int JIT_SYSTEM_FLAGS = 0x6c0;

    /** Emitted code: IF in its place in RFLAGS, an int. */
    public static final int JIT_IF = 0x6c4;

    /** Emitted code: AC in its place in RFLAGS, an int. */
    public static final int JIT_AC = 0x6c8;

    /** Emitted code: whether a request may be waiting for IF, an int. */
    public static final int JIT_PENDING = 0x6cc;

    /** Emitted code: where the last STI that set IF ended, a long. */
    public static final int JIT_SHADOW = 0x6d0;

    /** Emitted code: the two levels of the TLB at privilege level 0 while AC is clear, and while it is set: four longs. */
    public static final int JIT_TLB_BY_AC = 0x6d8;

    /** Emitted code: address behind the list of filled sites, see {@code SiteCache}. */
    public static final int JIT_SITE_LIST = 0x6f8;

    /** Offset of a staging area for FXSAVE and XSAVE images, 576 bytes, aligned to 64. */
    public static final int IMAGE = 0x700;

    /** Emitted code: the two levels of the TLB at privilege level 3 while AC is clear, two longs. */
    public static final int JIT_TLB_USER = 0x940;

    /** Emitted code: the tables of recent branch targets of code at level 3, and of system code in the upper half; two longs. */
    public static final int JIT_JUMPS_USER = 0x950;

    public static final int JIT_JUMPS_HIGH = 0x958;

    /** Emitted code: where SYSCALL leads, a long; 0 where it has to be left to Java. */
    public static final int JIT_LSTAR = 0x960;

    /** Emitted code: IA32_FMASK, an int. */
    public static final int JIT_FMASK = 0x968;

    /** Emitted code: whether it has executed SYSCALL (1) or SYSRET (2) since Java last looked, an int; always 0 in Java. */
    public static final int JIT_LEVEL = 0x96c;

    /** Size of the off-heap block. */
    public static final int BLOCK_SIZE = 0x980;

    /** Emitted code: offset of its memory of sites, 32 bytes each, then 4 bytes each; behind the block, not touched until used. */
    public static final int JIT_SITES = BLOCK_SIZE;

    /** How many sites there are. */
    public static final int JIT_SITE_COUNT = 1 << 15;

    private static final long ALLOCATION = JIT_SITES + JIT_SITE_COUNT * 36L;

    /** {@link #mode}: mask of the code size, one of the three values below. */
    public static final int MODE_CODE = 3;

    public static final int CODE16 = 0;
    public static final int CODE32 = 1;
    public static final int CODE64 = 2;

    /** {@link #mode}: the stack pointer is 32 bits wide (outside 64-bit code). */
    public static final int MODE_STACK32 = 1 << 2;

    /**
     * {@link #mode}: ES, CS, SS and DS start at 0 and span 4 GiB, and but for CS they are writable, so that addresses
     * need no segment check except through CS.
     */
    public static final int MODE_FLAT = 1 << 3;

    /** {@link #mode}: protected mode, not virtual-8086. */
    public static final int MODE_PROTECTED = 1 << 4;

    /** {@link #mode}: virtual-8086. */
    public static final int MODE_VM86 = 1 << 5;

    /** {@link #mode}: long mode is active (64-bit or compatibility). */
    public static final int MODE_LONG = 1 << 6;

    /** {@link #mode}: privilege level 3. */
    public static final int MODE_USER = 1 << 7;

    /** {@link #mode}: SSE instructions raise neither #UD nor #NM (CR0.EM and TS clear, CR4.OSFXSR set). */
    public static final int MODE_SSE = 1 << 8;

    /** {@link #mode}: as {@link #MODE_SSE}, and MXCSR masks every exception. */
    public static final int MODE_SSE_MASKED = 1 << 9;

    /** {@link #mode}: x87 instructions do not raise #NM (CR0.EM and TS clear), and the control word masks every exception. */
    public static final int MODE_X87_MASKED = 1 << 12;

    /** {@link #mode}: vector instructions with VEX raise neither #UD nor #NM (as {@link #MODE_SSE}, and XCR0 has their state). */
    public static final int MODE_AVX = 1 << 14;

    private static final int MXCSR_MASKS = 0x1f80;
    private static final int FCW_MASKS = 0x3f;

    /** XCR0: SSE and AVX. */
    private static final long XCR0_VECTORS = 6;

    /** Host address of the off-heap block. */
    public final long base;

    /** Index of this processor in the machine, from 0. */
    public final int index;

    /** Address of the next instruction to execute (of the current one while it executes); the offset in CS. */
    public long rip;

    /** Derived from CS, SS, DS, ES, CR0, EFER and RFLAGS.VM by {@link #updateMode()}. */
    public int mode;

    /** Current privilege level. */
    public int cpl;

    /** RFLAGS; the arithmetic flags in it are valid only while {@link #ccOp} is {@link Flags#EXACT}. */
    public int rflags;

    /** How to compute the arithmetic flags from the three fields below: one of the constants of {@link Flags}. */
    public int ccOp;

    /** Result, sign-extended from the operation's size. */
    public long ccRes;

    /** First operand, sign-extended. */
    public long ccA;

    /** Second operand, sign-extended. */
    public long ccB;

    public long cr0;
    public long cr2;
    public long cr3;
    public long cr4;
    public long efer;
    public long xcr0;

    /** DR0 to DR3. */
    public final long[] dr = new long[4];

    public long dr6;
    public long dr7;

    /** Bits of DR6 (B0 to B3, BS, BT) to report by #DB when the current instruction has completed. */
    public int pendingDebug;

    /** What a debugger on the host wants; not part of the processor's state. */
    public final HostDebug hostDebug = new HostDebug();

    /** ES, CS, SS, DS, FS, GS. */
    public final Seg[] seg = new Seg[6];

    public final Seg ldtr;
    public final Seg tr;
    public long gdtBase;
    public int gdtLimit;
    public long idtBase;
    public int idtLimit;

    /** IA32_STAR, LSTAR, CSTAR, FMASK. */
    public long star;

    public long lstar;
    public long cstar;
    public long fmask;
    public long tscAux;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;

    /** What IA32_TIME_STAMP_COUNTER reads minus what the machine's counter reads. */
    public long tscOffset;

    /** Interrupts are held off for one instruction, after STI or a load of SS (SDM vol. 3, section 6.8.3). */
    public boolean interruptShadow;

    /**
     * Something happened that the engine must look at before the next instruction: an interrupt shadow, TF, a change of
     * IF, HLT, a debug exception to report. Whoever changes one of these sets it; the engine clears it.
     */
    public boolean attention;

    /** Stopped in HLT. */
    public boolean halted;

    /** NMIs are blocked until the next IRET. */
    public boolean nmiBlocked;

    /** How floating-point operations round, and what they raised. */
    public final FloatEnv fenv = new FloatEnv();

    /**
     * Debug traps wait as interrupts do, after MOV or POP of SS but not after STI (SDM vol. 3, section 6.8.3).
     */
    public boolean debugShadow;

    /** Model-specific registers that need no field of their own. */
    public final MsrBank msrs = new MsrBank();

    /** The fault this processor throws. */
    public final CpuFault fault = new CpuFault();

    public CpuState(int index) {
        this.index = index;
        base = OffHeap.allocateUninitialized(ALLOCATION, 64);
        OffHeap.fill(base, BLOCK_SIZE, 0);
        for (int i = 0; i < seg.length; i++) {
            seg[i] = new Seg(base + SEG_BASE + 8L * i, base + SELECTORS + 4L * i);
        }
        ldtr = new Seg(base + SEG_BASE + 48, base + SELECTORS + 24);
        tr = new Seg(base + SEG_BASE + 56, base + SELECTORS + 28);
    }

    /** General register {@code r}, 0 to 15, all 64 bits. */
    public long gpr(int r) {
        return OffHeap.getLong(base + GPR + 8L * r);
    }

    /** Writes all 64 bits of general register {@code r}. */
    public void setGpr(int r, long value) {
        OffHeap.putLong(base + GPR + 8L * r, value);
    }

    /** Host address of XMM register {@code r}. */
    public long xmm(int r) {
        return base + XMM + (long) r * XMM_STRIDE;
    }

    /** Host address of physical x87 register {@code r}, and of MMX register {@code r}. */
    public long fpr(int r) {
        return base + FPR + (long) r * FPR_STRIDE;
    }

    /** IA32_KERNEL_GS_BASE. */
    public long kernelGsBase() {
        return OffHeap.getLong(base + KERNEL_GS_BASE);
    }

    /** Writes IA32_KERNEL_GS_BASE. */
    public void setKernelGsBase(long value) {
        OffHeap.putLong(base + KERNEL_GS_BASE, value);
    }

    /** An int field of the block by offset, such as {@link #MXCSR}. */
    public int field(int offset) {
        return OffHeap.getInt(base + offset);
    }

    /** Writes an int field of the block. */
    public void setField(int offset, int value) {
        OffHeap.putInt(base + offset, value);
    }

    /** RFLAGS with every flag materialised. */
    public int flags() {
        return Flags.materialise(this);
    }

    /** Writes RFLAGS; the caller has applied privilege rules and calls {@link #updateMode()} when VM or AC changed. */
    public void setFlags(int value) {
        rflags = value | Cr.FLAGS_FIXED;
        ccOp = Flags.EXACT;
    }

    /** Whether paging is on. */
    public boolean paging() {
        return (cr0 & Cr.CR0_PG) != 0;
    }

    /** The process-context identifier of the current address space; 0 while there are none (SDM vol. 3, section 4.10.1). */
    public int pcid() {
        return (cr4 & Cr.CR4_PCIDE) != 0 ? (int) (cr3 & Cr.CR3_PCID) : 0;
    }

    /** Whether long mode is active. */
    public boolean longMode() {
        return (efer & Cr.EFER_LMA) != 0;
    }

    /** Whether 64-bit code is executing. */
    public boolean code64() {
        return (mode & MODE_CODE) == CODE64;
    }

    /** Whether this is protected mode, not real and not virtual-8086. */
    public boolean protectedMode() {
        return (mode & MODE_PROTECTED) != 0;
    }

    /** Whether this is virtual-8086 mode. */
    public boolean vm86() {
        return (mode & MODE_VM86) != 0;
    }

    /** Mask of the stack pointer's width: 16, 32 or 64 bits. */
    public long stackMask() {
        if (code64()) {
            return -1L;
        }
        return (mode & MODE_STACK32) != 0 ? 0xffff_ffffL : 0xffffL;
    }

    /** Makes the fault {@code vector} with an error code, for {@code throw state.raise(...)}. */
    public CpuFault raise(int vector, int errorCode) {
        fault.vector = vector;
        fault.errorCode = errorCode;
        fault.nonCanonical = false;
        return fault;
    }

    /** #GP with error code 0. */
    public CpuFault gp0() {
        return raise(Vector.GP, 0);
    }

    /** #UD. */
    public CpuFault ud() {
        return raise(Vector.UD, 0);
    }

    /** {@link #updateMode} where only the x87's control word has changed. */
    public void updateX87Mode() {
        mode = mode & ~MODE_X87_MASKED | x87Mode();
    }

    private int x87Mode() {
        boolean quiet = (cr0 & (Cr.CR0_EM | Cr.CR0_TS)) == 0 && (field(FCW) & FCW_MASKS) == FCW_MASKS;
        return quiet ? MODE_X87_MASKED : 0;
    }

    /** Recomputes {@link #mode}; call after any change of what it derives from. */
    public void updateMode() {
        int m = cpl == 3 ? MODE_USER : 0;
        if ((cr0 & (Cr.CR0_EM | Cr.CR0_TS)) == 0 && (cr4 & Cr.CR4_OSFXSR) != 0) {
            boolean masked = (field(MXCSR) & MXCSR_MASKS) == MXCSR_MASKS;
            m |= masked ? MODE_SSE | MODE_SSE_MASKED : MODE_SSE;
            if ((cr4 & Cr.CR4_OSXSAVE) != 0 && (xcr0 & XCR0_VECTORS) == XCR0_VECTORS) {
                m |= MODE_AVX;
            }
        }
        m |= x87Mode();
        boolean pe = (cr0 & Cr.CR0_PE) != 0;
        boolean vm = pe && (rflags & Cr.VM) != 0;
        if (vm) {
            m |= MODE_VM86;
        } else if (pe) {
            m |= MODE_PROTECTED;
        }
        int cs = seg[Seg.CS].attributes;
        if ((efer & Cr.EFER_LMA) != 0) {
            m |= MODE_LONG;
            if ((cs & Seg.L) != 0) {
                mode = m | CODE64 | MODE_FLAT;
                return;
            }
        }
        if (!vm && (cs & Seg.DB) != 0) {
            m |= CODE32;
        }
        if (!vm && (seg[Seg.SS].attributes & Seg.DB) != 0) {
            m |= MODE_STACK32;
        }
        if ((m & MODE_PROTECTED) != 0
                && spansAll(seg[Seg.CS])
                && flatData(seg[Seg.SS])
                && flatData(seg[Seg.DS])
                && flatData(seg[Seg.ES])) {
            m |= MODE_FLAT;
        }
        mode = m;
    }

    private static boolean spansAll(Seg s) {
        return s.base() == 0 && s.limit == 0xffff_ffffL && (s.attributes & (Seg.P | Seg.UNUSABLE)) == Seg.P;
    }

    /** Writable data that grows up: nothing an access could violate. */
    private static boolean flatData(Seg s) {
        return spansAll(s) && (s.attributes & (Seg.TYPE_CODE | Seg.TYPE_RW | Seg.TYPE_EC)) == Seg.TYPE_RW;
    }

    /** Frees the off-heap block; the instance is dead afterwards. */
    public void free() {
        OffHeap.free(base);
    }
}
