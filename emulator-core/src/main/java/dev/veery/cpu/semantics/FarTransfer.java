package dev.veery.cpu.semantics;

import dev.veery.cpu.mmu.Mmu;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;

/**
 * Far JMP and CALL: to code, through call gates and to tasks (SDM vol. 2, JMP and CALL; vol. 3, sections 5.8 and 8.3).
 * Every method sets RIP.
 */
public final class FarTransfer {
    private FarTransfer() {}

    /**
     * Far JMP.
     *
     * @param opSize operand size in bytes
     * @param offset zero-extended from the operand size
     * @param nextRip where the instruction behind this one is, which a task switch saves
     */
    public static void jump(CpuState s, Mmu m, CpuEnv e, int opSize, int selector, long offset, long nextRip) {
        int sel = selector & 0xffff;
        if (!s.protectedMode()) {
            enterReal(s, sel, offset);
            return;
        }
        long d = fetchTarget(s, m, sel);
        if (!Descriptor.isSystem(d)) {
            checkDirect(s, sel, d);
            enterCode(s, m, sel, d, s.cpl, offset);
            return;
        }
        switch (gateType(s, sel, d)) {
            case Descriptor.CALL_GATE16:
            case Descriptor.CALL_GATE32:
                long target = gateOffset(s, m, sel, d);
                int code = Descriptor.gateSelector(d);
                long c = fetchTarget(s, m, code);
                if (!Descriptor.isConforming(c) && Descriptor.dpl(c) != s.cpl) {
                    throw Descriptor.fault(s, Vector.GP, code, 0);
                }
                checkGateTarget(s, code, c);
                enterCode(s, m, code, c, s.cpl, target);
                break;
            case Descriptor.TASK_GATE:
                TaskSwitch.toTask(s, m, e, TaskSwitch.JUMP, Descriptor.gateSelector(d), nextRip);
                break;
            default:
                TaskSwitch.toTask(s, m, e, TaskSwitch.JUMP, sel, nextRip);
                break;
        }
    }

    /** Far CALL; parameters as {@link #jump}. */
    public static void call(CpuState s, Mmu m, CpuEnv e, int opSize, int selector, long offset, long nextRip) {
        int sel = selector & 0xffff;
        if (!s.protectedMode()) {
            if (offset > s.seg[Seg.CS].limit) {
                throw s.gp0();
            }
            pushReturn(s, m, opSize, nextRip);
            enterReal(s, sel, offset);
            return;
        }
        long d = fetchTarget(s, m, sel);
        if (!Descriptor.isSystem(d)) {
            checkDirect(s, sel, d);
            checkOffset(s, d, offset);
            Descriptor.markAccessed(s, m, sel, d);
            pushReturn(s, m, opSize, nextRip);
            enterCode(s, m, sel, d, s.cpl, offset);
            return;
        }
        switch (gateType(s, sel, d)) {
            case Descriptor.CALL_GATE16:
            case Descriptor.CALL_GATE32:
                callGate(s, m, sel, d, nextRip);
                break;
            case Descriptor.TASK_GATE:
                TaskSwitch.toTask(s, m, e, TaskSwitch.CALL, Descriptor.gateSelector(d), nextRip);
                break;
            default:
                TaskSwitch.toTask(s, m, e, TaskSwitch.CALL, sel, nextRip);
                break;
        }
    }

    private static long fetchTarget(CpuState s, Mmu m, int sel) {
        if (Descriptor.isNull(sel)) {
            throw s.gp0();
        }
        return Descriptor.fetch(s, m, sel, Vector.GP, 0);
    }

