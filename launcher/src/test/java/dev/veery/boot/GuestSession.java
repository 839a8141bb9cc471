package dev.veery.boot;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The program with Debian's kernel and a shell on the serial console, and what it has printed so far. The environment names
 * the kernel and the initial RAM disk, as {@code launcher/bin/check} sets it; without them a test is skipped.
 */
final class GuestSession implements AutoCloseable {
    /** Bytes. */
    static final long RAM = 512L << 20;

    private static final long DEADLINE = TimeUnit.MINUTES.toNanos(4);

    final Process process;
    private final OutputStream input;
    private final InputStream output;
    private final StringBuilder text = new StringBuilder();
    private int seen;

    private GuestSession(List<String> command, String javaOptions) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("VEERY_NO_BUILD", "1");
        builder.environment().put("VEERY_JAVA_OPTS", javaOptions);
        process = builder.start();
        input = process.getOutputStream();
        output = process.getInputStream();
    }

    /** Boots up to the shell's prompt; {@code append} goes to the kernel, {@code options} to the program. */
    static GuestSession boot(String append, String... options) throws IOException {
        GuestSession session = start("", append, options);
        session.awaitPrompt();
        return session;
    }

    /** As {@link #boot}, with the kernel of ordinary installations, which has drivers of more devices. */
    static GuestSession bootGeneric(String append, String... options) throws IOException {
        GuestSession session = start(BootFiles.generic(), "", append, options);
        session.awaitPrompt();
        return session;
    }

    /** Begins to boot, with more options for the JVM. */
    static GuestSession start(String javaOptions, String append, String... options) throws IOException {
        return start(BootFiles.cloud(), javaOptions, append, options);
    }

    private static GuestSession start(BootFiles files, String javaOptions, String append, String... options)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Program.ROOT.resolve("launcher/bin/veery").toString(),
                "-m",
                (RAM >> 20) + "M",
                "-nodefaults",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-kernel",
                files.kernel(),
                "-initrd",
                files.initrd(),
                "-append",
                "console=ttyS0 quiet " + append));
        command.addAll(List.of(options));
        return new GuestSession(command, javaOptions);
    }

    void awaitPrompt() throws IOException {
        await("Leave with 'poweroff -f'");
        type("PS1='ready'\"> \"");
        await("ready> ");
    }

    void type(String line) throws IOException {
        paste((line + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    void paste(byte[] bytes) throws IOException {
        input.write(bytes);
        input.flush();
    }

    /** Reads until something new matches; returns the match. */
    Matcher await(String regex) throws IOException {
        Pattern pattern = Pattern.compile(regex);
        long start = System.nanoTime();
        while (System.nanoTime() - start < DEADLINE) {
            Matcher matcher = pattern.matcher(text);
            if (matcher.find(seen)) {
                seen = matcher.end();
                return matcher;
            }
            if (!more()) {
                break;
            }
        }
        throw new AssertionError("no '" + regex + "' in: " + text);
    }

    private boolean more() throws IOException {
        byte[] buffer = new byte[8192];
        int n = output.read(buffer);
        if (n > 0) {
            text.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
        }
        return n >= 0;
    }

    /** Everything printed until the program ended. */
    String rest() throws IOException {
        boolean open = true;
        while (open) {
            open = more();
        }
        return text.toString();
    }

    @Override
    public void close() {
        process.destroy();
    }
}
