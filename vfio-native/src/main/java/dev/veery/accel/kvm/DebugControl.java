package dev.veery.accel.kvm;

import dev.veery.accel.DebugStop;
import dev.veery.accel.GuestDebug;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmVcpu;
import dev.veery.memory.access.OffHeap;

/** Tells KVM what a debugger wants of a processor, and what KVM_EXIT_DEBUG says. The debugger's breakpoints take the place of the guest's. */
final class DebugControl implements AutoCloseable {
    /** SDM vol. 3, 18.2.4: DR7 with exact breakpoints; per breakpoint the global enable, kind and length. */
    private static final long DR7_EXACT = 0x600;

    private static final int GLOBAL_ENABLE = 2;
    private static final int DR7 = 7;
    private static final int EXECUTE = 0;
    private static final int WRITE = 1;
    private static final int ACCESS = 3;

    /** SDM vol. 3, 18.2.3: DR6 after a single step; bits 0 to 3 are breakpoints. */
    private static final long DR6_STEP = 1 << 14;

    private static final int BREAKPOINT = 3;

    private final KvmVcpu cpu;
    private final long run;
    private final boolean blocksInterrupts;
    private final long buffer = OffHeap.allocate(KvmLayout.SIZEOF_GUEST_DEBUG);
    private GuestDebug wanted = GuestDebug.NONE;
    private boolean told = true;

    /**
     * Makes it with nothing wanted.
     *
     * @param flags what KVM_CAP_SET_GUEST_DEBUG2 answered: 0 where it is not known
     */
    DebugControl(KvmVcpu cpu, int flags) {
        this.cpu = cpu;
        run = cpu.run();
        blocksInterrupts = (flags & Kvm.KVM_GUESTDBG_BLOCKIRQ) != 0;
    }

    /** From the next {@link #tell} on. */
    void set(GuestDebug debug) {
        wanted = debug;
        told = false;
    }

    /** Before the processor runs, its registers being KVM's. */
    void tell() {
        // KVM remembers where a single step begins, so that one is told of each time.
        if (told && !wanted.singleStep()) {
            return;
        }
        told = true;
        int control = 0;
        if (wanted.active()) {
            control = Kvm.KVM_GUESTDBG_ENABLE;
        }
        if (wanted.singleStep()) {
            control |= Kvm.KVM_GUESTDBG_SINGLESTEP | (blocksInterrupts ? Kvm.KVM_GUESTDBG_BLOCKIRQ : 0);
        }
        if (wanted.software()) {
            control |= Kvm.KVM_GUESTDBG_USE_SW_BP;
        }
        long registers = buffer + KvmLayout.GUEST_DEBUG_DEBUGREG;
        long dr7 = DR7_EXACT;
        for (int n = 0; n < wanted.hardware().size(); n++) {
            GuestDebug.Breakpoint place = wanted.hardware().get(n);
            control |= Kvm.KVM_GUESTDBG_USE_HW_BP;
            OffHeap.putLong(registers + 8L * n, place.address());
            dr7 |= (long) GLOBAL_ENABLE << 2 * n
                    | (long) kind(place.kind()) << 16 + 4 * n
                    | (long) length(place.length()) << 18 + 4 * n;
        }
        OffHeap.putLong(registers + 8L * DR7, dr7);
        OffHeap.putInt(buffer, control);
        cpu.transfer("KVM_SET_GUEST_DEBUG", Kvm.KVM_SET_GUEST_DEBUG, buffer);
    }

    private static int kind(GuestDebug.Kind kind) {
        return switch (kind) {
            case EXECUTE -> EXECUTE;
            case WRITE -> WRITE;
            case ACCESS -> ACCESS;
        };
    }

    private static int length(int bytes) {
        return bytes == 8 ? 2 : bytes - 1;
    }

    /** What KVM_EXIT_DEBUG reports. */
    DebugStop stop() {
        long pc = OffHeap.getLong(run + KvmLayout.RUN_DEBUG_PC);
        if (OffHeap.getInt(run + KvmLayout.RUN_DEBUG_EXCEPTION) == BREAKPOINT) {
            return new DebugStop(DebugStop.Reason.SOFTWARE, pc);
        }
        long dr6 = OffHeap.getLong(run + KvmLayout.RUN_DEBUG_DR6);
        for (int n = 0; n < wanted.hardware().size(); n++) {
            GuestDebug.Breakpoint place = wanted.hardware().get(n);
            if ((dr6 >>> n & 1) != 0) {
                return place.kind() == GuestDebug.Kind.EXECUTE
                        ? new DebugStop(DebugStop.Reason.EXECUTE, pc)
                        : new DebugStop(DebugStop.Reason.DATA, place.address());
            }
        }
        return new DebugStop((dr6 & DR6_STEP) != 0 ? DebugStop.Reason.STEP : DebugStop.Reason.EXECUTE, pc);
    }

    @Override
    public void close() {
        OffHeap.free(buffer);
    }
}
