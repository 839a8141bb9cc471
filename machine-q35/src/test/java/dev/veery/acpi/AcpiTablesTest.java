package dev.veery.acpi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcpiTablesTest {
    private static final long BASE = 0xe_0000L;

    @TempDir
    Path dir;

    @Test
    void equalPlatformsGiveEqualBytes() {
        assertArrayEquals(
                AcpiTables.build(AcpiFixtures.platform(4), BASE).bytes(),
                AcpiTables.build(AcpiFixtures.platform(4), BASE).bytes());
    }

    @Test
    void everyChecksumAndPointerHolds() {
        AcpiTables.Image image = AcpiTables.build(AcpiFixtures.platform(2), BASE);
        ByteBuffer b = ByteBuffer.wrap(image.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0, sum(image.bytes(), 0, 20));
        assertEquals(0, sum(image.bytes(), 0, 36));
        int xsdt = (int) (b.getLong(24) - BASE);
        int rsdt = (int) (b.getInt(16) - BASE);
        assertEquals("XSDT", signature(b, xsdt));
        assertEquals("RSDT", signature(b, rsdt));
        List<String> expected = List.of("FACP", "APIC", "MCFG", "HPET");
        for (int i = 0; i < expected.size(); i++) {
            int at = (int) (b.getLong(xsdt + 36 + 8 * i) - BASE);
            assertEquals(expected.get(i), signature(b, at));
            assertEquals(at + BASE, b.getInt(rsdt + 36 + 4 * i));
            assertEquals(0, sum(image.bytes(), at, b.getInt(at + 4)), expected.get(i));
        }
        int fadt = (int) (b.getLong(xsdt + 36) - BASE);
        assertEquals("DSDT", signature(b, (int) (b.getLong(fadt + 140) - BASE)));
        assertEquals("FACS", signature(b, (int) (b.getInt(fadt + 36) - BASE)));
    }

    @Test
    void processorsBeyondTheXapicRangeAreX2apicEntries() {
        byte[] madt = Objects.requireNonNull(
                AcpiTables.build(AcpiFixtures.platform(257), BASE).tables().get("APIC"));
        int lapics = 0;
        int x2apics = 0;
        for (int at = 44; at < madt.length; at += madt[at + 1]) {
            lapics += madt[at] == 0 ? 1 : 0;
            x2apics += madt[at] == 9 ? 1 : 0;
        }
        assertEquals(255, lapics);
        assertEquals(2, x2apics);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 255, 288})
    void iaslDisassemblesAndRecompilesEveryTable(int cpus) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/iasl")), "package acpica-tools is not installed");
        Map<String, byte[]> tables =
                AcpiTables.build(AcpiFixtures.platform(cpus), BASE).tables();
        for (Map.Entry<String, byte[]> table : tables.entrySet()) {
            if (table.getKey().startsWith("RSD")) {
                continue;
            }
            String name = table.getKey().toLowerCase(java.util.Locale.ROOT);
            Files.write(dir.resolve(name + ".dat"), table.getValue());
            String listing = iasl("-d", name + ".dat");
            assertFalse(listing.matches("(?s).*(Error|Warning|Invalid|unknown|mismatch).*"), name + ": " + listing);
            if (List.of("FACS", "RSDT", "XSDT").contains(table.getKey())) {
                continue;
            }
            assertTrue(iasl("-oa", "-p", name + "2", name + ".dsl").contains(" 0 Errors, 0 Warnings"), name);
            if (!table.getKey().equals("DSDT")) {
                byte[] again = Files.readAllBytes(dir.resolve(name + "2.aml"));
                assertEquals(table.getValue().length, again.length, name);
            }
        }
    }

    private String iasl(String... args) throws IOException, InterruptedException {
        List<String> command = new java.util.ArrayList<>(List.of("/usr/bin/iasl"));
        command.addAll(List.of(args));
        Path log = dir.resolve("iasl.log");
        Process process = new ProcessBuilder(command)
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int status = process.waitFor();
        String text = Files.readString(log, StandardCharsets.ISO_8859_1);
        assertEquals(0, status, text);
        return text;
    }

    private static String signature(ByteBuffer b, int at) {
        return new String(b.array(), at, 4, StandardCharsets.US_ASCII);
    }

    private static int sum(byte[] bytes, int from, int length) {
        int sum = 0;
        for (int i = from; i < from + length; i++) {
            sum += bytes[i];
        }
        return sum & 0xff;
    }
}
