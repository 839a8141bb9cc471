package dev.veery.device.virtioblk;

/** Numbers of Virtio 1.2, 5.2. */
final class BlkRegs {
    /** 5.2.3 feature bits, as masks. */
    static final long F_SEG_MAX = 1 << 2;

    static final long F_RO = 1 << 5;
    static final long F_BLK_SIZE = 1 << 6;
    static final long F_FLUSH = 1 << 9;
    static final long F_TOPOLOGY = 1 << 10;
    static final long F_CONFIG_WCE = 1 << 11;
    static final long F_MQ = 1 << 12;
    static final long F_DISCARD = 1 << 13;
    static final long F_WRITE_ZEROES = 1 << 14;

    /** 5.2.4 configuration layout. */
    static final int CAPACITY = 0;

    static final int SEG_MAX = 12;
    static final int BLK_SIZE = 20;
    static final int PHYSICAL_BLOCK_EXP = 24;
    static final int MIN_IO_SIZE = 26;
    static final int WRITEBACK = 32;
    static final int NUM_QUEUES = 34;
    static final int MAX_DISCARD_SECTORS = 36;
    static final int MAX_DISCARD_SEG = 40;
    static final int DISCARD_SECTOR_ALIGNMENT = 44;
    static final int MAX_WRITE_ZEROES_SECTORS = 48;
    static final int MAX_WRITE_ZEROES_SEG = 52;
    static final int WRITE_ZEROES_MAY_UNMAP = 56;
    static final int CONFIG_SIZE = 60;

    /** 5.2.6 request types and header. */
    static final int T_IN = 0;

    static final int T_OUT = 1;
    static final int T_FLUSH = 4;
    static final int T_GET_ID = 8;
    static final int T_DISCARD = 11;
    static final int T_WRITE_ZEROES = 13;
    static final int HEADER_SECTOR = 8;
    static final int HEADER = 16;
    static final int ID_BYTES = 20;

    /** A range to discard or zero: first sector, how many, flags. */
    static final int RANGE = 16;

    static final int RANGE_SECTORS = 8;
    static final int RANGE_FLAGS = 12;
    static final int RANGE_UNMAP = 1;

    static final int S_OK = 0;
    static final int S_IOERR = 1;
    static final int S_UNSUPP = 2;

    private BlkRegs() {}
}
