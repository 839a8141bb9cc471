package dev.veery.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CpioTest {
    @Test
    void entriesAreAlignedAndEndWithATrailer() {
        byte[] archive = new Cpio()
                .add("init", Cpio.PROGRAM, "hello".getBytes(StandardCharsets.US_ASCII))
                .device("dev/console", 5, 1)
                .finish();
        String text = new String(archive, StandardCharsets.US_ASCII);

        assertEquals(0, archive.length % 4);
        assertTrue(text.startsWith("070701" + "00000001" + "000081ED"), text);
        // The header is 110 bytes, the name 5: data begin at 116.
        assertEquals("hello\0\0\0" + "070701", text.substring(116, 130));
        assertTrue(text.contains("00002180"), "a character device");
        assertTrue(text.contains("TRAILER!!!\0"));
    }
}
