package dev.veery.config;

/**
 * One wish for a way to run guest code.
 *
 * @param kind which
 * @param takesTurns {@code thread=single}: of the processors of a software CPU one runs at a time
 * @param statistics {@code stats=on}: whether a software CPU says at the end what it has counted
 */
public record AccelOption(Kind kind, boolean takesTurns, boolean statistics) {
    /** One whose processors run at the same time. */
    public AccelOption(Kind kind) {
        this(kind, false, false);
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
