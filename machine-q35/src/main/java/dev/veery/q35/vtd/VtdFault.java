package dev.veery.q35.vtd;

/** Fault reasons, VT-d chapter 7.1, tables 26 to 29. 0 is none. */
final class VtdFault {
    static final int NONE = 0;

    // Legacy mode.
    static final int ROOT_NOT_PRESENT = 0x1;
    static final int CONTEXT_NOT_PRESENT = 0x2;
    static final int CONTEXT_INVALID = 0x3;
    static final int BEYOND_WIDTH = 0x4;
    static final int NO_WRITE = 0x5;
    static final int NO_READ = 0x6;
    static final int PAGING_ACCESS = 0x7;
    static final int ROOT_ACCESS = 0x8;
    static final int CONTEXT_ACCESS = 0x9;
    static final int ROOT_RESERVED = 0xa;
    static final int CONTEXT_RESERVED = 0xb;
    static final int PAGING_RESERVED = 0xc;

    // Interrupt remapping.
    static final int IR_REQUEST_RESERVED = 0x20;
    static final int IR_INDEX = 0x21;
    static final int IR_NOT_PRESENT = 0x22;
    static final int IR_ACCESS = 0x23;
    static final int IR_ENTRY_RESERVED = 0x24;
    static final int IR_COMPATIBILITY = 0x25;
    static final int IR_SOURCE = 0x26;

    // Scalable mode.
    static final int SM_PASID_IN_LEGACY = 0x31;
    static final int SM_ROOT_ACCESS = 0x38;
    static final int SM_ROOT_NOT_PRESENT = 0x39;
    static final int SM_ROOT_RESERVED = 0x3a;
    static final int SM_CONTEXT_ACCESS = 0x40;
    static final int SM_CONTEXT_NOT_PRESENT = 0x41;
    static final int SM_CONTEXT_RESERVED = 0x42;
    static final int SM_PASID_DISABLED = 0x45;
    static final int SM_PASID_TOO_LARGE = 0x46;
    static final int SM_DIRECTORY_ACCESS = 0x50;
    static final int SM_DIRECTORY_NOT_PRESENT = 0x51;
    static final int SM_DIRECTORY_RESERVED = 0x52;
    static final int SM_PASID_ACCESS = 0x58;
    static final int SM_PASID_NOT_PRESENT = 0x59;
    static final int SM_PASID_INVALID = 0x5b;
    static final int SM_FIRST_ACCESS = 0x70;
    static final int SM_FIRST_NOT_PRESENT = 0x71;
    static final int SM_FIRST_RESERVED = 0x72;
    static final int SM_SECOND_ACCESS = 0x78;
    static final int SM_SECOND_PERMISSION = 0x79;
    static final int SM_SECOND_RESERVED = 0x7a;
    static final int SM_NOT_CANONICAL = 0x80;
    static final int SM_SUPERVISOR = 0x81;
    static final int SM_SECOND_BEYOND_WIDTH = 0x84;
    static final int SM_NO_WRITE = 0x85;

    private VtdFault() {}

    /** What scalable mode calls a fault of the second-stage walk. */
    static int scalable(int legacy) {
        switch (legacy) {
            case BEYOND_WIDTH:
                return SM_SECOND_BEYOND_WIDTH;
            case NO_WRITE, NO_READ:
                return SM_SECOND_PERMISSION;
            case PAGING_ACCESS:
                return SM_SECOND_ACCESS;
            case PAGING_RESERVED:
                return SM_SECOND_RESERVED;
            default:
                return legacy;
        }
    }
}
