package dev.veery.cpu.jit;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.mmu.SiteCache;
import dev.veery.cpu.mmu.TlbLayout;
import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Encoder;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The vocabulary of translated code: guest registers, guest memory through the TLB, guest flags. Keeps track of where the
 * guest's flags are: in the host's flags, saved in the register block, or both.
 */
class Emitter extends Encoder {
    static final int STATE = GuestRegs.STATE;

    private static final int MISS_INTS = 5;

    /** In the size of a missed access. */
    private static final int WRITES = 1 << 8;

    /** The host's flags are the guest's. */
    private boolean inHost;

    /** The saved flags are the guest's. */
    private boolean saved;

    private @Nullable SiteCache siteCache;
    private boolean rememberStores;

    /** For each probe: the labels of its miss, of what follows it and of its slow path; its size; its site. */
    private int[] missed = new int[64 * MISS_INTS];

    private int missCount;

    private final Relocations relocations = new Relocations();
    private int firstCacheSite;
    private int cacheSites;
    private boolean cacheExhausted;

    // ---- raw instructions by opcode byte

    /** An instruction of the one-byte map as an {@link Op}; for byte operands the even opcode is taken. */
    static int op(int opcode, int size) {
        return sized(0, opcode, size);
    }

    /** An instruction of map 0F. */
    static int op0f(int opcode, int size) {
        return sized(1, opcode, size);
    }

    private static int sized(int map, int opcode, int size) {
        switch (size) {
            case 1:
                return Op.legacy(0, map, opcode & ~1) | Op.REG8 | Op.RM8;
            case 2:
                return Op.legacy(0, map, opcode) | Op.OPSIZE;
            case 4:
                return Op.legacy(0, map, opcode);
            default:
                return Op.legacy(0, map, opcode) | Op.W;
        }
    }

    /** Bytes of an immediate of an instruction with operands of {@code size}. */
    static int immSize(int size) {
        return Math.min(size, 4);
    }

    void emitImm(long imm, int size) {
        switch (size) {
            case 1:
                emit8((int) imm);
                break;
            case 2:
                emit16((int) imm);
                break;
            default:
                emit32((int) imm);
                break;
        }
    }

    static long state(int offset) {
        return Mem.based(STATE, offset - GuestRegs.STATE_BIAS);
    }

    /** The place of a vector register in the register block, current only while {@link CpuState#JIT_VECTORS} is 0. */
    static long xmm(int guest) {
        return state(CpuState.XMM + guest * CpuState.XMM_STRIDE);
    }

    void mov64(int to, int from) {
        if (to != from) {
            legacyRR(op(0x8b, 8), to, from);
        }
    }

    void load64(int to, long mem) {
        legacyRM(op(0x8b, 8), to, mem, 0);
    }

    void load32(int to, long mem) {
        legacyRM(op(0x8b, 4), to, mem, 0);
    }

    void store64(long mem, int from) {
        legacyRM(op(0x89, 8), from, mem, 0);
    }

    void store32(long mem, int imm) {
        legacyRM(op(0xc7, 4), 0, mem, 4);
        emit32(imm);
    }

    void lea64(int to, long mem) {
        legacyRM(op(0x8d, 8), to, mem, 0);
    }

    void movImm(int to, long value) {
        switch (immediateKind(value)) {
            case Relocations.RIP_ZERO:
                legacyO(Op.legacy(0, 0, 0xb8), to);
                emit32((int) value);
                break;
            case Relocations.RIP_SIGN:
                legacyRR(op(0xc7, 8), 0, to);
                emit32((int) value);
                break;
            default:
                legacyO(Op.legacy(0, 0, 0xb8) | Op.W, to);
                emit64(value);
                break;
        }
    }

    private static int immediateKind(long value) {
        if (value >>> 32 == 0) {
            return Relocations.RIP_ZERO;
        }
        return value == (int) value ? Relocations.RIP_SIGN : Relocations.RIP_WIDE;
    }

    /** As {@link #movImm} for an address that moves with the guest's code. */
    void movRip(int to, long address) {
        movImm(to, address);
        int kind = immediateKind(address);
        relocations.add(kind, offset() - (kind == Relocations.RIP_WIDE ? Long.BYTES : Integer.BYTES));
    }

    /** CALL of a stub. */
    void callStub(long stub) {
        callTo(stub);
        relocate(Relocations.STUB);
    }

