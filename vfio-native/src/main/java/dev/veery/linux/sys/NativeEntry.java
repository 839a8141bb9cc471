package dev.veery.linux.sys;

import com.sun.jna.Function;
import com.sun.jna.JNIEnv;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Assembler;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;
import dev.veery.linux.abi.Errno;
import java.util.Map;
import java.util.Optional;

/**
 * Native methods whose code is written here, at class initialisation, and bound by JNI's RegisterNatives: nothing but the
 * JVM's own transition stands between Java and the machine, which costs a few nanoseconds where JNA needs a hundred.
 *
 * <p>The methods may be called only where {@link #problem} is empty, else they throw {@link UnsatisfiedLinkError}.
 */
public final class NativeEntry {
    /** JNI specification, chapter 4, interface function table: slot of RegisterNatives. */
    private static final int REGISTER_NATIVES = 215;

    /** MXCSR after reset: all exceptions masked, round to nearest, denormals as such. */
    private static final int MXCSR_DEFAULT = 0x1f80;
    /** All but the sticky exception flags. */
    private static final int MXCSR_CONTROL = 0xffc0;
    /** x87 control word after FNINIT, which Linux and the JVM keep. */
    private static final int X87_DEFAULT = 0x37f;

    private static final int ECX_OSXSAVE_AVX = 1 << 27 | 1 << 28;
    private static final int XCR0_SSE_AVX = 6;

    private static final int RFLAGS_DF = 1 << 10;

    /** Bytes of a {@code JNINativeMethod}, and of room for a name and a signature. */
    private static final long METHOD_SIZE = 3L * Long.BYTES;

    private static final long NAMES_SIZE = 32;

    private static final int[] CALLEE_SAVED = {Reg.RBX, Reg.RBP, Reg.R12, Reg.R13, Reg.R14, Reg.R15};

    private static final Bound BOUND = bind();

    /** What binding came to; {@code entry} is the address of {@link #enter}'s code. */
    private record Bound(Optional<String> problem, long entry) {}

    private NativeEntry() {}

    /** Why machine code cannot run here, in one line; empty if it can. */
    public static Optional<String> problem() {
        return BOUND.problem;
    }

    /**
     * Calls code with {@code state} in RDI and returns its RAX. The code may change everything but RSP, TF and AC; see
     * {@code dev.veery.hostcode}.
     */
    public static native long enter(long code, long state);

    /**
     * As {@link #enter} for code that leaves MXCSR's control bits, the x87 control word and stack, the direction flag and
     * the upper halves of vectors as it found them: a third cheaper.
     */
    public static native long enterTidy(long code, long state);

    /**
     * The SYSCALL instruction with up to six arguments. The result is what the kernel says: {@code -errno} from -4095 to
     * -1, anything else is success; no other error number is touched.
     *
     * <p>For calls that are made very often. The thread is in native code, so a blocking call holds up no garbage
     * collection. A signal handler that runs during the call, the JVM's own included, ends a call that blocks: the kernel
     * restarts it by itself if it is restartable and the handler was installed with {@code SA_RESTART}, as the JVM's are;
     * poll, epoll_wait, nanosleep, futex with a timeout and KVM_RUN are not restarted and return {@code -EINTR}, and the
     * caller decides. Not a cancellation point, and not for calls that the C library wraps with state of its own, such as
     * fork, clone, exit and signal handling.
     */
    public static native long syscall6(long number, long a, long b, long c, long d, long e, long f);

    /** Where the code of {@link #enter} is, with JNI's arguments: RDX code, RCX state. */
    static long entryAddress() {
        return BOUND.entry;
    }

    private static Bound bind() {
        if (!"Linux".equals(System.getProperty("os.name")) || !"amd64".equals(System.getProperty("os.arch"))) {
            return no("the translator needs an x86-64 Linux host, this is " + System.getProperty("os.arch") + " "
                    + System.getProperty("os.name"));
        }
        Optional<String> problem = NativeLayer.problem();
        if (problem.isPresent()) {
            return no(problem.get());
        }
        try {
            return bind(CodeMapping.map("veery.entry", 4096));
        } catch (SysException e) {
            return no("cannot map executable memory: " + e.getMessage() + "; " + remedy(e.errno()));
        }
    }

