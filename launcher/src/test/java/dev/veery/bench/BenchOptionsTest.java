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
        BenchOptions o = BenchOptions.parse(List.of("--rounds", "3", "--work", "boot,sieve", "--svg", "plot.svg"));

        assertEquals(3, o.rounds());
        assertEquals(List.of("boot", "sieve"), o.work());
        assertEquals(Path.of("plot.svg"), o.svg());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--rounds 0", "--rounds many", "--rounds", "--speed 3", "sieve"})
    void mistakesAreUsageErrors(String line) {
        ConfigException e = assertThrows(ConfigException.class, () -> BenchOptions.parse(List.of(line.split(" "))));

        assertTrue(e.isUsage());
        assertTrue(e.getMessage().startsWith("bench: "), e.getMessage());
    }
}
