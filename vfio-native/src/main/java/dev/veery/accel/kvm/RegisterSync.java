package dev.veery.accel.kvm;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmVcpu;
import dev.veery.memory.access.OffHeap;

/**
 * Moves a stopped processor's registers between KVM and {@link CpuState}. What {@link CpuState} has no place for (upper
 * vector registers, mask registers, an event being delivered) stays in the buffers as it was fetched and goes back as it
 * was; {@link #powerOn} puts it into its power-on state.
 */
final class RegisterSync implements AutoCloseable {
    /** Where {@code struct kvm_regs} has each general register, in the order of {@link CpuState}. */
    private static final int[] GENERAL = {
        KvmLayout.REGS_RAX, KvmLayout.REGS_RCX, KvmLayout.REGS_RDX, KvmLayout.REGS_RBX,
        KvmLayout.REGS_RSP, KvmLayout.REGS_RBP, KvmLayout.REGS_RSI, KvmLayout.REGS_RDI
    };

    /** Where {@code struct kvm_sregs} has each segment register, in the order of {@link Seg}. */
    private static final int[] SEGMENTS = {
        KvmLayout.SREGS_ES, KvmLayout.SREGS_CS, KvmLayout.SREGS_SS,
        KvmLayout.SREGS_DS, KvmLayout.SREGS_FS, KvmLayout.SREGS_GS
    };

    /** SDM vol. 1, sections 10.5.1 and 13.4: the XSAVE image in standard form. */
    private static final int XSAVE_FSW = 2;

    private static final int XSAVE_FTW = 4;
    private static final int XSAVE_FOP = 6;
    private static final int XSAVE_FIP = 8;
    private static final int XSAVE_FDP = 16;
    private static final int XSAVE_MXCSR = 24;
    private static final int XSAVE_ST0 = 32;
    private static final int XSAVE_XMM0 = 160;
    private static final int XSAVE_XSTATE_BV = 512;
    private static final int XSAVE_YMM0_HIGH = 576;
    private static final long BV_X87_SSE = 3;
    private static final long BV_AVX = 1 << 2;

    private static final int FSW_TOP_SHIFT = 11;
    private static final int ST_BYTES = 10;
    private static final int LANE = 16;

    /** {@code interrupt.shadow}: after MOV SS, after STI. */
    private static final int SHADOW_MOV_SS = 1;

    private static final int SHADOW_STI = 2;

    private final CpuState s;
    private final KvmVcpu cpu;
    private final MsrSync msrs;
    private final long regs = OffHeap.allocate(KvmLayout.SIZEOF_REGS);
    private final long sregs = OffHeap.allocate(KvmLayout.SIZEOF_SREGS);
    private final long debug = OffHeap.allocate(KvmLayout.SIZEOF_DEBUGREGS);
    private final long events = OffHeap.allocate(KvmLayout.SIZEOF_EVENTS);
    private final long xcrs = OffHeap.allocate(KvmLayout.SIZEOF_XCRS);
    private final int xsaveSize;
    private final long xsave;

    /**
     * Makes the buffers.
     *
     * @param xsaveSize what KVM_CAP_XSAVE2 answered; 0 where only KVM_GET_XSAVE exists
     */
    RegisterSync(CpuState s, KvmVcpu cpu, MsrSync msrs, int xsaveSize) {
        this.s = s;
        this.cpu = cpu;
        this.msrs = msrs;
        this.xsaveSize = Math.max(xsaveSize, KvmLayout.SIZEOF_XSAVE);
        xsave = OffHeap.allocate(this.xsaveSize);
    }

    /** Forgets everything that {@link CpuState} does not show. */
    void powerOn() {
        OffHeap.fill(xsave, xsaveSize, 0);
        initEvents();
        msrs.powerOn();
    }

    /** Forgets events on their way, as INIT does. */
    void initEvents() {
        OffHeap.fill(events, KvmLayout.SIZEOF_EVENTS, 0);
        OffHeap.fill(sregs, KvmLayout.SIZEOF_SREGS, 0);
    }