    private static Bound no(String problem) {
        return new Bound(Optional.of(problem), 0);
    }

    private static String remedy(int errno) {
        return switch (errno) {
            case Errno.EACCES, Errno.EPERM ->
                "allow it (SELinux: execmem and tmpfs execute; sysctl vm.memfd_noexec below 2)";
            case Errno.EMFILE, Errno.ENFILE -> "raise the limit on open files (ulimit -n)";
            default -> "raise the limit on address space (ulimit -v)";
        };
    }

    /** Never unmapped again: the methods are bound as long as the class exists. */
    private static Bound bind(CodeMapping code) {
        Assembler asm = new Assembler();
        asm.start(code.writable(), code.executable(), code.size());
        long probe = emitAvxProbe(asm);
        long trampoline = emitRegisterNatives(asm);
        boolean avx = function(probe).invokeInt(new Object[0]) != 0;
        long enter = startFunction(asm);
        emitEnter(asm, () -> emitRestore(asm, avx));
        long enterTidy = startFunction(asm);
        emitEnter(asm, () -> {});
        long syscall = emitSyscall(asm);
        asm.finish();

        try (Memory methods = new Memory(3L * METHOD_SIZE);
                Memory strings = new Memory(3L * NAMES_SIZE)) {
            method(methods, strings, 0, "enter", "(JJ)J", enter);
            method(methods, strings, 1, "enterTidy", "(JJ)J", enterTidy);
            method(methods, strings, 2, "syscall6", "(JJJJJJJ)J", syscall);
            Object result = function(trampoline)
                    .invoke(
                            Integer.class,
                            new Object[] {JNIEnv.CURRENT, NativeEntry.class, methods, 3},
                            Map.of(Library.OPTION_ALLOW_OBJECTS, true));
            return Integer.valueOf(0).equals(result)
                    ? new Bound(Optional.empty(), enter)
                    : no("the JVM refuses to bind native methods: RegisterNatives says " + result);
        }
    }

    private static Function function(long address) {
        return Function.getFunction(new Pointer(address));
    }

    /** One {@code JNINativeMethod} of the JNI specification: name, signature, function. */
    private static void method(
            Memory methods, Memory strings, int index, String name, String signature, long function) {
        long nameAt = index * NAMES_SIZE;
        long signatureAt = nameAt + NAMES_SIZE / 2;
        strings.setString(nameAt, name, "US-ASCII");
        strings.setString(signatureAt, signature, "US-ASCII");
        long at = index * METHOD_SIZE;
        methods.setPointer(at, strings.share(nameAt));
        methods.setPointer(at + Long.BYTES, strings.share(signatureAt));
        methods.setLong(at + 2 * Long.BYTES, function);
    }

    private static long startFunction(Assembler asm) {
        asm.align(64);
        return asm.executable(asm.offset());
    }

    /** Whether VZEROUPPER exists: the processor has AVX and the kernel saves its registers. */
    private static long emitAvxProbe(Assembler asm) {
        long start = startFunction(asm);
        int no = asm.newLabel();
        asm.push(Reg.RBX);
        asm.movRI(4, Reg.RAX, 1);
        asm.movRI(4, Reg.RCX, 0);
        asm.cpuid();
        asm.aluRI(Alu.AND, 4, Reg.RCX, ECX_OSXSAVE_AVX);
        asm.aluRI(Alu.CMP, 4, Reg.RCX, ECX_OSXSAVE_AVX);
        asm.movRI(4, Reg.RAX, 0);
        asm.jccShort(Cond.NE, no);
        asm.movRI(4, Reg.RCX, 0);
        asm.xgetbv();
        asm.aluRI(Alu.AND, 4, Reg.RAX, XCR0_SSE_AVX);
        asm.aluRI(Alu.CMP, 4, Reg.RAX, XCR0_SSE_AVX);
        asm.setR(Cond.E, Reg.RAX);
        asm.movzxRR(4, Reg.RAX, 1, Reg.RAX);
        asm.bind(no);
        asm.pop(Reg.RBX);
        asm.ret();
        return start;
    }

