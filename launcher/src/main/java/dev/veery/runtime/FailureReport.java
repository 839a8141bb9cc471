package dev.veery.runtime;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.RegisterDump;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Tells of a defect of ours: one line for the user, the details in a file, or at once when debugging. */
public final class FailureReport {
    /** System property that asks for stack traces on standard error. */
    public static final String DEBUG_PROPERTY = "veery.debug";

    private FailureReport() {}

    /**
     * Reports.
     *
     * @param state registers at the time, or null
     */
    public static void report(Messages messages, Throwable cause, @Nullable CpuState state) {
        Path file = Path.of(
                System.getProperty("java.io.tmpdir", "/tmp"),
                "veery-" + ProcessHandle.current().pid() + ".log");
        String summary = "internal error: " + cause;
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8))) {
            cause.printStackTrace(out);
            if (state != null) {
                out.print(RegisterDump.format(state));
            }
        } catch (IOException e) {
            messages.error(
                    summary + "; the details could not be written to " + file + ", -Dveery.debug=true shows them");
            return;
        } finally {
            if (Boolean.getBoolean(DEBUG_PROPERTY)) {
                cause.printStackTrace();
            }
        }
        messages.error(summary + "; this is a defect of Veery, the details are in " + file);
    }
}
