package dev.veery.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.veery.config.AccelOption;
import dev.veery.cpu.jit.TranslationCache;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TranslationFileTest {
    private final List<String> warnings = new ArrayList<>();

    @TempDir
    private Path directory;

    private List<String> warningsOf(Path file) {
        try (TranslationFile translations = new TranslationFile(warnings::add)) {
            translations.open(file.toString());
        }
        return warnings;
    }

    private Path made(int maker) throws IOException {
        Path file = directory.resolve("translations");
        try (TranslationCache cache = new TranslationCache();
                FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            cache.save(out, maker);
        }
        return file;
    }

    private static String ignored(Path file, String reason) {
        return "ignoring the translations in '" + file + "': " + reason;
    }

    @Test
    void offKeepsNothing() {
        assertNull(new TranslationFile(warnings::add).open(AccelOption.OFF));
    }

    @Test
    void aMissingFileIsTheFirstRun() {
        assertEquals(List.of(), warningsOf(directory.resolve("none")));
    }

    @Test
    void textIsIgnoredInOneLine() throws IOException {
        Path file = Files.writeString(directory.resolve("text"), "something else\n".repeat(10));

        assertEquals(List.of(ignored(file, "it is no cache of translations")), warningsOf(file));
    }

    @Test
    void theFileOfAnotherBuildIsIgnoredInOneLine() throws IOException {
        Path file = made(1);

        assertEquals(List.of(ignored(file, "it was made by another build of Veery")), warningsOf(file));
    }

    @Test
    void aFileThatOthersMayWriteIsIgnoredInOneLine() throws IOException {
        Path file = made(1);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));

        assertEquals(List.of(ignored(file, "others may write it")), warningsOf(file));
    }

    @Test
    void aCutFileIsIgnoredInOneLine() throws IOException {
        Path file = Files.write(directory.resolve("cut"), new byte[20]);

        assertEquals(List.of(ignored(file, "it is incomplete")), warningsOf(file));
    }
}
