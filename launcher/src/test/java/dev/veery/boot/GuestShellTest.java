package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
    /** Seconds over which the clocks are compared; the property lengthens it. */
    private static final int CLOCK_SECONDS = Integer.getInteger("veery.clock.seconds", 20);

    private static final long MAX_KIB_BEYOND_RAM = 300 * 1024;

    private static GuestSession boot(String accelerator, String processors, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of("-accel", accelerator, "-smp", processors));
        all.addAll(List.of(options));
        return GuestSession.boot("veery.word=heron", all.toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"interp", "jit"})
    void takesPastedInputKeepsTimeAndStaysSmall(String accelerator)
            throws IOException, InterruptedException, NoSuchAlgorithmException {
        try (GuestSession session = boot(accelerator, "1")) {
            session.type("cat /proc/cmdline");
            session.await("veery.word=heron");
            losesNothingPasted(session);
            keepsTime(session);
            staysSmall(session.process.pid());
            powersOff(session);
        }
    }

    /** Four processors, each with work of its own, whose kernel finds nothing to complain of. */
    @ParameterizedTest
    @ValueSource(strings = {"interp", "jit"})
    void fourProcessorsWorkTogether(String accelerator) throws IOException, InterruptedException {
        try (GuestSession session = boot(accelerator, "4,sockets=2,threads=2")) {
            session.type("echo processors-$(nproc)-$(grep -c 'physical id.*: 1' /proc/cpuinfo)");
            assertEquals("4-2", session.await("processors-([0-9]+-[0-9]+)").group(1));
            session.type("for i in 1 2 3 4; do (for j in 1 2 3; do head -c 100000 /dev/zero | sha256sum; done"
                    + " > /tmp/sums$i) & done; wait; echo different-$(cat /tmp/sums* | sort -u | wc -l)");
            assertEquals("1", session.await("different-([0-9]+)").group(1));
            hasNoComplaints(session);
            powersOff(session);
        }
    }

    /** Thread dumps, a flight recording and collections of a heap that is nearly full while the guest boots and works. */
    @Test
    void toolsForJavaGoUnnoticed(@TempDir Path directory) throws IOException, InterruptedException {
        Path dumps = directory.resolve("dumps");
        Path recording = directory.resolve("recording.jfr");
        String java = "-Xmx72m -XX:+UnlockDiagnosticVMOptions -XX:-DisplayVMOutput -XX:+LogVMOutput -XX:LogFile="
                + dumps + " -XX:StartFlightRecording:settings=profile,filename=" + recording + " -Xlog:jfr*=off";
        try (GuestSession session = GuestSession.start(java, "veery.word=heron", "-accel", "jit", "-smp", "2")) {
            Thread tools = new Thread(() -> disturb(session.process));
            tools.start();
            session.awaitPrompt();
            session.type("for j in 1 2 3 4 5 6; do head -c 3000000 /dev/zero | sha256sum; done | sort -u > /tmp/sums;"
                    + " echo different-$(cat /tmp/sums | wc -l)");
            assertEquals("1", session.await("different-([0-9]+)").group(1));
            hasNoComplaints(session);
            tools.interrupt();
            tools.join();
            powersOff(session);
        }
        assertTrue(Files.readString(dumps).split("Full thread dump", -1).length > 5, "thread dumps");
        assertTrue(Files.size(recording) > 0, "a recording");
    }

    /** Until interrupted, or the program ends. */
    private static void disturb(Process program) {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        String pid = Long.toString(program.pid());
        try {
            while (program.isAlive()) {
                new ProcessBuilder("kill", "-QUIT", pid).start().waitFor();
                Thread.sleep(100);
                new ProcessBuilder(jcmd, pid, "GC.run")
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void powersOff(GuestSession session) throws IOException, InterruptedException {
        session.type("poweroff -f");
        assertTrue(session.process.waitFor(1, TimeUnit.MINUTES), "powers off");
        assertEquals(0, session.process.exitValue());
    }

    private static void hasNoComplaints(GuestSession session) throws IOException {
        session.type("echo complaints-$(dmesg | grep -c -E 'Oops|BUG:|Call Trace|WARNING:')");
        assertEquals("0", session.await("complaints-([0-9]+)").group(1));
    }

    private static void losesNothingPasted(GuestSession session) throws IOException, NoSuchAlgorithmException {
        StringBuilder pasted = new StringBuilder();
        while (pasted.length() < PASTED) {
            pasted.append(String.format("%07d", pasted.length())).append('\n');
        }
        byte[] bytes = pasted.toString().getBytes(StandardCharsets.US_ASCII);
        session.type("stty -echo; echo go-'ahead'; head -c " + bytes.length + " | sha256sum; stty echo");
        session.await("go-ahead");
        session.paste(bytes);

        String sum =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        assertEquals(sum, session.await("([0-9a-f]{64})").group(1));
    }

    private static double guestSeconds(GuestSession session) throws IOException {
        session.type("echo up-$(cut -d ' ' -f 1 /proc/uptime)-$(date +%s)");
        return Double.parseDouble(session.await("up-([0-9.]+)-[0-9]+").group(1));
    }

    private static void keepsTime(GuestSession session) throws IOException {
        double guestStart = guestSeconds(session);
        long hostStart = System.nanoTime();
        session.type("sleep " + CLOCK_SECONDS + "; echo slept-'well'");
        session.await("slept-well");
        double guest = guestSeconds(session) - guestStart;
        double host = (System.nanoTime() - hostStart) / 1e9;

        assertEquals(host, guest, 0.1 + host / 100, "guest seconds for host seconds");
    }

    /** Resident memory but for the mapping of guest RAM, the only one of its size. */
    private static void staysSmall(long pid) throws IOException {
        long beyond = 0;
        boolean ram = false;
        Pattern rss = Pattern.compile("Rss: +(\\d+) kB");
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                String[] bounds = line.substring(0, line.indexOf(' ')).split("-", 2);
                ram = Long.parseUnsignedLong(bounds[1], 16) - Long.parseUnsignedLong(bounds[0], 16) == GuestSession.RAM;
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
