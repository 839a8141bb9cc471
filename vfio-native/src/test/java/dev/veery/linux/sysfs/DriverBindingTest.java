package dev.veery.linux.sysfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps; that the kernel follows them is shown in the lab. */
class DriverBindingTest {
    private static final String CARD = "devices/pci0000:00/0000:00:04.0";

    @TempDir
    Path temporary;

    private HostPciDevice device(String... more) {
        List<String> lines = new ArrayList<>(
                List.of("[" + CARD + "]", "vendor 0x1", "device 0x2", "class 0x010802", "driver_override (null)"));
        lines.addAll(List.of(more));
        return Sysfs.at(SysfsFixture.make(temporary.resolve("sys"), lines)).device(PciAddress.parse("00:04.0"));
    }

    private DriverBinding binding() {
        return new DriverBinding(Sysfs.at(temporary.resolve("sys")), temporary.resolve("state"));
    }

    private List<String> texts(List<DriverBinding.Step> steps) {
        return steps.stream()
                .map(step -> step.toString().replace(temporary.toString(), ""))
                .toList();
    }

    @Test
    void bindingOverridesReleasesAndProbes() {
        HostPciDevice device = device("driver nvme");

        assertEquals(
                List.of(
                        "echo vfio-pci > /sys/" + CARD + "/driver_override",
                        "echo 0000:00:04.0 > /sys/" + CARD + "/driver/unbind",
                        "echo 0000:00:04.0 > /sys/bus/pci/drivers_probe"),
                texts(binding().bindSteps(device)));
    }

    @Test
    void whatVfioHasNeedsNoSteps() {
        HostPciDevice device = device("driver vfio-pci");

        assertEquals(List.of(), binding().bindSteps(device));
    }

    @Test
    void whatVfioDoesNotHaveIsNotTakenFromOthers() {
        HostPciDevice device = device("driver nvme");

        assertEquals(List.of(), binding().unbindSteps(device));
    }

    @Test
    void unbindingReturnsToTheDriverItHad() throws IOException {
        HostPciDevice device = device("driver vfio-pci");
        Files.createDirectories(temporary.resolve("state"));
        Files.writeString(temporary.resolve("state/0000:00:04.0"), "nvme\n");

        assertEquals(Optional.of("nvme"), binding().previous(device));
        assertEquals(
                List.of(
                        "echo '' > /sys/" + CARD + "/driver_override",
                        "echo 0000:00:04.0 > /sys/" + CARD + "/driver/unbind",
                        "echo 0000:00:04.0 > /sys/bus/pci/drivers/nvme/bind"),
                texts(binding().unbindSteps(device)));
    }

    @Test
    void unbindingWithoutMemoryAsksTheKernel() {
        HostPciDevice device = device("driver vfio-pci");

        assertTrue(texts(binding().unbindSteps(device)).contains("echo 0000:00:04.0 > /sys/bus/pci/drivers_probe"));
    }

    @Test
    void bridgesAreRefused() {
        HostPciDevice bridge = device("[devices/pci0000:00/0000:00:01.0]", "class 0x060400");
        HostPciDevice port = Sysfs.at(temporary.resolve("sys")).device(PciAddress.parse("00:01.0"));

        assertEquals(List.of(), binding().unbindSteps(bridge));
        assertThrows(ConfigException.class, () -> binding().bindSteps(port));
    }

    @Test
    void withoutVfiosDriverNothingIsWritten() throws IOException {
        HostPciDevice device = device("driver nvme");

        ConfigException e = assertThrows(ConfigException.class, () -> binding().bind(device));

        assertTrue(e.getMessage().contains("modprobe vfio-pci"), e.getMessage());
        assertEquals(
                "(null)\n",
                Files.readString(temporary.resolve("sys").resolve(CARD).resolve("driver_override")));
    }

    @Test
    void aKernelThatDoesNotFollowIsAnError() {
        HostPciDevice device = device(
                "driver nvme",
                "[bus/pci/drivers/vfio-pci]",
                "[bus/pci]",
                "drivers_probe",
                "[bus/pci/drivers/nvme]",
                "unbind");

        ConfigException e = assertThrows(ConfigException.class, () -> binding().bind(device));

        assertTrue(e.getMessage().contains("has driver nvme after all"), e.getMessage());
    }
}
