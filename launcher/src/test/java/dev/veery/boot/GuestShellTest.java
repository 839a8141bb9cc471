package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A person's session with Debian's kernel: a shell on the serial console, input pasted at full speed, a clock that keeps
 * time, a process of bounded size. The environment names the kernel and the initial RAM disk, as {@code launcher/bin/check}
 * sets it.
 */
@Tag("boot")
class GuestShellTest {
    private static final int PASTED = 16 * 1024;
    private static final long DEADLINE = TimeUnit.MINUTES.toNanos(4);

    /** Seconds over which the clocks are compared; the property lengthens it. */
    private static final int CLOCK_SECONDS = Integer.getInteger("veery.clock.seconds", 20);

    private static final long MAX_KIB_BEYOND_RAM = 300 * 1024;

    /** The program, its console, and what it has printed so far. */
    private static final class Session implements AutoCloseable {
        final Process process;
        private final OutputStream input;
        private final InputStream output;
        private final StringBuilder text = new StringBuilder();
        private int seen;

        Session(List<String> command) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("VEERY_NO_BUILD", "1");
            process = builder.start();
            input = process.getOutputStream();
            output = process.getInputStream();
        }

        void type(String line) throws IOException {
            input.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            input.flush();
        }

        /** Reads until something new matches; returns the match. */
        Matcher await(String regex) throws IOException {
            Pattern pattern = Pattern.compile(regex);
            long start = System.nanoTime();
            byte[] buffer = new byte[8192];
            while (System.nanoTime() - start < DEADLINE) {
                Matcher matcher = pattern.matcher(text);
                if (matcher.find(seen)) {
                    seen = matcher.end();
                    return matcher;
                }
                int n = output.read(buffer);
                if (n < 0) {
                    break;
                }
                text.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
            }
            throw new AssertionError("no '" + regex + "' in: " + text);
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    private static Session boot(String accelerator, String processors) throws IOException {
        String kernel = System.getenv("VEERY_TEST_KERNEL");
        String initrd = System.getenv("VEERY_TEST_INITRD");
        assumeTrue(kernel != null && initrd != null, "VEERY_TEST_KERNEL and VEERY_TEST_INITRD name nothing to boot");
        Session session = new Session(List.of(
                Program.ROOT.resolve("launcher/bin/veery").toString(),
                "-accel",
                accelerator,
                "-smp",
                processors,
                "-m",
                "512M",
                "-nodefaults",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-kernel",
                kernel,
                "-initrd",
                initrd,
                "-append",
                "console=ttyS0 quiet veery.word=heron"));
        session.await("Leave with 'poweroff -f'");
        session.type("PS1='ready'\"> \"");
        session.await("ready> ");
        return session;
    }

    @ParameterizedTest
    @ValueSource(strings = {"interp", "jit"})
    void takesPastedInputKeepsTimeAndStaysSmall(String accelerator)
            throws IOException, InterruptedException, NoSuchAlgorithmException {
        try (Session session = boot(accelerator, "1")) {
            session.type("cat /proc/cmdline");
            session.await("veery.word=heron");
            losesNothingPasted(session);
            keepsTime(session);
            staysSmall(session.process.pid());
            session.type("poweroff -f");
            assertTrue(session.process.waitFor(1, TimeUnit.MINUTES), "powers off");
            assertEquals(0, session.process.exitValue());
        }
    }

    /** Four processors, each with work of its own, whose kernel finds nothing to complain of. */
    @ParameterizedTest
    @ValueSource(strings = {"interp", "jit"})
    void fourProcessorsWorkTogether(String accelerator) throws IOException, InterruptedException {
        try (Session session = boot(accelerator, "4,sockets=2,threads=2")) {
            session.type("echo processors-$(nproc)-$(grep -c 'physical id.*: 1' /proc/cpuinfo)");
            assertEquals("4-2", session.await("processors-([0-9]+-[0-9]+)").group(1));
            session.type("for i in 1 2 3 4; do (for j in 1 2 3; do head -c 100000 /dev/zero | sha256sum; done"
                    + " > /tmp/sums$i) & done; wait; echo different-$(cat /tmp/sums* | sort -u | wc -l)");
            assertEquals("1", session.await("different-([0-9]+)").group(1));
            session.type("echo complaints-$(dmesg | grep -c -E 'Oops|BUG:|Call Trace|WARNING:')");
            assertEquals("0", session.await("complaints-([0-9]+)").group(1));
            session.type("poweroff -f");
            assertTrue(session.process.waitFor(1, TimeUnit.MINUTES), "powers off");
            assertEquals(0, session.process.exitValue());
        }
    }

    private static void losesNothingPasted(Session session) throws IOException, NoSuchAlgorithmException {
        StringBuilder pasted = new StringBuilder();
        while (pasted.length() < PASTED) {
            pasted.append(String.format("%07d", pasted.length())).append('\n');
        }
        byte[] bytes = pasted.toString().getBytes(StandardCharsets.US_ASCII);
        session.type("stty -echo; echo go-'ahead'; head -c " + bytes.length + " | sha256sum; stty echo");
        session.await("go-ahead");
        session.input.write(bytes);
        session.input.flush();

        String sum =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        assertEquals(sum, session.await("([0-9a-f]{64})").group(1));
    }

    private static double guestSeconds(Session session) throws IOException {
        session.type("echo up-$(cut -d ' ' -f 1 /proc/uptime)-$(date +%s)");
        return Double.parseDouble(session.await("up-([0-9.]+)-[0-9]+").group(1));
    }

    private static void keepsTime(Session session) throws IOException {
        double guestStart = guestSeconds(session);
        long hostStart = System.nanoTime();
        session.type("sleep " + CLOCK_SECONDS + "; echo slept-'well'");
        session.await("slept-well");
        double guest = guestSeconds(session) - guestStart;
        double host = (System.nanoTime() - hostStart) / 1e9;

        assertEquals(host, guest, 0.1 + host / 100, "guest seconds for host seconds");
    }

    /** Resident memory but for the mapping of guest RAM. */
    private static void staysSmall(long pid) throws IOException {
        long beyond = 0;
        boolean ram = false;
        Pattern rss = Pattern.compile("Rss: +(\\d+) kB");
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                ram = line.contains("pc.ram");
            }
            Matcher matcher = rss.matcher(line);
            if (matcher.matches() && !ram) {
                beyond += Long.parseLong(matcher.group(1));
            }
        }
        long found = beyond;
        assertTrue(beyond < MAX_KIB_BEYOND_RAM, () -> found + " KiB beyond guest RAM");
        System.out.println("resident beyond guest RAM: " + beyond / 1024 + " MiB");
    }
}
