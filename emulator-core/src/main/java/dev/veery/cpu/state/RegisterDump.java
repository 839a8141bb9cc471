package dev.veery.cpu.state;

import java.util.Locale;

/** A processor's registers as text, laid out as QEMU's {@code info registers} and {@code -d cpu_reset}. */
public final class RegisterDump {
    private static final String[] NAMES64 = {
        "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15"
    };

    /** The order in which lines show them: AX BX CX DX, SI DI BP SP. */
    private static final int[] ORDER = {0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};

    private static final String[] SEGMENTS = {"ES ", "CS ", "SS ", "DS ", "FS ", "GS "};

    private RegisterDump() {}

    /** Several lines, each ended by a newline. */
    public static String format(CpuState s) {
        StringBuilder out = new StringBuilder(1024);
        boolean wide = s.longMode();
        general(s, out, wide);
        int f = s.flags();
        String digits = wide ? "%016x" : "%08x";
        out.append(String.format(
                Locale.ROOT,
                "%s=" + digits + " %s=%08x [%s] CPL=%d HLT=%d%n",
                wide ? "RIP" : "EIP",
                wide ? s.rip : s.rip & 0xffff_ffffL,
                wide ? "RFL" : "EFL",
                f,
                flagLetters(f),
                s.cpl,
                s.halted ? 1 : 0));
        for (int i = 0; i < SEGMENTS.length; i++) {
            segment(out, SEGMENTS[i], s.seg[i], digits);
        }
        segment(out, "LDT", s.ldtr, digits);
        segment(out, "TR ", s.tr, digits);
        out.append(String.format(Locale.ROOT, "GDT=     " + digits + " %08x%n", s.gdtBase, s.gdtLimit));
        out.append(String.format(Locale.ROOT, "IDT=     " + digits + " %08x%n", s.idtBase, s.idtLimit));
        out.append(String.format(
                Locale.ROOT, "CR0=%08x CR2=" + digits + " CR3=" + digits + " CR4=%08x%n", s.cr0, s.cr2, s.cr3, s.cr4));
        out.append(String.format(
                Locale.ROOT,
                "DR0=%016x DR1=%016x DR2=%016x DR3=%016x%nDR6=%016x DR7=%016x%nEFER=%016x%n",
                s.dr[0],
                s.dr[1],
                s.dr[2],
                s.dr[3],
                s.dr6,
                s.dr7,
                s.efer));
        return out.toString();
    }

    private static void general(CpuState s, StringBuilder out, boolean wide) {
        int count = wide ? 16 : 8;
        for (int i = 0; i < count; i++) {
            int r = ORDER[i];
            String name = wide ? NAMES64[r] : "E" + NAMES64[r].substring(1);
            long value = wide ? s.gpr(r) : s.gpr(r) & 0xffff_ffffL;
            out.append(String.format(Locale.ROOT, wide ? "%s=%016x" : "%s=%08x", name, value));
            out.append(i % 4 == 3 ? System.lineSeparator() : " ");
        }
    }

    private static void segment(StringBuilder out, String name, Seg g, String digits) {
        int limit = (int) g.limit;
        int access = (g.attributes & 0xf000 | g.attributes & 0xff) << 8;
        out.append(String.format(
                Locale.ROOT,
                "%s=%04x " + digits + " %08x %08x DPL=%d%n",
                name,
                g.selector,
                g.base(),
                limit,
                access,
                g.dpl()));
    }

    private static String flagLetters(int f) {
        char[] letters = "DOSZAPC".toCharArray();
        int[] bits = {Cr.DF, Cr.OF, Cr.SF, Cr.ZF, Cr.AF, Cr.PF, Cr.CF};
        for (int i = 0; i < bits.length; i++) {
            if ((f & bits[i]) == 0) {
                letters[i] = '-';
            }
        }
        return new String(letters);
    }
}