    /** Jumps to the function of the table that the JNIEnv in RDI points to. */
    private static long emitRegisterNatives(Assembler asm) {
        long start = startFunction(asm);
        asm.movRM(8, Reg.RAX, Mem.based(Reg.RDI, 0));
        asm.jmpM(Mem.based(Reg.RAX, REGISTER_NATIVES * Long.BYTES));
        return start;
    }

    /** JNI's arguments: RDI environment, RSI class, RDX code, RCX state. */
    private static void emitEnter(Assembler asm, Runnable restore) {
        for (int reg : CALLEE_SAVED) {
            asm.push(reg);
        }
        // Room to store control words, and the alignment of a call.
        asm.aluRI(Alu.SUB, 8, Reg.RSP, 8);
        asm.movRR(8, Reg.RDI, Reg.RCX);
        asm.callR(Reg.RDX);
        restore.run();
        asm.aluRI(Alu.ADD, 8, Reg.RSP, 8);
        for (int i = CALLEE_SAVED.length - 1; i >= 0; i--) {
            asm.pop(CALLEE_SAVED[i]);
        }
        asm.ret();
    }

    /**
     * Looks first and restores what differs: measured on a Xeon of 2023, CLD takes 2.0 ns and PUSHF with POP 0.6; LDMXCSR
     * 2.5 and STMXCSR 0.8; FNINIT 21 and EMMS 2.6, and nothing quicker tells that the x87 stack is empty.
     */
    private static void emitRestore(Assembler asm, boolean avx) {
        long mxcsr = Mem.based(Reg.RSP, 0);
        long x87 = Mem.based(Reg.RSP, 4);
        int directionDone = asm.newLabel();
        int mxcsrDone = asm.newLabel();
        int x87Changed = asm.newLabel();
        int x87Done = asm.newLabel();
        asm.stmxcsr(mxcsr);
        asm.fnstcw(x87);
        asm.pushf();
        asm.pop(Reg.RCX);
        asm.testRI(4, Reg.RCX, RFLAGS_DF);
        asm.jccShort(Cond.E, directionDone);
        asm.cld();
        asm.bind(directionDone);
        if (avx) {
            asm.vzeroupper();
        }
        asm.movRM(4, Reg.RCX, mxcsr);
        asm.aluRI(Alu.AND, 4, Reg.RCX, MXCSR_CONTROL);
        asm.aluRI(Alu.CMP, 4, Reg.RCX, MXCSR_DEFAULT);
        asm.jccShort(Cond.E, mxcsrDone);
        asm.movMI(4, mxcsr, MXCSR_DEFAULT);
        asm.ldmxcsr(mxcsr);
        asm.bind(mxcsrDone);
        asm.movzxRM(4, Reg.RCX, 2, x87);
        asm.aluRI(Alu.CMP, 4, Reg.RCX, X87_DEFAULT);
        asm.jccShort(Cond.NE, x87Changed);
        asm.emms();
        asm.jmpShort(x87Done);
        // Not EMMS and FLDCW: they would raise an exception that is pending and unmasked.
        asm.bind(x87Changed);
        asm.fninit();
        asm.bind(x87Done);
    }

    /** JNI's arguments: RDI environment, RSI class, RDX number, RCX a, R8 b, R9 c, then the stack. */
    private static long emitSyscall(Assembler asm) {
        long start = startFunction(asm);
        asm.movRR(8, Reg.RAX, Reg.RDX);
        asm.movRR(8, Reg.RDI, Reg.RCX);
        asm.movRR(8, Reg.RSI, Reg.R8);
        asm.movRR(8, Reg.RDX, Reg.R9);
        asm.movRM(8, Reg.R10, Mem.based(Reg.RSP, 8));
        asm.movRM(8, Reg.R8, Mem.based(Reg.RSP, 16));
        asm.movRM(8, Reg.R9, Mem.based(Reg.RSP, 24));
        asm.syscall();
        asm.ret();
        return start;
    }
}
