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
    private final MoveInsns moves = new MoveInsns(this);
    private final ArithmeticInsns arithmetic = new ArithmeticInsns(this);
    private final BitInsns bits = new BitInsns(this);
    private final StackInsns stack = new StackInsns(this);
    private final VectorInsns vectors = new VectorInsns(this);
    private final X87Insns x87 = new X87Insns(this);
    private final VexInsns vex = new VexInsns(this);
    private final StringInsns strings = new StringInsns(this);
    private final SystemInsns system = new SystemInsns(this);
    private final Insn[] insns = new Insn[MAX];
    private final int[] offsets = new int[MAX];
    private final boolean[] native_ = new boolean[MAX];
    private final boolean[] leaves = new boolean[MAX];
    private final boolean[] live = new boolean[MAX];
    private final int[] slowLabel = new int[MAX];
    private final int[] resumeLabel = new int[MAX];
    private final boolean[] resumeWithFlags = new boolean[MAX];
    private final boolean[] sited = new boolean[MAX];
    private final int[] x87Record = new int[MAX];
    private final boolean counted;
    private final Sites sites;
    private final long exitStub;
    private final long vectorStub;
    private final long x87Stub;
    private final long refillRead;
    private final long refillWrite;
    private final HostFeatures host;

    private int count;
    private int span;
    private long rip;
    private int current;
    private int unsupported;
    private boolean usesVectors;
    private boolean usesX87;
    private int pollOffset;

    /** Out-of-line parts of direct links, emitted after the body. */
    private final int[] linkField = new int[2];

    private final long[] linkTarget = new long[2];
    private int links;

    /**
     * Makes one.
     *
     * @param counted whether no block may make {@link CpuState#JIT_COUNT} positive
     * @param host what it may emit
     * @param exitStub stores the guest's registers and returns to Java
     * @param vectorStub called: loads the guest's vector registers
     * @param x87Stub called: loads the guest's x87 registers; 0 when the host cannot
     * @param refillRead called: looks into the second level of the TLB, for a read
     * @param refillWrite the same for a write
     */
    BlockCompiler(
            boolean counted,
            Sites sites,
            HostFeatures host,
            long exitStub,
            long vectorStub,
            long x87Stub,
            long refillRead,
            long refillWrite) {
        this.counted = counted;
        this.sites = sites;
        this.host = host;
        this.vectorStub = vectorStub;
        this.x87Stub = x87Stub;
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

    /**
     * Translates. The buffer has been started, and the block is entered at its beginning, a multiple of 16.
     *
     * @param block of at most 32 instructions
     * @param bytes host address of the first byte
     * @param at RIP of the first instruction
     * @param mode what {@link CpuState#mode} has to be for the block
     * @param spanBytes how far around it jumps are linked, a power of two
     * @param firstSite number of its first site, which others follow
     * @return how many sites were used; -1 when the interpreter is faster, because it would have to do much of the block
     */
    int translate(Block block, long bytes, long at, int mode, int spanBytes, int firstSite) {
        count = block.instructions();
        int length = block.length();
        span = spanBytes;
        rip = at;
        links = 0;
        unsupported = 0;
        usesVectors = false;
        usesX87 = false;
        int known = x87Stub == 0 ? mode & ~CpuState.MODE_X87_MASKED : mode;
        int offset = 0;
        for (int i = 0; i < count; i++) {
            offsets[i] = offset;
            boolean valid = decoder.decode(insns[i], bytes + offset, length - offset, 64) > 0;
            if (!valid) {
                // More than 15 bytes: the interpreter faults.
                insns[i].length = length - offset;
            }
            offset += insns[i].length;
            if (offset != block.offset(i + 1)) {
                // Another processor is writing this code. The block dies as soon as the news arrives; until then it
                // runs as it was decoded, and not half of it as it is now.
                return -1;
            }
            if (Supported.countsZeros(insns[i]) && !block.countsZeros(i)) {
                // The guest's processor does not have it: BSF or BSR with a prefix that says nothing.
                insns[i].rep = 0;
            }
            native_[i] = valid
                    && !block.undefined(i)
                    && Supported.is(insns[i], known, host)
                    && !(counted && Supported.letsInterruptsIn(insns[i]));
            leaves[i] = !native_[i] || Supported.mayLeave(insns[i]);
            sited[i] = false;
            usesVectors |= native_[i] && usesVectors(insns[i]);
            usesX87 |= native_[i] && X87Insns.usesRegisters(insns[i]);
            if (!native_[i] && i < count - 1) {
                unsupported++;
            }
        }
        if (unsupported * WORTH_IT > count) {
            return -1;
        }
        FlagLiveness.analyse(insns, leaves, count, live);
        int poll = newLabel();
        legacyRM(op(0x83, 4), 7, state(CpuState.JIT_POLL), 1);
        emit8(0);
        jcc(Cond.NE, poll);
        legacyRM(op(0x83, 8), 0, state(CpuState.JIT_COUNT), 1);
        emit8(count);
        int spent = newLabel();
        if (counted) {
            jcc(Cond.G, spent);
        }
        if (usesVectors) {
            ensureLoaded(CpuState.JIT_VECTORS, vectorStub);
        }
        if (usesX87) {
            ensureLoaded(CpuState.JIT_X87, x87Stub);
        }
        x87.forgetRecord();
        flagsAtEntry();
        boolean ended = false;
        vex.forget();
        for (current = 0; current < count; current++) {
            if (current == count - 1 && block.endsInTransfer()) {
                recordX87();
            }
            if (native_[current]) {
                ended = emit(insns[current]);
            } else {
                ended = false;
                leaveToInterpreter(current);
                vex.forget();
            }
        }
        if (!ended) {
            recordX87();
            saveFlags();
            chain(rip + length);
        }
        misses(refillRead, refillWrite);
        int site = firstSite;
        for (int i = 0; i < count; i++) {
            if (sited[i]) {
                outOfLine(i, site++);
            }
        }
        if (counted) {
            bind(spent);
            legacyRM(op(0x83, 8), 5, state(CpuState.JIT_COUNT), 1);
            emit8(count);
        }
        bind(poll);
        pollOffset = offset();
        leave(rip, EXIT_POLL);
        for (int i = 0; i < links; i++) {
            int here = offset();
            leave(linkTarget[i], site);
            boolean far = (linkTarget[i] ^ rip) >>> 12 != 0 || mayCross(linkTarget[i]);
            sites.link(site, executable(linkField[i]), far ? executable(here) : 0);
            patchJump(writable(linkField[i]), executable(linkField[i]), executable(here));
            site++;
        }
        finish();
        return site - firstSite;
    }

    private void ensureLoaded(int flag, long stub) {
        legacyRM(op(0x83, 4), 7, state(flag), 1);
        emit8(0);
        int loaded = newLabel();
        jccShort(Cond.NE, loaded);
        callStub(stub);
        bind(loaded);
    }

    private void recordX87() {
        x87.store(x87.record());
        x87.forgetRecord();
    }

    private static boolean usesVectors(Insn i) {
        return i.isVex() ? !VexInsns.general(i) : VectorForms.of(i) != VectorForms.NONE;
    }

    private void leave(long target, int exit) {
        movRip(Reg.RAX, target);
        store64(state(CpuState.JIT_RIP), Reg.RAX);
        store32(state(CpuState.JIT_EXIT), exit);
        if (exit >= 0) {
            relocate(Relocations.SITE);
        }
        jmpStub(exitStub);
    }

    private void outOfLine(int i, int site) {
        bind(slowLabel[i]);
        x87.store(x87Record[i]);
        store32(state(CpuState.JIT_EXIT), site);
        relocate(Relocations.SITE);
        jmpStub(exitStub);
        int resume = offset();
        if (resumeLabel[i] >= 0) {
            if (usesVectors) {
                callStub(vectorStub);
            }
            if (usesX87) {
                callStub(x87Stub);
            }
            if (resumeWithFlags[i]) {
                restoreFlags();
            }
            jmp(resumeLabel[i]);
        }
        sites.call(site, i, resumeLabel[i] >= 0 ? executable(resume) : 0);
    }

    /** Leaves the instruction to the interpreter. */
    private void leaveToInterpreter(int i) {
        saveFlags();
        slowLabel[i] = newLabel();
        sited[i] = true;
        // It may be one that records, or loads what was recorded.
        x87Record[i] = x87.record();
        x87.forgetRecord();
        jmp(slowLabel[i]);
        flagsAtEntry();
        resumeLabel[i] = newBoundLabel();
        resumeWithFlags[i] = false;
    }

    /** The label for the slow path of the current instruction. Flags are saved if anybody may see them. */
    int slow() {
        flagsClobbered(live[current]);
        slowLabel[current] = newLabel();
        sited[current] = true;
        x87Record[current] = x87.record();
        resumeLabel[current] = -1;
        return slowLabel[current];
    }

    /** The current instruction, which has a slow path, is complete. */
    void resumeHere() {
        resumeLabel[current] = newBoundLabel();
        resumeWithFlags[current] = flagsInHost();
    }

    /** Where an instruction goes when the interpreter has to do it; {@link #slow} has been called. */
    int slowLabel() {
        return slowLabel[current];
    }

    /** RIP of the block. */
    long rip() {
        return rip;
    }

    /** RIP behind the instruction being translated. */
    long next(Insn i) {
        return rip + offsets[current] + i.length;
    }

    // ---- addresses

    /** Linear address of the memory operand into RAX; flags stay. Uses RCX. */
    void address(Insn i, boolean withSegment) {
        long next = next(i);
        if (i.base == Insn.BASE_RIP) {
            movRip(Reg.RAX, next + i.disp);
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
    void operand(Insn i, int size, boolean write) {
        int label = slow();
        address(i, true);
        probe(size, write, label);
    }

    static long at(int reg) {
        return Mem.based(reg, 0);
    }

    // ---- ends of blocks

    /** Goes on at {@code target}; flags have been saved. */
    void chain(long target) {
        if (linkable(target)) {
            link(target, jmpPatchable(exitStub));
            return;
        }
        movRip(Reg.RCX, target);
        jumpToRcx();
    }

    /** Goes on at {@code target} if the host's flags meet {@code condition}, else at {@code next}; flags have been saved. */
    void branch(int condition, long target, long next) {
        if (linkable(target)) {
            link(target, jccPatchable(condition, exitStub));
            chain(next);
            return;
        }
        int taken = newLabel();
        jcc(condition, taken);
        chain(next);
        bind(taken);
        chain(target);
    }

    /**
     * Links below the middle are never taken back: the code that they lead to is in the page of the code that they are in, but for
     * the end of an instruction that begins there.
     */
    private boolean linkable(long target) {
        return (target ^ rip) >>> Integer.numberOfTrailingZeros(span) == 0
                && links < linkField.length
                && (rip < 0 || !mayCross(target));
    }

    /** Whether the instruction at {@code target} may reach into the next page. */
    private static boolean mayCross(long target) {
        return (target & 0xfff) > 4096 - Decoder.MAX_LENGTH;
    }

    private void link(long target, int field) {
        linkTarget[links] = target;
        linkField[links] = field;
        links++;
    }

    /** Goes on at the RIP in RCX, by the table of recent targets. Flags have been saved. */
    void jumpToRcx() {
        jumpToRcx(JumpTable.mask(rip));
    }

    /** As {@link #jumpToRcx()}, by the mask of a table of the other half. */
    void jumpToRcx(int mask) {
        int miss = newLabel();
        legacyRR(op(0x8b, 4), Reg.RAX, Reg.RCX);
        legacyRR(op(0xc1, 4), 5, Reg.RAX);
        emit8(JumpTable.FOLD);
        legacyRR(op(0x33, 4), Reg.RAX, Reg.RCX);
        aluImm(4, 4, Reg.RAX, mask);
        legacyRR(op(0xc1, 4), 4, Reg.RAX);
        emit8(JumpTable.ENTRY_SHIFT);
        legacyRM(op(0x03, 8), Reg.RAX, state(CpuState.JIT_JUMPS), 0);
        legacyRM(op(0x3b, 8), Reg.RCX, at(Reg.RAX), 0);
        jccShort(Cond.NE, miss);
        legacyRM(Op.legacy(0, 0, 0xff), 4, Mem.based(Reg.RAX, 8), 0);
        bind(miss);
        store64(state(CpuState.JIT_RIP), Reg.RCX);
        store32(state(CpuState.JIT_EXIT), EXIT_LOOKUP);
        jmpStub(exitStub);
    }

    /** Jumps to {@code label} unless RCX is canonical. Uses RDX, flags. */
    void requireCanonical(int label) {
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
        if (i.isVex()) {
            vex.emit(i);
            return false;
        }
        if (VectorForms.of(i) != VectorForms.NONE) {
            vectors.vector(i, VectorForms.of(i));
            return false;
        }
        if (Supported.movbe(i)) {
            bits.moveSwapped(i);
            return false;
        }
        return twoByte(i);
    }

    /** Operand size of an instruction whose opcode says in bit 0 whether it is a byte. */
    static int size(Insn i) {
        return (i.opcode & 1) == 0 ? 1 : i.opSize;
    }

    private boolean oneByte(Insn i) {
        int o = i.opcode;
        int group = i.modrm >> 3 & 7;
        if (o < 0x40) {
            arithmetic.alu(i);
            return false;
        }
        if (X87Insns.opcode(o)) {
            x87.emit(i);
            return false;
        }
        if (StringInsns.string(o)) {
            strings.repeated(i);
            return true;
        }
        if (o >= 0x70 && o < 0x80) {
            stack.conditional(i);
            return true;
        }
        switch (o >> 3) {
            case 0x50 >> 3:
                stack.push(i.rm);
                return false;
            case 0x58 >> 3:
                stack.pop(i.rm);
                return false;
            case 0xb0 >> 3:
                moves.movImmediate(i, 1, i.rm);
                return false;
            case 0xb8 >> 3:
                moves.movImmediate(i, i.opSize, i.rm);
                return false;
            default:
                break;
        }
        switch (o) {
            case 0x63:
                moves.moveExtended(i, Op.legacy(0, 0, 0x63) | Op.W, 4);
                return false;
            case 0x68:
            case 0x6a:
                stack.pushImmediate(i.imm);
                return false;
            case 0x69:
            case 0x6b:
                arithmetic.imulImmediate(i);
                return false;
            case 0x80:
            case 0x81:
            case 0x83:
                arithmetic.aluImmediate(i, group);
                return false;
            case 0x84:
            case 0x85:
                arithmetic.test(i);
                return false;
            case 0x86:
            case 0x87:
                moves.exchange(i);
                return false;
            case 0x88:
            case 0x89:
                moves.store(i);
                return false;
            case 0x8a:
            case 0x8b:
                moves.load(i);
                return false;
            case 0x8c:
                system.selector(i);
                return false;
            case 0x8d:
                moves.lea(i);
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
                system.sti(next(i));
                return false;
            case 0x90:
                return false;
            case 0x98:
            case 0x99:
                moves.extendAccumulator(i);
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
                arithmetic.shift(i, group, (int) i.imm);
                return false;
            case 0xd0:
            case 0xd1:
                arithmetic.shift(i, group, 1);
                return false;
            case 0xd2:
            case 0xd3:
                arithmetic.shiftByCl(i, group);
                return false;
            case 0xc3:
                stack.ret();
                return true;
            case 0xc6:
            case 0xc7:
                moves.storeImmediate(i);
                return false;
            case 0xc9:
                stack.leaveFrame();
                return false;
            case 0xe8:
                stack.callDirect(i);
                return true;
            case 0xe9:
            case 0xeb:
                saveFlags();
                chain(next(i) + i.imm);
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
                arithmetic.group3(i, group);
                return false;
            case 0xfe:
                arithmetic.incDec(i, group);
                return false;
            default:
                return groupFf(i, group);
        }
    }

    private boolean groupFf(Insn i, int group) {
        switch (group) {
            case 0:
            case 1:
                arithmetic.incDec(i, group);
                return false;
            case 6:
                if (i.isReg()) {
                    stack.push(i.rm);
                } else {
                    stack.pushMemory(i);
                }
                return false;
            default:
                stack.indirect(i, group == 2);
                return true;
        }
    }

    // ---- 0F

    private boolean twoByte(Insn i) {
        int o = i.opcode;
        switch (o >> 4) {
            case 0x4:
                moves.cmov(i);
                return false;
            case 0x8:
                stack.conditional(i);
                return true;
            case 0x9:
                moves.setcc(i);
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
            case 0x05:
                system.syscall(next(i));
                return true;
            case 0x07:
                system.sysret();
                return true;
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
                bits.bitTest(i);
                return false;
            case 0xba:
                bits.bitTestImmediate(i);
                return false;
            case 0xa4:
            case 0xa5:
            case 0xac:
            case 0xad:
                bits.doubleShift(i);
                return false;
            case 0xc3:
                // MOVNTI, in order for other processors.
                operand(i, i.opSize, true);
                legacyRM(op(0x89, i.opSize), use(i.reg, Reg.RCX), at(Reg.RAX), 0);
                resumeHere();
                return false;
            case 0xc7:
                bits.compareExchangePair(i);
                return false;
            case 0xaf:
                arithmetic.imul(i);
                return false;
            case 0xb0:
            case 0xb1:
                bits.cmpxchg(i);
                return false;
            case 0xb6:
            case 0xb7:
            case 0xbe:
            case 0xbf: {
                int from = (o & 1) == 0 ? 1 : 2;
                int opcode = Op.legacy(0, 1, o) | (i.opSize == 8 ? Op.W : i.opSize == 2 ? Op.OPSIZE : 0);
                moves.moveExtended(i, from == 1 ? opcode | Op.RM8 : opcode, from);
                return false;
            }
            case 0xb8:
                bits.scan(i, Op.POPCNT);
                return false;
            case 0xbc:
                bits.scan(i, i.rep == 0xf3 ? Op.TZCNT : Op.BSF);
                return false;
            case 0xbd:
                bits.scan(i, i.rep == 0xf3 ? Op.LZCNT : Op.BSR);
                return false;
            case 0xc0:
            case 0xc1:
                bits.xadd(i);
                return false;
            default:
                // Hints.
                return false;
        }
    }
}
