package dev.veery.config;

/**
 * One wish for a way to run guest code.
 *
 * @param kind which
 */
public record AccelOption(Kind kind) {
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
