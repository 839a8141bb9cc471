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
        TCG("tcg", true),
        /** The interpreter alone. */
        INTERP("interp", true),
        /** The translating software CPU. */
        JIT("jit", true),
        /** The host's processor through {@code /dev/kvm}. */
        KVM("kvm", false);

        private final String option;
        private final boolean available;

        Kind(String option, boolean available) {
            this.option = option;
            this.available = available;
        }

        /** Its name on the command line. */
        public String option() {
            return option;
        }

        /** Whether this version has it; one it has not falls through to the next wish. */
        public boolean available() {
            return available;
        }
    }
}
