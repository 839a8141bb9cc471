package dev.veery.hostcode.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCpuid;
import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Assembler;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EntryTest {
    private static final int STATE_SIZE = 4096;
    /** A state's words: what the code polls, and what it says when it has begun to. */
    private static final int STOP = 0;

    private static final int RUNNING = 8;

    private final LinuxHostCode host = new LinuxHostCode();
    private final Assembler asm = new Assembler();
    private final long state = OffHeap.allocate(STATE_SIZE);

    @SuppressWarnings("NullAway.Init")
    private CodeRegion region;

    private boolean avx;

    @BeforeEach
    void map() {
        assumeTrue(host.problem().isEmpty(), () -> host.problem().orElse(""));
        region = host.allocate("veery.test", 1 << 16);
        asm.start(region.writable(), region.executable(), region.size());
        try (HostCpuid cpuid = new HostCpuid(host)) {
            avx = Vandal.hasAvx(cpuid);
        }
    }

    @AfterEach
    void unmap() {
        region.close();
        OffHeap.free(state);
    }

    private long function() {
        asm.align(16);
        return asm.executable(asm.offset());
    }

    /** Adds the first word of the state to the second and returns the complement. */
    private long adder() {
        long start = function();
        asm.movRM(8, Reg.RAX, Mem.based(Reg.RDI, 0));
        asm.aluRM(Alu.ADD, 8, Reg.RAX, Mem.based(Reg.RDI, 8));
        asm.movMR(8, Mem.based(Reg.RDI, 8), Reg.RAX);
        asm.unaryR(Alu.NOT, 8, Reg.RAX);
        asm.ret();
        asm.finish();
        return start;
    }

    /** Runs until the state says stop. */
    private long poller() {
        long start = function();
        asm.movMI(4, Mem.based(Reg.RDI, RUNNING), 1);
        int again = asm.newBoundLabel();
        asm.pause();
        asm.aluMI(Alu.CMP, 4, Mem.based(Reg.RDI, STOP), 0);
        asm.jcc(Cond.E, again);
        asm.movRM(4, Reg.RAX, Mem.based(Reg.RDI, STOP));
        asm.ret();
        asm.finish();
        return start;
    }

    @Test
    void stateGoesInAndResultComesOut() {
        long code = adder();
        OffHeap.putLong(state, 0x1234_5678_9abcL);
        for (int i = 1; i <= 20_000; i++) {
            assertEquals(~(i * 0x1234_5678_9abcL), i % 2 == 0 ? host.enter(code, state) : host.enterTidy(code, state));
        }
        assertEquals(20_000 * 0x1234_5678_9abcL, OffHeap.getLong(state + 8));
    }

    @Test
    void controlWordsStackAndDirectionAreAsTheJvmExpects() {
        long vandal = Vandal.emit(asm, avx);
        long witness = function();
        asm.stmxcsr(Mem.based(Reg.RDI, 0));
        // FNSTENV: control, status and tag word.
        asm.x87M(0xd9, 6, Mem.based(Reg.RDI, 16));
        asm.x87M(0xd9, 4, Mem.based(Reg.RDI, 16));
        asm.pushf();
        asm.pop(Reg.RAX);
        asm.ret();
        asm.finish();

        for (int i = 0; i < 1000; i++) {
            host.enter(vandal, state);
            long flags = host.enter(witness, state);
            assertEquals(0, flags & 0x400, "DF");
            assertEquals(0x1f80, OffHeap.getInt(state) & 0xffc0, "MXCSR");
            assertEquals(0x37f, OffHeap.getChar(state + 16), "control word");
            assertEquals(0xffff, OffHeap.getChar(state + 16 + 8), "tags");
        }
        host.enter(vandal, state);
        double third = 1.0 / Integer.parseInt("3");
        assertEquals(0x3fd5_5555_5555_5555L, Double.doubleToRawLongBits(third));
        assertEquals(Double.MIN_VALUE, Double.MIN_VALUE * Integer.parseInt("1"));
    }

    @Test
    void stackWithoutControlWordChangesIsEmptiedToo() {
        long filler = function();
        for (int i = 0; i < 8; i++) {
            asm.x87(0xd9, 0xe8);
        }
        asm.ret();
        long witness = function();
        asm.x87M(0xd9, 6, Mem.based(Reg.RDI, 16));
        asm.x87M(0xd9, 4, Mem.based(Reg.RDI, 16));
        asm.ret();
        asm.finish();
        host.enter(filler, state);
        host.enter(witness, state);
        assertEquals(0xffff, OffHeap.getChar(state + 16 + 8));
    }

    @Test
    void threadsEnterWhileGarbageIsCollectedAndFlightRecorderSamples() throws Exception {
        long code = adder();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        try (Recording recording = new Recording()) {
            recording.enable("jdk.NativeMethodSample").withPeriod(Duration.ofMillis(10));
            recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
            recording.start();
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                long own = state + 64 + t * 64L;
                OffHeap.putLong(own, t + 1);
                threads.add(new Thread(() -> {
                    List<byte[]> garbage = new ArrayList<>();
                    for (int i = 1; i <= 200_000; i++) {
                        if (host.enter(code, own) != ~(i * OffHeap.getLong(own))) {
                            throw new AssertionError("entry " + i);
                        }
                        if (i % 100 == 0) {
                            garbage.add(new byte[500]);
                        }
                    }
                    assertEquals(2000, garbage.size());
                }));
            }
            threads.forEach(thread -> thread.setUncaughtExceptionHandler((dead, e) -> failures.add(e)));
            threads.forEach(Thread::start);
            for (int i = 0; i < 10; i++) {
                System.gc();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            recording.stop();
        }
        assertEquals(List.of(), failures);
    }

    @Test
    void collectionsAndThreadDumpsDoNotWaitForEmittedCode() throws Exception {
        long code = poller();
        Thread inside = new Thread(() -> OffHeap.putLong(state + 16, host.enter(code, state)), "inside");
        inside.start();
        try {
            while (OffHeap.getIntAcquire(state + RUNNING) == 0) {
                Thread.onSpinWait();
            }
            System.gc();
            StackTraceElement[] stack = inside.getStackTrace();
            assertEquals("enter", stack[0].getMethodName());
            assertTrue(stack[0].isNativeMethod());
            Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
            if (Files.isExecutable(jcmd)) {
                String dump = run(
                        jcmd.toString(), Long.toString(ProcessHandle.current().pid()), "Thread.print");
                assertTrue(dump.contains("dev.veery.linux.sys.NativeEntry.enter"), dump);
            }
        } finally {
            OffHeap.putIntRelease(state, 7);
        }
        inside.join();
        assertEquals(7, OffHeap.getLong(state + 16));
    }

    @Test
    void quitSignalPrintsThreadsAndTheProgramGoesOn() throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        QuitProbe.class.getName())
                .redirectErrorStream(true)
                .start();
        StringBuilder output = new StringBuilder();
        boolean sent = false;
        for (int c = child.getInputStream().read();
                c >= 0;
                c = child.getInputStream().read()) {
            output.append((char) c);
            if (!sent && output.indexOf(QuitProbe.INSIDE) >= 0) {
                sent = true;
                run("kill", "-QUIT", Long.toString(child.pid()));
            }
            if (c == '\n' && output.indexOf("NativeEntry.enter") >= 0) {
                child.getOutputStream().close();
            }
        }
        assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        assertEquals(QuitProbe.STATUS, child.exitValue(), output.toString());
        assertTrue(output.toString().contains("Full thread dump"), output.toString());
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @Test
    void noAddressIsWritableAndExecutable() throws IOException {
        String writable = permissions(region.writable());
        String executable = permissions(region.executable());
        assertEquals("rw-s", writable);
        assertEquals("r-xs", executable);
        for (long edge : new long[] {
            region.writable() - 1,
            region.writable() + region.size(),
            region.executable() - 1,
            region.executable() + region.size()
        }) {
            assertEquals("---p", permissions(edge));
        }
        OffHeap.putLong(region.writable() + region.size() - 8, 42);
        assertEquals(42, OffHeap.getLong(region.executable() + region.size() - 8));
    }

    private static String permissions(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] fields = line.split("[- ]", 4);
            if (Long.parseUnsignedLong(fields[0], 16) <= address && address < Long.parseUnsignedLong(fields[1], 16)) {
                return line.split(" ", 3)[1];
            }
        }
        return "unmapped";
    }

    @Test
    void closedRegionIsUnmapped() throws IOException {
        CodeRegion gone = host.allocate("veery.gone", 1 << 20);
        gone.close();
        gone.close();
        assertFalse(Files.readString(Path.of("/proc/self/maps")).contains("veery.gone"));
    }

    @Test
    void cpuidIsThisProcessors() throws IOException {
        try (HostCpuid cpuid = new HostCpuid(host)) {
            byte[] vendor = new byte[12];
            int[] registers = {cpuid.ebx(0, 0), cpuid.edx(0, 0), cpuid.ecx(0, 0)};
            for (int i = 0; i < 12; i++) {
                vendor[i] = (byte) (registers[i / 4] >>> i % 4 * 8);
            }
            String info = Files.readString(Path.of("/proc/cpuinfo"));
            assertTrue(info.contains(": " + new String(vendor, StandardCharsets.US_ASCII) + "\n"), info);
            assertEquals(info.contains(" avx "), avx);
        }
    }
}
