package dev.veery.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.base.ConfigException;
import dev.veery.config.AccelOption;
import dev.veery.config.AccelOption.Kind;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class AcceleratorsTest {
    @Test
    void whatIsNotAvailableFallsThroughToTheNext() {
        List<AccelOption> wishes = List.of(new AccelOption(Kind.KVM), new AccelOption(Kind.INTERP));
        assertEquals("interp", Accelerators.choose(wishes, Assertions::fail).name());
    }

    @Test
    void whenNoneIsLeftAllAreNamed() {
        List<AccelOption> wishes = List.of(new AccelOption(Kind.KVM));
        ConfigException e = assertThrows(ConfigException.class, () -> Accelerators.choose(wishes, Assertions::fail));
        assertEquals(
                "accelerator kvm is not available in this version; use -accel tcg for the software CPU",
                e.getMessage());
    }
}
