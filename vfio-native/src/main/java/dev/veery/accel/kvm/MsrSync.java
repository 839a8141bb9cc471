package dev.veery.accel.kvm;

import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Msr;
import dev.veery.cpu.state.MsrBank;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmVcpu;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The model-specific registers' part of {@link RegisterSync}: those that both KVM and {@link CpuState} have. The
 * time-stamp counter is written only when somebody changed its offset, because reading and writing it back would lose the
 * time in between.
 */
final class MsrSync implements AutoCloseable {
    /** MSRs of kvmclock, asynchronous page faults, steal time and the like: off after a reset. */
    private static final int[] PARAVIRTUAL = {
        0x11, 0x12, 0x4b56_4d00, 0x4b56_4d01, 0x4b56_4d02, 0x4b56_4d03, 0x4b56_4d04, 0x4b56_4d05, 0x4b56_4d06
    };

    private final CpuState s;
    private final CpuEnv env;
    private final KvmVcpu cpu;
    private final int[] indices;
    private final int[] paravirtual;
    private final long buffer;
    private final long single = OffHeap.allocate(KvmLayout.MSRS_ENTRIES + KvmLayout.SIZEOF_MSR_ENTRY);
    private long fetchedTscOffset;
    private boolean poweredOn;

    /**
     * Makes the buffers.
     *
     * @param kept what KVM_GET_MSR_INDEX_LIST answered
     */
    MsrSync(CpuState s, CpuEnv env, KvmVcpu cpu, int[] kept) {
        this.s = s;
        this.env = env;
        this.cpu = cpu;
        Set<Integer> known = new HashSet<>();
        Arrays.stream(kept).forEach(known::add);
        indices = wanted().stream().filter(known::contains).mapToInt(i -> i).toArray();
        paravirtual = Arrays.stream(PARAVIRTUAL).filter(known::contains).toArray();
        buffer = OffHeap.allocate(
                KvmLayout.MSRS_ENTRIES + (long) (indices.length + paravirtual.length) * KvmLayout.SIZEOF_MSR_ENTRY);
    }

    private static List<Integer> wanted() {
        List<Integer> wanted = new ArrayList<>(List.of(
                Msr.STAR,
                Msr.LSTAR,
                Msr.CSTAR,
                Msr.FMASK,
                Msr.KERNEL_GS_BASE,
                Msr.TSC_AUX,
                Msr.SYSENTER_CS,
                Msr.SYSENTER_ESP,
                Msr.SYSENTER_EIP,
                Msr.PAT,
                Msr.TSC_ADJUST,
                Msr.SPEC_CTRL,
                Msr.MCG_STATUS,
                Msr.MTRR_DEF_TYPE,
                Msr.MTRR_FIX64K_00000,
                Msr.MTRR_FIX16K_80000,
                Msr.MTRR_FIX16K_A0000));
        for (int i = 0; i < 2 * MsrBank.VARIABLE_RANGES; i++) {
            wanted.add(Msr.MTRR_PHYSBASE0 + i);
        }
        for (int msr = Msr.MTRR_FIX4K_C0000; msr <= Msr.MTRR_FIX4K_F8000; msr++) {
            wanted.add(msr);
        }
        return wanted;
    }

    /** The next {@link #store} resets the registers of paravirtual interfaces and sets the time-stamp counter. */
    void powerOn() {
        poweredOn = true;
    }

    /** Fetches them. */
    void fetch() {
        put(indices, 0, false);
        int done = transfer("KVM_GET_MSRS", Kvm.KVM_GET_MSRS, indices.length);
        for (int i = 0; i < done; i++) {
            set(indices[i], OffHeap.getLong(entry(buffer, i) + KvmLayout.MSR_ENTRY_DATA));
        }
        s.tscOffset = tsc() - env.tsc();
        fetchedTscOffset = s.tscOffset;
    }

    /** Stores them. */
    void store() {
        put(indices, 0, true);
        int count = indices.length;
        if (poweredOn) {
            for (int i = 0; i < paravirtual.length; i++) {
                OffHeap.putInt(entry(buffer, count + i), paravirtual[i]);
                OffHeap.putLong(entry(buffer, count + i) + KvmLayout.MSR_ENTRY_DATA, 0);
            }
            count += paravirtual.length;
        }
        transfer("KVM_SET_MSRS", Kvm.KVM_SET_MSRS, count);
        if (poweredOn || s.tscOffset != fetchedTscOffset) {
            poweredOn = false;
            fetchedTscOffset = s.tscOffset;
            OffHeap.putInt(single, 1);
            OffHeap.putInt(entry(single, 0), Msr.TSC);
            OffHeap.putLong(entry(single, 0) + KvmLayout.MSR_ENTRY_DATA, env.tsc() + s.tscOffset);
            cpu.transfer("KVM_SET_MSRS", Kvm.KVM_SET_MSRS, single);
        }
    }

