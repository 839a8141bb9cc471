package dev.veery.cpu.jit;

import dev.veery.cpu.decode.Decoder;
import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.interp.Block;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/**
 * Translates one block of 64-bit code. An instruction it does not know, or whose memory access the TLB does not have, is
 * left to the interpreter: the code stores a site number and returns to Java, which executes the instruction and comes
 * back behind it. Nothing of the guest's state changes in an instruction before its last chance to leave.
 */
final class BlockCompiler extends Emitter {
    private static final int MAX = 32;

    /**
     * One in so many instructions may be the interpreter's: a return to Java and back costs about as much as
     * interpreting four.
     */
    private static final int WORTH_IT = 4;

    /** The exit number of a jump-table miss: RIP is in the block. */
    static final int EXIT_LOOKUP = -2;

    /** The exit number of a waiting request. */
    static final int EXIT_POLL = -1;

    private final Decoder decoder = new Decoder();
    private final SystemForms system = new SystemForms(this);
    private final Insn[] insns = new Insn[MAX];
    private final int[] offsets = new int[MAX];
    private final boolean[] native_ = new boolean[MAX];
    private final boolean[] leaves = new boolean[MAX];
    private final boolean[] live = new boolean[MAX];
    private final int[] slowLabel = new int[MAX];
    private final int[] resumeLabel = new int[MAX];
    private final boolean[] resumeWithFlags = new boolean[MAX];
    private final boolean[] sited = new boolean[MAX];
    private final Sites sites;
    private final long exitStub;
    private final long vectorStub;
    private final long refillRead;
    private final long refillWrite;

    private int count;
    private int span;
    private long rip;
    private int current;
    private int unsupported;
    private boolean vectors;
    private int entryOffset;
    private int pollOffset;

    /** Out-of-line parts of direct links, emitted after the body. */
    private final int[] linkField = new int[2];

    private final long[] linkTarget = new long[2];
    private int links;

    /**
     * Makes one.
     *
     * @param exitStub stores the guest's registers and returns to Java
     * @param vectorStub called: loads the guest's vector registers
     * @param refillRead called: looks into the second level of the TLB, for a read
     * @param refillWrite the same for a write
     */
    BlockCompiler(Sites sites, long exitStub, long vectorStub, long refillRead, long refillWrite) {
        this.sites = sites;
        this.vectorStub = vectorStub;
        this.refillRead = refillRead;
        this.refillWrite = refillWrite;
        this.exitStub = exitStub;
        for (int i = 0; i < MAX; i++) {
            insns[i] = new Insn();
        }
    }

    /** Offset in the piece of the return to Java with the block's own RIP. */
    int pollOffset() {
        return pollOffset;
    }

    /** Offset in the piece where the block is entered. */
    int entryOffset() {
        return entryOffset;
    }

    /**
     * Translates. The buffer has been started.
     *
     * @param block of at most 32 instructions
     * @param host host address of the first byte
     * @param at RIP of the first instruction
     * @param mode what {@link CpuState#mode} has to be for the block
     * @param spanBytes how far around it jumps are linked, a power of two
     * @param firstSite number of the site of instruction 0; instruction n has n more, links follow
     * @return how many sites were used; -1 when the interpreter is faster, because it would have to do much of the block
     */
    int translate(
            Block block,
            long host,
            long at,
            int mode,
            int spanBytes,
            int firstSite) {
        count = block.instructions();
        int length = block.length();
        span = spanBytes;
        rip = at;
        links = 0;
        unsupported = 0;
        vectors = false;
        int offset = 0;
        for (int i = 0; i < count; i++) {
            offsets[i] = offset;
            boolean valid = decoder.decode(insns[i], host + offset, length - offset, 64) > 0;
            if (!valid) {
                // More than 15 bytes: the interpreter faults.
                insns[i].length = length - offset;
            }
            offset += insns[i].length;
            native_[i] = valid && !block.undefined(i) && Supported.is(insns[i], mode);
            leaves[i] = !native_[i] || Supported.mayLeave(insns[i]);
            sited[i] = false;
            vectors |= native_[i] && VectorForms.of(insns[i]) != VectorForms.NONE;
            if (!native_[i] && i < count - 1) {
                unsupported++;
            }
        }
        if (unsupported * WORTH_IT > count) {
            return -1;
        }
        FlagLiveness.analyse(insns, leaves, count, live);
        int poll = newLabel();
        align(16);
        entryOffset = offset();
        legacyRM(op(0x83, 4), 7, state(CpuState.JIT_POLL), 1);
        emit8(0);
        jcc(Cond.NE, poll);
        legacyRM(op(0x83, 8), 0, state(CpuState.JIT_COUNT), 1);
        emit8(count);
        if (vectors) {
            legacyRM(op(0x83, 4), 7, state(CpuState.JIT_VECTORS), 1);
            emit8(0);
            int loaded = newLabel();
            jccShort(Cond.NE, loaded);
            callTo(vectorStub);
            bind(loaded);
        }
        flagsAtEntry();
        boolean ended = false;
        for (current = 0; current < count; current++) {
            if (native_[current]) {
                ended = emit(insns[current]);
            } else {
                ended = block.endsInTransfer() && current == count - 1;
                call(current, ended);
            }
        }
        if (!ended) {
            saveFlags();
            chain(rip + length);
        }
        misses(refillRead, refillWrite);
        for (int i = 0; i < count; i++) {
            if (sited[i]) {
                outOfLine(i, firstSite + i);
            }
        }
        bind(poll);
        pollOffset = offset();
        leave(rip, EXIT_POLL);
        for (int i = 0; i < links; i++) {
            int site = firstSite + count + i;
            int here = offset();
            leave(linkTarget[i], site);
            boolean far = (linkTarget[i] ^ rip) >>> 12 != 0;
            sites.link(site, writable(linkField[i]), executable(linkField[i]), far ? executable(here) : 0);
            patchJump(writable(linkField[i]), executable(linkField[i]), executable(here));
        }
        finish();
        return count + links;
    }

