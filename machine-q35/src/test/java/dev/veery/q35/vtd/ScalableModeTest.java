package dev.veery.q35.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.dma.DmaStatus;
import dev.veery.dma.TranslationUnit;
import org.junit.jupiter.api.Test;

class ScalableModeTest {
    private static final long DIRECTORY = 0x8000;
    private static final long PASIDS = 0x9000;
    private static final int RID_PASID = 2;
    private static final long TABLE = VtdBench.PAGE_TABLE;
    private static final int READ = TranslationUnit.READ;
    private static final int WRITE = TranslationUnit.WRITE;
    private static final long USER = 4;

    private static final int FIRST = 1;
    private static final int SECOND = 2;
    private static final int PASS_THROUGH = 4;

    /** Scalable-mode tables with one directory entry; transactions without a PASID have {@link #RID_PASID}. */
    private static VtdBench bench(String... properties) {
        String[] all = new String[properties.length + 2];
        System.arraycopy(properties, 0, all, 2, properties.length);
        all[0] = "x-scalable-mode";
        all[1] = "on";
        VtdBench b = new VtdBench(all);
        b.put(VtdBench.ROOT_TABLE, VtdBench.CONTEXT_TABLE | 1);
        long context = VtdBench.CONTEXT_TABLE + VtdBench.SOURCE * 32;
        b.put(context, DIRECTORY | 1 << 3 | 1);
        b.put(context + 8, RID_PASID);
        b.put(DIRECTORY, PASIDS | 1);
        b.setReg(VtdRegs.RTADDR, 8, VtdBench.ROOT_TABLE | VtdRegs.RTADDR_SCALABLE);
        b.command(VtdRegs.GCMD_SRTP);
        b.setReg(VtdRegs.IQA, 8, VtdBench.QUEUE | VtdRegs.IQA_WIDE);
        b.command(VtdRegs.GCMD_QIE);
        b.command(VtdRegs.GCMD_TE);
        return b;
    }

    /** A PASID table entry; {@code width} 1 for three levels in the second stage. */
    private static void pasid(VtdBench b, int pasid, int kind, long second, int width, long first) {
        long entry = PASIDS + pasid * 64L;
        b.put(entry, second | (long) kind << 6 | (long) width << 2 | 1);
        b.put(entry + 8, VtdBench.DOMAIN);
        b.put(entry + 16, first);
    }

    private static long translate(VtdBench b, int pasid, long iova, int access) {
        int status = b.unit.translate(VtdBench.SOURCE, pasid, iova, access, b.out);
        return status == DmaStatus.OK ? b.out.address() : -1;
    }

    /** Four levels down to one page at 0x7000, and a 2 MiB page at 4 MiB. */
    private static void firstStage(VtdBench b) {
        for (int level = 0; level < 3; level++) {
            b.put(TABLE + level * 0x1000, TABLE + (level + 1) * 0x1000 | USER | 3);
        }
        b.put(TABLE + 0x3000 + 7 * 8, 0x20_0000 | USER | 3);
        b.put(TABLE + 0x2000 + 2 * 8, 0x60_0000 | 1 << 7 | USER | 1);
    }

    @Test
    void requestsWithoutAPasidUseTheOneOfTheirContext() {
        try (VtdBench b = bench()) {
            b.put(TABLE, TABLE + 0x1000 | 3);
            b.put(TABLE + 0x1000, 0x40_0000 | 1 << 7 | 1);
            pasid(b, RID_PASID, SECOND, TABLE, 1, 0);
            assertEquals(0x41_2345, b.translate(0x1_2345, READ));
            assertEquals(-1, b.translate(0x1_2345, WRITE));
            assertEquals(VtdFault.SM_SECOND_PERMISSION, b.fault(0));
            pasid(b, 9, PASS_THROUGH, 0, 0, 0);
            assertEquals(0x1_2345, translate(b, 9, 0x1_2345, WRITE));
            assertEquals(-1, translate(b, 10, 0x1_2345, WRITE));
            assertEquals(VtdFault.SM_PASID_NOT_PRESENT, b.fault(1));
            // The record says which PASID: bits 59:40, and that there was one.
            assertEquals(10L << 40 | 1L << 31, b.reg(VtdRegs.FRCD + 24, 8) & (0xf_ffffL << 40 | 1L << 31));
            assertEquals(-1, translate(b, 64, 0, READ));
            assertEquals(VtdFault.SM_DIRECTORY_NOT_PRESENT, b.fault(2));
            assertEquals(-1, translate(b, 1 << 13, 0, READ));
            assertEquals(VtdFault.SM_PASID_TOO_LARGE, b.fault(3));
        }
    }

