package dev.veery.bench;

import dev.veery.base.ConfigException;
import java.util.ArrayList;
import java.util.List;

/**
 * One workload under both emulators; times in milliseconds, each the median of the runs.
 *
 * @param unit what the times are for one of, where rates are measured, or empty
 * @param spread the larger of the two emulators' ranges between quartiles, as a fraction of its median
 */
record Comparison(String work, String unit, double veery, double qemu, double spread) {
    /** Veery's time as a fraction of QEMU's. */
    double ratio() {
        return veery / qemu;
    }

    /** The unit of {@link #figure}. */
    String figureUnit() {
        return unit.isEmpty() ? "ms" : unit;
    }

    /** A time as people want to see it: as a rate, where there is a unit. */
    double figure(double milliseconds) {
        return unit.isEmpty() ? milliseconds : 1e3 / milliseconds;
    }

    static List<Comparison> of(Contender veery, Contender qemu) {
        List<Comparison> all = new ArrayList<>();
        qemu.samples().forEach((work, theirs) -> {
            List<Contender.Sample> ours = veery.samples().getOrDefault(work, List.of());
            if (ours.isEmpty()) {
                throw new ConfigException("bench: Veery did not report '" + work + "'");
            }
            if (!ours.get(0).checksum().equals(theirs.get(0).checksum())) {
                throw new ConfigException(
                        "bench: '" + work + "' computed " + ours.get(0).checksum() + " under Veery and "
                                + theirs.get(0).checksum() + " under QEMU; please report this");
            }
            double[] a = sorted(ours);
            double[] b = sorted(theirs);
            String unit = ours.get(0).unit();
            all.add(new Comparison(work, unit, median(a), median(b), Math.max(spread(a), spread(b))));
        });
        return all;
    }

    /** Geometric mean of the ratios of all workloads but boots; NaN if there are none. */
    static double mean(List<Comparison> all) {
        return Math.exp(all.stream()
                .filter(c -> !c.work.equals(Contender.BOOT) && !c.work.equals(Contender.BOOT_AGAIN))
                .mapToDouble(c -> Math.log(c.ratio()))
                .average()
                .orElse(Double.NaN));
    }

    /** How much more work two threads do in a time than one alone, by the medians; NaN if either was not measured. */
    static double twoThreads(Contender contender) {
        List<Contender.Sample> one = contender.samples().getOrDefault("thread", List.of());
        List<Contender.Sample> two = contender.samples().getOrDefault("threads", List.of());
        return one.isEmpty() || two.isEmpty() ? Double.NaN : 2 * median(sorted(one)) / median(sorted(two));
    }

    private static double[] sorted(List<Contender.Sample> samples) {
        return samples.stream()
                .mapToDouble(Contender.Sample::milliseconds)
                .sorted()
                .toArray();
    }

    static double median(double[] sorted) {
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    private static double spread(double[] sorted) {
        int n = sorted.length;
        return (sorted[n - 1 - n / 4] - sorted[n / 4]) / median(sorted);
    }
}
