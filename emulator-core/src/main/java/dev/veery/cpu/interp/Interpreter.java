package dev.veery.cpu.interp;

import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.semantics.DebugOps;
import dev.veery.cpu.semantics.InterruptDelivery;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.cpu.state.HostDebug;
import dev.veery.cpu.state.Seg;
import dev.veery.cpu.state.Vector;
import dev.veery.irq.LocalApic;
import dev.veery.memory.CodeListener;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs a processor by executing predecoded blocks. One thread calls {@link #run}; requests may come from any.
 *
 * <p>Between two blocks, and only there, the interpreter looks at requests (interrupts, stop) and at
 * {@link CpuState#attention}. Single-stepping, instruction breakpoints and interrupt shadows with something pending go
 * instruction by instruction.
 */
public final class Interpreter {
    /** {@link #request}: return from {@link #run}. */
    public static final int STOP = 1;

    /** {@link #request}: the APIC may have an interrupt. */
    public static final int INTERRUPT = 2;

    /** {@link #request}: a non-maskable interrupt. */
    public static final int NMI = 4;

    /** {@link #request}: the memory map changed, or pages began to be tracked: drop translations. */
    public static final int FLUSH = 8;

    /** {@link #request}: another thread wrote code. */
    public static final int CODE_WRITTEN = 16;

    /** {@link #request}: INIT. */
    public static final int INIT = 32;

    /** {@link #request}: a start-up IPI. */
    public static final int STARTUP = 64;

    /** {@link #request}: show the other processors that no block is being executed. */
    public static final int PASS = 128;

    /** {@link #request}: return from {@link #run} with {@link #SPENT}. */
    public static final int PREEMPT = 256;

    /** {@link #run}: a stop was requested. */
    public static final int STOPPED = 0;

    /** {@link #run}: HLT, and nothing to do until the next request. */
    public static final int HALTED = 1;

    /** {@link #run}: triple fault. */
    public static final int SHUTDOWN = 2;

    /** {@link #run}: an INIT or start-up request is there for the owner to carry out. */
    public static final int RESET_REQUESTED = 3;

    /** {@link #run}: {@link CpuState#hostDebug} met something, or made a step. */
    public static final int DEBUGGED = 4;

    /** {@link #run}: the {@linkplain #limit limit} has been reached, or the processor is to make way. */
    public static final int SPENT = 5;

    private static final int CONTINUE = -1;
    private static final int JUMP_SLOTS = 4096;
    private static final VarHandle REQUESTS;

    static {
        try {
            REQUESTS = MethodHandles.lookup().findVarHandle(Interpreter.class, "requests", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * How much hotter a block has to be that has native code at another RIP already: most programs run for too short a time to
     * be worth a translation of the libraries where they have them.
     */
    private static final int TWIN_PATIENCE = 25;

    private final CpuState s;
    private final SoftMmu m;
    private final CpuEnv env;
    private final Peers peers;
    private final LocalApicSource apic;
    private final Translator translator;
    private final BlockCache cache;
    private final ExecutionTrace trace;

    /** Each block is told of before it runs. */
    private final boolean traced;

    private @Nullable NativeTier tier;

    /** Runs of a block before it is given native code; 0 for never. */
    private int hot;

    /** A block may have native code that was kept before it runs at all. */
    private boolean reuses;

    private volatile int requests;

    /** Requests that may end the current run of blocks: all, or all but {@link #INTERRUPT} while IF is clear. */
    private int requestMask = -1;

    private boolean shutdown;

    /** Instructions are counted one by one, and {@link #run} ends at {@link #limit}. */
    private boolean counted;

    private long limit = Long.MAX_VALUE;
    private long instructions;

    /** Recent targets by RIP, for branches that a block does not remember. */
    private final long[] jumpRip = new long[JUMP_SLOTS];

    private final int[] jumpGeneration = new int[JUMP_SLOTS];
    private final @Nullable Block[] jumpBlock = new Block[JUMP_SLOTS];

    /** Where the APIC comes from: it is connected after the interpreter is made. */
    @FunctionalInterface
    public interface LocalApicSource {
        /** The processor's APIC, or null if it has none. */
        @Nullable
        LocalApic get();
    }

    /**
     * Makes one.
     *
     * @param peers the other processors
     */
    public Interpreter(CpuState s, SoftMmu m, CpuEnv env, LocalApicSource apic, Peers peers) {
        this.s = s;
        this.m = m;
        this.env = env;
        this.apic = apic;
        trace = env.trace();
        traced = trace.wantsExecution();
        this.peers = peers;
        translator = new Translator(s, m, env, peers);
        // Whoever waits in HLT executes nothing, and looks before it does: not woken for this.
        cache = new BlockCache(() -> request(CODE_WRITTEN), peers::count);
        Arrays.fill(jumpGeneration, -1);
    }

    /** Lets a faster engine run what is hot; before the first {@link #run}. */
    public void setTier(NativeTier nativeTier) {
        tier = nativeTier;
        hot = nativeTier.threshold();
        cache.setTier(nativeTier);
    }

    /**
     * Makes {@link #instructions} exact at every instruction and heeds {@link #limit}; before the first {@link #run}. An
     * instruction counts when it has been completed, a repeated string instruction when it ends.
     */
    public void countExactly() {
        counted = true;
    }

    /** Ends {@link #run} once {@link #instructions} is {@code total}; on the processor's own thread. */
    public void limit(long total) {
        limit = total;
    }

    /** Ends {@link #run} after the current instruction; on the processor's own thread. */
    public void makeWay() {
        limit = 0;
        s.attention = true;
    }

    /** Who must hear of writes to the code this interpreter has decoded. */
    public CodeListener codeListener() {
        return cache;
    }

    /** Adds requests; from any thread. Whoever may be waiting in HLT is woken by the caller. */
    public void request(int bits) {
        REQUESTS.getAndBitwiseOr(this, bits);
        NativeTier t = tier;
        if (t != null) {
            t.poll(true);
        }
    }

    /** Takes back requests that were carried out. */
    public void clear(int bits) {
        REQUESTS.getAndBitwiseAnd(this, ~bits);
    }

    /** The requests now. */
    public int requests() {
        return requests;
    }

    /** Guest instructions executed. */
    public long instructions() {
        NativeTier t = tier;
        return t == null ? instructions : instructions + t.instructions();
    }

    /** Forgets a triple fault; after a reset. */
    public void restart() {
        shutdown = false;
        s.attention = true;
    }

    /** The processor shut down. */
    public void shutDown() {
        shutdown = true;
        s.attention = true;
    }

    /** Frees off-heap memory; the instance is dead afterwards. */
    public void free() {
        translator.free();
    }

    /** Executes until one of the reasons {@link #STOPPED} to {@link #SPENT}. */
    public int run() {
        cache.setOwner(Thread.currentThread());
        reuses = tier != null && tier.reuses();
        s.attention = true;
        for (; ; ) {
            if (counted && instructions() >= limit) {
                return SPENT;
            }
            try {
                int reason = s.attention || (requests & requestMask) != 0 ? service() : CONTINUE;
                if (reason != CONTINUE) {
                    return reason;
                }
                if (!s.attention) {
                    if (counted) {
                        countedBlocks();
                    } else {
                        blocks();
                    }
                }
            } catch (CpuFault f) {
                // A fetch fault: RIP is already that of the instruction.
                deliver(f);
            }
        }
    }

    // ---- the hot loop

    private void blocks() {
        Block b = lookup(s.rip);
        for (; ; ) {
            if (b.code != 0 && b.codeRip != s.rip) {
                b = lookup(s.rip);
            }
            if (b.code != 0) {
                if (traced) {
                    traceExecution(b);
                }
                if (!runNative(b)) {
                    return;
                }
                b = lookup(s.rip);
                if (b.code != 0) {
                    continue;
                }
            }
            if (heats(b)) {
                compile(b);
                if (b.code != 0) {
                    continue;
                }
            }
            if (traced) {
                traceExecution(b);
            }
            Op[] ops = b.ops;
            m.blockRip = s.rip;
            int n = ops.length;
            int i = 0;
            try {
                do {
                    ops[i].exec(s, m);
                } while (++i < n);
            } catch (CpuFault f) {
                fault(ops[i], f);
                instructions += i;
                return;
            } catch (Block.BlockExit x) {
                s.rip = ripOf(ops[i]);
                instructions += i;
                return;
            }
            instructions += b.instructions;
            if ((requests & requestMask) != 0 || s.attention) {
                return;
            }
            long rip = s.rip;
            int generation = m.codeGeneration(rip);
            Block next = b.next0;
            if (next != null && b.rip0 == rip && b.generation0 == generation && next.mode == s.mode) {
                b = next;
                continue;
            }
            next = b.next1;
            if (next != null && b.rip1 == rip && b.generation1 == generation && next.mode == s.mode) {
                b = next;
                continue;
            }
            next = lookup(rip);
            if (linkable(next) && b.mode != Block.DEAD) {
                b.link(rip, m.codeGeneration(rip), next);
            }
            b = next;
        }
    }

    /** As {@link #blocks}, but stops at any instruction: at the limit, and right behind one that asks for something. */
    private void countedBlocks() {
        for (; ; ) {
            long left = limit - instructions();
            if (left <= 0) {
                return;
            }
            Block b = lookup(s.rip);
            if (b.code != 0 && b.instructions <= left) {
                if (traced) {
                    traceExecution(b);
                }
                Objects.requireNonNull(tier).budget(left);
                if (!runNative(b)) {
                    return;
                }
                continue;
            }
            if (b.code == 0 && heats(b)) {
                compile(b);
                if (b.code != 0) {
                    continue;
                }
            }
            if (traced) {
                traceExecution(b);
            }
            if (!countedOps(b)) {
                return;
            }
        }
    }

    /** Interprets a block as far as it may run; false when somebody has something to look at. */
    private boolean countedOps(Block b) {
        Op[] ops = b.ops;
        long start = s.rip;
        m.blockRip = start;
        int i = 0;
        try {
            for (; ; ) {
                ops[i].exec(s, m);
                if (i < b.instructions && !(s.rip == start + ops[i].offset && b.repeats(i))) {
                    instructions++;
                }
                i++;
                boolean asked = s.attention || (requests & requestMask) != 0 || instructions() >= limit;
                if (i == ops.length) {
                    return !asked;
                }
                if (asked) {
                    s.rip = ripOf(ops[i]);
                    return false;
                }
            }
        } catch (CpuFault f) {
            fault(ops[i], f);
            return false;
        } catch (Block.BlockExit x) {
            s.rip = ripOf(ops[i]);
            return false;
        }
    }

    private void traceExecution(Block b) {
        trace.executing(s, b.codeRip == s.rip ? b.code : 0);
    }

    /** Counts a run; whether it makes sense to {@link #compile}. */
    private boolean heats(Block b) {
        b.heat++;
        return b.twin == b ? b.heat == hot || b.heat == 1 && reuses : b.heat == hot * TWIN_PATIENCE;
    }

    /** Gives a block that has become hot native code, or one that runs for the first time what was kept. */
    private void compile(Block b) {
        NativeTier t = tier;
        if (t == null || !s.code64() || b.tailHost == Block.ONCE) {
            return;
        }
        long host = m.fetch(s.rip);
        if (host != 0) {
            int span = m.fetchedSpan();
            if (b.crosses()) {
                host = translator.join(host, b);
            }
            boolean alone = peers.count() == 1;
            if (b.heat >= hot) {
                t.compile(b, s.rip, host, span, alone);
            } else {
                t.reuse(b, s.rip, host, span, alone);
            }
            reuses = t.reuses();
        }
    }

    /** Runs native code; false when the caller's caller has something to look at. */
    private boolean runNative(Block b) {
        NativeTier t = Objects.requireNonNull(tier);
        try {
            t.run(b);
        } catch (CpuFault f) {
            fault(t.faultingBlock().ops[t.faultingIndex()], f);
            return false;
        } catch (Block.BlockExit x) {
            s.rip = ripOf(t.faultingBlock().ops[t.faultingIndex()]);
            requestMask = maskByIf();
            return false;
        }
        // Native code changes IF without coming here.
        requestMask = maskByIf();
        // A request that must wait is no reason to leave native code again: cleared first, then looked at.
        t.poll(false);
        return (requests & requestMask) == 0 && !s.attention;
    }

    /** The requests that may end a run of blocks. */
    private int maskByIf() {
        return (s.rflags & Cr.IF) != 0 ? -1 : ~INTERRUPT;
    }

    private long ripOf(Op op) {
        long rip = m.blockRip + op.offset;
        return s.code64() ? rip : rip & 0xffff_ffffL;
    }

    private void fault(Op op, CpuFault f) {
        s.rip = ripOf(op);
        if (f.nonCanonical && op.throughStack()) {
            f.vector = Vector.SS;
        }
        deliver(f);
    }

    private void deliver(CpuFault f) {
        boolean coded = Vector.hasErrorCode(f.vector);
        trace.exception(s, f.vector, coded ? f.errorCode : 0, f.vector == Vector.PF ? f.address : 0);
        InterruptDelivery.deliverFault(s, m, env);
        s.attention = true;
    }

    /** A block may be remembered by RIP if the code segment need not be looked at again. */
    private boolean linkable(Block b) {
        return (s.mode & CpuState.MODE_FLAT) != 0 && b.tailHost != Block.ONCE;
    }

    // ---- finding and making blocks

    /** The block at {@code rip}; if it has native code, with that for {@code rip}. */
    private Block lookup(long rip) {
        int mode = s.mode;
        boolean flat = (mode & CpuState.MODE_FLAT) != 0;
        int slot = (int) (rip ^ rip >>> 12) & JUMP_SLOTS - 1;
        if (flat) {
            Block b = jumpBlock[slot];
            if (b != null && jumpRip[slot] == rip && b.mode == mode && jumpGeneration[slot] == m.codeGeneration(rip)) {
                if (b.code != 0 && b.codeRip != rip) {
                    b = cache.twin(b, rip);
                    jumpBlock[slot] = b;
                }
                return b;
            }
        }
        Block b = find(rip, Translator.MAX_INSTRUCTIONS);
        if (b.code != 0 && b.codeRip != rip) {
            b = cache.twin(b, rip);
        }
        if (linkable(b)) {
            jumpRip[slot] = rip;
            jumpGeneration[slot] = m.codeGeneration(rip);
            jumpBlock[slot] = b;
        }
        return b;
    }

    private long linearOf(long rip) {
        return s.code64() ? rip : s.seg[Seg.CS].base() + rip & 0xffff_ffffL;
    }

    private Block find(long rip, int maxInstructions) {
        long linear = linearOf(rip);
        boolean limited = (s.mode & CpuState.MODE_FLAT) == 0;
        if (limited && rip + maxInstructions * 15L > s.seg[Seg.CS].limit) {
            return nearLimit(rip, linear);
        }
        long host = m.fetch(linear);
        RamBlock ram = m.fetchedBlock();
        if (host == 0 || ram == null) {
            return translator.single(linear, (int) linear & 0xfff);
        }
        if (maxInstructions == 1) {
            Block one = translator.block(host, ram, m.fetchedPage(), 1);
            return one != null ? one : translator.single(linear, (int) linear & 0xfff);
        }
        Block b = cache.get(host, s.mode);
        if (b != null && !b.crosses()) {
            return b;
        }
        if (b == null) {
            cache.beforeDecoding();
            b = translator.block(host, ram, m.fetchedPage(), maxInstructions);
        }
        return b == null || b.crosses() ? crossing(host, linear) : add(linear, host, b);
    }

    private Block add(long linear, long host, Block made) {
        cache.add(host, made);
        if (trace.wantsBlocks()) {
            traceBlock(linear, host, made);
        }
        return made;
    }

    /** The instruction at {@code host}, which reaches into the next page. */
    private Block crossing(long host, long linear) {
        long second = m.fetch(s.code64() ? (linear | 0xfff) + 1 : (linear | 0xfff) + 1 & 0xffff_ffffL);
        RamBlock ram = m.fetchedBlock();
        boolean tracked = second != 0 && ram != null;
        Block b = tracked ? cache.get(host, s.mode, second) : null;
        if (b != null) {
            return b;
        }
        if (tracked) {
            translator.markTail(Objects.requireNonNull(ram), m.fetchedPage(), second);
        }
        Block made = translator.single(linear, (int) linear & 0xfff);
        if (!tracked || made.tailLength() <= 0) {
            // Or a device wrote it meanwhile, and now it ends in its page.
            made.tailHost = Block.ONCE;
            return made;
        }
        made.tailHost = second;
        return add(linear, host, made);
    }

    private void traceBlock(long linear, long host, Block b) {
        byte[] code = new byte[b.length];
        OffHeap.copyOut(b.crosses() ? translator.join(host, b) : host, code, 0, code.length);
        int[] offsets = new int[b.instructions];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = b.ops[i].offset;
        }
        trace.block(s, linear, code, offsets);
    }

    /** Near the end of a code segment every instruction is checked on its own (SDM vol. 3, section 5.3). */
    private Block nearLimit(long rip, long linear) {
        long limit = s.seg[Seg.CS].limit;
        if (rip > limit) {
            throw s.gp0();
        }
        Block b = translator.single(linear, (int) linear & 0xfff);
        if (rip + b.length - 1 > limit) {
            throw s.gp0();
        }
        return b;
    }

    // ---- between blocks

    private int service() {
        s.attention = false;
        NativeTier t = tier;
        if (t != null) {
            t.poll(false);
        }
        if (requests != 0) {
            int reason = serviceRequests();
            if (reason != CONTINUE) {
                s.attention = true;
                return reason;
            }
        }
        if (shutdown) {
            s.attention = true;
            return SHUTDOWN;
        }
        if (s.hostDebug.int3Met()) {
            return debugged();
        }
        boolean shadow = s.interruptShadow;
        if (!shadow) {
            // Traps of the last instruction come before interrupts (SDM vol. 3, table 6-2).
            if (s.pendingDebug != 0 && !s.debugShadow) {
                DebugOps.deliverPending(s, m, env);
            } else if (!s.hostDebug.stepping()) {
                deliverInterrupts();
            }
        }
        requestMask = maskByIf();
        if (t != null) {
            t.waiting(false);
            if (requests != 0) {
                t.waiting(true);
            }
        }
        if (s.halted) {
            s.interruptShadow = false;
            s.attention = true;
            return HALTED;
        }
        if (s.hostDebug.instructionwise()) {
            return debug();
        }
        if (shadow || DebugOps.stepping(s)) {
            s.interruptShadow = false;
            if (!shadow || (requests & (INTERRUPT | NMI)) != 0 || DebugOps.stepping(s)) {
                step();
                // What waited for this one instruction comes before the next.
                s.attention = true;
            }
        }
        return CONTINUE;
    }

    /** One instruction under the eyes of a debugger on the host. */
    private int debug() {
        HostDebug wanted = s.hostDebug;
        s.interruptShadow = false;
        s.attention = true;
        if (wanted.meet(linearOf(s.rip))) {
            return DEBUGGED;
        }
        try {
            step();
        } catch (CpuFault f) {
            // A fetch fault.
            deliver(f);
        }
        s.attention = true;
        return wanted.stepping() || wanted.dataMet() || wanted.int3Met() ? DEBUGGED : CONTINUE;
    }

    private int debugged() {
        s.attention = true;
        return DEBUGGED;
    }

    private int serviceRequests() {
        int r = requests;
        if ((r & PASS) != 0) {
            clear(PASS);
            peers.pass();
            r = requests;
        }
        if ((r & CODE_WRITTEN) != 0) {
            clear(CODE_WRITTEN);
            cache.drain();
        }
        if ((r & FLUSH) != 0) {
            clear(FLUSH);
            m.flushAll();
        }
        if ((r & STOP) != 0) {
            clear(STOP);
            return STOPPED;
        }
        if ((r & PREEMPT) != 0) {
            clear(PREEMPT);
            return SPENT;
        }
        return (r & (INIT | STARTUP)) != 0 ? RESET_REQUESTED : CONTINUE;
    }

    private void deliverInterrupts() {
        int r = requests;
        if ((r & NMI) != 0 && !s.nmiBlocked) {
            clear(NMI);
            s.halted = false;
            trace.interrupt(s, Vector.NMI);
            InterruptDelivery.nmi(s, m, env);
            return;
        }
        if ((r & INTERRUPT) == 0 || (s.rflags & Cr.IF) == 0) {
            return;
        }
        // Cleared first: a request that comes between the two lines is seen by the next look.
        clear(INTERRUPT);
        LocalApic a = apic.get();
        if (a == null || !a.hasInterrupt()) {
            return;
        }
        env.lock();
        int vector;
        try {
            vector = a.acknowledge();
            if (a.hasInterrupt()) {
                request(INTERRUPT);
            }
        } finally {
            env.unlock();
        }
        if (vector >= 0) {
            s.halted = false;
            trace.interrupt(s, vector);
            InterruptDelivery.external(s, m, env, vector);
        }
    }

    /** Executes exactly one instruction, with the debug checks around it. */
    public void step() {
        boolean tf = (s.rflags & Cr.TF) != 0;
        boolean rf = (s.rflags & Cr.RF) != 0;
        long start = s.rip;
        DebugOps.beforeInstruction(s, linearOf(start));
        Block b = find(start, 1);
        if (traced) {
            traceExecution(b);
        }
        m.blockRip = start;
        int pending = s.pendingDebug;
        int i = 0;
        try {
            do {
                b.ops[i].exec(s, m);
            } while (++i < b.ops.length);
        } catch (CpuFault f) {
            // What the instruction touched before it faulted is touched again when it is restarted.
            s.pendingDebug = pending;
            fault(b.ops[i], f);
            return;
        }
        // A repetition that goes on keeps RF, so that it does not meet its instruction breakpoint again.
        boolean goesOn = s.rip == start && b.repeats(0);
        if (!goesOn || !counted) {
            instructions++;
        }
        DebugOps.afterInstruction(s, m, env, tf, rf && !goesOn, s.rip != start + b.length && !goesOn);
        s.attention |= DebugOps.stepping(s);
    }
}
