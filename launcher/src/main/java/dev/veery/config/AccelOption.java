package dev.veery.config;

/**
 * One wish for a way to run guest code.
 *
 * @param kind which
 * @param takesTurns {@code thread=single}: of the processors of a software CPU one runs at a time
 * @param statistics {@code stats=on}: whether a software CPU says at the end what it has counted
 * @param cache {@code cache=}: {@link #ON}, {@link #OFF}, or the file that translations are kept in
 */
public record AccelOption(Kind kind, boolean takesTurns, boolean statistics, String cache) {
    /** Translations are kept in the usual place. */
    public static final String ON = "on";

    /** Translations are not kept. */
    public static final String OFF = "off";

    /** One whose processors run at the same time. */
    public AccelOption(Kind kind) {
        this(kind, false, false, ON);
    }

    /** The accelerators by the names that users know. */
    public enum Kind {
        /** The best software CPU there is. */
        TCG("tcg"),
        /** The interpreter alone. */
        INTERP("interp"),
        /** The translating software CPU. */
        JIT("jit"),
        /** The host's processor through {@code /dev/kvm}. */
        KVM("kvm"),
        /** KVM if it runs guest kernel code natively, else the best software CPU. */
        AUTO("auto");

        private final String option;

        Kind(String option) {
            this.option = option;
        }

        /** Its name on the command line. */
        public String option() {
            return option;
        }
    }
}