    /** JMP to a stub. */
    void jmpStub(long stub) {
        jmpTo(stub);
        relocate(Relocations.STUB);
    }

    /** The four bytes emitted last are of a kind of {@link Relocations}. */
    final void relocate(int kind) {
        relocations.add(kind, offset() - Integer.BYTES);
    }

    /** What is to be known to use the piece at another place. */
    final Relocations relocations() {
        return relocations;
    }

    /** Offset of the first site of {@link SiteCache} that the piece uses. */
    final int firstCacheSite() {
        return firstCacheSite;
    }

    /** How many it uses. */
    final int cacheSites() {
        return cacheSites;
    }

    /** Whether it would use more if there were any left. */
    final boolean cacheExhausted() {
        return cacheExhausted;
    }

    /** An ALU operation of group 1 with an immediate. */
    void aluImm(int group, int size, int reg, long imm) {
        if (size > 1 && imm == (byte) imm) {
            legacyRR(op(0x83, size), group, reg);
            emit8((int) imm);
        } else {
            legacyRR(op(0x81, size), group, reg);
            emitImm(imm, immSize(size));
        }
    }

    /** VZEROALL or VZEROUPPER. */
    void vexZero(boolean all) {
        emit8(0xc5);
        emit8(all ? 0xfc : 0xf8);
        emit8(0x77);
    }

    // ---- guest registers

    /** The host register with guest register {@code guest}: its own, or {@code scratch} after a load. */
    int use(int guest, int scratch) {
        if (GuestRegs.inHost(guest)) {
            return GuestRegs.host(guest);
        }
        load64(scratch, GuestRegs.slot(guest));
        return scratch;
    }

    /** The host register to compute guest register {@code guest} in; {@link #done} follows. */
    int target(int guest, int scratch) {
        return GuestRegs.inHost(guest) ? GuestRegs.host(guest) : scratch;
    }

    /** Puts a result computed in the register that {@link #target} or {@link #use} named where it belongs. */
    void done(int guest, int reg) {
        if (!GuestRegs.inHost(guest)) {
            store64(GuestRegs.slot(guest), reg);
        } else {
            mov64(GuestRegs.host(guest), reg);
        }
    }

    /**
     * As {@link #use} for an operand of an instruction whose operands are bytes or not: AH, CH, DH and BH come by way of
     * memory, which leaves the flags alone.
     */
    int useByte(Insn i, int size, int guest, int scratch) {
        if (size != 1 || !Supported.highByte(i, guest)) {
            return use(guest, scratch);
        }
        store64(state(CpuState.SCRATCH), GuestRegs.host(guest - 4));
        legacyRM(Op.legacy(0, 1, 0xb6), scratch, state(CpuState.SCRATCH + 1), 0);
        return scratch;
    }

    /** As {@link #done}, for what {@link #useByte} named. */
    void doneByte(Insn i, int size, int guest, int reg) {
        if (size != 1 || !Supported.highByte(i, guest)) {
            done(guest, reg);
            return;
        }
        int whole = GuestRegs.host(guest - 4);
        store64(state(CpuState.SCRATCH), whole);
        legacyRM(op(0x89, 1), reg, state(CpuState.SCRATCH + 1), 0);
        load64(whole, state(CpuState.SCRATCH));
    }

    // ---- guest flags

    void flagsAtEntry() {
        inHost = false;
        saved = true;
    }

    /** The instruction just emitted left the guest's new flags in the host's. */
    void flagsWritten() {
        inHost = true;
        saved = false;
    }

    /** What comes next changes the host's flags; {@code live} says whether anybody still needs the guest's. */
    void flagsClobbered(boolean live) {
        if (live) {
            saveFlags();
        }
        inHost = false;
        // Dead flags count as saved: nobody will look.
        saved = true;
    }

    /** Makes the saved flags current; the host's stay as they are. Uses RAX. */
    void saveFlags() {
        if (saved) {
            return;
        }
        emit8(0x9f); // lahf
        legacyRR(Op.legacy(0, 1, 0x90) | Op.RM8, 0, Reg.RAX); // seto al
        legacyRM(op(0x89, 2), Reg.RAX, state(CpuState.JIT_FLAGS), 0);
        saved = true;
    }

    /** Makes the host's flags the guest's. Uses RAX. */
    void needFlags() {
        if (!inHost) {
            restoreFlags();
            inHost = true;
        }
    }

