package dev.veery.accel.kvm;

import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cpuid;
import dev.veery.cpu.state.Feature;
import dev.veery.linux.kvm.CpuidTable;
import java.util.ArrayList;
import java.util.List;

/**
 * The CPUID of a processor under KVM: the model's leaves, without the features that KVM cannot give, and KVM's own leaves
 * from 4000_0000h on, which announce kvmclock.
 */
final class KvmCpuid {
    private static final int KVM_SIGNATURE = 0x4000_0000;
    private static final int KVM_FEATURES = 0x4000_0001;
    private static final int EXTENDED = 0x8000_0000;
    private static final int ADDRESS_WIDTHS = 0x8000_0008;

    /** "KVMKVMKVM", then zeros. */
    private static final int KVMK = 0x4b4d_564b;

    private static final int VMKV = 0x564b_4d56;
    private static final int M = 0x4d;

    /**
     * Paravirtual features that do without an in-kernel APIC: kvmclock (0, 3, 24), no I/O delay (1), steal time (5),
     * remote TLB flush (9).
     */
    private static final int WITHOUT_APIC = 1 | 1 << 1 | 1 << 3 | 1 << 5 | 1 << 9 | 1 << 24;

    private static final int XSAVE = 0xd;

    /** Bytes of the legacy region and the header. */
    private static final int XSAVE_LEGACY = 576;

    private static final int MHZ = 1000;

    /** Leaf 15h: the crystal's frequency in Hz and, per kHz of it, the ratio's denominator. */
    private static final int CRYSTAL_HZ = 1_000_000_000;

    private static final int CRYSTAL_KHZ = 1_000_000;

    private final CpuidTable supported;
    private final boolean userApic;
    private final boolean msrExits;
    private final boolean deadline;

    /**
     * What decides beyond the model.
     *
     * @param supported what KVM_GET_SUPPORTED_CPUID answered
     * @param userApic whether the local APIC is ours
     * @param msrExits whether its registers can be reached by RDMSR and WRMSR then
     * @param deadline whether an in-kernel one has the deadline timer
     */
    KvmCpuid(CpuidTable supported, boolean userApic, boolean msrExits, boolean deadline) {
        this.supported = supported;
        this.userApic = userApic;
        this.msrExits = msrExits;
        this.deadline = deadline;
    }

    /** Whether a processor may have a feature. Nested virtualization is not modelled: its state is not part of ours. */
    boolean allows(Feature feature) {
        return (allowed(feature.word()) >>> feature.bit() & 1) != 0;
    }

    /** The features of the model that this KVM cannot give. */
    List<Feature> missing(CpuModel model) {
        List<Feature> missing = new ArrayList<>();
        for (Feature f : Feature.values()) {
            if (model.has(f) && !allows(f)) {
                missing.add(f);
            }
        }
        return missing;
    }

    /** The table for one processor. */
    CpuidTable build(CpuState s, CpuEnv env, int tscKhz) {
        CpuidTable table = new CpuidTable();
        CpuModel model = env.model();
        for (int leaf = 0; leaf <= model.identity().level(); leaf++) {
            for (int subleaf = 0; subleaf < subleaves(leaf); subleaf++) {
                add(table, s, env, leaf, subleaf, tscKhz);
            }
        }
        if (model.has(Feature.XSAVE) && model.identity().level() >= XSAVE) {
            addStateComponents(table, model);
        }
        if (model.has(Feature.HYPERVISOR) && model.paravirtual().shown()) {
            addParavirtual(table, model.paravirtual().hidden());
        }
        int count = model.identity().extendedLevel() - EXTENDED;
        for (int i = 0; i <= count; i++) {
            add(table, s, env, EXTENDED + i, 0, tscKhz);
        }
        return table;
    }

    private static int subleaves(int leaf) {
        switch (leaf) {
            case 4:
                return 5;
            case 0xb:
                return 3;
            case 0xd:
                return 2;
            default:
                return 1;
        }
    }

