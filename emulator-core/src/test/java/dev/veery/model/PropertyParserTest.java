package dev.veery.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.veery.base.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PropertyParserTest {
    private static final Property SWITCH = Property.bool("multifunction", false, "");
    private static final Property PORT = Property.uint32("iobase", 0x501, "");
    private static final Property BYTE = Property.uint8("chassis", 0, "");
    private static final Property ADDRESS = Property.pciAddress("addr", "");

    private static Object parse(Property property, String text) {
        return PropertyParser.parse("edu", property, text);
    }

    private static String error(Property property, String text) {
        return assertThrows(ConfigException.class, () -> parse(property, text)).getMessage();
    }

    @ParameterizedTest
    @CsvSource({"on,true", "yes,true", "true,true", "y,true", "off,false", "no,false", "false,false", "n,false"})
    void switchTakesEverySpelling(String text, boolean value) {
        assertEquals(value, parse(SWITCH, text));
    }

    @Test
    void switchRefusesOtherWords() {
        assertEquals("Parameter 'multifunction' expects 'on' or 'off'", error(SWITCH, "1"));
    }

    @ParameterizedTest
    @CsvSource({"0,0", "0xf4,244", "0XF4,244", "017,15", "4294967295,4294967295"})
    void numbersAreInTheNotationOfC(String text, long value) {
        assertEquals(value, parse(PORT, text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0x", "x", "12k", "-1", "08", "1 ", "\u0661"})
    void numbersRefuseWhatIsNone(String text) {
        assertEquals("Parameter 'iobase' expects integer", error(PORT, text));
    }

    @Test
    void numbersAreBoundedByTheirWidth() {
        assertEquals(255L, parse(BYTE, "255"));
        assertEquals("Parameter 'chassis' expects uint8_t", error(BYTE, "256"));
        assertEquals("Parameter 'iobase' expects uint32_t", error(PORT, "0x100000000"));
        assertEquals(-1L, parse(Property.uint64("mask", 0, ""), "0xffffffffffffffff"));
        assertThrows(IllegalArgumentException.class, () -> Property.uint8("x", 256, ""));
    }

    @ParameterizedTest
    @CsvSource({"4096,4096", "0x1000,4096", "1k,1024", "1.5G,1610612736", "2m,2097152", "7B,7", ".5K,512", "16E,-1"})
    void sizesTakeSuffixes(String text, long bytes) {
        if (bytes < 0) {
            assertThrows(ConfigException.class, () -> PropertyParser.size("size", text));
        } else {
            assertEquals(bytes, PropertyParser.size("size", text));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "G", "1.5", "1KB", "-1M", "1e3", "0x", "0x1k"})
    void sizesRefuseWhatIsNone(String text) {
        ConfigException e = assertThrows(ConfigException.class, () -> PropertyParser.size("size", text));
        assertEquals("Parameter 'size' expects size", e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"3,24", "1f.3,251", "1F.7,255", "06.0,48", "0,0"})
    void pciAddressIsSlotAndFunctionInHexadecimal(String text, long devfn) {
        assertEquals(devfn, parse(ADDRESS, text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "20", "1.8", "1.", "0000:00:01.0", "g"})
    void pciAddressRefusesWhatIsNone(String text) {
        assertEquals("Property 'edu.addr' doesn't take value '" + text + "'", error(ADDRESS, text));
    }

    @Test
    void enumerationTakesItsWordsOnly() {
        Property order = Property.enumeration("order", "auto", "", "auto", "strict");

        assertEquals("strict", parse(order, "strict"));
        assertEquals("Parameter 'order' does not accept value 'lax', only auto, strict", error(order, "lax"));
    }
}
