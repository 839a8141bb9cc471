package dev.veery.device.nvme;

/** Numbers of NVM Express 1.4. */
final class NvmeRegs {
    /** 3.1 controller registers. */
    static final int CAP = 0x00;

    static final int VS = 0x08;
    static final int INTMS = 0x0c;
    static final int INTMC = 0x10;
    static final int CC = 0x14;
    static final int CSTS = 0x1c;
    static final int AQA = 0x24;
    static final int ASQ = 0x28;
    static final int ACQ = 0x30;
    static final int DOORBELLS = 0x1000;

    /** Of a submission queue's doorbell and its completion queue's, without a stride (CAP.DSTRD). */
    static final int DOORBELL_PAIR = 8;

    static final int MAX_ENTRIES = 2048;
    /** 3.1.1: longest queue, contiguous queues, 7.5 s to become ready, the NVM command set, pages of 4 KiB. */
    static final long CAP_VALUE = MAX_ENTRIES - 1 | 1 << 16 | 15 << 24 | 1L << 37;

    static final int VERSION = 0x0001_0400;

    static final int CC_EN = 1;
    static final int CC_SHN = 3 << 14;
    static final int CC_WRITABLE = 0xff_fff1;
    /** What enabling needs: the NVM command set, pages of 4 KiB, round robin. */
    static final int CC_CHECKED = 0x3ff0;
    /** Entry sizes: checked when an I/O queue is made (5.3, 5.4). */
    static final int CC_IOSQES_SHIFT = 16;

    static final int CC_IOCQES_SHIFT = 20;
    static final int IOSQES = 6;
    static final int IOCQES = 4;

    static final int CSTS_RDY = 1;
    static final int CSTS_CFS = 2;
    static final int CSTS_SHST = 3 << 2;
    static final int CSTS_SHST_OCCURRING = 1 << 2;
    static final int CSTS_SHST_COMPLETE = 2 << 2;

    static final int PAGE = 4096;
    static final int SUBMISSION = 64;
    static final int COMPLETION = 16;

    /** Namespace id that means all. */
    static final int ALL_NAMESPACES = -1;

    /** NN: highest namespace id. */
    static final int MAX_NAMESPACES = 256;

    /** 5 admin commands. */
    static final int DELETE_SQ = 0x00;

    static final int CREATE_SQ = 0x01;
    static final int GET_LOG = 0x02;
    static final int DELETE_CQ = 0x04;
    static final int CREATE_CQ = 0x05;
    static final int IDENTIFY = 0x06;
    static final int ABORT = 0x08;
    static final int SET_FEATURES = 0x09;
    static final int GET_FEATURES = 0x0a;
    static final int ASYNC_EVENT = 0x0c;
    static final int DOORBELL_BUFFER = 0x7c;
    static final int FORMAT = 0x80;

    /** 6 NVM commands. */
    static final int FLUSH = 0x00;

    static final int WRITE = 0x01;
    static final int READ = 0x02;
    static final int COMPARE = 0x05;
    static final int WRITE_ZEROES = 0x08;
    static final int DATASET = 0x09;
    static final int VERIFY = 0x0c;

    /** Dword 0: fused operation, and which kind of data pointer. */
    static final int FUSED = 3 << 8;

    static final int POINTER_SHIFT = 14;

    /** Dword 12 of writes: force unit access; of write zeroes: deallocate. */
    static final int FUA = 1 << 30;

    static final int DEALLOCATE = 1 << 25;
    /** Dword 11 of dataset management. */
    static final int DATASET_DEALLOCATE = 1 << 2;

    /** 4.6.1 status, type and code as they stand in a completion, with "do not retry" where that is so. */
    static final int OK = 0;

    /** No status yet: a disk is at work. */
    static final int PENDING = -1;

    static final int DNR = 1 << 14;
    static final int INVALID_OPCODE = 0x01 | DNR;
    static final int INVALID_FIELD = 0x02 | DNR;
    static final int TRANSFER_ERROR = 0x04;
    static final int INTERNAL_ERROR = 0x06;
    static final int ABORT_REQUESTED = 0x07;
    static final int INVALID_NAMESPACE = 0x0b | DNR;
    static final int SEQUENCE_ERROR = 0x0c | DNR;
    static final int INVALID_SGL_SEGMENT = 0x0d | DNR;
    static final int INVALID_SGL_COUNT = 0x0e | DNR;
    static final int INVALID_SGL_LENGTH = 0x0f | DNR;
    static final int INVALID_SGL_TYPE = 0x11 | DNR;
    static final int INVALID_PRP = 0x13 | DNR;
    static final int WRITE_PROTECTED = 0x20 | DNR;
    static final int OUT_OF_RANGE = 0x80 | DNR;
    static final int INVALID_CQ = 0x100 | DNR;
    static final int INVALID_QUEUE = 0x101 | DNR;
    static final int INVALID_SIZE = 0x102 | DNR;
    static final int TOO_MANY_EVENTS = 0x105 | DNR;
    static final int INVALID_VECTOR = 0x108 | DNR;
    static final int INVALID_LOG = 0x109 | DNR;
    static final int INVALID_FORMAT = 0x10a | DNR;
    static final int CQ_IN_USE = 0x10c | DNR;
    static final int NOT_SAVEABLE = 0x10d | DNR;
    static final int NOT_CHANGEABLE = 0x10e | DNR;
    static final int WRITE_FAULT = 0x280;
    static final int READ_ERROR = 0x281;
    static final int COMPARE_FAILURE = 0x285;

    private NvmeRegs() {}
}
