package dev.veery.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchOptionsTest {
    @Test
    void optionsAreRead() {
        BenchOptions o =
                BenchOptions.parse(List.of("--rounds", "3", "--work", "boot,sieve", "--smp", "2", "--svg", "plot.svg"));

        assertEquals(List.of(Group.CPU), o.groups());
        assertEquals(3, o.rounds());
        assertEquals(2, o.processors());
        assertEquals(List.of("boot", "sieve"), o.work());
        assertEquals(Path.of("plot.svg"), o.svg());
    }

    @Test
    void groupsComeFirst() {
        BenchOptions o = BenchOptions.parse(List.of("disk", "iommu", "disk", "--seconds", "0.5"));

        assertEquals(List.of(Group.DISK, Group.IOMMU), o.groups());
        assertEquals(5, o.tenths());
    }

    @Test
    void workOfAGroupIsNamedWithItsPrefix() {
        assertEquals(List.of("net-send"), Group.IOMMU.work(List.of("blk-read4k-1", "strict-net-send")));
        assertEquals(List.of(), Group.NET.work(List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--rounds 0",
                "--rounds many",
                "--smp 65",
                "--rounds",
                "--speed 3",
                "sieve",
                "disk --seconds 0",
                "disk --seconds"
            })
    void mistakesAreUsageErrors(String line) {
        ConfigException e = assertThrows(ConfigException.class, () -> BenchOptions.parse(List.of(line.split(" "))));

        assertTrue(e.isUsage());
        assertTrue(e.getMessage().startsWith("bench: "), e.getMessage());
    }
}
