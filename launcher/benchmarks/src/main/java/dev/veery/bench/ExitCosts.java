package dev.veery.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What it costs a guest under KVM to leave it: Veery and QEMU in turn, on this host, with the same payload (exits.S) and the
 * same devices. Prints a table in Markdown with the median of each measurement.
 *
 * <p>Needs /dev/kvm, gcc, binutils and qemu-system-x86_64. Run by {@code launcher/benchmarks/exit-costs}.
 */
public final class ExitCosts {
    private static final List<String> MACHINE = List.of(
            "-accel", "kvm", "-m", "64", "-nodefaults", "-display", "none", "-serial", "stdio",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-device", "pci-testdev", "-device", "edu",
            "-device", "virtio-rng-pci,disable-legacy=on");

    private static final long LIMIT_SECONDS = 120;

    /** The measurements, by the letter that the payload prints. */
    private enum Measurement {
        P("IN from a port of a device"),
        M("byte read from a device's memory"),
        E("byte written to a doorbell (ioeventfd)"),
        I("request to a device's thread, its interrupt, the handler's acknowledgement"),
        D("doorbell (ioeventfd) of a device's thread, to its having filled a buffer");

        private final String text;

        Measurement(String text) {
            this.text = text;
        }
    }

    private ExitCosts() {}

    /**
     * Runs it.
     *
     * @param args the payload's source, the number of rounds, and the command that starts Veery
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length < 3) {
            System.err.println("usage: ExitCosts EXITS.S ROUNDS VEERY");
            System.exit(2);
        }
        Path directory = Files.createTempDirectory("veery-bench");
        try {
            Path payload = assemble(Path.of(args[0]), directory);
            int rounds = Integer.parseInt(args[1]);
            List<String> veery = new ArrayList<>(List.of(args[2]));
            List<String> qemu = new ArrayList<>(List.of("qemu-system-x86_64", "-M", "q35"));
            for (List<String> command : List.of(veery, qemu)) {
                command.addAll(MACHINE);
                command.addAll(List.of("-kernel", payload.toString()));
            }
            List<Map<Measurement, Long>> ours = new ArrayList<>();
            List<Map<Measurement, Long>> theirs = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                ours.add(run(veery));
                theirs.add(run(qemu));
            }
            print(ours, theirs);
        } finally {
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static Path assemble(Path source, Path directory) throws IOException, InterruptedException {
        Path object = directory.resolve("exits.o");
        Path payload = directory.resolve("exits.elf");
        check(List.of("gcc", "-m32", "-c", "-o", object.toString(), source.toString()));
        check(List.of(
                "ld", "-m", "elf_i386", "-N", "-Ttext", "0x100000", "-z", "noexecstack", "--no-warn-rwx-segments",
                "-o", payload.toString(), object.toString()));
        return payload;
    }

    private static void check(List<String> command) throws IOException, InterruptedException {
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IOException(String.join(" ", command) + " failed");
        }
    }

    /** One run of the payload: ticks by measurement. */
    private static Map<Measurement, Long> run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        Thread watchdog = new Thread(() -> {
            try {
                if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        });
        watchdog.setDaemon(true);
        watchdog.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        process.waitFor();
        Map<Measurement, Long> found = new EnumMap<>(Measurement.class);
        for (String line : text.split("\r?\n")) {
            for (Measurement m : Measurement.values()) {
                if (line.matches(m + "[0-9A-F]{8}")) {
                    found.put(m, Long.parseLong(line.substring(1), 16));
                }
            }
        }
        if (found.size() != Measurement.values().length) {
            throw new IOException("no results from " + String.join(" ", command) + ":\n" + text);
        }
        return found;
    }

    private static void print(List<Map<Measurement, Long>> ours, List<Map<Measurement, Long>> theirs)
            throws IOException {
        double mhz = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("cpu MHz"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(':') + 1)))
                .findFirst()
                .orElse(1000);
        System.out.println("| one of these, in microseconds | Veery | QEMU | ratio |");
        System.out.println("|---|---|---|---|");
        for (Measurement m : Measurement.values()) {
            double our = median(ours, m);
            double their = median(theirs, m);
            System.out.printf("| %s | %.2f | %.2f | %.2f |%n", m.text, our / mhz, their / mhz, our / their);
        }
    }

    private static double median(List<Map<Measurement, Long>> runs, Measurement m) {
        long[] values = runs.stream().mapToLong(run -> run.getOrDefault(m, 0L)).toArray();
        Arrays.sort(values);
        int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
    }
}
