package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/**
 * Exceptions and interrupts on their way to a handler (SDM vol. 3, chapter 6): real-mode vectors, 16-bit, 32-bit and
 * 64-bit gates, task gates, and what happens when that faults in turn.
 */
public final class InterruptDelivery {
    /** Kinds of events that differ in privilege checks and in the EXT bit. */
    private static final int HARDWARE = 0;

    /** INT n, INT3, INTO: the gate's DPL is checked, EXT is 0. */
    private static final int SOFTWARE = 1;

    /** Flags that entering a handler clears. */
    private static final int CLEARED = Cr.TF | Cr.NT | Cr.RF | Cr.VM;

    private static final int GATE_SIZE = 8;
    private static final int GATE_SIZE_64 = 16;

    /**
     * DEVIATION: a handler at level 3 on a misaligned stack with alignment checks on faults for ever, and hardware hangs
     * until INIT. The processor shuts down instead, so that a guest cannot keep its host's thread
     * (endlessAlignmentFaultsShutDown).
     */
    private static final int MAX_ATTEMPTS = 16;

    private static final long LOW = 0xffff_ffffL;

    private InterruptDelivery() {}

    /**
     * Delivers {@link CpuState#fault}. RIP is what is to be saved: that of the instruction that faulted. A fault on the
     * way becomes a double fault or takes the first one's place as table 6-5 says; one during a double fault shuts the
     * processor down.
     */
    public static void deliverFault(CpuState s, Mmu m, CpuEnv e) {
        s.interruptShadow = false;
        s.debugShadow = false;
        s.attention |= s.pendingDebug != 0;
        int vector = s.fault.vector;
        int error = s.fault.errorCode;
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            if (vector == Vector.PF) {
                s.cr2 = s.fault.address;
            }
            int flags = savedFlags(s, vector, error);
            if (vector == Vector.DB) {
                DebugOps.report(s, m, error);
            }
            try {
                deliver(s, m, e, vector, HARDWARE, Vector.hasErrorCode(vector), error, s.rip, flags);
                return;
            } catch (CpuFault second) {
                if (vector == Vector.DF) {
                    e.tripleFault();
                    return;
                }
                if (doubles(vector, second.vector)) {
                    if (second.vector == Vector.PF) {
                        s.cr2 = second.address;
                    }
                    vector = Vector.DF;
                    error = 0;
                } else {
                    vector = second.vector;
                    error = second.errorCode;
                }
            }
        }
        e.tripleFault();
    }

    /** SDM vol. 3, table 6-5: whether {@code second} while delivering {@code first} is a double fault. */
    static boolean doubles(int first, int second) {
        if (first == Vector.PF) {
            return second == Vector.PF || contributory(second);
        }
        return contributory(first) && contributory(second);
    }

    private static boolean contributory(int vector) {
        return vector == Vector.DE || vector >= Vector.TS && vector <= Vector.GP;
    }

    /** RFLAGS as an exception saves them: with RF for faults, so that IRET does not meet an instruction breakpoint again. */
    private static int savedFlags(CpuState s, int vector, int error) {
        boolean fault;
        switch (vector) {
            case Vector.DB:
                fault = DebugOps.savesRf(error);
                break;
            case Vector.NMI:
            case Vector.BP:
            case Vector.OF:
            case Vector.DF:
            case Vector.MC:
                fault = false;
                break;
            default:
                fault = true;
                break;
        }
        return fault ? s.flags() | Cr.RF : s.flags();
    }

    /** A maskable interrupt that the local APIC acknowledged as {@code vector}; RIP is that of the next instruction. */
    public static void external(CpuState s, Mmu m, CpuEnv e, int vector) {
        s.halted = false;
        s.interruptShadow = false;
        try {
            deliver(s, m, e, vector, HARDWARE, false, 0, s.rip, s.flags());
        } catch (CpuFault f) {
            deliverFault(s, m, e);
        }
    }

    /** A non-maskable interrupt; further ones wait for IRET. */
    public static void nmi(CpuState s, Mmu m, CpuEnv e) {
        s.nmiBlocked = true;
        external(s, m, e, Vector.NMI);
    }

    /** INT n. */
    public static void intN(CpuState s, Mmu m, CpuEnv e, int vector, long nextRip) {
        int flags = s.flags();
        if (s.vm86() && Vm86Interrupts.intercepts(s, m, vector, nextRip)) {
            DebugOps.swallowStep(s, flags);
            return;
        }
        software(s, m, e, vector, nextRip);
    }

    /**
     * INT3 (CC): never redirected to virtual-8086 handlers, and not subject to IOPL. One that is a debugger's is not carried
     * out; RIP stays.
     */
    public static void int3(CpuState s, Mmu m, CpuEnv e, long nextRip) {
        if (s.hostDebug.takesInt3()) {
            s.hostDebug.meetInt3();
            s.rip = s.code64() ? nextRip - 1 : nextRip - 1 & 0xffff_ffffL;
            s.attention = true;
            return;
        }
        software(s, m, e, Vector.BP, nextRip);
    }

    /** INTO: an overflow trap when OF is set, else nothing. */
    public static void into(CpuState s, Mmu m, CpuEnv e, long nextRip) {
        if ((s.flags() & Cr.OF) != 0) {
            software(s, m, e, Vector.OF, nextRip);
        } else {
            s.rip = nextRip;
        }
    }

    /** INT1 (F1): #DB with no bit of DR6, whatever the gate's DPL. */
    public static void int1(CpuState s, Mmu m, CpuEnv e, long nextRip) {
        int flags = s.flags();
        deliver(s, m, e, Vector.DB, HARDWARE, false, 0, nextRip, flags);
        DebugOps.swallowStep(s, flags);
    }

    private static void software(CpuState s, Mmu m, CpuEnv e, int vector, long nextRip) {
        int flags = s.flags();
        deliver(s, m, e, vector, SOFTWARE, false, 0, nextRip, flags);
        DebugOps.swallowStep(s, flags);
    }

    private static void deliver(
            CpuState s, Mmu m, CpuEnv e, int vector, int kind, boolean hasError, int error, long rip, int flags) {
        if ((s.cr0 & Cr.CR0_PE) == 0) {
            deliverReal(s, m, vector, rip, flags);
        } else if (s.longMode()) {
            deliver64(s, m, vector, kind, hasError, error, rip, flags);
        } else {
            deliverProtected(s, m, e, vector, kind, hasError, error, rip, flags);
        }
    }

    /** Section 21.1.4: the vector table, four bytes an entry; no error codes. */
    private static void deliverReal(CpuState s, Mmu m, int vector, long rip, int flags) {
        if (vector * 4 + 3 > s.idtLimit) {
            throw s.raise(Vector.GP, vector * 8 + Descriptor.IDT);
        }
        long ip = m.loadSystem(s.idtBase + vector * 4L, 2);
        int cs = (int) m.loadSystem(s.idtBase + vector * 4L + 2, 2);
        if (ip > s.seg[Seg.CS].limit) {
            throw s.gp0();
        }
        Stack.probeCurrent(s, m, 2, 3);
        Stack.putCurrent(s, m, 2, 1, flags);
        Stack.putCurrent(s, m, 2, 2, s.seg[Seg.CS].selector);
        Stack.putCurrent(s, m, 2, 3, rip);
        Stack.adjust(s, -6);
        SegmentLoad.loadReal(s, s.seg[Seg.CS], cs);
        s.rip = ip;
        enterHandler(s, flags & ~Cr.RF, Cr.IF | Cr.AC);
        Mode.changed(s, m);
    }

    /** Clears the flags that handlers start without; mode and MMU are for the caller to tell. */
    private static void enterHandler(CpuState s, int flags, int alsoCleared) {
        Mode.replaceFlags(s, flags & ~(CLEARED & ~Cr.NT | alsoCleared));
    }

    private static int idtError(int vector, int kind) {
        return vector * 8 + Descriptor.IDT + ext(kind);
    }

    private static int ext(int kind) {
        return kind == SOFTWARE ? 0 : Descriptor.EXT;
    }

    private static long fetchGate(CpuState s, Mmu m, int vector, int kind, int size) {
        int at = vector * size;
        if (at + size - 1 > s.idtLimit) {
            throw s.raise(Vector.GP, idtError(vector, kind));
        }
        return m.loadSystem(s.idtBase + at, 8);
    }

    private static void checkGate(CpuState s, long gate, int vector, int kind, boolean typeOk) {
        if (Descriptor.isSystem(gate) && typeOk && (kind != SOFTWARE || Descriptor.dpl(gate) >= s.cpl)) {
            if (!Descriptor.present(gate)) {
                throw s.raise(Vector.NP, idtError(vector, kind));
            }
            return;
        }
        throw s.raise(Vector.GP, idtError(vector, kind));
    }

    /** The code segment of a gate: not less privileged than the current level. */
    private static long fetchCode(CpuState s, Mmu m, int sel, int ext) {
        if (Descriptor.isNull(sel)) {
            throw s.raise(Vector.GP, ext);
        }
        long d = Descriptor.fetch(s, m, sel, Vector.GP, ext);
        boolean wrongSize = s.longMode() && (!Descriptor.isLong(d) || Descriptor.isDefault32(d));
        if (!Descriptor.isCode(d) || Descriptor.dpl(d) > s.cpl || wrongSize) {
            throw Descriptor.fault(s, Vector.GP, sel, ext);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, ext);
        }
        return d;
    }

    private static void deliverProtected(
            CpuState s, Mmu m, CpuEnv e, int vector, int kind, boolean hasError, int error, long rip, int flags) {
        long gate = fetchGate(s, m, vector, kind, GATE_SIZE);
        int type = Descriptor.type(gate);
        int known = type & ~(Descriptor.INTERRUPT_GATE32 ^ Descriptor.INTERRUPT_GATE16) & ~1;
        checkGate(s, gate, vector, kind, type == Descriptor.TASK_GATE || known == Descriptor.INTERRUPT_GATE16);
        if (type == Descriptor.TASK_GATE) {
            deliverTask(s, m, e, Descriptor.gateSelector(gate), kind, hasError, error, rip, flags);
            return;
        }
        int ext = ext(kind);
        int size = type >= Descriptor.INTERRUPT_GATE32 ? 4 : 2;
        long offset = size == 4 ? Descriptor.gateOffset(gate) : gate & 0xffff;
        int sel = Descriptor.gateSelector(gate);
        long d = fetchCode(s, m, sel, ext);
        boolean inner = !Descriptor.isConforming(d) && Descriptor.dpl(d) < s.cpl;
        if (s.vm86() && (!inner || Descriptor.dpl(d) != 0)) {
            throw Descriptor.fault(s, Vector.GP, sel, ext);
        }
        FarTransfer.checkOffset(s, d, offset, ext);
        Descriptor.markAccessed(s, m, sel, d);
        int cpl = inner ? Descriptor.dpl(d) : s.cpl;
        if (inner) {
            pushInner(s, m, cpl, size, ext, hasError, error, rip, flags);
        } else {
            int slots = hasError ? 4 : 3;
            Stack.probeCurrent(s, m, size, slots);
            pushReturn(s, m, size, hasError, error, rip, flags);
        }
        boolean trap = (type & 1) != 0;
        finish(s, m, sel, d, cpl, offset, flags, trap);
    }

    private static void pushReturn(CpuState s, Mmu m, int size, boolean hasError, int error, long rip, int flags) {
        Stack.putCurrent(s, m, size, 1, flags & LOW);
        Stack.putCurrent(s, m, size, 2, s.seg[Seg.CS].selector);
        Stack.putCurrent(s, m, size, 3, rip);
        if (hasError) {
            Stack.putCurrent(s, m, size, 4, error);
        }
        Stack.adjust(s, -(hasError ? 4L : 3L) * size);
    }

    /** Switches to the stack of level {@code cpl} and saves the old context there, with data segments from virtual-8086. */
    private static void pushInner(
            CpuState s, Mmu m, int cpl, int size, int ext, boolean hasError, int error, long rip, int flags) {
        long stack = InnerStack.fromTss(s, m, cpl, ext);
        int ss = InnerStack.selector(stack);
        long sd = InnerStack.descriptor(s, m, ss, cpl, ext);
        long base = Descriptor.base(sd);
        int attributes = Descriptor.attributes(sd);
        long mask = Stack.mask(attributes);
        long sp = InnerStack.pointer(stack);
        boolean vm86 = s.vm86();
        int slots = 5 + (hasError ? 1 : 0) + (vm86 ? 4 : 0);
        int fault = ss & ~Descriptor.RPL | ext;
        Stack.probe(s, m, cpl, base, Descriptor.limit(sd), attributes, mask, sp, size, slots, fault);
        int i = 0;
        if (vm86) {
            for (int g = Seg.GS; g >= Seg.FS; g--) {
                Stack.put(m, base, mask, sp, size, ++i, s.seg[g].selector);
                Descriptor.loadNull(s.seg[g], 0);
            }
            Stack.put(m, base, mask, sp, size, ++i, s.seg[Seg.DS].selector);
            Stack.put(m, base, mask, sp, size, ++i, s.seg[Seg.ES].selector);
            Descriptor.loadNull(s.seg[Seg.DS], 0);
            Descriptor.loadNull(s.seg[Seg.ES], 0);
        }
        Stack.put(m, base, mask, sp, size, ++i, s.seg[Seg.SS].selector);
        Stack.put(m, base, mask, sp, size, ++i, s.gpr(CpuState.RSP));
        Stack.put(m, base, mask, sp, size, ++i, flags & LOW);
        Stack.put(m, base, mask, sp, size, ++i, s.seg[Seg.CS].selector);
        Stack.put(m, base, mask, sp, size, ++i, rip);
        if (hasError) {
            Stack.put(m, base, mask, sp, size, ++i, error);
        }
        Descriptor.load(s.seg[Seg.SS], ss, sd);
        s.setGpr(CpuState.RSP, sp & ~mask | sp - (long) slots * size & mask);
    }

    private static void finish(CpuState s, Mmu m, int sel, long d, int cpl, long offset, int flags, boolean trap) {
        Mode.replaceFlags(s, flags & ~CLEARED & ~(trap ? 0 : Cr.IF));
        FarTransfer.enterCode(s, m, sel, d, cpl, offset);
    }

    /** A task gate: the handler is a task, and the error code goes onto its stack. */
    private static void deliverTask(
            CpuState s, Mmu m, CpuEnv e, int selector, int kind, boolean hasError, int error, long rip, int flags) {
        int ext = ext(kind);
        long d = TaskSwitch.available(s, m, selector, Vector.GP, ext);
        TaskSwitch.commit(s, m, e, TaskSwitch.INTERRUPT, selector, d, flags, rip, ext);
        try {
            TaskSwitch.loadContext(s, m, ext);
            if (hasError) {
                int size = InnerStack.isTss16(s) ? 2 : 4;
                Stack.probeCurrent(s, m, size, 1);
                Stack.putCurrent(s, m, size, 1, error);
                Stack.adjust(s, -size);
            }
            DebugOps.deliverPending(s, m, e);
        } catch (CpuFault f) {
            if (kind == HARDWARE) {
                throw f;
            }
            // The instruction is over: the fault is the new task's own.
            deliverFault(s, m, e);
        }
    }

    /** Section 6.14: 16-byte gates, the interrupt stack table, SS and RSP always saved. */
    private static void deliver64(
            CpuState s, Mmu m, int vector, int kind, boolean hasError, int error, long rip, int flags) {
        long gate = fetchGate(s, m, vector, kind, GATE_SIZE_64);
        int type = Descriptor.type(gate);
        checkGate(s, gate, vector, kind, (type & ~1) == Descriptor.INTERRUPT_GATE32);
        int ext = ext(kind);
        long upper = m.loadSystem(s.idtBase + vector * GATE_SIZE_64 + 8, 8) << 32;
        long offset = Descriptor.gateOffset(gate) | upper;
        int sel = Descriptor.gateSelector(gate);
        long d = fetchCode(s, m, sel, ext);
        boolean inner = !Descriptor.isConforming(d) && Descriptor.dpl(d) < s.cpl;
        int cpl = inner ? Descriptor.dpl(d) : s.cpl;
        int ist = Descriptor.gateIst(gate);
        long sp = s.gpr(CpuState.RSP);
        if (ist != 0 || inner) {
            sp = InnerStack.fromTss64(s, m, cpl, ist, ext);
        }
        sp &= ~0xfL;
        FarTransfer.checkOffset(s, d, offset, ext);
        Descriptor.markAccessed(s, m, sel, d);
        int bytes = hasError ? 48 : 40;
        Stack.probe64(s, m, cpl, sp, bytes, ext);
        m.store64(sp - 8, s.seg[Seg.SS].selector);
        m.store64(sp - 16, s.gpr(CpuState.RSP));
        m.store64(sp - 24, flags & LOW);
        m.store64(sp - 32, s.seg[Seg.CS].selector);
        m.store64(sp - 40, rip);
        if (hasError) {
            m.store64(sp - 48, error & LOW);
        }
        s.setGpr(CpuState.RSP, sp - bytes);
        if (inner) {
            Descriptor.loadNull(s.seg[Seg.SS], cpl);
        }
        finish(s, m, sel, d, cpl, offset, flags, (type & 1) != 0);
    }
}
