package dev.veery.bench;

import java.util.List;
import java.util.Locale;

/** Comparisons as text, JSON and a plot. */
final class Report {
    private static final int ROW = 22;
    private static final int LEFT = 150;
    private static final int WIDTH = 420;

    private Report() {}

    static String table(Contender veery, Contender qemu, int rounds, List<Comparison> all) {
        StringBuilder b = new StringBuilder();
        b.append(format(
                "%s against %s, medians of %d; the ratio is that of times, Veery's by QEMU's%n%n",
                veery.name(), qemu.name(), rounds));
        b.append(format("%-22s %10s %10s %-5s %8s %8s%n", "work", "Veery", "QEMU", "", "ratio", "spread"));
        for (Comparison c : all) {
            b.append(format(
                    "%-22s %10.1f %10.1f %-5s %8.2f %7.0f%%%n",
                    c.work(), c.figure(c.veery()), c.figure(c.qemu()), c.figureUnit(), c.ratio(), 100 * c.spread()));
        }
        double mean = Comparison.mean(all);
        if (!Double.isNaN(mean)) {
            b.append(format("%ngeometric mean of the ratios, boot aside: %.2f%n", mean));
        }
        double ours = Comparison.twoThreads(veery);
        if (!Double.isNaN(ours)) {
            b.append(format(
                    "work of two threads by that of one in the same time: Veery %.2f, QEMU %.2f%n",
                    ours, Comparison.twoThreads(qemu)));
        }
        return b.toString();
    }

    static String json(Contender veery, Contender qemu, int rounds, List<Comparison> all) {
        StringBuilder b = new StringBuilder();
        b.append(format(
                "{\"veery\": \"%s\", \"qemu\": \"%s\", \"rounds\": %d, \"work\": [",
                veery.name(), qemu.name(), rounds));
        String separator = "\n";
        for (Comparison c : all) {
            b.append(separator)
                    .append(format(
                            "  {\"name\": \"%s\", \"unit\": \"%s\", \"veery\": %.3f, \"qemu\": %.3f, \"ratio\": %.4f, \"spread\": %.4f}",
                            c.work(), c.figureUnit(), c.figure(c.veery()), c.figure(c.qemu()), c.ratio(), c.spread()));
            separator = ",\n";
        }
        return b.append("\n]}\n").toString();
    }

    /** A bar for each ratio; the line is QEMU's time. */
    static String svg(Contender veery, Contender qemu, List<Comparison> all) {
        int height = (all.size() + 3) * ROW;
        double most =
                Math.max(1.2, all.stream().mapToDouble(Comparison::ratio).max().orElse(1));
        double unit = WIDTH / most;
        StringBuilder b = new StringBuilder();
        b.append(format(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n",
                LEFT + WIDTH + 60, height));
        b.append(format("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n"));
        b.append(format(
                "<text x=\"8\" y=\"%d\">Time of %s as a fraction of %s (line)</text>%n",
                ROW - 6, veery.name(), qemu.name()));
        int y = 2 * ROW;
        for (Comparison c : all) {
            double length = c.ratio() * unit;
            b.append(format("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", LEFT - 8, y, c.work()));
            b.append(format(
                    "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                    LEFT, y - 12, length, ROW - 8, c.ratio() <= 1 ? "#2a7f62" : "#b5493a"));
            b.append(format("<text x=\"%.1f\" y=\"%d\">%.2f</text>%n", LEFT + length + 6, y, c.ratio()));
            y += ROW;
        }
        b.append(format(
                "<line x1=\"%1$.1f\" y1=\"%2$d\" x2=\"%1$.1f\" y2=\"%3$d\" stroke=\"black\" stroke-dasharray=\"4 3\"/>%n",
                LEFT + unit, ROW + 4, y - ROW / 2));
        return b.append("</svg>\n").toString();
    }

    private static String format(String form, Object... values) {
        return String.format(Locale.ROOT, form, values);
    }
}