    private void leave(long target, int exit) {
        movImm(Reg.RAX, target);
        store64(state(CpuState.JIT_RIP), Reg.RAX);
        store32(state(CpuState.JIT_EXIT), exit);
        jmpTo(exitStub);
    }

    private void outOfLine(int i, int site) {
        bind(slowLabel[i]);
        store32(state(CpuState.JIT_EXIT), site);
        jmpTo(exitStub);
        int resume = offset();
        if (resumeLabel[i] >= 0) {
            if (vectors) {
                callTo(vectorStub);
            }
            if (resumeWithFlags[i]) {
                restoreFlags();
            }
            jmp(resumeLabel[i]);
        }
        sites.call(site, i, rip, resumeLabel[i] >= 0 ? executable(resume) : 0);
    }

    /** Leaves the instruction to the interpreter. */
    private void call(int i, boolean ends) {
        saveFlags();
        slowLabel[i] = newLabel();
        sited[i] = true;
        jmp(slowLabel[i]);
        flagsAtEntry();
        resumeLabel[i] = ends ? -1 : newBoundLabel();
        resumeWithFlags[i] = false;
    }

    /** The label for the slow path of the current instruction. Flags are saved if anybody may see them. */
    int slow() {
        flagsClobbered(live[current]);
        slowLabel[current] = newLabel();
        sited[current] = true;
        resumeLabel[current] = -1;
        return slowLabel[current];
    }

    /** The current instruction, which has a slow path, is complete. */
    void resumeHere() {
        resumeLabel[current] = newBoundLabel();
        resumeWithFlags[current] = flagsInHost();
    }

    // ---- addresses

    /** Linear address of the memory operand into RAX; flags stay. Uses RCX. */
    private void address(Insn i, boolean withSegment) {
        long next = rip + offsets[current] + i.length;
        if (i.base == Insn.BASE_RIP) {
            movImm(Reg.RAX, next + i.disp);
        } else if (i.base == Insn.NO_REG && i.index == Insn.NO_REG || i.disp != (int) i.disp) {
            movImm(Reg.RAX, i.disp);
        } else {
            int base = i.base == Insn.NO_REG ? Reg.NONE : use(i.base, Reg.RAX);
            int index = i.index == Insn.NO_REG ? Reg.NONE : use(i.index, Reg.RCX);
            lea64(Reg.RAX, Mem.indexed(base, index, i.scale, (int) i.disp));
        }
        if (withSegment && i.seg >= Seg.FS) {
            load64(Reg.RCX, state(CpuState.SEG_BASE + 8 * i.seg));
            lea64(Reg.RAX, Mem.indexed(Reg.RAX, Reg.RCX, 0, 0));
        }
    }

    /** Host address of the memory operand into RAX. Uses RCX, RDX, flags. */
    private void operand(Insn i, int size, boolean write) {
        int label = slow();
        address(i, true);
        probe(size, write, label);
    }

    static long at(int reg) {
        return Mem.based(reg, 0);
    }

    // ---- ends of blocks

    /** Goes on at {@code target}; flags have been saved. */
    private void chain(long target) {
        if ((target ^ rip) >>> Integer.numberOfTrailingZeros(span) == 0 && links < 2) {
            linkTarget[links] = target;
            linkField[links] = jmpPatchable(exitStub);
            links++;
            return;
        }
        movImm(Reg.RCX, target);
        jumpToRcx();
    }

    /** Goes on at the RIP in RCX, by the table of recent targets. Flags have been saved. */
    private void jumpToRcx() {
        int miss = newLabel();
        legacyRR(op(0x8b, 4), Reg.RAX, Reg.RCX);
        aluImm(4, 4, Reg.RAX, JumpTable.MASK);
        legacyRR(op(0xc1, 4), 4, Reg.RAX);
        emit8(JumpTable.ENTRY_SHIFT);
        legacyRM(op(0x03, 8), Reg.RAX, state(CpuState.JIT_JUMPS), 0);
        legacyRM(op(0x3b, 8), Reg.RCX, at(Reg.RAX), 0);
        jccShort(Cond.NE, miss);
        legacyRM(Op.legacy(0, 0, 0xff), 4, Mem.based(Reg.RAX, 8), 0);
        bind(miss);
        store64(state(CpuState.JIT_RIP), Reg.RCX);
        store32(state(CpuState.JIT_EXIT), EXIT_LOOKUP);
        jmpTo(exitStub);
    }

    /** Jumps to {@code label} unless RCX is canonical. Uses RDX, flags. */
    private void requireCanonical(int label) {
        mov64(Reg.RDX, Reg.RCX);
        legacyRR(op(0xc1, 8), 4, Reg.RDX);
        emit8(16);
        legacyRR(op(0xc1, 8), 7, Reg.RDX);
        emit8(16);
        legacyRR(op(0x3b, 8), Reg.RDX, Reg.RCX);
        jcc(Cond.NE, label);
    }

    // ---- instructions; each returns whether it ended the block

    private boolean emit(Insn i) {
        if (i.map == Insn.MAP_1) {
            return oneByte(i);
        }
        if (VectorForms.of(i) != VectorForms.NONE) {
            vector(i, VectorForms.of(i));
            return false;
        }
        return twoByte(i);
    }

