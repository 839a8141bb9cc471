package dev.veery.oracle;

import static dev.veery.oracle.ChildAssembler.BELOW;
import static dev.veery.oracle.ChildAssembler.EQUAL;
import static dev.veery.oracle.ChildAssembler.NOT_BELOW;
import static dev.veery.oracle.ChildAssembler.NOT_EQUAL;
import static dev.veery.oracle.ChildAssembler.R10;
import static dev.veery.oracle.ChildAssembler.R8;
import static dev.veery.oracle.ChildAssembler.R9;
import static dev.veery.oracle.ChildAssembler.RAX;
import static dev.veery.oracle.ChildAssembler.RBX;
import static dev.veery.oracle.ChildAssembler.RCX;
import static dev.veery.oracle.ChildAssembler.RDI;
import static dev.veery.oracle.ChildAssembler.RDX;
import static dev.veery.oracle.ChildAssembler.RSI;
import static dev.veery.oracle.ChildAssembler.RSP;
import static dev.veery.oracle.ChildAssembler.SIGN;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The child process as a static ELF64 program: waits for the number of a batch on standard input, runs its cases one
 * after another, answers with the same byte on standard output, ends when standard input does.
 *
 * <p>A case ends by a signal, be it only that of the INT3 bytes after its code. The handler runs on its own stack, copies
 * the interrupted state into the case's slot and goes on with the next case without ever returning from the signal, which
 * saves half of its cost. Only the timer's signal returns, unless the same case ran at its last signal too.
 */
final class ChildProgram {
    // System calls (arch/x86/entry/syscalls/syscall_64.tbl).
    private static final int SYS_READ = 0;
    private static final int SYS_WRITE = 1;
    private static final int SYS_OPEN = 2;
    private static final int SYS_MMAP = 9;
    private static final int SYS_MPROTECT = 10;
    private static final int SYS_MUNMAP = 11;
    private static final int SYS_RT_SIGACTION = 13;
    private static final int SYS_RT_SIGRETURN = 15;
    private static final int SYS_MREMAP = 25;
    private static final int SYS_SETITIMER = 38;
    private static final int SYS_EXIT = 60;
    private static final int SYS_SIGALTSTACK = 131;
    private static final int SYS_PRCTL = 157;
    private static final int SYS_ARCH_PRCTL = 158;
    private static final int SYS_SCHED_SETAFFINITY = 203;
    private static final int SYS_SECCOMP = 317;

    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE_ANONYMOUS_FIXED = 0x32;
    private static final int MAP_SHARED_ANONYMOUS_FIXED = 0x31;
    private static final int MAP_SHARED_FIXED = 0x11;
    private static final int MAP_POPULATE = 0x8000;
    private static final int MREMAP_MAYMOVE_FIXED = 3;
    private static final int SA_SIGINFO_ONSTACK_RESTORER_NODEFER = 0x4 | 0x0800_0000 | 0x0400_0000 | 0x4000_0000;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
    private static final int ARCH_SET_GS = 0x1001;
    private static final int ARCH_SET_FS = 0x1002;
    private static final int ITIMER_VIRTUAL = 1;
    private static final int O_RDWR = 2;

    /** XCR0: x87, SSE and AVX. */
    private static final int ALL_STATE = 7;

    /** Signals that end a case: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
    private static final int[] FAULTS = {4, 5, 7, 8, 11, 31};

    /** What the child writes when it has started. */
    static final int READY = 'R';

    static final int SIGVTALRM = 26;
    static final int SIGSYS = 31;

    /** Microseconds of the child's own time between two looks at whether a case never ends. */
    private static final int WATCH_PERIOD = 20_000;

    // Offsets in ucontext_t and struct sigcontext (arch/x86/include/uapi/asm/sigcontext.h).
    private static final int UC_MCONTEXT = 40;
    private static final int SIGCONTEXT_QUADS = 23;
    private static final int UC_RIP = UC_MCONTEXT + 128;
    private static final int UC_FPSTATE = UC_MCONTEXT + 184;

