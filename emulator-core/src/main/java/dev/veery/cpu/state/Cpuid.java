package dev.veery.cpu.state;

import dev.veery.time.Tsc;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What the CPUID instruction answers (SDM vol. 2, CPUID; AMD APM vol. 3, appendix E, for 8000_000xh). */
public final class Cpuid {
    private static final int HYPERVISOR_LEAF = 0x4000_0000;

    /** Leaf 4000_0000h: who runs the machine. Not a name that guests know, so they use no paravirtual interface. */
    private static final String HYPERVISOR = "VeeryVeery  ";

    /** Leaf 1 EDX bits that AMD repeats in leaf 8000_0001h EDX. */
    private static final int AMD_ALIASES = 0x0183_f3ff;

    /** Linear address width: four-level paging. */
    private static final int LINEAR_BITS = 48;

    private static final int L1_EDX_APIC = 1 << 9;
    private static final int L1_EDX_HT = 1 << 28;
    private static final int L1_ECX_OSXSAVE = 1 << 27;
    private static final int E1_ECX_CMP_LEGACY = 1 << 1;
    private static final int APIC_BASE_ENABLE = 1 << 11;
    private static final int MHZ = 1_000_000;
    private static final int KIB = 1024;

    /** Bytes of the XSAVE area for x87 and SSE: the legacy region and the header (SDM vol. 1, section 13.4). */
    private static final int XSAVE_SIZE = 576;

    /** Bytes of the component that AVX adds, right behind. */
    private static final int AVX_SIZE = 256;

    private static final int XCR0_AVX = 4;
    private static final int LINE = 64;

    private Cpuid() {}

    /**
     * Answers one query.
     *
     * @param leaf EAX
     * @param subleaf ECX
     * @param out receives EAX, EBX, ECX, EDX
     */
    public static void query(CpuState s, CpuEnv e, int leaf, int subleaf, int[] out) {
        CpuModel model = e.model();
        CpuIdentity id = model.identity();
        Arrays.fill(out, 0, 4, 0);
        if (leaf == HYPERVISOR_LEAF && model.has(Feature.HYPERVISOR)) {
            out[0] = HYPERVISOR_LEAF;
            text(HYPERVISOR, out, 1, 2, 3);
            return;
        }
        if (leaf < 0 && Integer.compareUnsigned(leaf, id.extendedLevel()) <= 0) {
            extended(model, leaf, out);
            return;
        }
        // Beyond the highest leaf, the highest basic one answers.
        basic(s, e, leaf < 0 || leaf > id.level() ? id.level() : leaf, subleaf, out);
    }

    private static void basic(CpuState s, CpuEnv e, int leaf, int subleaf, int[] out) {
        CpuModel model = e.model();
        switch (leaf) {
            case 0:
                out[0] = model.identity().level();
                text(model.identity().vendor(), out, 1, 3, 2);
                break;
            case 1:
                identity(s, e, out);
                break;
            case 2:
                // One query suffices; descriptor FFh: see leaf 4.
                out[0] = 0xff01;
                break;
            case 4:
                cache(model, subleaf, out);
                break;
            case 6:
                out[0] = model.word(Feature.Word.L6_EAX);
                break;
            case 7:
                if (subleaf == 0) {
                    out[1] = model.word(Feature.Word.L7_EBX);
                    out[2] = model.word(Feature.Word.L7_ECX);
                    out[3] = model.word(Feature.Word.L7_EDX);
                }
                break;
            case 0xb:
                topology(s, model, subleaf, out);
                break;
            case 0xd:
                xsave(s, model, subleaf, out);
                break;
            case 0x15:
                // TSC / crystal = EBX / EAX. Linux also takes the crystal for the local APIC timer's clock.
                out[0] = 1;
                out[1] = 1;
                out[2] = (int) Tsc.HZ;
                break;
            case 0x16:
                out[0] = (int) (Tsc.HZ / MHZ);
                out[1] = (int) (Tsc.HZ / MHZ);
                out[2] = 100;
                break;
            default:
                break;
        }
    }

    private static void identity(CpuState s, CpuEnv e, int[] out) {
        CpuModel model = e.model();
        int logical = model.cores() * model.threads();
        out[0] = model.identity().signature();
        out[1] = LINE / 8 << 8 | (logical & 0xff) << 16 | model.apicId(s.index) << 24;
        out[2] = model.word(Feature.Word.L1_ECX);
        if ((s.cr4 & Cr.CR4_OSXSAVE) != 0) {
            out[2] |= L1_ECX_OSXSAVE;
        }
        out[3] = model.word(Feature.Word.L1_EDX);
        if (logical > 1) {
            out[3] |= L1_EDX_HT;
        }
        if (model.has(Feature.APIC)) {
            e.lock();
            try {
                if ((e.apic().base() & APIC_BASE_ENABLE) == 0) {
                    out[3] &= ~L1_EDX_APIC;
                }
            } finally {
                e.unlock();
            }
        }
    }

