package dev.veery.accel.kvm;

import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.RegisterDump;
import dev.veery.cpu.state.Seg;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.memory.access.OffHeap;

/** Says why KVM cannot go on: the exit, its details, the registers and the bytes at the instruction pointer. */
final class FailureText {
    private static final int CODE_BYTES = 16;

    /** Data words that are looked at, whatever the kernel claims. */
    private static final int MAX_DATA = 16;

    private final CpuState s;
    private final SoftMmu mmu;
    private final long run;

    FailureText(CpuState s, SoftMmu mmu, long run) {
        this.s = s;
        this.mmu = mmu;
        this.run = run;
    }

    /** Describes the last exit; the registers have been fetched. */
    String describe() {
        return "KVM: " + reason() + System.lineSeparator() + RegisterDump.format(s) + "Code=" + code();
    }

    private String reason() {
        int reason = OffHeap.getInt(run + KvmLayout.RUN_EXIT_REASON);
        switch (reason) {
            case Kvm.KVM_EXIT_UNKNOWN:
                return "unknown hardware exit " + hex(OffHeap.getLong(run + KvmLayout.RUN_HARDWARE_EXIT_REASON));
            case Kvm.KVM_EXIT_FAIL_ENTRY:
                return "entry failed, hardware reason "
                        + hex(OffHeap.getLong(run + KvmLayout.RUN_FAIL_ENTRY_REASON))
                        + " on host processor "
                        + OffHeap.getInt(run + KvmLayout.RUN_FAIL_ENTRY_CPU)
                        + "; the guest is in a state that the processor refuses";
            case Kvm.KVM_EXIT_INTERNAL_ERROR:
                return internal();
            case Kvm.KVM_EXIT_SYSTEM_EVENT:
                return "system event " + OffHeap.getInt(run + KvmLayout.RUN_SYSTEM_EVENT_TYPE);
            case Kvm.KVM_EXIT_EXCEPTION:
                return "exception in the guest that KVM did not expect";
            case Kvm.KVM_EXIT_DEBUG:
                return "debug exit that nobody asked for";
            default:
                return "exit " + reason + ", which was not enabled";
        }
    }

    private String internal() {
        int suberror = OffHeap.getInt(run + KvmLayout.RUN_INTERNAL_SUBERROR);
        String what;
        switch (suberror) {
            case Kvm.KVM_INTERNAL_ERROR_EMULATION:
                what = "emulation failure";
                break;
            case Kvm.KVM_INTERNAL_ERROR_SIMUL_EX:
                what = "exceptions at the same time";
                break;
            case Kvm.KVM_INTERNAL_ERROR_DELIVERY_EV:
                what = "exit while an event was delivered";
                break;
            case Kvm.KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON:
                what = "unexpected hardware exit";
                break;
            default:
                what = "of unknown kind";
                break;
        }
        StringBuilder text = new StringBuilder("internal error ")
                .append(suberror)
                .append(", ")
                .append(what);
        int count = Math.min(MAX_DATA, OffHeap.getInt(run + KvmLayout.RUN_INTERNAL_NDATA));
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "; data " : " ")
                    .append(hex(OffHeap.getLong(run + KvmLayout.RUN_INTERNAL_DATA + 8L * i)));
        }
        return text.toString();
    }

    private static String hex(long value) {
        return Long.toHexString(value);
    }

    /** The instruction, by our own page walk; where that faults, the text ends. */
    private String code() {
        StringBuilder text = new StringBuilder();
        long linear = s.code64() ? s.rip : s.seg[Seg.CS].base() + s.rip;
        try {
            mmu.flushAll();
            mmu.modeChanged();
            for (int i = 0; i < CODE_BYTES; i++) {
                text.append(i == 0 ? "" : " ").append(String.format("%02x", mmu.loadSystem(linear + i, 1)));
            }
        } catch (CpuFault e) {
            text.append(text.length() == 0 ? "not mapped" : " ...");
        }
        return text.toString();
    }
}
