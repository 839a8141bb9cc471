package dev.veery.cpu.jit;

import dev.veery.cpu.interp.Block;
import dev.veery.cpu.interp.NativeTier;
import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.semantics.FastCalls;
import dev.veery.cpu.semantics.Mode;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCode;
import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;
import dev.veery.memory.access.OffHeap;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The translator's run time: the code cache, entering and leaving it, linking blocks. One a processor, used by the vCPU's
 * thread alone but for {@link #poll}.
 */
public final class JitTier implements NativeTier {
    /** Room that a block of 32 instructions may take at worst. */
    private static final int WORST_BLOCK = 16 * 1024;

    /** Sites that such a block may have at worst. */
    private static final int WORST_SITES = 64;

    private static final int STUB_BYTES = 4096;
    private static final int MXCSR_MASKS = 0x1f80;
    private static final int MXCSR_FLAGS = 0x3f;
    private static final int RET = 0xc3;
    private static final int CALL_REL32 = 0xe8;
    private static final int JMP_REL32 = 0xe9;
    private static final int TRANSFER_LENGTH = 5;

    /** Not canonical: no RIP. */
    private static final long NOWHERE = 1L << 62;

    private static final int LDMXCSR = Op.legacy(0, 1, 0xae);
    private static final int LDMXCSR_GROUP = 2;
    private static final int STMXCSR_GROUP = 3;
    private static final int LAHF_FLAGS = Cr.SF | Cr.ZF | Cr.AF | Cr.PF | Cr.CF;
    private static final int OF_SHIFT = 11;

    private final CpuState s;
    private final SoftMmu m;
    private final HostCode host;
    private final CodeRegion region;
    private final Sites sites;

    /** Of code at level 3, one for each address space; of other code below, and of other code above the middle. */
    private final JumpTable[] userJumps = new JumpTable[SoftMmu.SPACES];

    private final JumpTable lowJumps = new JumpTable(false);
    private final JumpTable highJumps = new JumpTable(true);
    private final BlockCompiler compiler;
    private final int threshold;
    private final long enterStub;
    private final long exitStub;
    private final long deadStub;
    private long position;

    /** Whether the off-heap block may be touched by whoever makes a request. */
    private final AtomicBoolean alive = new AtomicBoolean(true);

    /** The link that the last {@link #run} ended at, and where it leads; -1 for none. */
    private int pendingLink = -1;

    /** The entry of dead code that the last {@link #run} ended at, or 0. */
    private long pendingDead;

    /** Where {@link #pendingLink} or {@link #pendingDead} leads. */
    private long pendingRip;

    private final int[] lowGeneration = new int[SoftMmu.SPACES];
    private int space;
    private int highGeneration = -1;

    /** The mode that everything in the tables was translated for, but for the privilege level. */
    private int tablesMode = -1;

    private @Nullable Block currentBlock;
    private int currentIndex;

    private final ExecutionTrace trace;

    /** {@link CpuState#JIT_COUNT} counts up to 0, which no block may exceed. */
    private final boolean counted;

    /** What the count of emitted code began at. */
    private long countBase;

    /** Instructions that a block counted when it was entered and that were not executed, or not yet. */
    private int unexecuted;

    /** Blocks jump to each other by themselves. */
    private final boolean chains;

    /** Translations of earlier runs and other processors; null if none are kept. */
    private final @Nullable KeptTranslations kept;

    private long translations;
    private long reused;
    private long translatedBytes;
    private long kills;
    private long discards;
    private long entries;
    private long interpreted;

    /** Makes one that does not count exactly. */
    public JitTier(CpuState s, SoftMmu m, HostCode host, CodeRegion region, int threshold, ExecutionTrace trace) {
        this(s, m, host, region, threshold, false, trace, null, 0);
    }

    /**
     * Makes one.
     *
     * @param region the code cache, its alone
     * @param threshold runs of a block in the interpreter before it is translated, at least 1
     * @param counted whether {@link #budget} is heeded, and every interrupt comes at the same instruction as it would if
     *     all were interpreted
     * @param trace who is told of translations
     * @param cache where translations are kept, or null
     * @param model a hash of what the processor has: translations of another one are not used
     */
    public JitTier(
            CpuState s,
            SoftMmu m,
            HostCode host,
            CodeRegion region,
            int threshold,
            boolean counted,
            ExecutionTrace trace,
            @Nullable TranslationCache cache,
            long model) {
        this.threshold = threshold;
        this.counted = counted;
        this.trace = trace;
        chains = trace.chains();
        this.s = s;
        this.m = m;
        this.host = host;
        this.region = region;
        sites = new Sites(region);
        HostFeatures features = HostFeatures.of(host);
        Emitter e = new Emitter();
        e.start(region.writable(), region.executable(), STUB_BYTES);
        emitExit(e, features.avx());
        exitStub = e.executable(0);
        e.align(16);
        int enter = e.offset();
        emitEnter(e);
        enterStub = e.executable(enter);
        e.align(16);
        int vectors = e.offset();
        emitLoadVectors(e, features.avx());
        e.align(16);
        int x87 = e.offset();
        X87Transfer.emitLoad(e);
        e.align(16);
        int x87Features = e.offset();
        X87Transfer.emitFeatures(e);
        e.align(16);
        int changed = e.offset();
        emitDead(e);
        deadStub = e.executable(changed);
        e.align(16);
        int refillRead = e.offset();
        e.refillStub(false);
        e.align(16);
        int refillWrite = e.offset();
        e.refillStub(true);
        e.finish();
        if (e.overflowed()) {
            throw new IllegalStateException("stubs exceed " + STUB_BYTES + " bytes");
        }
        position = STUB_BYTES;
        boolean hasX87 = X87Transfer.possible(host.enterTidy(e.executable(x87Features), s.base));
        compiler = new BlockCompiler(
                counted,
                sites,
                features,
                exitStub,
                e.executable(vectors),
                hasX87 ? e.executable(x87) : 0,
                e.executable(refillRead),
                e.executable(refillWrite));
        long context = model << 10 ^ (long) features.bits() << 2 ^ (counted ? 2 : 0) ^ (hasX87 ? 1 : 0);
        kept = cache == null ? null : new KeptTranslations(cache, context, region, sites, m.sites());
        OffHeap.putInt(s.base + CpuState.JIT_VECTORS, 0);
        OffHeap.putInt(s.base + CpuState.JIT_X87, 0);
        Arrays.setAll(userJumps, i -> new JumpTable(false));
        OffHeap.putLong(s.base + CpuState.JIT_JUMPS_USER, userJumps[0].address());
        OffHeap.putLong(s.base + CpuState.JIT_JUMPS_HIGH, highJumps.address());
        OffHeap.putLong(s.base + CpuState.JIT_SHADOW, NOWHERE);
    }

    /** Stores the guest's registers and returns to Java. */
    private static void emitExit(Emitter e, boolean avx) {
        for (int g = 0; g < 16; g++) {
            if (GuestRegs.inHost(g)) {
                e.store64(GuestRegs.slot(g), GuestRegs.host(g));
            }
        }
        e.legacyRM(Emitter.op(0x83, 4), 7, Emitter.state(CpuState.JIT_VECTORS), 1);
        e.emit8(0);
        int noVectors = e.newLabel();
        e.jcc(Cond.E, noVectors);
        for (int x = 0; x < 16; x++) {
            if (avx) {
                // Upper halves that emitted code has cleared are not zero in memory yet.
                e.vexRM(Op.MOVUPS_STORE | Op.L, x, 0, Emitter.xmm(x), 0);
            } else {
                e.legacyRM(Op.MOVUPS_STORE, x, Emitter.xmm(x), 0);
            }
        }
        if (avx) {
            e.vexZero(false);
        }
        e.legacyRM(LDMXCSR, STMXCSR_GROUP, Emitter.state(CpuState.JIT_MXCSR), 0);
        e.load32(Reg.RAX, Emitter.state(CpuState.JIT_MXCSR));
        e.aluImm(Alu.AND, 4, Reg.RAX, MXCSR_FLAGS);
        e.legacyRM(Emitter.op(0x09, 4), Reg.RAX, Emitter.state(CpuState.MXCSR), 0);
        e.store32(Emitter.state(CpuState.JIT_MXCSR), MXCSR_MASKS);
        e.legacyRM(LDMXCSR, LDMXCSR_GROUP, Emitter.state(CpuState.JIT_MXCSR), 0);
        e.store32(Emitter.state(CpuState.JIT_VECTORS), 0);
        e.bind(noVectors);
        e.legacyRM(Emitter.op(0x83, 4), 7, Emitter.state(CpuState.JIT_X87), 1);
        e.emit8(0);
        int x87 = e.newLabel();
        e.jccShort(Cond.NE, x87);
        e.emit8(RET);
        e.bind(x87);
        X87Transfer.emitStore(e);
        e.emit8(RET);
    }

    /** Called by dead code. */
    private static void emitDead(Emitter e) {
        e.load64(Reg.RAX, Mem.based(Reg.RSP, 0));
        e.store64(Emitter.state(CpuState.JIT_DEAD), Reg.RAX);
        e.emit8(RET);
    }

    /** Called with the address of the register block in RDI: loads the guest's registers and goes to JIT_TARGET. */
    private static void emitEnter(Emitter e) {
        e.lea64(GuestRegs.STATE, Mem.based(Reg.RDI, GuestRegs.STATE_BIAS));
        for (int g = 0; g < 16; g++) {
            if (GuestRegs.inHost(g)) {
                e.load64(GuestRegs.host(g), GuestRegs.slot(g));
            }
        }
        e.legacyRM(Op.legacy(0, 0, 0xff), 4, Emitter.state(CpuState.JIT_TARGET), 0);
    }

    /**
     * Called by emitted code that is about to use vectors: loads the guest's, and its MXCSR with every exception masked.
     * Uses RAX and flags.
     */
    private static void emitLoadVectors(Emitter e, boolean avx) {
        if (avx) {
            loadVectors(e);
        } else {
            for (int x = 0; x < 16; x++) {
                e.legacyRM(Op.MOVUPS, x, Emitter.xmm(x), 0);
            }
        }
        e.load32(Reg.RAX, Emitter.state(CpuState.MXCSR));
        e.aluImm(Alu.OR, 4, Reg.RAX, MXCSR_MASKS);
        e.legacyRM(Emitter.op(0x89, 4), Reg.RAX, Emitter.state(CpuState.JIT_MXCSR), 0);
        e.legacyRM(LDMXCSR, LDMXCSR_GROUP, Emitter.state(CpuState.JIT_MXCSR), 0);
        e.store32(Emitter.state(CpuState.JIT_VECTORS), 1);
        e.emit8(RET);
    }

    /** Upper halves are loaded only if one is in use: while they are clean, SSE instructions are faster. */
    private static void loadVectors(Emitter e) {
        e.legacyRM(Emitter.op(0x83, 4), 7, Emitter.state(CpuState.YMM_IN_USE), 1);
        e.emit8(0);
        int whole = e.newLabel();
        int loaded = e.newLabel();
        e.jcc(Cond.NE, whole);
        e.vexZero(false);
        for (int x = 0; x < 16; x++) {
            e.vexRM(Op.MOVUPS, x, 0, Emitter.xmm(x), 0);
        }
        e.jmp(loaded);
        e.bind(whole);
        for (int x = 0; x < 16; x++) {
            e.vexRM(Op.MOVUPS | Op.L, x, 0, Emitter.xmm(x), 0);
        }
        e.bind(loaded);
    }

    @Override
    public int threshold() {
        return threshold;
    }

    @Override
    public void compile(Block block, long rip, long hostAddress, int span, boolean alone) {
        int linked = prepare(rip, span);
        if (linked == 0) {
            return;
        }
        KeptTranslations k = kept;
        if (k != null && reuse(k, block, rip, hostAddress, linked, alone)) {
            return;
        }
        compiler.start(region.writable() + position, region.executable() + position, WORST_BLOCK);
        compiler.remember(s.cpl == 3 ? m.sites() : null, alone);
        int first = sites.begin(block, rip);
        int used = compiler.translate(block, k == null ? hostAddress : k.guest(), rip, s.mode, linked, first);
        if (compiler.overflowed()) {
            throw new IllegalStateException("a translated block exceeds " + WORST_BLOCK + " bytes");
        }
        if (used < 0) {
            return;
        }
        sites.end(used);
        if (k != null) {
            k.keep(block, rip, compiler, position, first, used);
        }
        translations++;
        begin(block, rip, compiler.offset(), compiler.pollOffset());
    }

    @Override
    public boolean reuses() {
        return kept != null && (kept.fromEarlier() || discards > 0);
    }

    @Override
    public void reuse(Block block, long rip, long hostAddress, int span, boolean alone) {
        KeptTranslations k = kept;
        int linked = k == null ? 0 : prepare(rip, span);
        if (k != null && linked != 0) {
            reuse(k, block, rip, hostAddress, linked, alone);
        }
    }

    private boolean reuse(KeptTranslations k, Block block, long rip, long hostAddress, int linked, boolean alone) {
        long piece = k.find(block, rip, hostAddress, s.mode, linked, alone);
        if (piece == 0 || !k.copy(piece, block, rip, position)) {
            return false;
        }
        reused++;
        begin(block, rip, StoredPiece.codeLength(piece), StoredPiece.poll(piece));
        return true;
    }

    /** Makes room for a block; returns how far around it jumps are linked, or 0 if there is to be no code for it. */
    private int prepare(long rip, int span) {
        if (s.cpl == 3 && rip < 0) {
            // Such code would look for its targets in the kernel's table.
            return 0;
        }
        if (position + WORST_BLOCK > region.size() || !sites.haveRoom(WORST_SITES)) {
            discard();
        }
        // Only jumps above the middle are taken back when translations there change.
        return rip < 0 ? span : Math.min(span, 4096);
    }

    /** The block's code, of {@code length} bytes, is complete at the position. */
    private void begin(Block block, long rip, int length, int pollOffset) {
        long code = region.executable() + position;
        block.setCode(code, rip, code + pollOffset);
        if (trace.wantsTranslations()) {
            traceTranslation(block, rip, length);
        }
        position += length + 15 & -16;
        translatedBytes += block.length();
    }

    private void traceTranslation(Block block, long rip, int length) {
        byte[] bytes = new byte[length];
        OffHeap.copyOut(region.writable() + position, bytes, 0, length);
        trace.translated(s, rip, block.length(), block.instructions(), region.executable() + position, bytes);
    }

    @Override
    public void discard() {
        discards++;
        trace.discarded(s);
        sites.clear();
        pendingDead = 0;
        m.sites().removeAll();
        clearJumps();
        pendingLink = -1;
        position = STUB_BYTES;
    }

    @Override
    public void kill(Block block) {
        long code = block.code();
        if (code == 0) {
            return;
        }
        // Linked blocks and the jump tables still lead here: the entry says so, and becomes a return to Java.
        put(code, CALL_REL32, deadStub);
        put(code + TRANSFER_LENGTH, JMP_REL32, block.pollCode());
        kills++;
        trace.invalidated(s, block.codeRip(), code);
        block.dropCode();
    }

    /** Overwrites code with a CALL or JMP. */
    private void put(long at, int opcode, long target) {
        long writable = at - region.executable() + region.writable();
        OffHeap.putByte(writable, opcode);
        OffHeap.putInt(writable + 1, (int) (target - (at + TRANSFER_LENGTH)));
    }

    @Override
    public void poll(boolean pending) {
        if (pending) {
            synchronized (alive) {
                if (alive.get()) {
                    waiting(true);
                    OffHeap.putIntRelease(s.base + CpuState.JIT_POLL, 1);
                }
            }
        } else if (OffHeap.getIntAcquire(s.base + CpuState.JIT_POLL) != 0) {
            // By the processor's own thread, which is gone before the memory is.
            OffHeap.putInt(s.base + CpuState.JIT_POLL, 0);
            // Requests are looked at next: one that comes after that look must find the word cleared, not be wiped out.
            OffHeap.fullFence();
        }
    }

    @Override
    public void waiting(boolean requests) {
        OffHeap.putIntRelease(s.base + CpuState.JIT_PENDING, requests ? 1 : 0);
        if (!requests) {
            // As above.
            OffHeap.fullFence();
        }
    }

    @Override
    public Block faultingBlock() {
        return Objects.requireNonNull(currentBlock);
    }

    @Override
    public int faultingIndex() {
        return currentIndex;
    }

    private void clearJumps() {
        for (JumpTable jumps : userJumps) {
            jumps.clear();
        }
        lowJumps.clear();
        highJumps.clear();
    }

    private JumpTable jumps(long rip) {
        return s.cpl == 3 ? userJumps[space] : rip < 0 ? highJumps : lowJumps;
    }

    /** The same address may have other code by now. */
    private void forgetPending() {
        pendingLink = -1;
        pendingDead = 0;
    }

    /** Forgets translations that may be stale before code is entered at {@code rip}, which it returns the table for. */
    private JumpTable checkTranslations(long rip) {
        if (m.space() != space) {
            space = m.space();
            OffHeap.putLong(s.base + CpuState.JIT_JUMPS_USER, userJumps[space].address());
            lowJumps.clear();
            forgetPending();
        }
        int low = m.codeGeneration(0);
        if (low != lowGeneration[space]) {
            lowGeneration[space] = low;
            userJumps[space].clear();
            lowJumps.clear();
            forgetPending();
        }
        int high = m.codeGeneration(-1);
        if (high != highGeneration) {
            highGeneration = high;
            highJumps.clear();
            sites.disconnectFar();
            forgetPending();
        }
        int mode = s.mode & ~CpuState.MODE_USER;
        if (mode != tablesMode) {
            tablesMode = mode;
            clearJumps();
        }
        JumpTable table = jumps(rip);
        OffHeap.putLong(s.base + CpuState.JIT_JUMPS, table.address());
        boolean calls = (s.efer & Cr.EFER_SCE) != 0 && s.lstar < 0;
        OffHeap.putLong(s.base + CpuState.JIT_LSTAR, calls ? s.lstar : 0);
        OffHeap.putInt(s.base + CpuState.JIT_FMASK, (int) s.fmask);
        return table;
    }

    @Override
    public void run(Block block) {
        long code = block.code();
        long rip = s.rip;
        JumpTable table = checkTranslations(rip);
        if (chains) {
            table.put(rip, code);
        }
        if (pendingLink >= 0) {
            if (chains && pendingRip == rip) {
                sites.connect(pendingLink, code);
            }
            pendingLink = -1;
        }
        if (pendingDead != 0) {
            if (chains && pendingRip == rip) {
                put(pendingDead, JMP_REL32, code);
            }
            pendingDead = 0;
        }
        settleCount();
        flagsToCode();
        for (; ; ) {
            enter(code);
            int exit = OffHeap.getInt(s.base + CpuState.JIT_EXIT);
            if (exit < 0 || sites.isLink(exit)) {
                s.rip = OffHeap.getLong(s.base + CpuState.JIT_RIP);
                flagsFromCode();
                afterShadow();
                if (exit >= 0) {
                    // Linked when the interpreter comes back with the block that the jump leads to.
                    pendingLink = exit;
                    pendingRip = s.rip;
                } else {
                    noteDead();
                }
                return;
            }
            code = interpret(exit);
            if (code == 0) {
                return;
            }
        }
    }

    /** If it was dead code that was left, it will lead to what takes its place. */
    private void noteDead() {
        long behind = OffHeap.getLong(s.base + CpuState.JIT_DEAD);
        if (behind != 0) {
            OffHeap.putLong(s.base + CpuState.JIT_DEAD, 0);
            pendingDead = behind - TRANSFER_LENGTH;
            pendingRip = s.rip;
        }
    }

    private void enter(long code) {
        entries++;
        OffHeap.putLong(s.base + CpuState.JIT_TARGET, code);
        host.enterTidy(enterStub, s.base);
    }

    /** Executes the instruction of a site; returns where to go on in native code, or 0 to return with RIP set. */
    private long interpret(int site) {
        interpreted++;
        Block block = sites.block(site);
        int index = sites.index(site);
        long blockRip = sites.rip(site);
        long resume = sites.resume(site);
        currentBlock = block;
        currentIndex = index;
        unexecuted = block.instructions() - index;
        flagsFromCode();
        m.blockRip = blockRip;
        int translations = m.codeGeneration(blockRip);
        block.execute(index, s, m);
        if (!counted || s.rip != blockRip + block.offset(index) || !block.repeats(index)) {
            unexecuted--;
        }
        long next = blockRip + block.offset(index + 1);
        if (index + 1 == block.instructions() && block.endsInTransfer() && s.rip != next) {
            return 0;
        }
        if (resume == 0
                || s.attention
                || block.mode() != s.mode
                || m.codeGeneration(blockRip) != translations
                || OffHeap.getInt(s.base + CpuState.JIT_POLL) != 0) {
            s.rip = next;
            return 0;
        }
        checkTranslations(blockRip);
        flagsToCode();
        // All of it will be executed, or counted off again.
        unexecuted = 0;
        return resume;
    }

    /** The guest's flags to where emitted code keeps them: AH as LAHF has it, AL the overflow flag, the others by themselves. */
    private void flagsToCode() {
        int f = s.flags();
        long base = s.base;
        OffHeap.putInt(base + CpuState.JIT_FLAGS, (f & LAHF_FLAGS) << 8 | f >>> OF_SHIFT & 1);
        OffHeap.putInt(base + CpuState.JIT_IF, f & Cr.IF);
        OffHeap.putInt(base + CpuState.JIT_AC, f & Cr.AC);
        OffHeap.putInt(base + CpuState.JIT_SYSTEM_FLAGS, f & ~(Cr.ARITH | Cr.IF | Cr.AC));
    }

    private void flagsFromCode() {
        long base = s.base;
        int ax = OffHeap.getChar(base + CpuState.JIT_FLAGS);
        int ac = OffHeap.getInt(base + CpuState.JIT_AC);
        boolean changed = ac != (s.rflags & Cr.AC);
        s.setFlags(OffHeap.getInt(base + CpuState.JIT_SYSTEM_FLAGS)
                | OffHeap.getInt(base + CpuState.JIT_IF)
                | ac
                | ax >>> 8 & LAHF_FLAGS
                | (ax & 1) << OF_SHIFT);
        int level = OffHeap.getInt(base + CpuState.JIT_LEVEL);
        if (level != 0) {
            OffHeap.putInt(base + CpuState.JIT_LEVEL, 0);
            changeLevel(level);
        } else if (changed) {
            m.modeChanged();
        }
    }

    private void changeLevel(int level) {
        if (level == SystemInsns.ENTERED_SYSTEM) {
            FastCalls.enterSystem(s);
        } else {
            FastCalls.enterUser(s, true);
        }
        Mode.changed(s, m);
    }

    /** Emitted code has returned with RIP at the beginning of a block. */
    private void afterShadow() {
        if (s.rip == OffHeap.getLong(s.base + CpuState.JIT_SHADOW) && (s.rflags & Cr.IF) != 0) {
            // Perhaps right behind an STI. Where it is not, an interrupt comes one instruction late, which nobody can
            // tell.
            s.interruptShadow = true;
            s.attention = true;
        }
        OffHeap.putLong(s.base + CpuState.JIT_SHADOW, NOWHERE);
    }

    @Override
    public long instructions() {
        return countBase + OffHeap.getLong(s.base + CpuState.JIT_COUNT) - unexecuted;
    }

    /** Takes off what the last run counted and did not execute. */
    private void settleCount() {
        countBase -= unexecuted;
        unexecuted = 0;
    }

    @Override
    public void budget(long instructions) {
        settleCount();
        long count = OffHeap.getLong(s.base + CpuState.JIT_COUNT);
        countBase += count + instructions;
        OffHeap.putLong(s.base + CpuState.JIT_COUNT, -instructions);
    }

    /** How many blocks were translated. */
    public long translations() {
        return translations;
    }

    /** How many others were kept from earlier, or from another processor. */
    public long reused() {
        return reused;
    }

    /** Bytes of guest code in all of them. */
    public long translatedBytes() {
        return translatedBytes;
    }

    /** Bytes of the code cache in use. */
    public long codeBytes() {
        return position;
    }

    /** How many translations were dropped because their code changed. */
    public long kills() {
        return kills;
    }

    /** How often all translations were dropped. */
    public long discards() {
        return discards;
    }

    /** How often Java went into translated code: so often it came back. */
    public long entries() {
        return entries;
    }

    /** How often it came back to have one instruction interpreted. */
    public long interpreted() {
        return interpreted;
    }

    /** Frees off-heap memory; the instance is dead afterwards. The code region is its maker's. */
    public void free() {
        synchronized (alive) {
            alive.set(false);
        }
        if (kept != null) {
            kept.free();
        }
        sites.free();
        for (JumpTable jumps : userJumps) {
            jumps.free();
        }
        lowJumps.free();
        highJumps.free();
    }
}