    /** Host address of the system registers as they were last fetched or stored. */
    long systemRegisters() {
        return sregs;
    }

    // ---- from KVM

    /** Fetches all registers. The processor owes no I/O. */
    void fetch() {
        cpu.transfer("KVM_GET_REGS", Kvm.KVM_GET_REGS, regs);
        cpu.transfer("KVM_GET_SREGS", Kvm.KVM_GET_SREGS, sregs);
        cpu.transfer("KVM_GET_DEBUGREGS", Kvm.KVM_GET_DEBUGREGS, debug);
        cpu.transfer("KVM_GET_VCPU_EVENTS", Kvm.KVM_GET_VCPU_EVENTS, events);
        cpu.transfer("KVM_GET_XCRS", Kvm.KVM_GET_XCRS, xcrs);
        if (xsaveSize > KvmLayout.SIZEOF_XSAVE) {
            cpu.transfer("KVM_GET_XSAVE2", Kvm.KVM_GET_XSAVE2, xsave);
        } else {
            cpu.transfer("KVM_GET_XSAVE", Kvm.KVM_GET_XSAVE, xsave);
        }
        for (int r = 0; r < 16; r++) {
            s.setGpr(r, OffHeap.getLong(regs + general(r)));
        }
        s.rip = OffHeap.getLong(regs + KvmLayout.REGS_RIP);
        fetchSystem();
        s.setFlags((int) OffHeap.getLong(regs + KvmLayout.REGS_RFLAGS));
        fetchDebug();
        fetchVector();
        msrs.fetch();
        boolean protectedMode = (s.cr0 & Cr.CR0_PE) != 0;
        s.cpl = !protectedMode ? 0 : (s.rflags & Cr.VM) != 0 ? 3 : s.seg[Seg.SS].dpl();
        s.updateMode();
    }

    private static int general(int r) {
        return r < 8 ? GENERAL[r] : KvmLayout.REGS_R8 + 8 * (r - 8);
    }

    private void fetchSystem() {
        for (int i = 0; i < SEGMENTS.length; i++) {
            fetchSegment(SEGMENTS[i], s.seg[i]);
        }
        fetchSegment(KvmLayout.SREGS_LDT, s.ldtr);
        fetchSegment(KvmLayout.SREGS_TR, s.tr);
        s.gdtBase = OffHeap.getLong(sregs + KvmLayout.SREGS_GDT + KvmLayout.DTABLE_BASE);
        s.gdtLimit = OffHeap.getChar(sregs + KvmLayout.SREGS_GDT + KvmLayout.DTABLE_LIMIT);
        s.idtBase = OffHeap.getLong(sregs + KvmLayout.SREGS_IDT + KvmLayout.DTABLE_BASE);
        s.idtLimit = OffHeap.getChar(sregs + KvmLayout.SREGS_IDT + KvmLayout.DTABLE_LIMIT);
        s.cr0 = OffHeap.getLong(sregs + KvmLayout.SREGS_CR0);
        s.cr2 = OffHeap.getLong(sregs + KvmLayout.SREGS_CR2);
        s.cr3 = OffHeap.getLong(sregs + KvmLayout.SREGS_CR3);
        s.cr4 = OffHeap.getLong(sregs + KvmLayout.SREGS_CR4);
        s.efer = OffHeap.getLong(sregs + KvmLayout.SREGS_EFER);
    }

