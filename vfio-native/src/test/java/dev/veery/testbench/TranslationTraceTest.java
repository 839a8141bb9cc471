package dev.veery.testbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.ExecutionTrace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the translator tells about what it does. */
class TranslationTraceTest {
    private static final int ROUNDS = 50;
    private static final Pattern LINE = Pattern.compile(" +([0-9a-f]+):\t.*");
    private static final Pattern JUMP = Pattern.compile(" +[0-9a-f]+:\t(?:j[a-z]+|call) +0x([0-9a-f]+).*");

    @TempDir
    private Path directory;

    /** Keeps what it hears. */
    private static final class Kept implements ExecutionTrace {
        private final boolean chained;
        final List<byte[]> translations = new ArrayList<>();
        final List<Long> addresses = new ArrayList<>();
        final List<Long> executed = new ArrayList<>();
        final List<Long> guestAddresses = new ArrayList<>();

        Kept(boolean chained) {
            this.chained = chained;
        }

        @Override
        public boolean wantsExecution() {
            return true;
        }

        @Override
        public boolean chains() {
            return chained;
        }

        @Override
        public boolean wantsTranslations() {
            return true;
        }

        @Override
        public void executing(CpuState s, long code) {
            executed.add(s.rip);
        }

        @Override
        public void translated(CpuState s, long rip, int guestBytes, int instructions, long code, byte[] host) {
            guestAddresses.add(rip);
            translations.add(host);
            addresses.add(code);
        }
    }

    /** Counts down with loads, stores, vectors, a call and high-byte registers on the way. */
    private static Kept run(boolean chained) {
        Kept kept = new Kept(chained);
        try (TestMachine t = EagerJit.machine(kept)) {
            Tables.long64(t);
            t.s.setGpr(CpuState.RSI, Tables.DATA);
            t.s.setGpr(CpuState.RCX, ROUNDS);
            t.start(
                    Tables.CODE,
                    new Code()
                            .b(0x48, 0x8b, 0x06) // loop: mov rax, [rsi]
                            .b(0x48, 0x01, 0xc8) // add rax, rcx
                            .b(0x48, 0x89, 0x06) // mov [rsi], rax
                            .b(0x0f, 0x10, 0x46, 0x10) // movups xmm0, [rsi+16]
                            .b(0x66, 0x0f, 0xef, 0xc1) // pxor xmm0, xmm1
                            .b(0x88, 0xe2) // mov dl, ah
                            .b(0xf0, 0x48, 0x0f, 0xc1, 0x56, 0x20) // lock xadd [rsi+32], rdx
                            .b(0xe8, 0, 0, 0, 0) // call next
                            .b(0x5b) // pop rbx
                            .b(0x48, 0xff, 0xc9) // dec rcx
                            .b(0x75, 0x100 - 36) // jne loop
                            .exit(7));
            assertEquals(Stop.exit(7), t.run(), t::where);
        }
        return kept;
    }

    /** Every byte is part of an instruction, and every jump inside a block leads to one. */
    @Test
    void objdumpAgreesWithTheDump() throws IOException, InterruptedException {
        Kept kept = run(true);

        assertTrue(kept.translations.size() >= 3, kept.translations.size() + " translations");
        for (int n = 0; n < kept.translations.size(); n++) {
            long from = kept.addresses.get(n);
            long to = from + kept.translations.get(n).length;
            Path file = Files.write(directory.resolve("block"), kept.translations.get(n));
            String text = objdump(file, from);
            assertFalse(text.contains("(bad)"), text);
            Set<Long> starts = new HashSet<>();
            List<Long> targets = new ArrayList<>();
            for (String line : text.lines().toList()) {
                Matcher start = LINE.matcher(line);
                if (start.matches()) {
                    starts.add(Long.parseUnsignedLong(start.group(1), 16));
                }
                Matcher jump = JUMP.matcher(line);
                if (jump.matches()) {
                    targets.add(Long.parseUnsignedLong(jump.group(1), 16));
                }
            }
            assertTrue(starts.contains(from), text);
            assertFalse(targets.isEmpty(), text);
            for (long target : targets) {
                assertTrue(target < from || target >= to || starts.contains(target), text);
            }
        }
    }

    private static String objdump(Path file, long address) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "objdump",
                        "-D",
                        "-b",
                        "binary",
                        "-m",
                        "i386:x86-64",
                        "-M",
                        "intel",
                        "--no-show-raw-insn",
                        "--adjust-vma=0x" + Long.toHexString(address),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text;
    }

    @Test
    void withoutChainingEveryRoundIsTold() {
        Kept alone = run(false);
        Kept chained = run(true);

        assertEquals(
                ROUNDS,
                alone.executed.stream().filter(rip -> rip == Tables.CODE).count());
        assertTrue(chained.executed.size() < ROUNDS, chained.executed.size() + " blocks told");
    }

    /** Libraries are mapped at another address in each program. */
    @Test
    void aPageAtTwoAddressesIsTranslatedForBoth() {
        Kept kept = new Kept(true);
        long page = 0x31000;
        long alias = 0x300000;
        try (TestMachine t = EagerJit.machine(kept)) {
            Tables.long64(t);
            t.poke(Tables.pte(alias), page | Tables.PWU);
            t.load(page, Code.of(0xff, 0xc3, 0xc3)); // inc ebx; ret
            t.s.setGpr(CpuState.RSI, page);
            t.s.setGpr(CpuState.RDI, alias);
            t.s.setGpr(CpuState.RCX, ROUNDS);
            // call rsi; call rdi; dec ecx; jne
            t.start(
                    Tables.CODE,
                    Code.of(0xff, 0xd6, 0xff, 0xd7, 0xff, 0xc9, 0x75, 0x100 - 8).exit(1));
            assertEquals(Stop.exit(1), t.run(), t::where);
            assertEquals(2 * ROUNDS, t.s.gpr(CpuState.RBX));
        }
        assertEquals(1, Collections.frequency(kept.guestAddresses, page));
        assertEquals(1, Collections.frequency(kept.guestAddresses, alias));
    }
}
