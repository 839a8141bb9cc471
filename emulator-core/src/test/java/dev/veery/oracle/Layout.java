package dev.veery.oracle;

/** Where things are: linear addresses that child and guest share, and the shared file's structure. All in bytes. */
final class Layout {
    static final int PAGE = 0x1000;

    // ---- linear addresses, the same in the child and in the guest, all below 2 GiB so that 32-bit addresses reach
    // them

    /** Two executable, read-only pages; the pages around them are not mapped. */
    static final long CODE = 0x2000_1000L;

    static final int CODE_SIZE = 2 * PAGE;

    /** Two pages of data; the pages around them are not mapped. */
    static final long DATA = 0x2000_4000L;

    static final int DATA_SIZE = 2 * PAGE;

    /** One page of read-only data, of zeros; the pages around it are not mapped. */
    static final long READ_ONLY = 0x2000_7000L;

    /** Base of FS in every case. */
    static final long FS_BASE = DATA + 0x400;

    /** Base of GS in every case. */
    static final long GS_BASE = DATA + 0x1400;

    // ---- the child alone, above 4 GiB so that no 32-bit address gets there by chance

    /** Variables, alternate stack and stack of the child. */
    static final long VARS = 0x5_6000_0000L;

    static final int VARS_SIZE = 0x4_0000;
    static final long SIGNAL_STACK = VARS + 0x1_0000;
    static final int SIGNAL_STACK_SIZE = 0x2_0000;
    static final long STACK_TOP = VARS + VARS_SIZE - 0x100;

    static final long TEXT = 0x5_6100_0000L;

    /** The code pages again, writable, and one page more, so that no copy runs over the end. */
    static final long CODE_ALIAS = 0x5_6200_0000L;

    static final int ALIAS_SIZE = CODE_SIZE + PAGE;

    static final long SHARED = 0x5_7000_0000L;

    /** Beyond everything that the child has for itself. */
    static final long SHARED_END = SHARED + 0x1000_0000L;

    /** Where the addresses of user mode end under Linux with four-level paging. */
    static final long USER_END = 0x7fff_ffff_f000L;

    // ---- the shared file: a header page, then two batches

    /** Header: index of the case that the child is running, for the report when it dies. */
    static final int HEADER_PROGRESS = 0;

    /** Header: one bit for each processor that the child may run on. */
    static final int HEADER_CPUS = 0x40;

    /** Bytes at {@link #HEADER_CPUS}. */
    static final int CPUS_SIZE = 0x400;

    static final int HEADER_SIZE = PAGE;

    static final int BATCHES = 2;

    /** Batch: number of cases. */
    static final int BATCH_COUNT = 0;

    /** Batch: images of the data pages that cases start from. */
    static final int BATCH_IMAGES = PAGE;

    static final int IMAGES = 16;
    static final int BATCH_SLOTS = BATCH_IMAGES + IMAGES * DATA_SIZE;
    static final int SLOTS = 256;

    // ---- a slot: one case and its result

    /** Copied over the data pages at {@link #PATCH_ADDRESS}. */
    static final int PATCH = 0x000;

    static final int PATCH_SIZE = 64;

    /** Sixteen general registers in the order of their numbers. */
    static final int GPRS = 0x040;

    static final int RFLAGS = 0x0c0;
    static final int CODE_ADDRESS = 0x0c8;

    /** Selector of the code segment: {@link #CS64} or {@link #CS32}. */
    static final int CODE_SELECTOR = 0x0d0;

    /** Offset of the image from the start of the batch. */
    static final int IMAGE_OFFSET = 0x0d8;

    static final int PATCH_ADDRESS = 0x0e0;
    static final int CODE_BYTES = 0x100;
    static final int CODE_BYTES_SIZE = 128;

    /** XSAVE image in its 64-bit form: the FXSAVE image, the header, the upper halves of the YMM registers. */
    static final int FX = 0x200;

    static final int FX_SIZE = 832;

    /** Result: general registers as the kernel's struct sigcontext has them. */
    static final int OUT_SIGCONTEXT = 0x580;

    static final int OUT_SIGNAL = 0x640;
    static final int OUT_FX = 0x680;
    static final int OUT_DATA = 0xa00;
    static final int SLOT_SIZE = OUT_DATA + DATA_SIZE;

    static final int BATCH_SIZE = BATCH_SLOTS + SLOTS * SLOT_SIZE;
    static final int FILE_SIZE = HEADER_SIZE + BATCHES * BATCH_SIZE;

    /** Linux's selectors of 64-bit and 32-bit user code and of user data. */
    static final int CS64 = 0x33;

    static final int CS32 = 0x23;
    static final int SS = 0x2b;

    private Layout() {}

    static int batch(int which) {
        return HEADER_SIZE + which * BATCH_SIZE;
    }

    static int slot(int which, int index) {
        return batch(which) + BATCH_SLOTS + index * SLOT_SIZE;
    }
}