    // ---- SSE: guest register n is host register n from the first block that uses vectors to the return to Java

    /** The opcode as {@link Op} has it. */
    private static int vectorOp(Insn i) {
        return Op.legacy(i.simdPrefix(), i.map, i.opcode) | (i.rexW() ? Op.W : 0);
    }

    /** Host address of the vector operand into RAX. */
    private void vectorOperand(Insn i, int form, int size, boolean write) {
        int label = slow();
        address(i, true);
        if ((form & VectorForms.ALIGNED) != 0) {
            // The interpreter raises #GP.
            legacyRR(op(0xf6, 1), 0, Reg.RAX);
            emit8(15);
            jcc(Cond.NE, label);
        }
        probe(size, write, label);
    }

    private void vector(Insn i, int form) {
        int kind = form & VectorForms.KIND;
        boolean write = kind == VectorForms.STORE || kind == VectorForms.TO_GENERAL;
        if (!i.isReg()) {
            vectorOperand(i, form, VectorForms.size(form, i), write);
        }
        switch (kind) {
            case VectorForms.FROM_GENERAL:
            case VectorForms.INSERT:
                if (i.isReg()) {
                    legacyRR(vectorOp(i), i.reg, use(i.rm, Reg.RCX));
                    immediate(i, form);
                } else {
                    asItIs(i, form);
                }
                break;
            case VectorForms.TO_GENERAL:
                if (i.isReg()) {
                    int d = target(i.rm, Reg.RCX);
                    legacyRR(vectorOp(i), i.reg, d);
                    immediate(i, form);
                    done(i.rm, d);
                } else {
                    asItIs(i, form);
                }
                break;
            case VectorForms.GENERAL: {
                int d = target(i.reg, Reg.RCX);
                if (i.isReg()) {
                    legacyRR(vectorOp(i), d, i.rm);
                } else {
                    legacyRM(vectorOp(i), d, at(Reg.RAX), 0);
                }
                immediate(i, form);
                done(i.reg, d);
                break;
            }
            default:
                asItIs(i, form);
                break;
        }
        if (kind == VectorForms.COMPARE) {
            flagsWritten();
        }
        if (!i.isReg()) {
            resumeHere();
        }
    }

    /** The instruction itself, on the same vector registers or with the memory operand at RAX. */
    private void asItIs(Insn i, int form) {
        if (i.isReg()) {
            legacyRR(vectorOp(i), i.reg, i.rm);
        } else {
            boolean streams = (form & VectorForms.STREAM) != 0;
            legacyRM(
                    streams ? Op.MOVUPS_STORE : vectorOp(i), i.reg, at(Reg.RAX), (form & VectorForms.IMM) != 0 ? 1 : 0);
        }
        immediate(i, form);
    }

    private void immediate(Insn i, int form) {
        if ((form & VectorForms.IMM) != 0) {
            emit8((int) i.imm);
        }
    }

    private static int size(Insn i) {
        return (i.opcode & 1) == 0 ? 1 : i.opSize;
    }

    private boolean oneByte(Insn i) {
        int o = i.opcode;
        int group = i.modrm >> 3 & 7;
        if (o < 0x40) {
            alu(i);
            return false;
        }
        if (o >= 0x70 && o < 0x80) {
            conditional(i);
            return true;
        }
        switch (o >> 3) {
            case 0x50 >> 3:
                push(i.rm);
                return false;
            case 0x58 >> 3:
                pop(i.rm);
                return false;
            case 0xb0 >> 3:
                movImmediate(i, 1, i.rm);
                return false;
            case 0xb8 >> 3:
                movImmediate(i, i.opSize, i.rm);
                return false;
            default:
                break;
        }
        switch (o) {
            case 0x63:
                moveExtended(i, Op.legacy(0, 0, 0x63) | Op.W, 4);
                return false;
            case 0x68:
            case 0x6a:
                pushImmediate(i.imm);
                return false;
            case 0x69:
            case 0x6b:
                imulImmediate(i);
                return false;
            case 0x80:
            case 0x81:
            case 0x83:
                aluImmediate(i, group);
                return false;
            case 0x84:
            case 0x85:
                test(i);
                return false;
            case 0x86:
            case 0x87:
                exchange(i);
                return false;
            case 0x88:
            case 0x89:
                store(i);
                return false;
            case 0x8a:
            case 0x8b:
                load(i);
                return false;
            case 0x8d:
                lea(i);
                return false;
            case 0x9c:
                system.pushf();
                return false;
            case 0x9d:
                system.popf();
                return false;
            case 0xfa:
                system.cli();
                return false;
            case 0xfb:
                system.sti(rip + offsets[current] + i.length);
                return false;
            case 0x90:
                return false;
            case 0x98:
            case 0x99:
                extendAccumulator(i);
                return false;
            case 0xa8:
            case 0xa9: {
                int size = size(i);
                legacyRR(op(0xf7, size), 0, GuestRegs.host(CpuState.RAX));
                emitImm(i.imm, immSize(size));
                flagsWritten();
                return false;
            }
            case 0xc0:
            case 0xc1:
                shift(i, group, (int) i.imm);
                return false;
            case 0xd0:
            case 0xd1:
                shift(i, group, 1);
                return false;
            case 0xd2:
            case 0xd3:
                shiftByCl(i, group);
                return false;
            case 0xc3:
                ret();
                return true;
            case 0xc6:
            case 0xc7:
                storeImmediate(i);
                return false;
            case 0xc9:
                leaveFrame();
                return false;
            case 0xe8:
                callDirect(i);
                return true;
            case 0xe9:
            case 0xeb:
                saveFlags();
                chain(rip + offsets[current] + i.length + i.imm);
                return true;
            case 0xf5:
            case 0xf8:
            case 0xf9:
                needFlags();
                emit8(o);
                flagsWritten();
                return false;
            case 0xf6:
            case 0xf7:
                group3(i, group);
                return false;
            case 0xfe:
                incDec(i, group);
                return false;
            default:
                return groupFf(i, group);
        }
    }