    private void fetchSegment(int offset, Seg g) {
        long at = sregs + offset;
        int attributes = OffHeap.getByte(at + KvmLayout.SEGMENT_TYPE) & Seg.TYPE;
        attributes |= (OffHeap.getByte(at + KvmLayout.SEGMENT_DPL) & 3) << Seg.DPL_SHIFT;
        attributes |= bit(at + KvmLayout.SEGMENT_S, Seg.S);
        attributes |= bit(at + KvmLayout.SEGMENT_PRESENT, Seg.P);
        attributes |= bit(at + KvmLayout.SEGMENT_AVL, Seg.AVL);
        attributes |= bit(at + KvmLayout.SEGMENT_L, Seg.L);
        attributes |= bit(at + KvmLayout.SEGMENT_DB, Seg.DB);
        attributes |= bit(at + KvmLayout.SEGMENT_G, Seg.G);
        attributes |= bit(at + KvmLayout.SEGMENT_UNUSABLE, Seg.UNUSABLE);
        g.set(
                OffHeap.getChar(at + KvmLayout.SEGMENT_SELECTOR),
                OffHeap.getLong(at + KvmLayout.SEGMENT_BASE),
                OffHeap.getInt(at + KvmLayout.SEGMENT_LIMIT) & 0xffff_ffffL,
                attributes);
    }

    private static int bit(long address, int mask) {
        return OffHeap.getByte(address) != 0 ? mask : 0;
    }

    private void fetchDebug() {
        for (int i = 0; i < s.dr.length; i++) {
            s.dr[i] = OffHeap.getLong(debug + KvmLayout.DEBUGREGS_DB + 8L * i);
        }
        s.dr6 = OffHeap.getLong(debug + KvmLayout.DEBUGREGS_DR6);
        s.dr7 = OffHeap.getLong(debug + KvmLayout.DEBUGREGS_DR7);
        int shadow = OffHeap.getByte(events + KvmLayout.EVENTS_INTERRUPT_SHADOW);
        s.interruptShadow = shadow != 0;
        s.debugShadow = (shadow & SHADOW_MOV_SS) != 0;
        s.nmiBlocked = OffHeap.getByte(events + KvmLayout.EVENTS_NMI_MASKED) != 0;
        s.pendingDebug = 0;
        int count = OffHeap.getInt(xcrs + KvmLayout.XCRS_NR);
        s.xcr0 = count > 0 ? OffHeap.getLong(xcrs + KvmLayout.XCRS_FIRST + KvmLayout.XCR_VALUE) : 1;
    }

    private void fetchVector() {
        s.setField(CpuState.FCW, OffHeap.getChar(xsave));
        s.setField(CpuState.FSW, OffHeap.getChar(xsave + XSAVE_FSW));
        s.setField(CpuState.FTW, OffHeap.getByte(xsave + XSAVE_FTW) & 0xff);
        s.setField(CpuState.FOP, OffHeap.getChar(xsave + XSAVE_FOP));
        OffHeap.putLong(s.base + CpuState.FIP, OffHeap.getLong(xsave + XSAVE_FIP));
        OffHeap.putLong(s.base + CpuState.FDP, OffHeap.getLong(xsave + XSAVE_FDP));
        s.setField(CpuState.MXCSR, OffHeap.getInt(xsave + XSAVE_MXCSR));
        int top = s.field(CpuState.FSW) >> FSW_TOP_SHIFT & 7;
        for (int i = 0; i < 8; i++) {
            OffHeap.copy(xsave + XSAVE_ST0 + (long) LANE * i, s.fpr(top + i & 7), ST_BYTES);
        }
        boolean wide = (OffHeap.getLong(xsave + XSAVE_XSTATE_BV) & BV_AVX) != 0;
        for (int i = 0; i < 16; i++) {
            OffHeap.copy(xsave + XSAVE_XMM0 + (long) LANE * i, s.xmm(i), LANE);
            if (wide) {
                OffHeap.copy(xsave + XSAVE_YMM0_HIGH + (long) LANE * i, s.xmm(i) + LANE, LANE);
            } else {
                OffHeap.fill(s.xmm(i) + LANE, LANE, 0);
            }
        }
    }

    // ---- to KVM