    // Variables, offsets from Layout.VARS.
    private static final int V_RSP = 0x00;
    private static final int V_FAR = 0x08;
    private static final int V_SLOT = 0x18;
    private static final int V_BATCH = 0x20;
    private static final int V_LEFT = 0x28;
    private static final int V_CODE = 0x30;
    private static final int V_SEQUENCE = 0x38;
    private static final int V_WATCHED = 0x40;
    private static final int V_BYTE = 0x48;
    private static final int V_PROGRESS = 0x50;

    // Classic BPF (include/uapi/linux/bpf_common.h) and the offsets of struct seccomp_data.
    private static final int BPF_LOAD = 0x20;
    private static final int BPF_JUMP_EQUAL = 0x15;
    private static final int BPF_JUMP_NOT_BELOW = 0x35;
    private static final int BPF_RETURN = 0x06;
    private static final int DATA_RIP_LOW = 8;
    private static final int DATA_RIP_HIGH = 12;
    private static final int RET_TRAP = 0x0003_0000;
    private static final int RET_ALLOW = 0x7fff_0000;

    private final ChildAssembler a = new ChildAssembler(Layout.TEXT);
    private final boolean setBases;
    private final boolean upper;
    private final int fault = a.label();
    private final int alarm = a.label();
    private final int restorer = a.label();
    private final int next = a.label();
    private final int done = a.label();
    private final int die = a.label();
    private final int stack = a.label();
    private final int onFault = a.label();
    private final int onAlarm = a.label();
    private final int period = a.label();
    private final int filter = a.label();
    private final int filterProgram = a.label();

    /**
     * Plans the program.
     *
     * @param upper load the upper halves of the YMM registers too
     * @param setBases write the bases of FS and GS before each case by WRFSBASE and WRGSBASE; the host has them
     */
    ChildProgram(boolean setBases, boolean upper) {
        this.setBases = setBases;
        this.upper = upper;
    }

    /** The ELF file. */
    byte[] elf() {
        start();
        loop();
        handlers();
        data();
        return wrap(a.assemble());
    }

    // ---- start

