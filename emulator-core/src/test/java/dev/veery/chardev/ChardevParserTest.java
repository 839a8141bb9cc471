package dev.veery.chardev;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.chardev.ChardevSpec.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChardevParserTest {
    private static ChardevSpec serial(String value) {
        return ChardevParser.legacy("-serial", value, "serial0");
    }

    @Test
    void stdioKeepsSignalsUnlessTheMonitorSharesIt() {
        assertEquals(ChardevSpec.stdio("serial0", false, true), serial("stdio"));
        assertEquals(ChardevSpec.stdio("serial0", true, false), serial("mon:stdio"));
        assertTrue(ChardevParser.chardev("stdio,id=c,mux=on").signal());
        assertFalse(ChardevParser.chardev("stdio,id=c,signal=off").signal());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unix:/tmp/s,server=on,wait=off",
                "unix:/tmp/s,server,nowait",
                "unix:path=/tmp/s,wait=no,server=yes"
            })
    void socketFlagsHaveAnOldAndANewSpelling(String value) {
        assertEquals(ChardevSpec.unix("serial0", "/tmp/s", true, false, false), serial(value));
    }

    @Test
    void serverWaitsUnlessToldOtherwiseAndClientDoesNot() {
        assertTrue(serial("unix:/tmp/s,server=on").waitForClient());
        assertFalse(serial("unix:/tmp/s").waitForClient());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "tcp:localhost:4444 localhost 4444 false",
                "tcp::4444 '' 4444 false",
                "tcp:[::1]:65535,nodelay ::1 65535 true",
                "tcp:10.0.0.1:0,nodelay=on 10.0.0.1 0 true"
            })
    void tcpAddressSplitsAtTheLastColon(String value, String host, int port, boolean noDelay) {
        assertEquals(ChardevSpec.tcp("serial0", host, port, false, false, noDelay, false), serial(value));
    }

    @Test
    void chardevKeysMakeTheSameSockets() {
        assertEquals(
                ChardevSpec.tcp("s", "::1", 5, true, false, true, true),
                ChardevParser.chardev("socket,id=s,host=::1,port=5,server=on,wait=off,delay=off,mux=on"));
        assertEquals(
                ChardevSpec.unix("s", "/a,b", false, false, false), ChardevParser.chardev("socket,path=/a,,b,id=s"));
    }

    @Test
    void fileTakesTheRestAsItsPath() {
        assertEquals(ChardevSpec.file("serial0", "/tmp/a,b=c", false, false), serial("file:/tmp/a,b=c"));
        assertEquals(
                ChardevSpec.file("f", "/tmp/a", true, false), ChardevParser.chardev("file,id=f,path=/tmp/a,append=on"));
    }

    @Test
    void referenceNamesItsChardev() {
        ChardevSpec spec = serial("chardev:c0");
        assertEquals(Kind.REFERENCE, spec.kind());
        assertEquals("c0", spec.id());
        assertEquals(Kind.NONE, serial("none").kind());
        assertEquals(Kind.NULL, serial("null").kind());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vc|unknown back end",
                "file:|path is missing",
                "unix:|address is missing",
                "unix:/s,sever=on|'sever' is not an option",
                "unix:/s,server=maybe|neither on nor off",
                "tcp:localhost|no port",
                "tcp:localhost:70000|not a port number",
                "tcp:localhost:http|not a port number",
                "chardev:|not an id"
            })
    void mistakesInSerialAreUsageErrorsThatQuoteTheOption(String value, String part) {
        ConfigException e = assertThrows(ConfigException.class, () -> serial(value));
        assertTrue(e.isUsage());
        assertTrue(e.getMessage().startsWith("-serial " + value + ": "), e.getMessage());
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stdio|'id' is missing",
                "spice,id=c|unknown back end",
                "file,id=c|'path' is missing",
                "null,id=c,path=x|'path' is not an option",
                "socket,id=1x,path=/s|'1x' is not an id"
            })
    void mistakesInChardevAreUsageErrors(String value, String part) {
        ConfigException e = assertThrows(ConfigException.class, () -> ChardevParser.chardev(value));
        assertTrue(e.isUsage());
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
