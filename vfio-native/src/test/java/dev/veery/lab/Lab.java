package dev.veery.lab;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code vfio-native/lab/vfio-lab} for tests, which carry the tag {@code vfio}. */
public final class Lab {
    private static final Path SCRIPT =
            Path.of("..", "vfio-native", "lab", "vfio-lab").toAbsolutePath().normalize();

    /** The lab ends long before by itself, unless it downloads. */
    private static final long TIMEOUT_SECONDS = 1200;

    private Lab() {}

    /**
     * What a run left.
     *
     * @param status the command's exit status; 124 if time was up, 125 if the lab failed
     * @param out standard output and error of the command
     * @param err of the lab: its own messages, and the kernel's if the lab failed
     */
    public record Result(int status, String out, String err) {
        /** Everything, for a failed assertion's message. */
        @Override
        public String toString() {
            return "status " + status + "\n" + out + "\n--- stderr:\n" + err;
        }
    }

    /** Runs {@code command} with the script's options, such as {@code -d nvme}; output goes by files in {@code directory}. */
    public static Result run(Path directory, List<String> options, List<String> command)
            throws IOException, InterruptedException {
        return run(directory, Map.of(), options, command);
    }

    /** The same with more variables in the script's environment. */
    public static Result run(
            Path directory, Map<String, String> environment, List<String> options, List<String> command)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(SCRIPT.toString()));
        line.addAll(options);
        line.add("--");
        line.addAll(command);
        Path out = Files.createTempFile(directory, "lab", ".out");
        Path err = Files.createTempFile(directory, "lab", ".err");
        ProcessBuilder builder = new ProcessBuilder(line)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError("the lab did not end: " + read(out) + read(err));
        }
        return new Result(process.exitValue(), read(out), read(err));
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace("\r", "");
    }
}