    /** The guest's time-stamp counter now. */
    long tsc() {
        OffHeap.putInt(single, 1);
        OffHeap.putInt(entry(single, 0), Msr.TSC);
        cpu.transfer("KVM_GET_MSRS", Kvm.KVM_GET_MSRS, single);
        return OffHeap.getLong(entry(single, 0) + KvmLayout.MSR_ENTRY_DATA);
    }

    private static long entry(long base, int i) {
        return base + KvmLayout.MSRS_ENTRIES + (long) i * KvmLayout.SIZEOF_MSR_ENTRY;
    }

    private void put(int[] list, int from, boolean values) {
        for (int i = 0; i < list.length; i++) {
            long at = entry(buffer, from + i);
            OffHeap.putInt(at, list[i]);
            OffHeap.putLong(at + KvmLayout.MSR_ENTRY_DATA, values ? get(list[i]) : 0);
        }
    }

    /**
     * Transfers entries; KVM stops at one that this processor's CPUID does not have, which is moved to the end of those
     * done and passed over.
     *
     * @return how many of the first {@code count} entries hold something
     */
    private int transfer(String name, long request, int count) {
        int from = 0;
        while (from < count) {
            // The header goes where the entry before the first one is; that one has been dealt with.
            long header = entry(buffer, from) - KvmLayout.MSRS_ENTRIES;
            long saved = OffHeap.getLong(header);
            OffHeap.putLong(header, count - from);
            int done = cpu.tryTransfer(request, header);
            OffHeap.putLong(header, saved);
            if (done < 0) {
                throw new SysException(name, -done, "");
            }
            from += done;
            if (from < count) {
                from++;
            }
        }
        return count;
    }

    private long get(int msr) {
        switch (msr) {
            case Msr.STAR:
                return s.star;
            case Msr.LSTAR:
                return s.lstar;
            case Msr.CSTAR:
                return s.cstar;
            case Msr.FMASK:
                return s.fmask;
            case Msr.KERNEL_GS_BASE:
                return s.kernelGsBase();
            case Msr.TSC_AUX:
                return s.tscAux;
            case Msr.SYSENTER_CS:
                return s.sysenterCs;
            case Msr.SYSENTER_ESP:
                return s.sysenterEsp;
            case Msr.SYSENTER_EIP:
                return s.sysenterEip;
            case Msr.PAT:
                return s.msrs.pat;
            case Msr.TSC_ADJUST:
                return s.msrs.tscAdjust;
            case Msr.SPEC_CTRL:
                return s.msrs.specCtrl;
            case Msr.MCG_STATUS:
                return s.msrs.mcgStatus;
            case Msr.MTRR_DEF_TYPE:
                return s.msrs.mtrrDefType;
            default:
                int range = MsrBank.variableRange(msr);
                return range >= 0 ? s.msrs.mtrrVariable[range] : s.msrs.mtrrFixed[MsrBank.fixedRange(msr)];
        }
    }

    private void set(int msr, long value) {
        switch (msr) {
            case Msr.STAR:
                s.star = value;
                break;
            case Msr.LSTAR:
                s.lstar = value;
                break;
            case Msr.CSTAR:
                s.cstar = value;
                break;
            case Msr.FMASK:
                s.fmask = value;
                break;
            case Msr.KERNEL_GS_BASE:
                s.setKernelGsBase(value);
                break;
            case Msr.TSC_AUX:
                s.tscAux = value;
                break;
            case Msr.SYSENTER_CS:
                s.sysenterCs = value;
                break;
            case Msr.SYSENTER_ESP:
                s.sysenterEsp = value;
                break;
            case Msr.SYSENTER_EIP:
                s.sysenterEip = value;
                break;
            case Msr.PAT:
                s.msrs.pat = value;
                break;
            case Msr.TSC_ADJUST:
                s.msrs.tscAdjust = value;
                break;
            case Msr.SPEC_CTRL:
                s.msrs.specCtrl = value;
                break;
            case Msr.MCG_STATUS:
                s.msrs.mcgStatus = value;
                break;
            case Msr.MTRR_DEF_TYPE:
                s.msrs.mtrrDefType = value;
                break;
            default:
                int range = MsrBank.variableRange(msr);
                if (range >= 0) {
                    s.msrs.mtrrVariable[range] = value;
                } else {
                    s.msrs.mtrrFixed[MsrBank.fixedRange(msr)] = value;
                }
                break;
        }
    }

    @Override
    public void close() {
        OffHeap.free(buffer);
        OffHeap.free(single);
    }
}
