package dev.veery.accel.kvm;

import dev.veery.base.ConfigException;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.CpuidTable;
import dev.veery.linux.kvm.KvmSystem;
import dev.veery.linux.kvm.KvmVcpu;
import dev.veery.linux.kvm.KvmVm;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import dev.veery.time.Stopwatch;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Whether the host's KVM is there and worth using. Inside some virtual machines it is software-assisted: user code runs
 * natively, kernel code is interpreted a thousand times slower, and our own engines are faster. A loop at privilege level
 * 0 of long mode shows which it is, in about 5 ms.
 */
public final class KvmProbe {
    /** The three outcomes. */
    public enum Verdict {
        /** Guest kernel code runs on the processor. */
        NATIVE,
        /** It works, but guest kernel code is interpreted by the host. */
        SOFTWARE_ASSISTED,
        /** There is none. */
        ABSENT
    }

    /**
     * What was found.
     *
     * @param reason one line for people, without a full stop; empty for {@link Verdict#NATIVE}
     */
    public record Result(Verdict verdict, String reason) {}

    private static final long RAM = 0x1_0000;
    private static final long PML4 = 0x1000;
    private static final long PDPT = 0x2000;
    private static final long PD = 0x3000;
    private static final long CODE = 0x8000;
    private static final long PRESENT_WRITABLE_ACCESSED = 0x23;
    private static final long LARGE_DIRTY = 0xc0;
    private static final int PORT = 0x80;
    private static final int LOOP = 1500;

    /** Half a millisecond for the loop's 3000 instructions: six million a second. Processors do a thousand million. */
    private static final long LIMIT_NANOS = 500_000;

    private static final int ATTEMPTS = 2;
    private static final long CR0 = 0x8000_0031L;
    private static final long CR4_PAE = 0x20;
    private static final long EFER_LONG = 0x500;

    private KvmProbe() {}

    /** Looks at the host. Never throws. */
    public static Result run() {
        return tryMachine((system, vm) -> measure(vm, system.supportedCpuid())
                ? new Result(Verdict.NATIVE, "")
                : new Result(
                        Verdict.SOFTWARE_ASSISTED,
                        "KVM here interprets guest kernel code (software-assisted nested virtualization)"));
    }

    /** Why KVM cannot be used at all, without finding out how fast it is; empty if it can be. */
    public static Optional<String> problem() {
        Result result = tryMachine((system, vm) -> new Result(Verdict.NATIVE, ""));
        return result.verdict() == Verdict.ABSENT ? Optional.of(result.reason()) : Optional.empty();
    }

    private static Result tryMachine(BiFunction<KvmSystem, KvmVm, Result> with) {
        try (KvmSystem system = KvmSystem.open();
                KvmVm vm = system.createVm()) {
            KvmMachine.require(system::extension);
            return with.apply(system, vm);
        } catch (ConfigException e) {
            return new Result(Verdict.ABSENT, e.getMessage());
        } catch (SysException e) {
            return new Result(Verdict.ABSENT, "KVM does not work: " + e.getMessage());
        } catch (LinkageError e) {
            return new Result(Verdict.ABSENT, "KVM cannot be called: JNA's native library does not load");
        }
    }

    private static boolean measure(KvmVm vm, CpuidTable cpuid) {
        long ram = OffHeap.allocateUninitialized(RAM, KvmLayout.SIZEOF_XSAVE);
        OffHeap.fill(ram, RAM, 0);
        try {
            vm.setMemorySlot(0, 0, 0, RAM, ram);
            OffHeap.putLong(ram + PML4, PDPT | PRESENT_WRITABLE_ACCESSED);
            OffHeap.putLong(ram + PDPT, PD | PRESENT_WRITABLE_ACCESSED);
            OffHeap.putLong(ram + PD, PRESENT_WRITABLE_ACCESSED | LARGE_DIRTY);
            // out PORT, al; mov ecx, LOOP; 1: dec ecx; jnz 1b; out PORT, al; jmp to the start
            byte[] code = {
                (byte) 0xe6,
                (byte) PORT,
                (byte) 0xb9,
                (byte) LOOP,
                LOOP >> 8,
                0,
                0,
                (byte) 0xff,
                (byte) 0xc9,
                0x75,
                (byte) 0xfc,
                (byte) 0xe6,
                (byte) PORT,
                (byte) 0xeb,
                (byte) 0xf1
            };
            OffHeap.copyIn(code, 0, ram + CODE, code.length);
            try (KvmVcpu cpu = vm.createVcpu(0)) {
                cpu.setCpuid(cpuid);
                enterLongMode(cpu);
                return fast(cpu);
            } finally {
                vm.setMemorySlot(0, 0, 0, 0, 0);
            }
        } finally {
            OffHeap.free(ram);
        }
    }

    private static void enterLongMode(KvmVcpu cpu) {
        long sregs = OffHeap.allocate(KvmLayout.SIZEOF_SREGS);
        long regs = OffHeap.allocate(KvmLayout.SIZEOF_REGS);
        try {
            cpu.transfer("KVM_GET_SREGS", Kvm.KVM_GET_SREGS, sregs);
            int[] segments = {KvmLayout.SREGS_CS, KvmLayout.SREGS_DS, KvmLayout.SREGS_ES, KvmLayout.SREGS_SS};
            for (int segment : segments) {
                long at = sregs + segment;
                boolean code = segment == KvmLayout.SREGS_CS;
                OffHeap.putLong(at + KvmLayout.SEGMENT_BASE, 0);
                OffHeap.putInt(at + KvmLayout.SEGMENT_LIMIT, -1);
                OffHeap.putShort(at + KvmLayout.SEGMENT_SELECTOR, code ? 8 : 16);
                OffHeap.putByte(at + KvmLayout.SEGMENT_TYPE, code ? 0xb : 3);
                OffHeap.putByte(at + KvmLayout.SEGMENT_L, code ? 1 : 0);
                OffHeap.putByte(at + KvmLayout.SEGMENT_DB, code ? 0 : 1);
                OffHeap.putByte(at + KvmLayout.SEGMENT_G, 1);
            }
            OffHeap.putLong(sregs + KvmLayout.SREGS_CR0, CR0);
            OffHeap.putLong(sregs + KvmLayout.SREGS_CR3, PML4);
            OffHeap.putLong(sregs + KvmLayout.SREGS_CR4, CR4_PAE);
            OffHeap.putLong(sregs + KvmLayout.SREGS_EFER, EFER_LONG);
            cpu.transfer("KVM_SET_SREGS", Kvm.KVM_SET_SREGS, sregs);
            OffHeap.putLong(regs + KvmLayout.REGS_RIP, CODE);
            OffHeap.putLong(regs + KvmLayout.REGS_RFLAGS, 2);
            cpu.transfer("KVM_SET_REGS", Kvm.KVM_SET_REGS, regs);
        } finally {
            OffHeap.free(sregs);
            OffHeap.free(regs);
        }
    }

    private static boolean fast(KvmVcpu cpu) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            enter(cpu);
            Stopwatch watch = new Stopwatch();
            enter(cpu);
            if (watch.nanos() < LIMIT_NANOS) {
                return true;
            }
        }
        return false;
    }

    private static void enter(KvmVcpu cpu) {
        int result = cpu.enter();
        int reason = OffHeap.getInt(cpu.run() + KvmLayout.RUN_EXIT_REASON);
        if (result != 0) {
            throw new SysException("KVM_RUN", -result, "");
        }
        if (reason != Kvm.KVM_EXIT_IO) {
            throw new SysException("guest code ended with exit " + reason, Errno.EIO, KvmSystem.PATH);
        }
    }
}