    private void start() {
        // argv[1], the shared file: argc and argv[0] lie below it.
        a.load(RDI, RSP, 16);
        a.move(RSI, O_RDWR);
        a.systemCallAsIs(SYS_OPEN);
        dieOnError();
        a.copy(R8, RAX);
        a.move(RDI, Layout.SHARED);
        a.move(RSI, Layout.FILE_SIZE);
        a.move(RDX, PROT_READ | PROT_WRITE);
        a.move(R10, MAP_SHARED_FIXED | MAP_POPULATE);
        a.move(R9, 0);
        a.systemCallAsIs(SYS_MMAP);
        dieOnError();
        a.systemCall(SYS_SCHED_SETAFFINITY, 0, Layout.CPUS_SIZE, Layout.SHARED + Layout.HEADER_CPUS);
        dieOnError();
        map(Layout.VARS, Layout.VARS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS_FIXED);
        map(Layout.DATA, Layout.DATA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE_ANONYMOUS_FIXED);
        map(Layout.READ_ONLY, Layout.PAGE, PROT_READ, MAP_PRIVATE_ANONYMOUS_FIXED);
        codePages();
        unmapTheRest();
        signals();
        a.systemCall(SYS_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        a.move(RDI, SECCOMP_SET_MODE_FILTER);
        a.move(RSI, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
        a.moveAddress(RDX, filter);
        a.systemCallAsIs(SYS_SECCOMP);
        dieOnError();
        loadDataSelectors();
        a.move(RBX, Layout.VARS);
        a.move(RAX, READY);
        a.store(RAX, RBX, V_BYTE);
        a.jump(done);
    }

    private void dieOnError() {
        a.compare(RAX, 0);
        a.jumpIf(SIGN, die);
    }

    private void map(long address, long size, int protection, int flags) {
        a.systemCall(SYS_MMAP, address, size, protection, flags | MAP_POPULATE, -1, 0);
        dieOnError();
    }

    /** The first stack and the vDSO lie at random addresses, which a case must not find mapped. */
    private void unmapTheRest() {
        long end = Layout.SHARED + Layout.FILE_SIZE + Layout.PAGE - 1 & -Layout.PAGE;
        a.systemCall(SYS_MUNMAP, end, Layout.USER_END - end);
        dieOnError();
    }

    /** The code pages twice: mremap with an old size of 0 makes a second mapping of shared memory. */
    private void codePages() {
        map(Layout.CODE_ALIAS, Layout.ALIAS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED_ANONYMOUS_FIXED);
        a.systemCall(SYS_MREMAP, Layout.CODE_ALIAS, 0, Layout.CODE_SIZE, MREMAP_MAYMOVE_FIXED, Layout.CODE);
        dieOnError();
        a.systemCall(SYS_MPROTECT, Layout.CODE, Layout.CODE_SIZE, PROT_READ | PROT_EXEC);
        dieOnError();
        a.move(RDI, Layout.CODE_ALIAS);
        a.move(RCX, Layout.ALIAS_SIZE);
        fillWithTraps();
        // Reading the pages brings them into the page table, so that a write there is a protection violation.
        a.move(RSI, Layout.CODE);
        a.load(RAX, RSI, 0);
        a.load(RAX, RSI, Layout.PAGE);
        a.move(RSI, Layout.READ_ONLY);
        a.load(RAX, RSI, 0);
        a.move(RBX, Layout.VARS);
        a.move(RAX, Layout.CODE_ALIAS);
        a.store(RAX, RBX, V_CODE);
        a.move(RAX, -1);
        a.store(RAX, RBX, V_WATCHED);
    }

    /** RCX bytes of INT3 to RDI. */
    private void fillWithTraps() {
        a.move(RAX, 0xcc);
        a.bytes(0xf3, 0xaa);
    }

    /** A null DS or ES would allow no access in compatibility mode. */
    private void loadDataSelectors() {
        a.move(RAX, Layout.SS);
        a.bytes(0x8e, 0xd8, 0x8e, 0xc0);
    }

    private void signals() {
        a.moveAddress(RDI, stack);
        a.move(RSI, 0);
        a.systemCallAsIs(SYS_SIGALTSTACK);
        for (int signal : FAULTS) {
            action(signal, onFault);
        }
        action(SIGVTALRM, onAlarm);
        a.move(RDI, ITIMER_VIRTUAL);
        a.moveAddress(RSI, period);
        a.move(RDX, 0);
        a.systemCallAsIs(SYS_SETITIMER);
        a.systemCall(SYS_ARCH_PRCTL, ARCH_SET_FS, Layout.FS_BASE);
        a.systemCall(SYS_ARCH_PRCTL, ARCH_SET_GS, Layout.GS_BASE);
    }

    private void action(int signal, int structure) {
        a.move(RDI, signal);
        a.moveAddress(RSI, structure);
        a.move(RDX, 0);
        a.move(R10, 8);
        a.systemCallAsIs(SYS_RT_SIGACTION);
    }

    // ---- batches and cases

    private void loop() {
        a.bind(done);
        a.move(RSP, Layout.STACK_TOP);
        a.systemCall(SYS_WRITE, 1, Layout.VARS + V_BYTE, 1);
        a.systemCall(SYS_READ, 0, Layout.VARS + V_BYTE, 1);
        a.compare(RAX, 1);
        a.jumpIf(NOT_EQUAL, die);
        a.move(RBX, Layout.VARS);
        a.load(RAX, RBX, V_BYTE);
        a.multiply(RAX, Layout.BATCH_SIZE);
        a.move(RCX, Layout.SHARED + Layout.HEADER_SIZE);
        a.add(RAX, RCX);
        a.store(RAX, RBX, V_BATCH);
        a.load(RCX, RAX, Layout.BATCH_COUNT);
        a.store(RCX, RBX, V_LEFT);
        a.lea(RAX, RAX, Layout.BATCH_SLOTS - Layout.SLOT_SIZE);
        a.store(RAX, RBX, V_SLOT);
        a.move(RAX, 0);
        a.store(RAX, RBX, V_PROGRESS);
        a.bind(next);
        nextCase();
        a.bind(die);
        a.systemCall(SYS_EXIT, 1);
    }

    private void nextCase() {
        a.move(RBX, Layout.VARS);
        a.load(RAX, RBX, V_LEFT);
        a.compare(RAX, 0);
        a.jumpIf(EQUAL, done);
        a.addTo(RBX, V_LEFT, -1);
        a.addTo(RBX, V_SLOT, Layout.SLOT_SIZE);
        a.addTo(RBX, V_SEQUENCE, 1);
        a.load(RAX, RBX, V_PROGRESS);
        a.move(RDX, Layout.SHARED);
        a.store(RAX, RDX, Layout.HEADER_PROGRESS);
        a.addTo(RBX, V_PROGRESS, 1);
        a.load(RDX, RBX, V_SLOT);
        copyInputs();
        if (setBases) {
            a.move(RAX, Layout.FS_BASE);
            a.bytes(0xf3, 0x48, 0x0f, 0xae, 0xd0);
            a.move(RAX, Layout.GS_BASE);
            a.bytes(0xf3, 0x48, 0x0f, 0xae, 0xd8);
        }
        if (upper) {
            a.copy(RSI, RDX);
            a.move(RAX, ALL_STATE);
            a.move(RDX, 0);
            a.restoreExtended(RSI, Layout.FX);
            a.copy(RDX, RSI);
        } else {
            a.restoreFloat(RDX, Layout.FX);
        }
        a.load(RAX, RDX, Layout.CODE_ADDRESS);
        a.store(RAX, RBX, V_FAR);
        a.load(RAX, RDX, Layout.CODE_SELECTOR);
        a.store(RAX, RBX, V_FAR + 4);
        a.load(RAX, RDX, Layout.GPRS + 8 * RSP);
        a.store(RAX, RBX, V_RSP);
        a.lea(RSP, RDX, Layout.RFLAGS);
        for (int r = 15; r >= 0; r--) {
            if (r != RSP && r != RDX) {
                a.load(r, RDX, Layout.GPRS + 8 * r);
            }
        }
        a.load(RDX, RDX, Layout.GPRS + 8 * RDX);
        // POPFQ last: what follows changes no flag, and is aligned in case AC is set.
        a.bytes(0x9d);
        a.loadRelative(RSP, Layout.VARS + V_RSP);
        a.jumpFarThrough(Layout.VARS + V_FAR);
    }

    /** Code, image and patch of the case whose slot is in RDX, variables in RBX. */
    private void copyInputs() {
        a.load(RDI, RBX, V_CODE);
        a.move(RCX, Layout.CODE_BYTES_SIZE);
        fillWithTraps();
        a.load(RDI, RDX, Layout.CODE_ADDRESS);
        a.move(RCX, Layout.CODE_ALIAS - Layout.CODE);
        a.add(RDI, RCX);
        a.store(RDI, RBX, V_CODE);
        a.lea(RSI, RDX, Layout.CODE_BYTES);
        a.copyQuads(Layout.CODE_BYTES_SIZE / 8);
        a.load(RSI, RDX, Layout.IMAGE_OFFSET);
        a.addFrom(RSI, RBX, V_BATCH);
        a.move(RDI, Layout.DATA);
        a.copyQuads(Layout.DATA_SIZE / 8);
        a.load(RDI, RDX, Layout.PATCH_ADDRESS);
        a.lea(RSI, RDX, Layout.PATCH);
        a.copyQuads(Layout.PATCH_SIZE / 8);
    }

    // ---- signals

    private void handlers() {
        // RDI signal number, RDX ucontext.
        a.bind(alarm);
        a.move(RBX, Layout.VARS);
        a.load(RAX, RBX, V_SEQUENCE);
        a.load(RCX, RBX, V_WATCHED);
        a.store(RAX, RBX, V_WATCHED);
        int goOn = a.label();
        int inCase = a.label();
        a.compareTo(RCX, RBX, V_SEQUENCE);
        a.jumpIf(NOT_EQUAL, goOn);
        a.load(RAX, RDX, UC_RIP);
        a.move(RCX, Layout.TEXT);
        a.compareRegisters(RAX, RCX);
        a.jumpIf(BELOW, inCase);
        a.move(RCX, Layout.TEXT + Layout.PAGE);
        a.compareRegisters(RAX, RCX);
        a.jumpIf(NOT_BELOW, inCase);
        a.bind(goOn);
        a.bytes(0xc3);
        a.bind(restorer);
        a.systemCallAsIs(SYS_RT_SIGRETURN);
        a.bind(fault);
        a.bind(inCase);
        // PUSH 2, POPFQ: the kernel clears DF and TF, not AC.
        a.bytes(0x6a, 0x02, 0x9d);
        a.copy(R8, RDX);
        a.move(RBX, Layout.VARS);
        a.load(RAX, RBX, V_SLOT);
        a.store(RDI, RAX, Layout.OUT_SIGNAL);
        a.lea(RSI, R8, UC_MCONTEXT);
        a.lea(RDI, RAX, Layout.OUT_SIGCONTEXT);
        a.copyQuads(SIGCONTEXT_QUADS);
        a.load(RSI, R8, UC_FPSTATE);
        a.lea(RDI, RAX, Layout.OUT_FX);
        a.copyQuads(Layout.FX_SIZE / 8);
        a.move(RSI, Layout.DATA);
        a.lea(RDI, RAX, Layout.OUT_DATA);
        a.copyQuads(Layout.DATA_SIZE / 8);
        loadDataSelectors();
        if (setBases) {
            // Random bytes may have loaded FS and GS; the bases are written before each case.
            a.move(RAX, 0);
            a.bytes(0x8e, 0xe0, 0x8e, 0xe8);
        }
        a.move(RSP, Layout.STACK_TOP);
        a.jump(next);
    }

    // ---- data

    private void data() {
        a.bind(stack);
        a.quad(Layout.SIGNAL_STACK);
        a.quad(0);
        a.quad(Layout.SIGNAL_STACK_SIZE);
        actionData(onFault, fault);
        actionData(onAlarm, alarm);
        a.bind(period);
        for (int i = 0; i < 2; i++) {
            a.quad(0);
            a.quad(WATCH_PERIOD);
        }
        a.bind(filter);
        a.quad(6);
        a.quadAddress(filterProgram);
        a.bind(filterProgram);
        // System calls of this program's own text are allowed, others are a SIGSYS.
        statement(BPF_LOAD, 0, 0, DATA_RIP_HIGH);
        statement(BPF_JUMP_EQUAL, 0, 3, (int) (Layout.TEXT >>> 32));
        statement(BPF_LOAD, 0, 0, DATA_RIP_LOW);
        statement(BPF_JUMP_NOT_BELOW, 0, 1, (int) Layout.TEXT);
        statement(BPF_RETURN, 0, 0, RET_ALLOW);
        statement(BPF_RETURN, 0, 0, RET_TRAP);
    }

    /** A struct sigaction as the kernel has it: handler, flags, restorer, mask. */
    private void actionData(int structure, int handler) {
        a.bind(structure);
        a.quadAddress(handler);
        a.quad(SA_SIGINFO_ONSTACK_RESTORER_NODEFER);
        a.quadAddress(restorer);
        a.quad(0);
    }

    private void statement(int operation, int ifTrue, int ifFalse, int k) {
        a.quad(operation | (long) ifTrue << 16 | (long) ifFalse << 24 | (long) k << 32);
    }

    // ---- ELF (System V ABI, chapter 4 and 5)

    private static byte[] wrap(byte[] code) {
        int headers = 64 + 2 * 56;
        ByteBuffer b = ByteBuffer.allocate(Layout.PAGE + code.length).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        b.putShort((short) 2).putShort((short) 62).putInt(1);
        b.putLong(Layout.TEXT).putLong(64).putLong(0);
        b.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 2);
        b.putShort((short) 64).putShort((short) 0).putShort((short) 0);
        // PT_LOAD, read and execute.
        b.putInt(1).putInt(5).putLong(Layout.PAGE).putLong(Layout.TEXT).putLong(Layout.TEXT);
        b.putLong(code.length).putLong(code.length).putLong(Layout.PAGE);
        // PT_GNU_STACK, read and write: without it Linux may make all readable pages executable.
        b.putInt(0x6474_e551).putInt(6).putLong(0).putLong(0).putLong(0);
        b.putLong(0).putLong(0).putLong(16);
        assert b.position() == headers;
        b.position(Layout.PAGE).put(code);
        return b.array();
    }
}