    private void alu(Insn i) {
        int size = size(i);
        int operation = i.opcode >> 3;
        boolean compares = operation == 7;
        boolean carries = operation == 2 || operation == 3;
        int form = i.opcode & 7;
        if (form >= 4) {
            if (carries) {
                needFlags();
            }
            aluImm(operation, size, GuestRegs.host(CpuState.RAX), i.imm);
            flagsWritten();
            return;
        }
        boolean toReg = form >= 2;
        if (i.isReg()) {
            int dst = toReg ? i.reg : i.rm;
            int src = toReg ? i.rm : i.reg;
            int s = use(src, Reg.RDX);
            int d = use(dst, Reg.RCX);
            if (carries) {
                needFlags();
            }
            legacyRR(op(operation << 3 | 3, size), d, s);
            flagsWritten();
            if (!compares) {
                done(dst, d);
            }
            return;
        }
        operand(i, size, !toReg && !compares);
        if (toReg) {
            int d = use(i.reg, Reg.RCX);
            legacyRM(op(operation << 3 | 3, size), d, at(Reg.RAX), 0);
            flagsWritten();
            if (!compares) {
                done(i.reg, d);
            }
        } else {
            int s = use(i.reg, Reg.RCX);
            if (i.lock) {
                lock();
            }
            legacyRM(op(operation << 3 | 1, size), s, at(Reg.RAX), 0);
            flagsWritten();
        }
        resumeHere();
    }

    private void aluImmediate(Insn i, int operation) {
        int size = size(i);
        boolean carries = operation == 2 || operation == 3;
        if (i.isReg()) {
            int d = use(i.rm, Reg.RCX);
            if (carries) {
                needFlags();
            }
            aluImm(operation, size, d, i.imm);
            flagsWritten();
            if (operation != 7) {
                done(i.rm, d);
            }
            return;
        }
        operand(i, size, operation != 7);
        if (i.lock) {
            lock();
        }
        if (size > 1 && i.imm == (byte) i.imm) {
            legacyRM(op(0x83, size), operation, at(Reg.RAX), 1);
            emit8((int) i.imm);
        } else {
            legacyRM(op(0x81, size), operation, at(Reg.RAX), immSize(size));
            emitImm(i.imm, immSize(size));
        }
        flagsWritten();
        resumeHere();
    }