    /**
     * Stores all registers. KVM refuses a state that no processor can be in.
     *
     * @param apicBase IA32_APIC_BASE, and
     * @param cr8 the task priority, which live in the local APIC
     */
    void store(long apicBase, int cr8) {
        storeSystem(apicBase, cr8);
        cpu.transfer("KVM_SET_SREGS", Kvm.KVM_SET_SREGS, sregs);
        OffHeap.putInt(xcrs + KvmLayout.XCRS_NR, 1);
        OffHeap.putLong(xcrs + KvmLayout.XCRS_FIRST + KvmLayout.XCR_VALUE, s.xcr0);
        cpu.transfer("KVM_SET_XCRS", Kvm.KVM_SET_XCRS, xcrs);
        storeVector();
        cpu.transfer("KVM_SET_XSAVE", Kvm.KVM_SET_XSAVE, xsave);
        msrs.store();
        storeEvents();
        cpu.transfer("KVM_SET_VCPU_EVENTS", Kvm.KVM_SET_VCPU_EVENTS, events);
        for (int i = 0; i < s.dr.length; i++) {
            OffHeap.putLong(debug + KvmLayout.DEBUGREGS_DB + 8L * i, s.dr[i]);
        }
        OffHeap.putLong(debug + KvmLayout.DEBUGREGS_DR6, s.dr6);
        OffHeap.putLong(debug + KvmLayout.DEBUGREGS_DR7, s.dr7);
        cpu.transfer("KVM_SET_DEBUGREGS", Kvm.KVM_SET_DEBUGREGS, debug);
        for (int r = 0; r < 16; r++) {
            OffHeap.putLong(regs + general(r), s.gpr(r));
        }
        OffHeap.putLong(regs + KvmLayout.REGS_RIP, s.rip);
        OffHeap.putLong(regs + KvmLayout.REGS_RFLAGS, s.flags() & 0xffff_ffffL);
        cpu.transfer("KVM_SET_REGS", Kvm.KVM_SET_REGS, regs);
    }

    private void storeSystem(long apicBase, int cr8) {
        for (int i = 0; i < SEGMENTS.length; i++) {
            storeSegment(SEGMENTS[i], s.seg[i]);
        }
        storeSegment(KvmLayout.SREGS_LDT, s.ldtr);
        storeSegment(KvmLayout.SREGS_TR, s.tr);
        if ((s.cr0 & Cr.CR0_PE) != 0) {
            // KVM keeps the privilege level there.
            OffHeap.putByte(sregs + KvmLayout.SREGS_SS + KvmLayout.SEGMENT_DPL, s.cpl);
        }
        OffHeap.putLong(sregs + KvmLayout.SREGS_GDT + KvmLayout.DTABLE_BASE, s.gdtBase);
        OffHeap.putShort(sregs + KvmLayout.SREGS_GDT + KvmLayout.DTABLE_LIMIT, s.gdtLimit);
        OffHeap.putLong(sregs + KvmLayout.SREGS_IDT + KvmLayout.DTABLE_BASE, s.idtBase);
        OffHeap.putShort(sregs + KvmLayout.SREGS_IDT + KvmLayout.DTABLE_LIMIT, s.idtLimit);
        OffHeap.putLong(sregs + KvmLayout.SREGS_CR0, s.cr0);
        OffHeap.putLong(sregs + KvmLayout.SREGS_CR2, s.cr2);
        OffHeap.putLong(sregs + KvmLayout.SREGS_CR3, s.cr3);
        OffHeap.putLong(sregs + KvmLayout.SREGS_CR4, s.cr4);
        OffHeap.putLong(sregs + KvmLayout.SREGS_EFER, s.efer);
        OffHeap.putLong(sregs + KvmLayout.SREGS_APIC_BASE, apicBase);
        OffHeap.putLong(sregs + KvmLayout.SREGS_CR8, cr8);
    }