    /** Code named by the instruction itself. */
    private static void checkDirect(CpuState s, int sel, long d) {
        boolean allowed = Descriptor.isConforming(d)
                ? Descriptor.dpl(d) <= s.cpl
                : (sel & Descriptor.RPL) <= s.cpl && Descriptor.dpl(d) == s.cpl;
        boolean bothSizes = s.longMode() && Descriptor.isLong(d) && Descriptor.isDefault32(d);
        if (!Descriptor.isCode(d) || !allowed || bothSizes) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, 0);
        }
    }

    /** Code named by a call gate: not less privileged, and 64-bit in long mode. */
    private static void checkGateTarget(CpuState s, int sel, long d) {
        boolean wrongSize = s.longMode() && (!Descriptor.isLong(d) || Descriptor.isDefault32(d));
        if (!Descriptor.isCode(d) || Descriptor.dpl(d) > s.cpl || wrongSize) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, 0);
        }
    }

    /** The type of a system descriptor that may be jumped to, its privilege and presence checked. */
    private static int gateType(CpuState s, int sel, long d) {
        int type = Descriptor.type(d);
        boolean known;
        switch (type) {
            case Descriptor.CALL_GATE32:
                known = true;
                break;
            case Descriptor.CALL_GATE16:
            case Descriptor.TASK_GATE:
            case Descriptor.TSS16_AVAILABLE:
            case Descriptor.TSS32_AVAILABLE:
                known = !s.longMode();
                break;
            default:
                known = false;
                break;
        }
        if (!known || Descriptor.dpl(d) < s.cpl || Descriptor.dpl(d) < (sel & Descriptor.RPL)) {
            throw Descriptor.fault(s, Vector.GP, sel, 0);
        }
        if (!Descriptor.present(d)) {
            throw Descriptor.fault(s, Vector.NP, sel, 0);
        }
        return type;
    }

    private static long gateOffset(CpuState s, Mmu m, int sel, long d) {
        if (s.longMode()) {
            return Descriptor.gateOffset(d) | Descriptor.fetchUpper(s, m, sel);
        }
        return Descriptor.type(d) == Descriptor.CALL_GATE16 ? d & 0xffff : Descriptor.gateOffset(d);
    }

    private static void callGate(CpuState s, Mmu m, int sel, long gate, long nextRip) {
        long offset = gateOffset(s, m, sel, gate);
        int code = Descriptor.gateSelector(gate);
        long d = fetchTarget(s, m, code);
        checkGateTarget(s, code, d);
        int size = s.longMode() ? 8 : Descriptor.type(gate) == Descriptor.CALL_GATE16 ? 2 : 4;
        if (Descriptor.isConforming(d) || Descriptor.dpl(d) == s.cpl) {
            checkOffset(s, d, offset);
            Descriptor.markAccessed(s, m, code, d);
            if (size == 8) {
                pushReturn64(s, m, nextRip);
            } else {
                pushReturn(s, m, size, nextRip);
            }
            enterCode(s, m, code, d, s.cpl, offset);
        } else if (size == 8) {
            callInner64(s, m, code, d, offset, nextRip);
        } else {
            callInner(s, m, gate, code, d, size, offset, nextRip);
        }
    }

    /** A gate to a more privileged level: a new stack, with the parameters copied (SDM vol. 3, section 5.8.5). */
    private static void callInner(CpuState s, Mmu m, long gate, int code, long d, int size, long offset, long nextRip) {
        int cpl = Descriptor.dpl(d);
        long stack = InnerStack.fromTss(s, m, cpl, 0);
        int ss = InnerStack.selector(stack);
        long sd = InnerStack.descriptor(s, m, ss, cpl, 0);
        checkOffset(s, d, offset);
        Descriptor.markAccessed(s, m, code, d);
        long[] parameters = new long[Descriptor.gateCount(gate)];
        int count = parameters.length;
        for (int k = 0; k < count; k++) {
            parameters[k] = Stack.peek(s, m, (long) k * size, size);
        }
        int slots = 4 + count;
        long base = Descriptor.base(sd);
        long mask = Stack.mask(Descriptor.attributes(sd));
        long sp = InnerStack.pointer(stack);
        Stack.probe(
                s,
                m,
                cpl,
                base,
                Descriptor.limit(sd),
                Descriptor.attributes(sd),
                mask,
                sp,
                size,
                slots,
                ss & ~Descriptor.RPL);
        Stack.put(m, base, mask, sp, size, 1, s.seg[Seg.SS].selector);
        Stack.put(m, base, mask, sp, size, 2, s.gpr(CpuState.RSP));
        for (int k = 0; k < count; k++) {
            Stack.put(m, base, mask, sp, size, 2 + count - k, parameters[k]);
        }
        Stack.put(m, base, mask, sp, size, 3 + count, s.seg[Seg.CS].selector);
        Stack.put(m, base, mask, sp, size, slots, nextRip);
        Descriptor.load(s.seg[Seg.SS], ss, sd);
        s.setGpr(CpuState.RSP, sp & ~mask | sp - (long) slots * size & mask);
        enterCode(s, m, code, d, cpl, offset);
    }

    private static void callInner64(CpuState s, Mmu m, int code, long d, long offset, long nextRip) {
        int cpl = Descriptor.dpl(d);
        long sp = InnerStack.fromTss64(s, m, cpl, 0, 0);
        checkOffset(s, d, offset);
        Descriptor.markAccessed(s, m, code, d);
        Stack.probe64(s, m, cpl, sp, 32, 0);
        m.store64(sp - 8, s.seg[Seg.SS].selector);
        m.store64(sp - 16, s.gpr(CpuState.RSP));
        m.store64(sp - 24, s.seg[Seg.CS].selector);
        m.store64(sp - 32, nextRip);
        Descriptor.loadNull(s.seg[Seg.SS], cpl);
        s.setGpr(CpuState.RSP, sp - 32);
        enterCode(s, m, code, d, cpl, offset);
    }

    private static void pushReturn(CpuState s, Mmu m, int size, long nextRip) {
        Stack.probeCurrent(s, m, size, 2);
        Stack.putCurrent(s, m, size, 1, s.seg[Seg.CS].selector);
        Stack.putCurrent(s, m, size, 2, nextRip);
        Stack.adjust(s, -2L * size);
    }

    /** The gate is 64-bit, so the stack is used as in 64-bit mode even when compatibility mode called. */
    private static void pushReturn64(CpuState s, Mmu m, long nextRip) {
        long sp = s.gpr(CpuState.RSP);
        Stack.probe64(s, m, s.cpl, sp, 16, 0);
        m.store64(sp - 8, s.seg[Seg.CS].selector);
        m.store64(sp - 16, nextRip);
        s.setGpr(CpuState.RSP, sp - 16);
    }

    /** #GP(0) when the new instruction pointer is outside its segment, or not canonical in 64-bit code. */
    static void checkOffset(CpuState s, long d, long offset) {
        checkOffset(s, d, offset, 0);
    }

    /** As {@link #checkOffset(CpuState, long, long)} with the EXT bit for the error code. */
    static void checkOffset(CpuState s, long d, long offset, int ext) {
        boolean valid = s.longMode() && Descriptor.isLong(d)
                ? Checks.canonical(offset)
                : (offset & 0xffff_ffffL) <= Descriptor.limit(d);
        if (!valid) {
            throw s.raise(Vector.GP, ext);
        }
    }

    private static void enterReal(CpuState s, int sel, long offset) {
        if (offset > s.seg[Seg.CS].limit) {
            throw s.gp0();
        }
        SegmentLoad.loadReal(s, s.seg[Seg.CS], sel);
        s.rip = offset;
        s.updateMode();
    }

    /** Loads CS and RIP at privilege level {@code cpl}; nothing else is left that could fault once these are right. */
    static void enterCode(CpuState s, Mmu m, int sel, long d, int cpl, long offset) {
        checkOffset(s, d, offset);
        Descriptor.markAccessed(s, m, sel, d);
        Descriptor.load(s.seg[Seg.CS], sel & ~Descriptor.RPL | cpl, d);
        // A 64-bit offset into 32-bit code is cut.
        s.rip = s.longMode() && Descriptor.isLong(d) ? offset : offset & 0xffff_ffffL;
        s.cpl = cpl;
        Mode.changed(s, m);
    }
}
