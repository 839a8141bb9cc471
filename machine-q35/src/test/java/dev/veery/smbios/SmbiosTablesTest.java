package dev.veery.smbios;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SmbiosTablesTest {
    private static final long BASE = 0xf_0000L;
    /** DSP0134: length of the formatted area of each type in version 3.0. */
    private static final Map<Integer, Integer> LENGTHS =
            Map.of(0, 0x18, 1, 0x1b, 3, 0x16, 4, 0x30, 16, 0x17, 17, 0x28, 19, 0x1f, 32, 0x0b, 127, 4);

    private static byte[] build(List<SmbiosTables.Range> ram) {
        return SmbiosTables.build(
                new SmbiosTables.Machine("Q35", "0.1", new UUID(1, 2), "cpu", 0x123, 2, 3, 2, ram), BASE);
    }

    @Test
    void theEntryPointSumsToZeroAndPointsBehindItself() {
        ByteBuffer b = ByteBuffer.wrap(build(List.of(new SmbiosTables.Range(0, 1 << 30))))
                .order(ByteOrder.LITTLE_ENDIAN);
        int sum = 0;
        for (int i = 0; i < 24; i++) {
            sum += b.get(i);
        }
        assertEquals(0, sum & 0xff);
        assertEquals(BASE + 24, b.getLong(16));
        assertEquals(b.capacity() - 24, b.getInt(12));
    }

    @Test
    void structuresHaveTheLengthsOfTheirVersionAndEndTheTable() {
        byte[] block = build(List.of(
                new SmbiosTables.Range(0, 0x8000_0000L), new SmbiosTables.Range(0x1_0000_0000L, 0xf_8000_0000L)));
        Map<Integer, Integer> seen = new TreeMap<>();
        int at = 24;
        while (at < block.length) {
            int type = block[at] & 0xff;
            assertEquals(LENGTHS.get(type), block[at + 1] & 0xff, "type " + type);
            seen.merge(type, 1, Integer::sum);
            at += block[at + 1] & 0xff;
            while (block[at] != 0 || block[at + 1] != 0) {
                at++;
            }
            at += 2;
        }
        assertEquals(block.length, at);
        assertEquals(Map.of(0, 1, 1, 1, 3, 1, 4, 2, 16, 1, 17, 1, 19, 2, 32, 1, 127, 1), seen);
    }
}
