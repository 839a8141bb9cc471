package dev.veery.device.nvme;

import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;

/** The controller registers and doorbells in BAR 0 (3.1), a dword at a time. */
final class NvmeRegisters implements MmioHandler, Resettable {
    private static final int HIGH = 4;
    private static final long DWORD = 0xffff_ffffL;

    private final NvmePci controller;
    private int mask;
    private int configuration;
    private int status;
    private int adminAttributes;
    private long adminSubmission;
    private long adminCompletion;

    /** CC.EN was cleared, and disks are still at work. */
    private boolean stopping;

    NvmeRegisters(NvmePci controller) {
        this.controller = controller;
    }

    @Override
    public void reset() {
        mask = 0;
        configuration = 0;
        status = 0;
        adminAttributes = 0;
        adminSubmission = 0;
        adminCompletion = 0;
        stopping = false;
    }

    boolean ready() {
        return !stopping && (status & (NvmeRegs.CSTS_RDY | NvmeRegs.CSTS_CFS)) == NvmeRegs.CSTS_RDY;
    }

    boolean stopping() {
        return stopping;
    }

    int masked() {
        return mask;
    }

    /** A field of four bits of CC. */
    int configured(int shift) {
        return configuration >>> shift & 0xf;
    }

    /** 9.5: the controller cannot go on; the driver resets it. */
    void fatal() {
        status |= NvmeRegs.CSTS_CFS;
    }

    void shutDownComplete() {
        if ((configuration & NvmeRegs.CC_SHN) != 0) {
            status = status & ~NvmeRegs.CSTS_SHST | NvmeRegs.CSTS_SHST_COMPLETE;
        }
    }

    @Override
    public long read(long offset, int size) {
        switch ((int) offset) {
            case NvmeRegs.CAP:
                return NvmeRegs.CAP_VALUE & DWORD;
            case NvmeRegs.CAP + HIGH:
                return NvmeRegs.CAP_VALUE >>> 32;
            case NvmeRegs.VS:
                return NvmeRegs.VERSION;
            case NvmeRegs.INTMS:
            case NvmeRegs.INTMC:
                return mask & DWORD;
            case NvmeRegs.CC:
                return configuration & DWORD;
            case NvmeRegs.CSTS:
                return status;
            case NvmeRegs.AQA:
                return adminAttributes & DWORD;
            case NvmeRegs.ASQ:
                return adminSubmission & DWORD;
            case NvmeRegs.ASQ + HIGH:
                return adminSubmission >>> 32;
            case NvmeRegs.ACQ:
                return adminCompletion & DWORD;
            case NvmeRegs.ACQ + HIGH:
                return adminCompletion >>> 32;
            default:
                return 0;
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset >= NvmeRegs.DOORBELLS) {
            if (ready()) {
                controller.queues().doorbell((int) (offset - NvmeRegs.DOORBELLS) / 4, (int) value & 0xffff);
            }
            return;
        }
        switch ((int) offset) {
            case NvmeRegs.INTMS:
                mask |= (int) value;
                controller.updatePin();
                break;
            case NvmeRegs.INTMC:
                mask &= ~(int) value;
                controller.updatePin();
                break;
            case NvmeRegs.CC:
                configure((int) value & NvmeRegs.CC_WRITABLE);
                break;
            default:
                writeAdmin((int) offset, value & DWORD);
                break;
        }
    }

    private void writeAdmin(int offset, long value) {
        switch (offset) {
            case NvmeRegs.AQA:
                adminAttributes = (int) value & 0x0fff_0fff;
                break;
            case NvmeRegs.ASQ:
                adminSubmission = adminSubmission & -1L << 32 | value & -NvmeRegs.PAGE;
                break;
            case NvmeRegs.ASQ + HIGH:
                adminSubmission = adminSubmission & DWORD | value << 32;
                break;
            case NvmeRegs.ACQ:
                adminCompletion = adminCompletion & -1L << 32 | value & -NvmeRegs.PAGE;
                break;
            case NvmeRegs.ACQ + HIGH:
                adminCompletion = adminCompletion & DWORD | value << 32;
                break;
            default:
                break;
        }
    }

    private void configure(int value) {
        int before = configuration;
        configuration = value;
        boolean enable = (value & NvmeRegs.CC_EN) != 0;
        boolean enabled = (before & NvmeRegs.CC_EN) != 0;
        if (enable && !enabled && !stopping) {
            start();
        } else if (!enable && enabled && !stopping) {
            stopping = true;
            controller.stop();
        }
        boolean shutDown = (value & NvmeRegs.CC_SHN) != 0;
        if (shutDown && (before & NvmeRegs.CC_SHN) == 0) {
            status = status & ~NvmeRegs.CSTS_SHST | NvmeRegs.CSTS_SHST_OCCURRING;
            controller.shutDown();
        } else if (!shutDown) {
            status &= ~NvmeRegs.CSTS_SHST;
        }
    }

    private void start() {
        boolean supported = (configuration & NvmeRegs.CC_CHECKED) == 0;
        boolean started = supported
                && controller.queues().start(controller.memory(), adminAttributes, adminSubmission, adminCompletion);
        status = status & NvmeRegs.CSTS_SHST | (started ? NvmeRegs.CSTS_RDY : NvmeRegs.CSTS_CFS);
    }

    /** All is quiet and forgotten: 3.1.6, the driver sees that it may begin again. One that did not wait begins now. */
    void stopped() {
        stopping = false;
        status &= NvmeRegs.CSTS_SHST;
        if ((configuration & NvmeRegs.CC_EN) != 0) {
            start();
        }
    }
}
