package dev.veery.cpu.semantics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cpuid;
import dev.veery.cpu.state.Cr;
import dev.veery.time.Tsc;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SDM vol. 2, CPUID. */
class CpuidTest {
    private final SystemFixture f = SystemFixture.protectedMode();

    @AfterEach
    void free() {
        f.close();
    }

    private int[] query(int leaf, int subleaf) {
        int[] out = new int[4];
        Cpuid.query(f.s, f, leaf, subleaf, out);
        return out;
    }

    private static String text(int... words) {
        ByteBuffer b = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int w : words) {
            b.putInt(w);
        }
        return new String(b.array(), StandardCharsets.US_ASCII);
    }

    @Test
    void vendorIsSpelledInItsOddOrder() {
        int[] r = query(0, 0);
        assertEquals("GenuineIntel", text(r[1], r[3], r[2]));
        f.model = CpuModels.parse("qemu64");
        r = query(0x8000_0000, 0);
        assertEquals("AuthenticAMD", text(r[1], r[3], r[2]));
    }

    @Test
    void leafBeyondTheHighestAnswersAsTheHighest() {
        assertArrayEquals(query(0x16, 0), query(0x77, 0));
        assertArrayEquals(query(0x16, 0), query(0x9000_0000, 0));
    }

    @Test
    void crystalGivesTheCountersFrequency() {
        int[] r = query(0x15, 0);
        assertEquals(Tsc.HZ, (long) r[2] * r[1] / r[0]);
        assertEquals(1 << 8, query(0x8000_0007, 0)[3]);
    }

    @Test
    void stateShowsThroughDynamicBits() {
        assertEquals(0, query(1, 0)[2] & 1 << 27);
        f.s.cr4 |= Cr.CR4_OSXSAVE;
        assertEquals(1 << 27, query(1, 0)[2] & 1 << 27);
        assertEquals(1 << 9, query(1, 0)[3] & 1 << 9);
        f.apic.base &= ~(1 << 11);
        assertEquals(0, query(1, 0)[3] & 1 << 9);
    }

    @Test
    void saveAreaGrowsWithWhatIsEnabled() {
        f.model = CpuModels.parse("max,+avx");
        f.s.xcr0 = 3;
        assertArrayEquals(new int[] {7, 576, 832, 0}, query(0xd, 0));
        f.s.xcr0 = 7;
        assertArrayEquals(new int[] {7, 832, 832, 0}, query(0xd, 0));
        assertArrayEquals(new int[] {256, 576, 0, 0}, query(0xd, 2));
        f.model = CpuModels.parse("max,-avx");
        assertArrayEquals(new int[] {0, 0, 0, 0}, query(0xd, 2));
    }

    @Test
    void topologyCountsBits() {
        f.model = f.model.withTopology(6, 2);
        assertArrayEquals(new int[] {1, 2, 1 << 8, 0}, query(0xb, 0));
        assertArrayEquals(new int[] {4, 12, 2 << 8 | 1, 0}, query(0xb, 1));
        assertEquals(12, query(1, 0)[1] >> 16 & 0xff);
        assertEquals(1 << 28, query(1, 0)[3] & 1 << 28);
        assertEquals(7, query(4, 0)[0] >>> 26);
    }

    @Test
    void apicIdsHaveAFieldForEachLevel() {
        f.model = f.model.withTopology(3, 2);
        assertEquals(0, f.model.apicId(0));
        assertEquals(5, f.model.apicId(5));
        assertEquals(8, f.model.apicId(6));
        assertEquals(13, f.model.apicId(11));
        f.model = f.model.withTopology(1, 1);
        assertEquals(7, f.model.apicId(7));
    }

    @Test
    void instructionClearsUpperHalves() {
        f.s.setGpr(CpuState.RAX, 0xffff_ffff_0000_0000L);
        f.s.setGpr(CpuState.RBX, -1);
        SystemOps.cpuid(f.s, f);
        assertEquals(0x16, f.s.gpr(CpuState.RAX));
        assertEquals(0, f.s.gpr(CpuState.RBX) >>> 32);
    }

    @Test
    void brandIsSpreadOverThreeLeaves() {
        f.model = CpuModels.parse("max,model-id=0123456789abcdefghij");
        assertEquals("0123456789abcdef", text(query(0x8000_0002, 0)));
        assertEquals("ghij", text(query(0x8000_0003, 0)).substring(0, 4));
    }
}