    /** Loads the saved flags into the host's. Uses RAX. */
    void restoreFlags() {
        // Two bytes, as they were stored: the load would wait for a store that is narrower.
        legacyRM(Op.legacy(0, 1, 0xb7), Reg.RAX, state(CpuState.JIT_FLAGS), 0);
        // 1 + 7Fh overflows, 0 + 7Fh does not.
        legacyRR(op(0x80, 1), 0, Reg.RAX);
        emit8(0x7f);
        emit8(0x9e); // sahf
    }

    /** Whether what follows takes the host's flags for the guest's; who continues here from outside restores them. */
    boolean flagsInHost() {
        return inHost;
    }

    // ---- guest memory

    /**
     * Says what the probes of the next block may keep.
     *
     * @param cache where, or null for nowhere
     * @param stores whether those of stores may too
     */
    void remember(@Nullable SiteCache cache, boolean stores) {
        siteCache = cache;
        rememberStores = stores;
        cacheSites = 0;
        firstCacheSite = 0;
        cacheExhausted = false;
        relocations.start();
    }

    private int newCacheSite() {
        SiteCache cache = siteCache;
        if (cache == null) {
            return 0;
        }
        int site = cache.add();
        if (site == 0) {
            cacheExhausted = true;
        } else if (cacheSites++ == 0) {
            firstCacheSite = site;
        }
        return site;
    }

    /** An instruction whose memory operand is a field of a site of {@link SiteCache}. */
    private void siteField(int opcode, int reg, int field, int immediate) {
        legacyRM(opcode, reg, state(field), immediate);
        relocate(Relocations.SITE_CACHE);
    }

    /**
     * From the linear address in RAX to the host address in RAX, by what is remembered here or the TLB; jumps to {@code slow}
     * when it does not have the page or must not give it away. Uses RCX, RDX and the flags. {@link #misses} has to
     * follow, behind the block.
     */
    void probe(int size, boolean write, int slow) {
        int site = write && !rememberStores ? 0 : newCacheSite();
        int miss = newLabel();
        if (site != 0) {
            mov64(Reg.RDX, Reg.RAX);
            siteField(op(0x2b, 8), Reg.RDX, site + SiteCache.PAGE, 0);
            siteField(op(0x3b, 8), Reg.RDX, site + SiteCache.LIMIT, 0);
            jcc(Cond.AE, miss);
            siteField(op(0x03, 8), Reg.RAX, site + SiteCache.ADDEND, 0);
        } else {
            lookUp(size, write, miss);
        }
        if (missCount + MISS_INTS > missed.length) {
            missed = Arrays.copyOf(missed, 2 * missed.length);
        }
        missed[missCount++] = miss;
        missed[missCount++] = newBoundLabel();
        missed[missCount++] = slow;
        missed[missCount++] = write ? size | WRITES : size;
        missed[missCount++] = site;
    }

    /** The first level of the TLB: jumps to {@code miss}, or leaves the page in RDX and the slot's address in RCX. */
    private void lookUp(int size, boolean write, int miss) {
        legacyRR(op(0x8b, 4), Reg.RCX, Reg.RAX);
        if (size == 1) {
            mov64(Reg.RDX, Reg.RAX);
        } else {
            lea64(Reg.RDX, Mem.based(Reg.RAX, size - 1));
        }
        legacyRR(op(0xc1, 4), 5, Reg.RCX); // shr ecx, 7
        emit8(TlbLayout.SLOT_SHIFT);
        aluImm(4, 4, Reg.RCX, TlbLayout.SLOT_MASK);
        legacyRM(op(0x03, 8), Reg.RCX, state(CpuState.JIT_TLB), 0);
        aluImm(4, 8, Reg.RDX, -4096);
        legacyRM(op(0x3b, 8), Reg.RDX, Mem.based(Reg.RCX, write ? TlbLayout.WRITE_TAG : 0), 0);
        jcc(Cond.NE, miss);
        legacyRM(op(0x03, 8), Reg.RAX, Mem.based(Reg.RCX, TlbLayout.ADDEND), 0);
    }

    /** Emits where the probes since the last call go when they do not find the page at once. */
    void misses(long refillRead, long refillWrite) {
        for (int i = 0; i < missCount; i += MISS_INTS) {
            bind(missed[i]);
            int back = missed[i + 1];
            int slow = missed[i + 2];
            int size = missed[i + 3] & ~WRITES;
            boolean write = (missed[i + 3] & WRITES) != 0;
            int site = missed[i + 4];
            int second = newLabel();
            if (site != 0) {
                lookUp(size, write, second);
                learn(size, site, back);
                bind(second);
            }
            callStub(write ? refillWrite : refillRead);
            jcc(Cond.NE, slow);
            jmp(back);
        }
        missCount = 0;
    }

