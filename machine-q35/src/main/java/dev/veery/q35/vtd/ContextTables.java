package dev.veery.q35.vtd;

import dev.veery.base.Bits;
import dev.veery.dma.TranslationUnit;

/** Finds out what the guest's tables say of a source (VT-d 9.1 to 9.6). */
final class ContextTables {
    private static final long PAGE = ~0xfffL;
    private static final long PRESENT = 1;
    private static final long FPD = 1 << 1;

    /** 9.3: translation types. */
    private static final int TT_UNTRANSLATED = 0;

    private static final int TT_DEVICE_TLB = 1;
    private static final int TT_PASS_THROUGH = 2;
    private static final long CONTEXT_LOW_RESERVED = 0xff0;
    private static final long CONTEXT_HIGH_RESERVED = ~0xff_ffffL | 1 << 7;

    /** 9.4: scalable-mode context entry. */
    private static final long CONTEXT_PASIDE = 1 << 3;

    private static final int SM_CONTEXT_SIZE = 32;
    private static final int PASID_ENTRY_SIZE = 64;
    private static final int PGTT_FIRST = 1;
    private static final int PGTT_SECOND = 2;
    private static final int PGTT_PASS_THROUGH = 4;
    private static final int FSPM_4_LEVELS = 0;

    private final VtdConfig config;
    private final TableMemory memory;

    ContextTables(VtdConfig config, TableMemory memory) {
        this.config = config;
        this.memory = memory;
    }

    /**
     * Fills in {@code context} for its source and PASID.
     *
     * @param rootTable RTADDR
     * @return a {@link VtdFault}
     */
    int resolve(long rootTable, VtdContext context) {
        context.silent = false;
        context.scalable = (rootTable & VtdRegs.RTADDR_SCALABLE) != 0;
        return context.scalable ? scalable(rootTable & PAGE, context) : legacy(rootTable & PAGE, context);
    }

    private boolean outOfWidth(long address) {
        return (address & PAGE) >>> config.hostWidth() != 0;
    }

    private int legacy(long table, VtdContext context) {
        if (context.pasid != TranslationUnit.NO_PASID) {
            return VtdFault.SM_PASID_IN_LEGACY;
        }
        int bus = context.source >> 8;
        long low = memory.read(table + bus * 16L);
        if (memory.failed()) {
            return VtdFault.ROOT_ACCESS;
        }
        if ((low & PRESENT) == 0) {
            return VtdFault.ROOT_NOT_PRESENT;
        }
        long high = memory.read(table + bus * 16L + 8);
        if (high != 0 || (low & 0xffe) != 0 || outOfWidth(low)) {
            return VtdFault.ROOT_RESERVED;
        }
        long entry = (low & PAGE) + (context.source & 0xff) * 16L;
        low = memory.read(entry);
        if (memory.failed()) {
            return VtdFault.CONTEXT_ACCESS;
        }
        context.silent = (low & FPD) != 0;
        if ((low & PRESENT) == 0) {
            return VtdFault.CONTEXT_NOT_PRESENT;
        }
        high = memory.read(entry + 8);
        if ((low & CONTEXT_LOW_RESERVED) != 0 || (high & CONTEXT_HIGH_RESERVED) != 0 || outOfWidth(low)) {
            return VtdFault.CONTEXT_RESERVED;
        }
        context.domain = (int) (high >>> 8) & 0xffff;
        context.tag = TranslationUnit.NO_PASID;
        int type = (int) (low >>> 2) & 3;
        boolean untranslated = type == TT_UNTRANSLATED || type == TT_DEVICE_TLB && config.deviceTlb();
        boolean bypass = type == TT_PASS_THROUGH && config.passThrough();
        boolean known = setSecondStage(context, low & PAGE, (int) high & 7);
        if (!known || !untranslated && !bypass) {
            return VtdFault.CONTEXT_INVALID;
        }
        if (bypass) {
            context.kind = VtdContext.PASS_THROUGH;
        }
        return VtdFault.NONE;
    }

