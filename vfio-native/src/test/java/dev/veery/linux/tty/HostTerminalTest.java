package dev.veery.linux.tty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.veery.linux.abi.Termios;
import dev.veery.linux.sys.Fd;
import dev.veery.memory.access.OffHeap;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HostTerminalTest {
    private final Pty pty = Pty.open();
    private final Fd slave = pty.openSlave();

    @AfterEach
    void close() {
        slave.close();
        pty.master().close();
    }

    private byte[] attributes() {
        long termios = OffHeap.allocate(Termios.SIZEOF_TERMIOS);
        try {
            slave.terminalAttributes(termios);
            byte[] bytes = new byte[Termios.SIZEOF_TERMIOS];
            OffHeap.copyOut(termios, bytes, 0, bytes.length);
            return bytes;
        } finally {
            OffHeap.free(termios);
        }
    }

    private int flags(int offset) {
        byte[] bytes = attributes();
        return bytes[offset] & 0xff | (bytes[offset + 1] & 0xff) << 8;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rawModeIsSetAndUndone(boolean signals) {
        byte[] before = attributes();
        HostTerminal terminal = new HostTerminal(slave, signals);
        int local = flags(Termios.TERMIOS_LFLAG);
        assertEquals(0, local & (Termios.ICANON | Termios.ECHO | Termios.IEXTEN));
        assertEquals(signals, (local & Termios.ISIG) != 0);
        assertEquals(0, flags(Termios.TERMIOS_IFLAG) & (Termios.ICRNL | Termios.IXON));
        assertTrue((flags(Termios.TERMIOS_OFLAG) & Termios.OPOST) != 0);
        terminal.close();
        assertArrayEquals(before, attributes());
    }

    @Test
    void modeIsSetAgainAfterAStop() {
        byte[] before = attributes();
        try (HostTerminal terminal = new HostTerminal(slave, false)) {
            byte[] raw = attributes();
            set(before);
            terminal.reapply();
            assertArrayEquals(raw, attributes());
        }
    }

    private void set(byte[] attributes) {
        long termios = OffHeap.allocate(attributes.length);
        OffHeap.copyIn(attributes, 0, termios, attributes.length);
        slave.setTerminalAttributes(Termios.TCSANOW, termios);
        OffHeap.free(termios);
    }

    private static List<String> probe(String mode) {
        return List.of(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path", ""),
                ExitProbe.class.getName(),
                mode);
    }

    private void type(char key) {
        long buffer = OffHeap.allocate(1);
        OffHeap.putByte(buffer, key);
        assertEquals(1, pty.master().write(buffer, 1));
        OffHeap.free(buffer);
    }

    @ParameterizedTest
    @CsvSource({"return,0", "exit,1", "throw,1"})
    void terminalIsPutBackWhenTheProgramEndsByItself(String mode, int status) throws Exception {
        byte[] before = attributes();
        Process process = start(probe(mode));
        awaitReady(process);
        assertFalse(Arrays.equals(before, attributes()));
        type('\r');
        assertEquals(status, process.waitFor());
        assertArrayEquals(before, attributes());
    }

    @ParameterizedTest
    @CsvSource({"default,TERM,143", "default,HUP,129", "handled,TERM,0", "handled,INT,0", "handled,HUP,0"})
    void terminalIsPutBackWhenTheProgramIsEnded(String mode, String signal, int status) throws Exception {
        assumeFalse(signal.equals("HUP") && ignores("self", 1), "SIGHUP is ignored here, as under nohup");
        byte[] before = attributes();
        Process process = start(probe(mode));
        awaitReady(process);
        assertFalse(Arrays.equals(before, attributes()));
        kill(signal, process.pid());
        assertEquals(status, process.waitFor());
        assertArrayEquals(before, attributes());
    }

    /** A shell without job control starts background commands with SIGINT ignored. */
    @Test
    void interruptEndsAProgramThatAScriptPutInTheBackground() throws Exception {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "\"$@\" <&0 & echo $! >&2; wait $!", "sh"));
        command.addAll(probe("handled"));
        Process shell = start(command);
        BufferedReader errors = errors(shell);
        long pid = Long.parseLong(String.valueOf(errors.readLine()).trim());
        assertEquals("ready", errors.readLine());
        assertFalse(ignores(String.valueOf(pid), 2));
        kill("INT", pid);
        assertEquals("SIGINT", errors.readLine());
        assertEquals(0, shell.waitFor());
    }

    private static boolean ignores(String pid, int signal) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith("SigIgn:")) {
                return (Long.parseUnsignedLong(line.substring(7).trim(), 16) >>> signal - 1 & 1) != 0;
            }
        }
        throw new IOException("no SigIgn in the status of " + pid);
    }

    private Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectInput(new File(pty.path()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static BufferedReader errors(Process process) {
        return new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    }

    private static void awaitReady(Process process) throws IOException {
        assertEquals("ready", errors(process).readLine());
    }

    private static void kill(String signal, long pid) throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("/bin/sh", "-c", "kill -" + signal + " " + pid)
                        .start()
                        .waitFor());
    }
}
