package dev.veery.oracle;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What objdump makes of a case's code, where objdump is installed. */
final class Disassembly {
    private static final Path OBJDUMP = Path.of("/usr/bin/objdump");

    private Disassembly() {}

    static String of(OracleCase c) {
        if (!Files.isExecutable(OBJDUMP)) {
            return "";
        }
        try {
            Path file = Files.createTempFile("veery-oracle", ".bin");
            Files.write(file, Arrays.copyOf(c.code, Math.max(1, c.codeLength)));
            String mode = c.compat ? "-mi386" : "-mi386:x86-64";
            Process p = new ProcessBuilder(OBJDUMP.toString(), "-D", "-b", "binary", mode, "-Mintel", file.toString())
                    .start();
            String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Files.delete(file);
            return text.lines().filter(l -> l.contains(":\t")).collect(Collectors.joining("\n", "", "\n"));
        } catch (IOException e) {
            return "  (objdump: " + e.getMessage() + ")\n";
        }
    }
}