    /** Leaf 4: 32 KiB of each level-1 cache, 2 MiB of level 2, 16 MiB of level 3 shared by the package. */
    private static void cache(CpuModel model, int subleaf, int[] out) {
        switch (subleaf) {
            case 0:
                cache(model, out, 1, 1, 8, 32 * KIB);
                break;
            case 1:
                cache(model, out, 2, 1, 8, 32 * KIB);
                break;
            case 2:
                cache(model, out, 3, 2, 16, 2048 * KIB);
                break;
            case 3:
                cache(model, out, 3, 3, 16, 16384 * KIB);
                break;
            default:
                break;
        }
    }

    private static void cache(CpuModel model, int[] out, int type, int level, int ways, int size) {
        int sharing = model.threadBits() + (level == 3 ? model.coreBits() : 0);
        int selfInitialising = 1 << 8;
        out[0] = type | level << 5 | selfInitialising | (1 << sharing) - 1 << 14 | (1 << model.coreBits()) - 1 << 26;
        out[1] = LINE - 1 | ways - 1 << 22;
        out[2] = size / (ways * LINE) - 1;
    }

    private static void topology(CpuState s, CpuModel model, int subleaf, int[] out) {
        int logical = model.cores() * model.threads();
        int typeThread = 1 << 8;
        int typeCore = 2 << 8;
        out[2] = subleaf & 0xff;
        out[3] = model.apicId(s.index);
        if (subleaf == 0) {
            out[0] = model.threadBits();
            out[1] = model.threads();
            out[2] |= typeThread;
        } else if (subleaf == 1) {
            out[0] = model.threadBits() + model.coreBits();
            out[1] = logical;
            out[2] |= typeCore;
        }
    }

    private static void xsave(CpuState s, CpuModel model, int subleaf, int[] out) {
        if (!model.has(Feature.XSAVE)) {
            return;
        }
        boolean vectors = model.has(Feature.AVX);
        int all = vectors ? XSAVE_SIZE + AVX_SIZE : XSAVE_SIZE;
        int enabled = (s.xcr0 & XCR0_AVX) != 0 ? XSAVE_SIZE + AVX_SIZE : XSAVE_SIZE;
        if (subleaf == 0) {
            out[0] = vectors ? 3 | XCR0_AVX : 3;
            out[1] = enabled;
            out[2] = all;
        } else if (subleaf == 1) {
            out[0] = model.word(Feature.Word.LD1_EAX);
            out[1] = model.has(Feature.XSAVEC) ? enabled : 0;
        } else if (subleaf == 2 && vectors) {
            out[0] = AVX_SIZE;
            out[1] = XSAVE_SIZE;
        }
    }

    private static void extended(CpuModel model, int leaf, int[] out) {
        CpuIdentity id = model.identity();
        int logical = model.cores() * model.threads();
        switch (leaf & 0xffff) {
            case 0:
                out[0] = id.extendedLevel();
                if (!model.isIntel()) {
                    text(id.vendor(), out, 1, 3, 2);
                }
                break;
            case 1:
                out[2] = model.word(Feature.Word.E1_ECX);
                out[3] = model.word(Feature.Word.E1_EDX);
                if (!model.isIntel()) {
                    out[0] = id.signature();
                    out[2] |= logical > 1 ? E1_ECX_CMP_LEGACY : 0;
                    out[3] |= model.word(Feature.Word.L1_EDX) & AMD_ALIASES;
                }
                break;
            case 2:
            case 3:
            case 4:
                String brand = id.modelId();
                for (int i = 0; i < 4; i++) {
                    out[i] = word(brand, ((leaf & 7) - 2) * 16 + i * 4);
                }
                break;
            case 5:
                if (!model.isIntel()) {
                    // Size in KiB, ways, lines per tag, line size; data then instructions.
                    out[2] = 32 << 24 | 8 << 16 | 1 << 8 | LINE;
                    out[3] = out[2];
                }
                break;
            case 6:
                // Associativity code 8 is 16 ways.
                out[2] = 2048 << 16 | 8 << 12 | LINE;
                break;
            case 7:
                out[3] = model.word(Feature.Word.E7_EDX);
                break;
            case 8:
                out[0] = id.physicalBits() | (model.has(Feature.LM) ? LINEAR_BITS : 32) << 8;
                out[1] = model.word(Feature.Word.E8_EBX);
                if (!model.isIntel()) {
                    out[2] = logical - 1 | model.threadBits() + model.coreBits() << 12;
                }
                break;
            default:
                break;
        }
    }

    private static void text(String twelve, int[] out, int first, int second, int third) {
        out[first] = word(twelve, 0);
        out[second] = word(twelve, 4);
        out[third] = word(twelve, 8);
    }

    /** Four characters from {@code at}, the first in the low byte, zero beyond the end. */
    private static int word(String text, int at) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int w = 0;
        for (int i = 3; i >= 0; i--) {
            w = w << 8 | (at + i < bytes.length ? bytes[at + i] & 0xff : 0);
        }
        return w;
    }
}
