package dev.veery.bench;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The command. */
public final class Bench {
    /** The accelerators that keep translations. */
    private static final Set<String> TRANSLATORS = Set.of("tcg", "jit");

    private Bench() {}

    /**
     * Runs it.
     *
     * @param words what follows {@code bench} on the command line
     * @param out for the table
     * @param err for progress
     * @return the exit status
     * @throws ConfigException if something that it needs is missing, or an emulator fails
     */
    public static int run(List<String> words, String version, PrintStream out, PrintStream err) {
        if (words.contains("--help")) {
            out.print(BenchOptions.HELP);
            return 0;
        }
        BenchOptions options = BenchOptions.parse(words);
        List<String> smp = List.of("-smp", Integer.toString(options.processors()));
        List<String> ours = veery();
        ours.addAll(smp);
        Contender veery = new Contender(
                "Veery " + version + ", " + options.accel(),
                ours,
                options.accel(),
                TRANSLATORS.contains(options.accel()));
        List<String> theirs = new ArrayList<>(List.of(options.qemu()));
        theirs.addAll(smp);
        Contender qemu = new Contender(
                "QEMU " + qemuVersion(options.qemu()) + ", " + options.qemuAccel(), theirs, options.qemuAccel(), false);
        for (Group group : options.groups()) {
            measure(group, options, List.of(qemu, veery), err);
        }
        List<Comparison> all = Comparison.of(veery, qemu);
        if (all.isEmpty()) {
            throw ConfigException.usage("bench: no such work as '" + String.join(",", options.work()) + "'");
        }
        out.print(Report.table(veery, qemu, options.rounds(), all));
        write(options.json(), Report.json(veery, qemu, options.rounds(), all));
        write(options.svg(), Report.svg(veery, qemu, all));
        return 0;
    }

    private static void measure(Group group, BenchOptions options, List<Contender> contenders, PrintStream err) {
        List<String> work = new ArrayList<>(group.work(options.work()));
        boolean boot = group == Group.CPU
                && (options.work().isEmpty() || work.removeAll(List.of(Contender.BOOT, Contender.BOOT_AGAIN)));
        boolean others = options.work().isEmpty() || !work.isEmpty();
        if (!boot && !others) {
            return;
        }
        String words = String.join(",", work);
        try (Guest guest = Guest.make(group, options)) {
            for (int round = 1; round <= options.rounds(); round++) {
                for (Contender contender : contenders) {
                    err.printf(
                            "bench: %s, round %d of %d, %s%n", group.word(), round, options.rounds(), contender.name());
                    if (boot) {
                        contender.boot(guest);
                    }
                    if (others && group == Group.CPU) {
                        contender.run(guest, words);
                    } else if (others) {
                        DeviceRun.run(contender, guest, group, words, options.tenths());
                    }
                }
            }
        }
    }

    /** The program that this is part of: what started it says, otherwise it is started as this process was. */
    private static List<String> veery() {
        String program = System.getenv("VEERY_PROGRAM");
        List<String> command = new ArrayList<>();
        if (program != null && !program.isEmpty()) {
            command.add(program);
        } else {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of("-XX:+UseSerialGC", "-Xmx160m", "-cp", System.getProperty("java.class.path")));
            command.add("dev.veery.cli.Main");
        }
        return command;
    }

    private static String qemuVersion(String program) {
        try {
            Process process = new ProcessBuilder(program, "-version")
                    .redirectErrorStream(true)
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Contender.waitFor(process);
            int at = text.indexOf("version ");
            return at < 0 ? "of unknown version" : text.substring(at + 8).split("[\\s(]")[0];
        } catch (IOException e) {
            throw new ConfigException("bench: cannot run '" + program + "'; install qemu-system-x86, or give --qemu");
        }
    }

    private static void write(@Nullable Path file, String text) {
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new ConfigException("bench: cannot write '" + file + "': " + e.getMessage());
        }
    }
}
