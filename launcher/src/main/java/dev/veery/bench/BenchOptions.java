package dev.veery.bench;

import dev.veery.base.ConfigException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to measure.
 *
 * @param rounds how often each emulator runs the whole, at least 1
 * @param kernel the guest's kernel, or null for the newest one found
 * @param qemu QEMU's program
 * @param accel Veery's accelerator, in QEMU's spelling
 * @param qemuAccel QEMU's accelerator
 * @param processors of the guest
 * @param groups what to measure, each once
 * @param tenths how long each workload of a device is measured, in tenths of a second
 * @param modules where the kernel's drivers are, or null for where they usually are
 * @param work names of the workloads, or empty for all
 * @param json file for the figures, or null
 * @param svg file for the plot, or null
 */
record BenchOptions(
        int rounds,
        @Nullable Path kernel,
        String qemu,
        String accel,
        String qemuAccel,
        int processors,
        List<Group> groups,
        int tenths,
        @Nullable Path modules,
        List<String> work,
        @Nullable Path json,
        @Nullable Path svg) {

    static final String HELP = """
            usage: veery bench [GROUP...] [OPTION...]
            Compares Veery with the QEMU of this host: the same guest program under both, alternately.

            Groups: cpu (processor and boot; if no group is given), disk (virtio-blk and nvme), net (virtio-net),
            iommu (disks and network behind an IOMMU, intel_iommu=on,strict).

              --rounds N        runs of each, default 5
              --kernel FILE     the guest's kernel, a bzImage; default: the newest one in /boot or of launcher/bin/demo
              --qemu PROGRAM    default qemu-system-x86_64
              --accel NAME      of Veery, default tcg
              --qemu-accel NAME default tcg
              --smp N           processors of the guest, default 1; with 2, see thread and threads
              --work A,B,...    only these workloads; boot is one of them, cold and with what the
                                translator keeps ("boot-again")
              --seconds N       how long each workload of a device is measured, default 2
              --modules DIR     the kernel's virtio drivers; default: where the kernel's distribution has them
              --json FILE       writes the figures
              --svg FILE        writes a plot
            """;

    private static final int MAX_ROUNDS = 1000;
    private static final int MAX_PROCESSORS = 64;
    private static final double MIN_SECONDS = 0.1;
    private static final int MAX_SECONDS = 600;
    private static final int DEFAULT_TENTHS = 20;

    /** Reads the words behind {@code bench}; {@code --help} is the caller's. */
    static BenchOptions parse(List<String> words) {
        int rounds = 5;
        int processors = 1;
        Path kernel = null;
        String qemu = "qemu-system-x86_64";
        String accel = "tcg";
        String qemuAccel = "tcg";
        List<String> work = new ArrayList<>();
        Path json = null;
        Path svg = null;
        Set<Group> groups = new LinkedHashSet<>();
        int tenths = DEFAULT_TENTHS;
        Path modules = null;
        int first = 0;
        while (first < words.size() && !words.get(first).startsWith("-")) {
            groups.add(Group.named(words.get(first)));
            first++;
        }
        for (int i = first; i < words.size(); i += 2) {
            String option = words.get(i);
            if (i + 1 == words.size()) {
                throw unknownOr(option);
            }
            String value = words.get(i + 1);
            switch (option) {
                case "--rounds" -> rounds = number(option, value, MAX_ROUNDS);
                case "--smp" -> processors = number(option, value, MAX_PROCESSORS);
                case "--kernel" -> kernel = Path.of(value);
                case "--qemu" -> qemu = value;
                case "--accel" -> accel = value;
                case "--qemu-accel" -> qemuAccel = value;
                case "--seconds" -> tenths = tenths(value);
                case "--modules" -> modules = Path.of(value);
                case "--work" -> work.addAll(List.of(value.split(",")));
                case "--json" -> json = Path.of(value);
                case "--svg" -> svg = Path.of(value);
                default -> throw unknown(option);
            }
        }
        return new BenchOptions(
                rounds,
                kernel,
                qemu,
                accel,
                qemuAccel,
                processors,
                groups.isEmpty() ? List.of(Group.CPU) : List.copyOf(groups),
                tenths,
                modules,
                List.copyOf(work),
                json,
                svg);
    }

    private static ConfigException unknownOr(String option) {
        return HELP.contains("  " + option + " ")
                ? ConfigException.usage("bench: " + option + " needs a value")
                : unknown(option);
    }

    private static ConfigException unknown(String option) {
        return ConfigException.usage("bench: unknown option '" + option + "'; see veery bench --help");
    }

    private static int tenths(String value) {
        try {
            double seconds = Double.parseDouble(value);
            if (seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) {
                return (int) Math.round(10 * seconds);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw ConfigException.usage("bench: --seconds '" + value + "' is not a number from 0.1 to " + MAX_SECONDS);
    }

    private static int number(String option, String value, int most) {
        try {
            int n = Integer.parseInt(value);
            if (n >= 1 && n <= most) {
                return n;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw ConfigException.usage("bench: " + option + " '" + value + "' is not a number from 1 to " + most);
    }
}
