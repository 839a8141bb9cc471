package dev.veery.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts what ran and keeps the first mismatches; says in a long run how far it is, in a file, as Maven holds output back. */
final class Report implements Oracle.Sink {
    private static final int SHOWN = 20;

    /** Cases between two lines of progress. */
    private static final int PROGRESS = 1_000_000;

    private static final Path LOG = Path.of("target", "oracle.log");

    /** Cases of one form. */
    private static final class Count {
        long cases;
        long faults;
        long mismatches;
    }

    private final Map<String, Count> counts = new TreeMap<>();
    private final List<String> mismatches = new ArrayList<>();
    private long cases;
    private long excluded;
    private long different;

    Report(List<Form> forms) {
        for (Form f : forms) {
            counts.put(f.key(), new Count());
        }
    }

    @Override
    public void result(OracleCase c, byte[] image, Outcome host, Outcome guest, boolean same) {
        if (host.vector == Outcome.EXCLUDED || guest.vector == Outcome.EXCLUDED) {
            excluded++;
            return;
        }
        cases++;
        if (cases % PROGRESS == 0) {
            log(String.format("%d cases compared, %d differ%n", cases, different));
        }
        Count count = counts.computeIfAbsent(name(c), k -> new Count());
        count.cases++;
        if (host.vector != Comparison.BREAKPOINT) {
            count.faults++;
        }
        if (!same) {
            different++;
            count.mismatches++;
            if (mismatches.size() < SHOWN) {
                String text = describe(c, host, guest);
                mismatches.add(text);
                log(text);
            }
        }
    }

    private static void log(String text) {
        try {
            Files.writeString(LOG, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + LOG, e);
        }
    }

    private static String name(OracleCase c) {
        return c.wild ? "random bytes" : c.forms.size() == 1 ? c.forms.get(0).key() : "programs";
    }

    /** Cases that were compared. */
    long cases() {
        return cases;
    }

    /** Cases that did not end alike. */
    long mismatched() {
        return different;
    }

    /** Fewest cases that any form had. */
    long fewest() {
        return counts.values().stream().mapToLong(c -> c.cases).min().orElse(0);
    }

    /** The first mismatches, inputs and both results. */
    String text() {
        return String.join("\n", mismatches);
    }

    private static String describe(OracleCase c, Outcome host, Outcome guest) {
        StringBuilder b = new StringBuilder();
        b.append(String.format("%s: %s%s at %x%n", name(c), c.hex(), c.compat ? " (32-bit)" : "", c.codeAddress));
        b.append(Disassembly.of(c));
        b.append(Comparison.describe(host, guest, Oracle.undefined(c)));
        b.append("  inputs: RFLAGS ").append(Long.toHexString(c.rflags));
        for (int r = 0; r < 16; r++) {
            b.append(' ').append(Comparison.REGISTERS[r]).append('=').append(Long.toHexString(c.gpr[r]));
        }
        b.append(String.format("%n  FXSAVE image: %s%n", hex(c.fx, 416)));
        b.append(String.format("  at %x: %s%n", c.patchAddress, hex(c.patch, Layout.PATCH_SIZE)));
        return b.toString();
    }

    private static String hex(byte[] bytes, int length) {
        StringBuilder b = new StringBuilder();
        for (byte x : Arrays.copyOf(bytes, length)) {
            b.append(String.format("%02x", x));
        }
        return b.toString();
    }

    /** Writes the table of what was covered. */
    void write(Path file, long seed) {
        StringBuilder b = new StringBuilder("# What the native oracle compared\n\n");
        b.append(cases)
                .append(" cases, seed ")
                .append(seed)
                .append(", ")
                .append(different)
                .append(" mismatches, ");
        b.append(excluded).append(" more left out because the environment decides their result.\n\n");
        b.append("| form | cases | of them ending in a fault | mismatches |\n|---|---|---|---|\n");
        counts.forEach((key, c) -> b.append("| ")
                .append(key)
                .append(" | ")
                .append(c.cases)
                .append(" | ")
                .append(c.faults)
                .append(" | ")
                .append(c.mismatches)
                .append(" |\n"));
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, b);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the coverage table", e);
        }
    }
}
