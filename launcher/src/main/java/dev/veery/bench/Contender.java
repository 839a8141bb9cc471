package dev.veery.bench;

import dev.veery.base.ConfigException;
import dev.veery.time.Stopwatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One of the emulators: how to start it, what it measured so far. */
final class Contender {
    /** The workload that is the whole run, from the start of the process to its end, of a guest that only powers off. */
    static final String BOOT = "boot";

    /** The same by what Veery's translator keeps from one run to the next, in a file that an earlier run wrote. */
    static final String BOOT_AGAIN = "boot-again";

    private static final String NO_WORK = "none";
    private static final String NO_CACHE = "off";

    private static final long LIMIT_MINUTES = 30;
    private static final int REMEMBERED = 5;
    private static final int WORDS = 4;

    /**
     * One figure of one run.
     *
     * @param milliseconds the time of it all, or of one {@code unit}
     * @param unit of a rate, or empty
     */
    record Sample(double milliseconds, String checksum, String unit) {
        Sample(double milliseconds, String checksum) {
            this(milliseconds, checksum, "");
        }
    }

    private final String name;
    private final List<String> program;
    private final String accel;
    private final boolean keeps;
    private final Map<String, List<Sample>> samples = new LinkedHashMap<>();

    /**
     * Names one.
     *
     * @param program with options
     * @param accel the accelerator
     * @param keeps whether the accelerator keeps translations, and has an option for where
     */
    Contender(String name, List<String> program, String accel, boolean keeps) {
        this.name = name;
        this.program = List.copyOf(program);
        this.accel = accel;
        this.keeps = keeps;
    }

    String name() {
        return name;
    }

    /** Everything measured, by workload, in the order of the guest's program. */
    Map<String, List<Sample>> samples() {
        return samples;
    }

    /** Runs the guest with the workloads named by {@code words}, or all. */
    void run(Guest guest, String words) {
        run(guest, List.of("-nographic"), words.isEmpty() ? "" : " run=" + words);
    }

    /** Boots the guest and has it power off, once or, if that makes a difference, by what was kept as well. */
    void boot(Guest guest) {
        double cold = boot(guest, NO_CACHE);
        double again = cold;
        if (keeps) {
            String cache = cache(guest);
            if (!samples.containsKey(BOOT_AGAIN)) {
                boot(guest, cache);
            }
            again = boot(guest, cache);
        }
        samples.computeIfAbsent(BOOT, w -> new ArrayList<>()).add(new Sample(cold, ""));
        samples.computeIfAbsent(BOOT_AGAIN, w -> new ArrayList<>()).add(new Sample(again, ""));
    }

    private double boot(Guest guest, String cache) {
        return run(guest, cache, List.of("-nographic"), " run=" + NO_WORK);
    }

    private static String cache(Guest guest) {
        return guest.directory().resolve("translations").toString();
    }

    /**
     * Runs the guest and keeps what it reports.
     *
     * @param devices options of the machine
     * @param append words of the kernel's command line, each behind a space
     * @return milliseconds that it took
     */
    double run(Guest guest, List<String> devices, String append) {
        return run(guest, cache(guest), devices, append);
    }

    private double run(Guest guest, String cache, List<String> devices, String append) {
        List<String> all = new ArrayList<>(program);
        all.addAll(List.of("-accel", keeps ? accel + ",cache=" + cache : accel));
        all.addAll(List.of("-M", "q35", "-cpu", "max", "-m", "512", "-no-reboot"));
        all.addAll(devices);
        all.addAll(List.of(
                "-kernel", guest.kernel().toString(), "-initrd", guest.initrd().toString()));
        all.addAll(List.of("-append", "console=ttyS0 quiet panic=-1 mitigations=off" + append));
        Stopwatch watch = new Stopwatch();
        Deque<String> last = new ArrayDeque<>();
        boolean ended = false;
        int status;
        try {
            Process process = new ProcessBuilder(all)
                    .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                    .redirectErrorStream(true)
                    .start();
            try (BufferedReader lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    ended |= line.equals("bench end");
                    keep(line);
                    last.add(line);
                    if (last.size() > REMEMBERED) {
                        last.remove();
                    }
                }
            }
            status = waitFor(process);
        } catch (IOException e) {
            throw new ConfigException("bench: cannot run '" + program.get(0) + "': " + e.getMessage()
                    + (name.startsWith("QEMU") ? "; install qemu-system-x86, or give --qemu" : ""));
        }
        if (!ended || status != 0) {
            throw new ConfigException("bench: " + name + " did not finish (exit status " + status + "); it last said: "
                    + String.join(" | ", last));
        }
        return watch.nanos() / 1e6;
    }

    private void keep(String line) {
        String[] words = line.split(" ");
        if (words.length != WORDS) {
            return;
        }
        if (words[0].equals("bench")) {
            samples.computeIfAbsent(words[1], w -> new ArrayList<>())
                    .add(new Sample(Long.parseLong(words[2]) / 1e6, words[3]));
        } else if (words[0].equals("rate")) {
            samples.computeIfAbsent(words[1], w -> new ArrayList<>())
                    .add(new Sample(1e3 / Double.parseDouble(words[2]), "", words[3]));
        }
    }

    static int waitFor(Process process) {
        try {
            if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new ConfigException("bench: a run took more than " + LIMIT_MINUTES + " minutes");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new ConfigException("bench: interrupted");
        }
    }
}
