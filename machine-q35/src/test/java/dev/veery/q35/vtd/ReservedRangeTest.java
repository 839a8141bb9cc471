package dev.veery.q35.vtd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReservedRangeTest {
    @Test
    void namesPagesAndADevice() {
        assertEquals(
                new ReservedRange(0x3000_0000L, 0x3000_ffffL, 0x1f << 3 | 2),
                ReservedRange.parse("x-rmrr", "0x30000000-0x3000ffff@1f.2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0x1000-0x1ffe@3.0",
                "0x1800-0x1fff@3.0",
                "0x2000-0x1fff@3.0",
                "0x1000-0x1fff@20.0",
                "4096@3.0"
            })
    void whatIsNotThatIsRefusedByName(String text) {
        ConfigException e = assertThrows(ConfigException.class, () -> ReservedRange.parse("x-rmrr", text));
        assertTrue(e.getMessage().contains("x-rmrr"), e.getMessage());
    }
}