    /** Remembers the page in RDX, by the slot at RCX, if the last miss was there too; goes on at {@code back}. */
    private void learn(int size, int site, int back) {
        int other = newLabel();
        siteField(op(0x3b, 8), Reg.RDX, site + SiteCache.LAST, 0);
        jccShort(Cond.NE, other);
        siteField(op(0x89, 8), Reg.RDX, site + SiteCache.PAGE, 0);
        load64(Reg.RCX, Mem.based(Reg.RCX, TlbLayout.ADDEND));
        siteField(op(0x89, 8), Reg.RCX, site + SiteCache.ADDEND, 0);
        siteField(op(0x83, 8), 7, site + SiteCache.LIMIT, 1);
        emit8(0);
        jcc(Cond.NE, back);
        siteField(op(0xc7, 8), 0, site + SiteCache.LIMIT, 4);
        emit32(4097 - size);
        load64(Reg.RCX, state(CpuState.JIT_SITE_LIST));
        store32(Mem.based(Reg.RCX, 0), site);
        relocate(Relocations.SITE_CACHE);
        legacyRM(op(0x83, 8), 0, state(CpuState.JIT_SITE_LIST), 1);
        emit8(Integer.BYTES);
        jmp(back);
        bind(other);
        siteField(op(0x89, 8), Reg.RDX, site + SiteCache.LAST, 0);
        jmp(back);
    }

    /**
     * Called with what {@link #probe} left in RAX, RCX and RDX: takes the entry from the second level into the slot at RCX
     * and makes RAX the host address. Returns with the zero flag set, or clear when the second level does not have it
     * either.
     */
    void refillStub(boolean write) {
        int fail = newLabel();
        emit8(0x53); // push rbx
        emit8(0x56); // push rsi
        // An access that ends in another page than it begins in.
        mov64(Reg.RSI, Reg.RAX);
        legacyRR(op(0x33, 8), Reg.RSI, Reg.RDX);
        aluImm(4, 8, Reg.RSI, -4096);
        jccShort(Cond.NE, fail);
        // A slot that is not on the list of used ones yet.
        legacyRM(op(0x83, 8), 7, Mem.based(Reg.RCX, TlbLayout.PHYSICAL), 1);
        emit8(-1);
        int used = newLabel();
        jccShort(Cond.NE, used);
        legacyRR(op(0x85, 8), Reg.RSP, Reg.RSP);
        jmp(fail);
        bind(used);
        mov64(Reg.RSI, Reg.RDX);
        shift(5, Reg.RSI, 12);
        mov64(Reg.RBX, Reg.RSI);
        shift(5, Reg.RBX, TlbLayout.SECOND_FOLD);
        legacyRR(op(0x33, 4), Reg.RBX, Reg.RSI);
        aluImm(4, 4, Reg.RBX, TlbLayout.SECOND_ENTRIES - 1);
        shift(4, Reg.RBX, Integer.numberOfTrailingZeros(TlbLayout.ENTRY_SIZE));
        legacyRM(op(0x03, 8), Reg.RBX, state(CpuState.JIT_TLB2), 0);
        legacyRM(op(0x3b, 8), Reg.RDX, Mem.based(Reg.RBX, write ? TlbLayout.WRITE_TAG : 0), 0);
        jccShort(Cond.NE, fail);
        for (int at = 0; at < TlbLayout.ENTRY_SIZE; at += 8) {
            load64(Reg.RSI, Mem.based(Reg.RBX, at));
            store64(Mem.based(Reg.RCX, at), Reg.RSI);
        }
        legacyRM(op(0x03, 8), Reg.RAX, Mem.based(Reg.RCX, TlbLayout.ADDEND), 0);
        legacyRR(op(0x3b, 8), Reg.RSP, Reg.RSP);
        bind(fail);
        emit8(0x5e); // pop rsi
        emit8(0x5b); // pop rbx
        emit8(0xc3); // ret
    }

    /** A 64-bit shift of a host register by a constant; changes the flags. */
    void shift(int operation, int reg, int by) {
        legacyRR(op(0xc1, 8), operation, reg);
        emit8(by);
    }
}
