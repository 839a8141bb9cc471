package dev.veery.runtime;

import dev.veery.accel.EngineStatistics;
import java.util.Locale;

/** What {@code -accel NAME,stats=on} prints at the end, in the manner of QEMU's {@code info jit}. */
final class EngineReport {
    private EngineReport() {}

    static String format(EngineStatistics s) {
        StringBuilder text = new StringBuilder();
        line(text, "instructions", Long.toString(s.instructions()));
        if (s.translates()) {
            long blocks = Math.max(1, s.translations() + s.reused());
            line(text, "gen code size", s.codeBytes() + "/" + s.codeRoom());
            line(text, "TB count", Long.toString(s.translations() + s.reused()));
            line(text, "TB reused", Long.toString(s.reused()));
            line(text, "TB avg target size", s.guestBytes() / blocks + " bytes");
            line(
                    text,
                    "TB avg host size",
                    String.format(
                            Locale.ROOT,
                            "%d bytes (expansion ratio: %.1f)",
                            s.codeBytes() / blocks,
                            (double) s.codeBytes() / Math.max(1, s.guestBytes())));
            line(text, "TB flush count", Long.toString(s.discards()));
            line(text, "TB invalidate count", Long.toString(s.invalidations()));
            line(text, "exits", Long.toString(s.entries()));
            line(text, "exits, interpreted", Long.toString(s.interpreted()));
        }
        line(text, "TLB misses", Long.toString(s.tlbMisses()));
        line(text, "TLB flushes", Long.toString(s.tlbFlushes()));
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-20s%s%n", name, value));
    }
}