    /** An address width field: 1 for 39 bits and three levels, to 3 for 57 and five; false if the unit has not so many. */
    private boolean setSecondStage(VtdContext context, long root, int width) {
        context.kind = VtdContext.SECOND_STAGE;
        context.root = root;
        context.levels = width + 2;
        return width >= 1 && width <= 3 && width * 9 + 30 <= config.addressWidth();
    }

    private int scalable(long table, VtdContext context) {
        int source = context.source;
        long half = memory.read(table + (source >> 8) * 16L + (source >>> 4 & 8));
        if (memory.failed()) {
            return VtdFault.SM_ROOT_ACCESS;
        }
        if ((half & PRESENT) == 0) {
            return VtdFault.SM_ROOT_NOT_PRESENT;
        }
        if ((half & 0xffe) != 0 || outOfWidth(half)) {
            return VtdFault.SM_ROOT_RESERVED;
        }
        long entry = (half & PAGE) + (source & 0x7f) * (long) SM_CONTEXT_SIZE;
        long low = memory.read(entry);
        if (memory.failed()) {
            return VtdFault.SM_CONTEXT_ACCESS;
        }
        context.silent = (low & FPD) != 0;
        if ((low & PRESENT) == 0) {
            return VtdFault.SM_CONTEXT_NOT_PRESENT;
        }
        long second = memory.read(entry + 8);
        if (outOfWidth(low) || memory.read(entry + 16) != 0 || memory.read(entry + 24) != 0) {
            return VtdFault.SM_CONTEXT_RESERVED;
        }
        int pasid = context.pasid;
        if (pasid == TranslationUnit.NO_PASID) {
            pasid = (int) second & 0xf_ffff; // RID_PASID
        } else if ((low & CONTEXT_PASIDE) == 0) {
            return VtdFault.SM_PASID_DISABLED;
        }
        int directoryBits = ((int) (low >>> 9) & 7) + 7;
        if (pasid >>> 6 + directoryBits != 0) {
            return VtdFault.SM_PASID_TOO_LARGE;
        }
        return pasidEntry(low & PAGE, pasid, context);
    }

    private int pasidEntry(long directory, int pasid, VtdContext context) {
        long pointer = memory.read(directory + (pasid >>> 6) * 8L);
        if (memory.failed()) {
            return VtdFault.SM_DIRECTORY_ACCESS;
        }
        context.silent |= (pointer & FPD) != 0;
        if ((pointer & PRESENT) == 0) {
            return VtdFault.SM_DIRECTORY_NOT_PRESENT;
        }
        if ((pointer & 0xffc) != 0 || outOfWidth(pointer)) {
            return VtdFault.SM_DIRECTORY_RESERVED;
        }
        long entry = (pointer & PAGE) + (pasid & 0x3f) * (long) PASID_ENTRY_SIZE;
        long low = memory.read(entry);
        if (memory.failed()) {
            return VtdFault.SM_PASID_ACCESS;
        }
        context.silent |= (low & FPD) != 0;
        if ((low & PRESENT) == 0) {
            return VtdFault.SM_PASID_NOT_PRESENT;
        }
        context.domain = (int) memory.read(entry + 8) & 0xffff;
        context.tag = pasid;
        boolean valid;
        switch ((int) (low >>> 6) & 7) {
            case PGTT_FIRST -> {
                long third = memory.read(entry + 16);
                context.kind = VtdContext.FIRST_STAGE;
                context.root = third & PAGE;
                context.levels = 4;
                valid = config.firstStage() && Bits.field(third, 2, 2) == FSPM_4_LEVELS;
            }
            case PGTT_SECOND -> {
                valid = setSecondStage(context, low & PAGE, (int) (low >>> 2) & 7);
                context.tag = TranslationUnit.NO_PASID;
            }
            case PGTT_PASS_THROUGH -> {
                context.kind = VtdContext.PASS_THROUGH;
                valid = config.passThrough();
            }
            default -> valid = false;
        }
        return valid ? VtdFault.NONE : VtdFault.SM_PASID_INVALID;
    }
}