    private void test(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            int a = use(i.rm, Reg.RCX);
            int b = use(i.reg, Reg.RDX);
            legacyRR(op(0x85, size), b, a);
            flagsWritten();
            return;
        }
        operand(i, size, false);
        legacyRM(op(0x85, size), use(i.reg, Reg.RCX), at(Reg.RAX), 0);
        flagsWritten();
        resumeHere();
    }

    private void exchange(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            int a = use(i.rm, Reg.RCX);
            int b = use(i.reg, Reg.RDX);
            legacyRR(op(0x87, size), b, a);
            done(i.rm, a);
            done(i.reg, b);
            return;
        }
        operand(i, size, true);
        int r = use(i.reg, Reg.RCX);
        legacyRM(op(0x87, size), r, at(Reg.RAX), 0);
        done(i.reg, r);
        resumeHere();
    }

    private void store(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            move(i.rm, i.reg, size);
            return;
        }
        operand(i, size, true);
        legacyRM(op(0x89, size), use(i.reg, Reg.RCX), at(Reg.RAX), 0);
        resumeHere();
    }

    private void load(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            move(i.reg, i.rm, size);
            return;
        }
        operand(i, size, false);
        // A narrow load keeps the rest of the register.
        int d = size < 4 ? use(i.reg, Reg.RCX) : target(i.reg, Reg.RCX);
        legacyRM(op(0x8b, size), d, at(Reg.RAX), 0);
        done(i.reg, d);
        resumeHere();
    }

    private void move(int dst, int src, int size) {
        int s = use(src, Reg.RDX);
        int d = size < 4 ? use(dst, Reg.RCX) : target(dst, Reg.RCX);
        legacyRR(op(0x8b, size), d, s);
        done(dst, d);
    }

    private void lea(Insn i) {
        address(i, false);
        if (i.opSize == 2) {
            int d = use(i.reg, Reg.RCX);
            legacyRR(op(0x8b, 2), d, Reg.RAX);
            done(i.reg, d);
        } else {
            int d = target(i.reg, Reg.RCX);
            legacyRR(op(0x8b, i.opSize), d, Reg.RAX);
            done(i.reg, d);
        }
    }

    private void movImmediate(Insn i, int size, int guest) {
        if (size >= 4) {
            int d = target(guest, Reg.RCX);
            movImm(d, size == 8 ? i.imm : i.imm & 0xffff_ffffL);
            done(guest, d);
            return;
        }
        int d = use(guest, Reg.RCX);
        legacyRR(op(0xc7, size), 0, d);
        emitImm(i.imm, size);
        done(guest, d);
    }

    private void storeImmediate(Insn i) {
        int size = size(i);
        if (i.isReg()) {
            movImmediate(i, size, i.rm);
            return;
        }
        operand(i, size, true);
        legacyRM(op(0xc7, size), 0, at(Reg.RAX), immSize(size));
        emitImm(i.imm, immSize(size));
        resumeHere();
    }

    private void extendAccumulator(Insn i) {
        int a = GuestRegs.host(CpuState.RAX);
        int size = i.opSize;
        if (i.opcode == 0x98) {
            int opcode = size == 8
                    ? Op.legacy(0, 0, 0x63) | Op.W
                    : size == 4 ? Op.legacy(0, 1, 0xbf) : Op.legacy(0, 1, 0xbe) | Op.OPSIZE | Op.RM8;
            legacyRR(opcode, a, a);
            return;
        }
        mov64(Reg.RAX, a);
        legacy(op(0x99, size));
        legacyRR(op(0x8b, size), GuestRegs.host(CpuState.RDX), Reg.RDX);
    }

    // ---- stack

    private void push(int guest) {
        int label = slow();
        int sp = GuestRegs.host(CpuState.RSP);
        lea64(Reg.RAX, Mem.based(sp, -8));
        probe(8, true, label);
        store64(at(Reg.RAX), use(guest, Reg.RCX));
        lea64(sp, Mem.based(sp, -8));
        resumeHere();
    }

    private void pushImmediate(long imm) {
        int label = slow();
        int sp = GuestRegs.host(CpuState.RSP);
        lea64(Reg.RAX, Mem.based(sp, -8));
        probe(8, true, label);
        legacyRM(op(0xc7, 8), 0, at(Reg.RAX), 4);
        emit32((int) imm);
        lea64(sp, Mem.based(sp, -8));
        resumeHere();
    }

    private void pop(int guest) {
        int label = slow();
        int sp = GuestRegs.host(CpuState.RSP);
        mov64(Reg.RAX, sp);
        probe(8, false, label);
        load64(Reg.RCX, at(Reg.RAX));
        lea64(sp, Mem.based(sp, 8));
        done(guest, Reg.RCX);
        resumeHere();
    }

    private void leaveFrame() {
        int label = slow();
        int bp = GuestRegs.host(CpuState.RBP);
        mov64(Reg.RAX, bp);
        probe(8, false, label);
        lea64(GuestRegs.host(CpuState.RSP), Mem.based(bp, 8));
        load64(bp, at(Reg.RAX));
        resumeHere();
    }

    private void callDirect(Insn i) {
        long next = rip + offsets[current] + i.length;
        int label = slow();
        int sp = GuestRegs.host(CpuState.RSP);
        lea64(Reg.RAX, Mem.based(sp, -8));
        probe(8, true, label);
        pushRip(next, sp);
        chain(next + i.imm);
    }

    private void pushRip(long next, int sp) {
        movImm(Reg.RDX, next);
        store64(at(Reg.RAX), Reg.RDX);
        lea64(sp, Mem.based(sp, -8));
    }

    private void ret() {
        int label = slow();
        int sp = GuestRegs.host(CpuState.RSP);
        mov64(Reg.RAX, sp);
        probe(8, false, label);
        load64(Reg.RCX, at(Reg.RAX));
        requireCanonical(label);
        lea64(sp, Mem.based(sp, 8));
        jumpToRcx();
    }

    private boolean groupFf(Insn i, int group) {
        switch (group) {
            case 0:
            case 1:
                incDec(i, group);
                return false;
            case 6:
                if (i.isReg()) {
                    push(i.rm);
                } else {
                    pushMemory(i);
                }
                return false;
            default:
                indirect(i, group == 2);
                return true;
        }
    }

    private void pushMemory(Insn i) {
        int label = slow();
        address(i, true);
        probe(8, false, label);
        load64(Reg.RAX, at(Reg.RAX));
        store64(state(CpuState.SCRATCH), Reg.RAX);
        int sp = GuestRegs.host(CpuState.RSP);
        lea64(Reg.RAX, Mem.based(sp, -8));
        probe(8, true, label);
        load64(Reg.RCX, state(CpuState.SCRATCH));
        store64(at(Reg.RAX), Reg.RCX);
        lea64(sp, Mem.based(sp, -8));
        resumeHere();
    }

    private void indirect(Insn i, boolean call) {
        int label = slow();
        if (i.isReg()) {
            mov64(Reg.RCX, use(i.rm, Reg.RCX));
        } else {
            address(i, true);
            probe(8, false, label);
            load64(Reg.RCX, at(Reg.RAX));
        }
        requireCanonical(label);
        if (call) {
            store64(state(CpuState.SCRATCH), Reg.RCX);
            int sp = GuestRegs.host(CpuState.RSP);
            lea64(Reg.RAX, Mem.based(sp, -8));
            probe(8, true, label);
            pushRip(rip + offsets[current] + i.length, sp);
            load64(Reg.RCX, state(CpuState.SCRATCH));
        }
        jumpToRcx();
    }

    private void conditional(Insn i) {
        needFlags();
        saveFlags();
        int taken = newLabel();
        jcc(i.opcode & 15, taken);
        long next = rip + offsets[current] + i.length;
        chain(next);
        bind(taken);
        chain(next + i.imm);
    }

    // ---- shifts, multiplication, unary operations

    private void shift(Insn i, int operation, int count) {
        int size = size(i);
        int c = count & (size == 8 ? 63 : 31);
        if (i.isReg()) {
            int d = use(i.rm, Reg.RCX);
            if (c == 0) {
                if (size == 4) {
                    legacyRR(op(0x8b, 4), d, d);
                    done(i.rm, d);
                }
                return;
            }
            if (operation < 4) {
                needFlags();
            }
            legacyRR(op(0xc1, size), operation, d);
            emit8(c);
            flagsWritten();
            done(i.rm, d);
            return;
        }
        operand(i, size, true);
        legacyRM(op(0xc1, size), operation, at(Reg.RAX), 1);
        emit8(c);
        flagsWritten();
        resumeHere();
    }

    private void shiftByCl(Insn i, int operation) {
        int d = use(i.rm, Reg.RDX);
        // A count of zero leaves all flags, a rotate most of them.
        needFlags();
        mov64(Reg.RCX, GuestRegs.host(CpuState.RCX));
        if (d == GuestRegs.host(CpuState.RCX)) {
            mov64(Reg.RDX, d);
            d = Reg.RDX;
        }
        legacyRR(op(0xd3, size(i)), operation, d);
        flagsWritten();
        done(i.rm, d);
        // A 32-bit shift by zero still clears the upper half.
        if (size(i) == 4) {
            legacyRR(op(0x8b, 4), d, d);
            done(i.rm, d);
        }
    }

    private void group3(Insn i, int group) {
        int size = size(i);
        if (group == 0) {
            if (i.isReg()) {
                legacyRR(op(0xf7, size), 0, use(i.rm, Reg.RCX));
                emitImm(i.imm, immSize(size));
                flagsWritten();
            } else {
                operand(i, size, false);
                legacyRM(op(0xf7, size), 0, at(Reg.RAX), immSize(size));
                emitImm(i.imm, immSize(size));
                flagsWritten();
                resumeHere();
            }
            return;
        }
        if (group >= 6) {
            divide(i, group, size);
            return;
        }
        if (group >= 4) {
            multiply(i, group, size);
            return;
        }
        if (i.isReg()) {
            int d = use(i.rm, Reg.RCX);
            legacyRR(op(0xf7, size), group, d);
            if (group == 3) {
                flagsWritten();
            }
            done(i.rm, d);
            return;
        }
        operand(i, size, true);
        if (i.lock) {
            lock();
        }
        legacyRM(op(0xf7, size), group, at(Reg.RAX), 0);
        if (group == 3) {
            flagsWritten();
        }
        resumeHere();
    }

    /** MUL and IMUL of EAX or RAX. */
    private void multiply(Insn i, int group, int size) {
        if (i.isReg()) {
            int s = use(i.rm, Reg.RCX);
            mov64(Reg.RAX, GuestRegs.host(CpuState.RAX));
            legacyRR(op(0xf7, size), group, s);
        } else {
            operand(i, size, false);
            mov64(Reg.RCX, Reg.RAX);
            mov64(Reg.RAX, GuestRegs.host(CpuState.RAX));
            legacyRM(op(0xf7, size), group, at(Reg.RCX), 0);
        }
        flagsWritten();
        mov64(GuestRegs.host(CpuState.RAX), Reg.RAX);
        mov64(GuestRegs.host(CpuState.RDX), Reg.RDX);
        if (!i.isReg()) {
            resumeHere();
        }
    }

    /** DIV and IDIV: what would raise the host's #DE, and a little more, is the interpreter's. */
    private void divide(Insn i, int group, int size) {
        int high = GuestRegs.host(CpuState.RDX);
        int low = GuestRegs.host(CpuState.RAX);
        if (i.isReg()) {
            slow();
            mov64(Reg.RCX, use(i.rm, Reg.RCX));
        } else {
            operand(i, size, false);
            legacyRM(op(0x8b, size), Reg.RCX, at(Reg.RAX), 0);
        }
        int label = slowLabel[current];
        mov64(Reg.RAX, low);
        if (group == 6) {
            // The quotient fits if the upper half is below the divisor, which so is not zero.
            legacyRR(op(0x3b, size), high, Reg.RCX);
            jcc(Cond.AE, label);
            mov64(Reg.RDX, high);
        } else {
            // A dividend as wide as the divisor, which is neither 0 nor -1.
            legacyRM(op(0x8d, size), Reg.RDX, Mem.based(Reg.RCX, 1), 0);
            aluImm(7, size, Reg.RDX, 1);
            jcc(Cond.BE, label);
            legacy(op(0x99, size));
            legacyRR(op(0x3b, size), high, Reg.RDX);
            jcc(Cond.NE, label);
        }
        legacyRR(op(0xf7, size), group, Reg.RCX);
        flagsWritten();
        mov64(low, Reg.RAX);
        mov64(high, Reg.RDX);
        resumeHere();
    }

    private void imulImmediate(Insn i) {
        int size = i.opSize;
        int opcode = op(i.opcode, size);
        int immBytes = i.opcode == 0x6b ? 1 : immSize(size);
        if (i.isReg()) {
            int s = use(i.rm, Reg.RDX);
            int d = size == 2 ? use(i.reg, Reg.RCX) : target(i.reg, Reg.RCX);
            legacyRR(opcode, d, s);
            emitImm(i.imm, immBytes);
            flagsWritten();
            done(i.reg, d);
            return;
        }
        operand(i, size, false);
        int d = size == 2 ? use(i.reg, Reg.RCX) : target(i.reg, Reg.RCX);
        legacyRM(opcode, d, at(Reg.RAX), immBytes);
        emitImm(i.imm, immBytes);
        flagsWritten();
        done(i.reg, d);
        resumeHere();
    }

    private void incDec(Insn i, int group) {
        int size = size(i);
        if (i.isReg()) {
            int d = use(i.rm, Reg.RCX);
            needFlags();
            legacyRR(op(0xff, size), group, d);
            flagsWritten();
            done(i.rm, d);
            return;
        }
        operand(i, size, true);
        // Flags come back by way of RAX.
        mov64(Reg.RCX, Reg.RAX);
        needFlags();
        if (i.lock) {
            lock();
        }
        legacyRM(op(0xff, size), group, at(Reg.RCX), 0);
        flagsWritten();
        resumeHere();
    }

    // ---- 0F

    private boolean twoByte(Insn i) {
        int o = i.opcode;
        switch (o >> 4) {
            case 0x4:
                cmov(i);
                return false;
            case 0x8:
                conditional(i);
                return true;
            case 0x9:
                setcc(i);
                return false;
            default:
                break;
        }
        if (o >= 0xc8 && o < 0xd0) {
            int d = use(i.rm, Reg.RCX);
            legacyO(Op.legacy(0, 1, 0xc8) | (i.opSize == 8 ? Op.W : 0), d);
            done(i.rm, d);
            return false;
        }
        switch (o) {
            case 0x01:
                if (i.modrm == 0xf8) {
                    system.swapgs();
                } else {
                    system.accessCheck(i.modrm == 0xcb);
                }
                return false;
            case 0xae:
                legacyRR(Op.legacy(0, 1, 0xae), i.modrm >> 3 & 7, 0);
                return false;
            case 0xa3:
            case 0xab:
            case 0xb3:
            case 0xbb:
                bitTest(i);
                return false;
            case 0xba:
                bitTestImmediate(i);
                return false;
            case 0xa4:
            case 0xa5:
            case 0xac:
            case 0xad:
                doubleShift(i);
                return false;
            case 0xc3:
                // MOVNTI, in order for other processors.
                operand(i, i.opSize, true);
                legacyRM(op(0x89, i.opSize), use(i.reg, Reg.RCX), at(Reg.RAX), 0);
                resumeHere();
                return false;
            case 0xc7:
                compareExchangePair(i);
                return false;
            case 0xaf:
                imul(i);
                return false;
            case 0xb0:
            case 0xb1:
                cmpxchg(i);
                return false;
            case 0xb6:
            case 0xb7:
            case 0xbe:
            case 0xbf: {
                int from = (o & 1) == 0 ? 1 : 2;
                int opcode = Op.legacy(0, 1, o) | (i.opSize == 8 ? Op.W : i.opSize == 2 ? Op.OPSIZE : 0);
                moveExtended(i, from == 1 ? opcode | Op.RM8 : opcode, from);
                return false;
            }
            case 0xb8:
                scan(i, Op.POPCNT);
                return false;
            case 0xbc:
                scan(i, Op.BSF);
                return false;
            case 0xbd:
                scan(i, Op.BSR);
                return false;
            case 0xc0:
            case 0xc1:
                xadd(i);
                return false;
            default:
                // Hints.
                return false;
        }
    }

    private void moveExtended(Insn i, int opcode, int from) {
        boolean partial = i.opSize == 2;
        if (i.isReg()) {
            int s = use(i.rm, Reg.RDX);
            int d = partial ? use(i.reg, Reg.RCX) : target(i.reg, Reg.RCX);
            legacyRR(opcode, d, s);
            done(i.reg, d);
            return;
        }
        operand(i, from, false);
        int d = partial ? use(i.reg, Reg.RCX) : target(i.reg, Reg.RCX);
        legacyRM(opcode & ~Op.RM8, d, at(Reg.RAX), 0);
        done(i.reg, d);
        resumeHere();
    }

    private void cmov(Insn i) {
        int size = i.opSize;
        if (i.isReg()) {
            int s = use(i.rm, Reg.RDX);
            int d = use(i.reg, Reg.RCX);
            needFlags();
            legacyRR(op0f(i.opcode, size), d, s);
            done(i.reg, d);
            return;
        }
        operand(i, size, false);
        legacyRM(size == 2 ? Op.legacy(0, 1, 0xb7) : op(0x8b, size), Reg.RDX, at(Reg.RAX), 0);
        int d = use(i.reg, Reg.RCX);
        needFlags();
        legacyRR(op0f(i.opcode, size), d, Reg.RDX);
        done(i.reg, d);
        resumeHere();
    }

    private void setcc(Insn i) {
        int opcode = Op.legacy(0, 1, i.opcode) | Op.RM8;
        if (i.isReg()) {
            int d = use(i.rm, Reg.RCX);
            needFlags();
            legacyRR(opcode, 0, d);
            done(i.rm, d);
            return;
        }
        operand(i, 1, true);
        mov64(Reg.RCX, Reg.RAX);
        needFlags();
        legacyRM(opcode & ~Op.RM8, 0, at(Reg.RCX), 0);
        resumeHere();
    }

    private void bitTestImmediate(Insn i) {
        int group = i.modrm >> 3 & 7;
        if (i.isReg()) {
            int d = use(i.rm, Reg.RCX);
            needFlags();
            legacyRR(op0f(0xba, i.opSize), group, d);
            emit8((int) i.imm);
            flagsWritten();
            done(i.rm, d);
            return;
        }
        operand(i, i.opSize, group != 4);
        mov64(Reg.RCX, Reg.RAX);
        needFlags();
        if (i.lock) {
            lock();
        }
        legacyRM(op0f(0xba, i.opSize), group, at(Reg.RCX), 1);
        emit8((int) i.imm);
        flagsWritten();
        resumeHere();
    }

    /** The bit offset is signed and reaches as far as it likes: the word it falls into first, then the bit in that. */
    private void bitTestMemory(Insn i) {
        int size = i.opSize;
        int label = slow();
        address(i, true);
        int bits = use(i.reg, Reg.RCX);
        if (size == 8) {
            mov64(Reg.RCX, bits);
        } else {
            legacyRR(Op.legacy(0, 0, 0x63) | Op.W, Reg.RCX, bits);
        }
        legacyRR(op(0xc1, 8), 7, Reg.RCX);
        emit8(size == 8 ? 6 : 5);
        lea64(Reg.RAX, Mem.indexed(Reg.RAX, Reg.RCX, size == 8 ? 3 : 2, 0));
        probe(size, i.opcode != 0xa3, label);
        mov64(Reg.RDX, use(i.reg, Reg.RDX));
        aluImm(4, 4, Reg.RDX, size * 8 - 1);
        mov64(Reg.RCX, Reg.RAX);
        needFlags();
        if (i.lock) {
            lock();
        }
        legacyRM(op0f(i.opcode, size), Reg.RDX, at(Reg.RCX), 0);
        flagsWritten();
        resumeHere();
    }

    /** SHLD and SHRD of registers. */
    private void doubleShift(Insn i) {
        needFlags();
        int s = use(i.reg, Reg.RAX);
        int d = use(i.rm, Reg.RDX);
        if ((i.opcode & 1) == 0) {
            legacyRR(op0f(i.opcode, i.opSize), s, d);
            emit8((int) i.imm);
        } else {
            mov64(Reg.RCX, GuestRegs.host(CpuState.RCX));
            legacyRR(op0f(i.opcode, i.opSize), s, d);
        }
        flagsWritten();
        done(i.rm, d);
    }

    /** CMPXCHG8B and CMPXCHG16B. */
    private void compareExchangePair(Insn i) {
        int size = 2 * i.opSize;
        int label = slow();
        address(i, true);
        if (size == 16) {
            legacyRR(op(0xf6, 1), 0, Reg.RAX);
            emit8(15);
            jcc(Cond.NE, label);
        }
        probe(size, true, label);
        int pointer = GuestRegs.host(CpuState.RSI);
        store64(state(CpuState.SCRATCH), pointer);
        mov64(pointer, Reg.RAX);
        needFlags();
        mov64(Reg.RAX, GuestRegs.host(CpuState.RAX));
        mov64(Reg.RDX, GuestRegs.host(CpuState.RDX));
        mov64(Reg.RCX, GuestRegs.host(CpuState.RCX));
        if (i.lock) {
            lock();
        }
        legacyRM(Op.legacy(0, 1, 0xc7) | (size == 16 ? Op.W : 0), 1, at(pointer), 0);
        flagsWritten();
        load64(pointer, state(CpuState.SCRATCH));
        if (size == 8) {
            // Equal: RAX and RDX keep their upper halves. Different: the load clears them.
            int equal = newLabel();
            jccShort(Cond.E, equal);
            mov64(GuestRegs.host(CpuState.RAX), Reg.RAX);
            mov64(GuestRegs.host(CpuState.RDX), Reg.RDX);
            bind(equal);
        } else {
            mov64(GuestRegs.host(CpuState.RAX), Reg.RAX);
            mov64(GuestRegs.host(CpuState.RDX), Reg.RDX);
        }
        resumeHere();
    }

    private void bitTest(Insn i) {
        if (!i.isReg()) {
            bitTestMemory(i);
            return;
        }
        int index = use(i.reg, Reg.RDX);
        int d = use(i.rm, Reg.RCX);
        needFlags();
        legacyRR(op0f(i.opcode, i.opSize), index, d);
        flagsWritten();
        if (i.opcode != 0xa3) {
            done(i.rm, d);
        }
    }

    private void scan(Insn i, int opcode) {
        int size = i.opSize;
        int sized = opcode | (size == 8 ? Op.W : size == 2 ? Op.OPSIZE : 0);
        if (i.isReg()) {
            int s = use(i.rm, Reg.RDX);
            int d = use(i.reg, Reg.RCX);
            legacyRR(sized, d, s);
            flagsWritten();
            done(i.reg, d);
            return;
        }
        operand(i, size, false);
        int d = use(i.reg, Reg.RCX);
        legacyRM(sized, d, at(Reg.RAX), 0);
        flagsWritten();
        done(i.reg, d);
        resumeHere();
    }

    private void imul(Insn i) {
        int size = i.opSize;
        if (i.isReg()) {
            int s = use(i.rm, Reg.RDX);
            int d = use(i.reg, Reg.RCX);
            legacyRR(op0f(0xaf, size), d, s);
            flagsWritten();
            done(i.reg, d);
            return;
        }
        operand(i, size, false);
        int d = use(i.reg, Reg.RCX);
        legacyRM(op0f(0xaf, size), d, at(Reg.RAX), 0);
        flagsWritten();
        done(i.reg, d);
        resumeHere();
    }

    /** CMPXCHG of memory; the register form is the interpreter's. */
    private void cmpxchg(Insn i) {
        int size = size(i);
        int a = GuestRegs.host(CpuState.RAX);
        operand(i, size, true);
        mov64(Reg.RDX, Reg.RAX);
        int s = use(i.reg, Reg.RCX);
        mov64(Reg.RAX, a);
        if (i.lock) {
            lock();
        }
        legacyRM(op0f(0xb1, size), s, at(Reg.RDX), 0);
        flagsWritten();
        if (size == 4) {
            // Equal: RAX keeps its upper half. Different: the load clears it.
            int equal = newLabel();
            jccShort(Cond.E, equal);
            mov64(a, Reg.RAX);
            bind(equal);
        } else {
            mov64(a, Reg.RAX);
        }
        resumeHere();
    }

    private void xadd(Insn i) {
        int size = size(i);
        operand(i, size, true);
        int r = use(i.reg, Reg.RCX);
        if (i.lock) {
            lock();
        }
        legacyRM(op0f(0xc1, size), r, at(Reg.RAX), 0);
        flagsWritten();
        done(i.reg, r);
        resumeHere();
    }
}