    private void storeSegment(int offset, Seg g) {
        long at = sregs + offset;
        int a = g.attributes;
        OffHeap.putLong(at + KvmLayout.SEGMENT_BASE, g.base());
        OffHeap.putInt(at + KvmLayout.SEGMENT_LIMIT, (int) g.limit);
        OffHeap.putShort(at + KvmLayout.SEGMENT_SELECTOR, g.selector);
        OffHeap.putByte(at + KvmLayout.SEGMENT_TYPE, a & Seg.TYPE);
        OffHeap.putByte(at + KvmLayout.SEGMENT_DPL, g.dpl());
        flag(at + KvmLayout.SEGMENT_S, a & Seg.S);
        flag(at + KvmLayout.SEGMENT_PRESENT, a & Seg.P);
        flag(at + KvmLayout.SEGMENT_AVL, a & Seg.AVL);
        // The bit means nothing outside long mode, and KVM takes it for a contradiction.
        flag(at + KvmLayout.SEGMENT_L, s.longMode() ? a & Seg.L : 0);
        flag(at + KvmLayout.SEGMENT_DB, a & Seg.DB);
        flag(at + KvmLayout.SEGMENT_G, a & Seg.G);
        flag(at + KvmLayout.SEGMENT_UNUSABLE, (a & Seg.P) == 0 ? 1 : a & Seg.UNUSABLE);
    }

    private static void flag(long address, int value) {
        OffHeap.putByte(address, value != 0 ? 1 : 0);
    }

    private void storeEvents() {
        int shadow = !s.interruptShadow ? 0 : s.debugShadow ? SHADOW_MOV_SS : SHADOW_STI;
        OffHeap.putByte(events + KvmLayout.EVENTS_INTERRUPT_SHADOW, shadow);
        flag(events + KvmLayout.EVENTS_NMI_MASKED, s.nmiBlocked ? 1 : 0);
        OffHeap.putInt(
                events + KvmLayout.EVENTS_FLAGS, Kvm.KVM_VCPUEVENT_VALID_NMI_PENDING | Kvm.KVM_VCPUEVENT_VALID_SHADOW);
    }

    private void storeVector() {
        OffHeap.putShort(xsave, s.field(CpuState.FCW));
        OffHeap.putShort(xsave + XSAVE_FSW, s.field(CpuState.FSW));
        OffHeap.putByte(xsave + XSAVE_FTW, s.field(CpuState.FTW));
        OffHeap.putShort(xsave + XSAVE_FOP, s.field(CpuState.FOP));
        OffHeap.putLong(xsave + XSAVE_FIP, OffHeap.getLong(s.base + CpuState.FIP));
        OffHeap.putLong(xsave + XSAVE_FDP, OffHeap.getLong(s.base + CpuState.FDP));
        OffHeap.putInt(xsave + XSAVE_MXCSR, s.field(CpuState.MXCSR));
        int top = s.field(CpuState.FSW) >> FSW_TOP_SHIFT & 7;
        for (int i = 0; i < 8; i++) {
            OffHeap.copy(s.fpr(top + i & 7), xsave + XSAVE_ST0 + (long) LANE * i, ST_BYTES);
        }
        long components = OffHeap.getLong(xsave + XSAVE_XSTATE_BV) | BV_X87_SSE;
        for (int i = 0; i < 16; i++) {
            long high = s.xmm(i) + LANE;
            OffHeap.copy(s.xmm(i), xsave + XSAVE_XMM0 + (long) LANE * i, LANE);
            if ((OffHeap.getLong(high) | OffHeap.getLong(high + 8)) != 0) {
                components |= BV_AVX;
            }
        }
        if ((components & BV_AVX) != 0) {
            for (int i = 0; i < 16; i++) {
                OffHeap.copy(s.xmm(i) + LANE, xsave + XSAVE_YMM0_HIGH + (long) LANE * i, LANE);
            }
        }
        OffHeap.putLong(xsave + XSAVE_XSTATE_BV, components);
    }

    @Override
    public void close() {
        OffHeap.free(regs);
        OffHeap.free(sregs);
        OffHeap.free(debug);
        OffHeap.free(events);
        OffHeap.free(xcrs);
        OffHeap.free(xsave);
        msrs.close();
    }
}
