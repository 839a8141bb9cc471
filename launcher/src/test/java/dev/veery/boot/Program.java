package dev.veery.boot;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that ran to its end. */
record Program(int status, String out, String err) {
    private static final long TIMEOUT_SECONDS = 120;

    /** The checkout; tests run in their module's directory. */
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** Runs with standard input from {@code /dev/null}; output goes by files in {@code directory}. */
    static Program run(Path directory, List<String> command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(directory, "out", "");
        Path err = Files.createTempFile(directory, "err", "");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("VEERY_NO_BUILD", "1");
        // Translations that another build left would be spoken of.
        builder.environment().put("XDG_CACHE_HOME", directory.toString());
        Process process = builder.start();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command + " did not end; output: " + read(out) + read(err));
        }
        return new Program(process.exitValue(), read(out), read(err));
    }

    private static String read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** Whether {@code name} can be run. */
    static boolean exists(String name) {
        String path = System.getenv("PATH");
        if (path == null) {
            return false;
        }
        for (String directory : path.split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(directory, name))) {
                return true;
            }
        }
        return false;
    }
}