    @Test
    void theFirstStageMarksPagesAndKeepsUsersOut() {
        try (VtdBench b = bench("x-flts", "on")) {
            firstStage(b);
            pasid(b, RID_PASID, FIRST, 0, 0, TABLE);
            assertEquals(0x20_0123, b.translate(0x7123, READ));
            assertEquals(1 << 5, b.memory.read(TABLE + 0x3000 + 7 * 8, 8) & 0x60);
            // What was read through the cache is marked dirty when it is written.
            assertEquals(0x20_0123, b.translate(0x7123, WRITE));
            assertEquals(3 << 5, b.memory.read(TABLE + 0x3000 + 7 * 8, 8) & 0x60);
            assertEquals(0x61_0000, b.translate(0x41_0000, READ));
            assertEquals(-1, b.translate(0x41_0000, WRITE));
            assertEquals(VtdFault.SM_NO_WRITE, b.fault(0));
            b.put(TABLE + 0x3000 + 8 * 8, 0x20_0000 | 3);
            assertEquals(-1, b.translate(0x8000, READ));
            assertEquals(VtdFault.SM_SUPERVISOR, b.fault(1));
            assertEquals(-1, b.translate(0x9000, READ));
            assertEquals(VtdFault.SM_FIRST_NOT_PRESENT, b.fault(2));
            assertEquals(-1, b.translate(1L << 47, READ));
            assertEquals(VtdFault.SM_NOT_CANONICAL, b.fault(3));
            b.put(TABLE + 0x2000 + 3 * 8, 0x60_2000 | 1 << 7 | USER | 3);
            assertEquals(-1, b.translate(0x60_0000, READ));
            assertEquals(VtdFault.SM_FIRST_RESERVED, b.fault(4));
            b.put(TABLE + 8, VtdBench.RAM | USER | 3);
            assertEquals(-1, b.translate(1L << 39, READ));
            assertEquals(VtdFault.SM_FIRST_ACCESS, b.fault(5));
        }
    }

    @Test
    void theFirstStageIsRefusedWhereItIsNotOffered() {
        try (VtdBench b = bench()) {
            firstStage(b);
            pasid(b, RID_PASID, FIRST, 0, 0, TABLE);
            assertEquals(-1, b.translate(0x7123, READ));
            assertEquals(VtdFault.SM_PASID_INVALID, b.fault(0));
            assertEquals(0, b.reg(VtdRegs.ECAP, 8) >>> 47 & 1);
        }
    }

    @Test
    void pasidsAreInvalidatedByWideDescriptors() {
        try (VtdBench b = bench("x-flts", "on")) {
            firstStage(b);
            pasid(b, RID_PASID, FIRST, 0, 0, TABLE);
            pasid(b, 3, PASS_THROUGH, 0, 0, 0);
            assertEquals(0x20_0000, b.translate(0x7000, READ));
            assertEquals(0x7000, translate(b, 3, 0x7000, READ));
            b.put(TABLE + 0x3000 + 7 * 8, 0x21_0000 | USER | 3);
            pasid(b, 3, FIRST, 0, 0, TABLE);
            assertEquals(0x20_0000, b.translate(0x7000, READ));
            // Pages of a PASID, a wait, and the entry of the other PASID.
            long domain = (long) VtdBench.DOMAIN << 16;
            put(b, 0, 6 | 3 << 4 | domain | (long) RID_PASID << 32, 0x7000);
            put(b, 1, 5 | 1 << 5 | 77L << 32, VtdBench.STATUS);
            b.setReg(VtdRegs.IQT, 8, 64);
            assertEquals(77, b.memory.read(VtdBench.STATUS, 4));
            assertEquals(0x21_0000, b.translate(0x7000, READ));
            assertEquals(0x7000, translate(b, 3, 0x7000, READ));
            put(b, 2, 7 | 3 << 4, 0);
            b.setReg(VtdRegs.IQT, 8, 96);
            assertEquals(0x21_0000, translate(b, 3, 0x7000, READ));
            // A tail between two wide descriptors is an error.
            b.setReg(VtdRegs.IQT, 8, 112);
            assertTrue((b.reg(VtdRegs.FSTS, 4) & VtdRegs.FSTS_IQE) != 0);
        }
    }

    private static void put(VtdBench b, int index, long low, long high) {
        b.put(VtdBench.QUEUE + index * 32L, low);
        b.put(VtdBench.QUEUE + index * 32L + 8, high);
    }

    @Test
    void aPasidIsRefusedInLegacyMode() {
        try (VtdBench b = new VtdBench("x-scalable-mode", "on")) {
            b.context(TABLE, 2, 1);
            b.enable();
            assertEquals(-1, translate(b, 3, 0, READ));
            assertEquals(VtdFault.SM_PASID_IN_LEGACY, b.fault(0));
        }
    }
}
