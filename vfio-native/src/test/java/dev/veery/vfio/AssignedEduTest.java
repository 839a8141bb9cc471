package dev.veery.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.base.MachineLock;
import dev.veery.lab.Lab;
import dev.veery.lab.LabJava;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QEMU's edu device on the real kernel's VFIO; {@link EduProbe} is what runs there. */
@Tag("vfio")
class AssignedEduTest {
    private static final String PROBE = EduProbe.class.getName();

    @TempDir
    private Path directory;

    private Lab.Result run(List<String> options, String arguments, String then) throws Exception {
        return run(PROBE, Map.of(), options, arguments, then);
    }

    private Lab.Result run(Map<String, String> environment, List<String> options, String arguments, String then)
            throws Exception {
        return run(PROBE, environment, options, arguments, then);
    }

    private Lab.Result run(
            String probe, Map<String, String> environment, List<String> options, String arguments, String then)
            throws Exception {
        LabJava java = new LabJava(
                MachineLock.class,
                VfioHost.class,
                EduProbe.class,
                Class.forName("com.sun.jna.Native"),
                org.slf4j.Logger.class);
        String[] all = options.toArray(new String[0]);
        return Lab.run(
                directory, environment, java.options(all), List.of("sh", "-c", java.command(probe, arguments) + then));
    }

    @Test
    void worksWhereverTheIommuIsNamed() throws Exception {
        Lab.Result result = run(
                List.of("-d", "edu"),
                "$LAB_BDF legacy",
                " && dmesg | grep -o 'DMA Write.*fault addr 0x101000' | head -n 1");

        assertEquals(0, result.status(), result::toString);
        List<String> lines = result.out().lines().toList();
        assertTrue(lines.contains("translated, IOMMU named first: as it should be"), result::toString);
        assertTrue(lines.contains("translated, IOMMU named last: as it should be"), result::toString);
        assertTrue(lines.contains("without IOMMU: as it should be"), result::toString);
        assertTrue(lines.contains("with registers trapped: as it should be"), result::toString);
        assertTrue(lines.contains("taken back by the host: as it should be"), result::toString);
        assertTrue(lines.contains("passed"), result::toString);
        // What was unmapped is blocked by the host's IOMMU, and not only by us.
        assertTrue(result.out().contains("fault addr 0x101000"), result::toString);
    }

    @Test
    void worksThroughIommufd() throws Exception {
        String kernel = System.getenv("VEERY_LAB_IOMMUFD");
        assumeTrue(kernel != null, "VEERY_LAB_IOMMUFD names no kernel with iommufd, which Debian's lack");

        Lab.Result result = run(Map.of("VEERY_LAB_KERNEL", kernel), List.of("-d", "edu"), "$LAB_BDF iommufd", "");

        assertEquals(0, result.status(), result::toString);
        assertTrue(result.out().contains("passed"), result::toString);
    }

    @Test
    void oneDeviceReachesTheRegistersOfAnother() throws Exception {
        Lab.Result result = run(PeerProbe.class.getName(), Map.of(), List.of("-d", "edu,edu2"), "$LAB_BDFS", "");

        assertEquals(0, result.status(), result::toString);
        assertTrue(result.out().contains("passed"), result::toString);
        assertTrue(!result.out().contains("out of its reach"), result::toString);
    }

    @Test
    void takesAGroupThatAnotherProgramOpened() throws Exception {
        Lab.Result result = run(List.of("-d", "edu"), "$LAB_BDF fd 7", " 7<>/dev/vfio/$LAB_GROUP");

        assertEquals(0, result.status(), result::toString);
        assertTrue(result.out().contains("passed"), result::toString);
    }

    @Test
    void aGroupInUseIsALineThatNamesTheRemedy() throws Exception {
        Lab.Result result = run(List.of("-d", "edu"), "$LAB_BDF failure $LAB_GROUP", "");

        assertEquals(0, result.status(), result::toString);
        assertTrue(result.out().contains("another program has it open; end that program"), result::toString);
    }

    @Test
    void withoutInterruptRemappingTheLineNamesTheRemedy() throws Exception {
        Lab.Result result = run(List.of("-d", "edu", "-i", "intremap=off"), "$LAB_BDF failure", "");

        assertEquals(0, result.status(), result::toString);
        assertTrue(result.out().contains("allow_unsafe_interrupts=1"), result::toString);
    }

    @Test
    void withoutAnIommuTheLineNamesTheRemedy() throws Exception {
        Lab.Result result = run(List.of("-d", "edu", "-b", "none", "-i", "off"), "0000:00:04.0 failure", "");

        assertEquals(0, result.status(), result::toString);
        assertTrue(result.out().contains("not behind an IOMMU"), result::toString);
    }
}