    private void add(CpuidTable table, CpuState s, CpuEnv env, int leaf, int subleaf, int tscKhz) {
        int[] r = new int[4];
        Cpuid.query(s, env, leaf, subleaf, r);
        for (Feature.Word word : Feature.Word.values()) {
            if (word.leaf() == leaf
                    && (leaf != 0xd || subleaf == 1)
                    && env.model().word(word) != 0) {
                int register = "EAX EBX ECX EDX".indexOf(word.register()) / 4;
                // Bits that depend on the number of processors or on CR4 are no features of the model and stay.
                r[register] &= allowed(word) | ~env.model().word(word);
            }
        }
        if (leaf == 0x15) {
            // Without a known frequency the leaf enumerates nothing, and guests measure.
            r = tscKhz == 0 ? new int[4] : new int[] {CRYSTAL_KHZ, tscKhz, CRYSTAL_HZ, 0};
        } else if (leaf == 0x16) {
            r = tscKhz == 0 ? new int[4] : new int[] {tscKhz / MHZ, tscKhz / MHZ, r[2], 0};
        } else if (leaf == ADDRESS_WIDTHS) {
            CpuidTable.Entry host = supported.find(leaf, 0);
            if (host != null) {
                r[0] = r[0] & ~0xff | Math.min(r[0] & 0xff, host.eax() & 0xff);
            }
        }
        table.put(new CpuidTable.Entry(leaf, subleaf, subleaves(leaf) > 1 || leaf == 7, r[0], r[1], r[2], r[3]));
    }

    /**
     * Leaf 0Dh: the state components of the features that the model has, laid out as on the host (SDM vol. 1, section
     * 13.2). Supervisor components are not offered.
     */
    private void addStateComponents(CpuidTable table, CpuModel model) {
        CpuidTable.Entry host = supported.find(XSAVE, 0);
        long offered = 3;
        offered |= model.has(Feature.AVX) ? 1 << 2 : 0;
        offered |= model.has(Feature.AVX512F) ? 7 << 5 : 0;
        offered |= model.has(Feature.PKU) ? 1 << 9 : 0;
        offered &= host == null ? 3 : host.eax() & 0xffff_ffffL | 3;
        int size = XSAVE_LEGACY;
        int compacted = XSAVE_LEGACY;
        for (int i = 2; i < 32; i++) {
            CpuidTable.Entry component = supported.find(XSAVE, i);
            if ((offered >>> i & 1) == 0 || component == null) {
                offered &= ~(1L << i);
                continue;
            }
            table.put(component);
            size = Math.max(size, component.ebx() + component.eax());
            boolean aligned = (component.ecx() & 2) != 0;
            compacted = (aligned ? compacted + 63 & -64 : compacted) + component.eax();
        }
        CpuidTable.Entry features = table.find(XSAVE, 1);
        table.put(new CpuidTable.Entry(XSAVE, 0, true, (int) offered, size, size, 0));
        if (features != null) {
            table.put(new CpuidTable.Entry(XSAVE, 1, true, features.eax(), compacted, 0, 0));
        }
    }

    private void addParavirtual(CpuidTable table, int hidden) {
        CpuidTable.Entry features = supported.find(KVM_FEATURES, 0);
        int bits = features == null ? 0 : features.eax() & ~hidden;
        int hints = features == null ? 0 : features.edx();
        table.put(new CpuidTable.Entry(KVM_SIGNATURE, 0, false, KVM_FEATURES, KVMK, VMKV, M));
        table.put(new CpuidTable.Entry(
                KVM_FEATURES, 0, false, userApic ? bits & WITHOUT_APIC : bits, 0, 0, userApic ? 0 : hints));
    }

    /** The bits of a register that may be shown. */
    private int allowed(Feature.Word word) {
        CpuidTable.Entry e = supported.find(word.leaf(), word.leaf() == 0xd ? 1 : 0);
        int bits = e == null ? 0 : register(e, word.register());
        // KVM does not list what it leaves to user space.
        bits |= mask(Feature.HYPERVISOR, word);
        if (userApic ? msrExits : deadline) {
            bits |= mask(Feature.TSC_DEADLINE, word) | mask(Feature.X2APIC, word);
        } else {
            bits &= ~(mask(Feature.TSC_DEADLINE, word) | (userApic ? mask(Feature.X2APIC, word) : 0));
        }
        bits &= ~(mask(Feature.VMX, word) | mask(Feature.SVM, word));
        // The emulated time-stamp counter and APIC timer never stop.
        return bits | mask(Feature.ARAT, word);
    }

    private static int mask(Feature feature, Feature.Word word) {
        return feature.word() == word ? 1 << feature.bit() : 0;
    }

    private static int register(CpuidTable.Entry e, String name) {
        switch (name) {
            case "EAX":
                return e.eax();
            case "EBX":
                return e.ebx();
            case "ECX":
                return e.ecx();
            default:
                return e.edx();
        }
    }
}
