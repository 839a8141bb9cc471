package dev.veery.q35.vtd;

import dev.veery.dma.TranslationUnit;
import dev.veery.register.RegisterBank;

/** Primary fault logging (VT-d 7.2.1): recording registers used in turn, status, and the event. */
final class FaultLog {
    /** 11.4.7.6, the upper half: F in bit 63, T in 62, PASID value 59:40, FR 39:32, PASID present 31, SID 15:0. */
    private static final long FRCD_F = 1L << 63;

    private static final long FRCD_T = 1L << 62;
    private static final int FRCD_PASID_SHIFT = 40;
    private static final int FRCD_REASON_SHIFT = 32;
    private static final long FRCD_PASID_PRESENT = 1L << 31;

    private static final int STATUS_ERRORS = VtdRegs.FSTS_PFO | VtdRegs.FSTS_IQE | VtdRegs.FSTS_ICE | VtdRegs.FSTS_ITE;
    private static final int STATUS_ANY = STATUS_ERRORS | VtdRegs.FSTS_PPF;

    private final RegisterBank bank;
    private final EventRegisters event;
    private int next;

    FaultLog(RegisterBank bank, EventRegisters event) {
        this.bank = bank;
        this.event = event;
        bank.declareWriteOneToClear(VtdRegs.FSTS, 4, STATUS_ERRORS);
        for (int i = 0; i < VtdRegs.FRCD_COUNT; i++) {
            bank.declareWriteOneToClear(upper(i), 8, FRCD_F);
        }
    }

    private static int upper(int index) {
        return VtdRegs.FRCD + index * VtdRegs.FRCD_SIZE + 8;
    }

    void reset() {
        next = 0;
    }

    /** Records a refused DMA request. */
    void dma(VtdContext context, long iova, int access, int reason) {
        if (context.silent) {
            return;
        }
        long high = (access & TranslationUnit.WRITE) == 0 ? FRCD_T : 0;
        if (context.pasid != TranslationUnit.NO_PASID) {
            high |= FRCD_PASID_PRESENT | (long) context.pasid << FRCD_PASID_SHIFT;
        }
        record(iova & ~0xfffL, high | (long) reason << FRCD_REASON_SHIFT | context.source);
    }

    /** Records a refused interrupt request. */
    void interrupt(int source, int index, int reason) {
        record((long) index << 48, (long) reason << FRCD_REASON_SHIFT | source);
    }

    private void record(long low, long high) {
        int status = (int) bank.get(VtdRegs.FSTS, 4);
        if ((status & VtdRegs.FSTS_PFO) != 0) {
            return;
        }
        if ((bank.get(upper(next), 8) & FRCD_F) != 0) {
            report(VtdRegs.FSTS_PFO);
            return;
        }
        boolean first = (status & VtdRegs.FSTS_PPF) == 0;
        bank.set(upper(next) - 8, 8, low);
        bank.set(upper(next), 8, high | FRCD_F);
        if (first) {
            bank.set(VtdRegs.FSTS, 4, status & 0xff | next << VtdRegs.FSTS_FRI_SHIFT);
        }
        next = (next + 1) % VtdRegs.FRCD_COUNT;
        report(VtdRegs.FSTS_PPF);
    }

    /** Sets a status bit; the event is raised unless another one waits for software already (7.3). */
    void report(int bit) {
        boolean quiet = (bank.get(VtdRegs.FSTS, 4) & STATUS_ANY) == 0;
        bank.setBits(VtdRegs.FSTS, 4, bit, true);
        if (quiet) {
            event.raise();
        }
    }

    /** Status or recording registers were written. */
    void written() {
        boolean pending = false;
        for (int i = 0; i < VtdRegs.FRCD_COUNT; i++) {
            pending |= (bank.get(upper(i), 8) & FRCD_F) != 0;
        }
        bank.setBits(VtdRegs.FSTS, 4, VtdRegs.FSTS_PPF, pending);
        if ((bank.get(VtdRegs.FSTS, 4) & STATUS_ANY) == 0) {
            event.cancel();
        }
    }
}
