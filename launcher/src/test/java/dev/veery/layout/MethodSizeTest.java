package dev.veery.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.CpuState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;

/** HotSpot leaves methods above 8,000 bytes of bytecode to its interpreter (-XX:+DontCompileHugeMethods). */
class MethodSizeTest {
    private static final int HUGE_METHOD_LIMIT = 8000;

    @Test
    void noMethodOfTheCpuIsTooLargeToBeCompiled() throws IOException, URISyntaxException {
        List<String> tooLarge = new ArrayList<>();
        int classes = 0;
        Path home = Path.of(CpuState.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        if (Files.isDirectory(home)) {
            classes = measure(home, tooLarge);
        } else {
            try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + home.toUri()), Map.of())) {
                classes = measure(jar.getPath("/"), tooLarge);
            }
        }
        assertTrue(classes > 20, "only " + classes + " classes found in " + home);
        assertEquals(List.of(), tooLarge);
    }

    private static int measure(Path root, List<String> tooLarge) throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve("dev/veery/cpu"))) {
            List<Path> classFiles =
                    files.filter(file -> file.toString().endsWith(".class")).toList();
            classFiles.forEach(file -> measureClass(file, tooLarge));
            return classFiles.size();
        }
    }

    private static void measureClass(Path file, List<String> tooLarge) {
        ClassReader reader;
        try {
            reader = new ClassReader(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        char[] buffer = new char[reader.getMaxStringLength()];
        int at = reader.header + 6;
        at += 2 + 2 * reader.readUnsignedShort(at);
        at = members(reader, at, buffer, null);
        members(reader, at, buffer, tooLarge);
    }

    /** Walks over fields or methods (JVMS 4.5, 4.6) and returns where they end. */
    private static int members(ClassReader reader, int from, char[] buffer, @Nullable List<String> tooLarge) {
        int at = from + 2;
        for (int member = reader.readUnsignedShort(from); member > 0; member--) {
            String name = reader.readUTF8(at + 2, buffer);
            int attributes = reader.readUnsignedShort(at + 6);
            at += 8;
            for (; attributes > 0; attributes--) {
                boolean code = "Code".equals(reader.readUTF8(at, buffer));
                // JVMS 4.7.3: name, length, max_stack and max_locals precede code_length.
                int size = code ? reader.readInt(at + 10) : 0;
                if (tooLarge != null && size > HUGE_METHOD_LIMIT) {
                    tooLarge.add(reader.getClassName() + "." + name + ": " + size);
                }
                at += 6 + reader.readInt(at + 2);
            }
        }
        return at;
    }
}
