package dev.veery.config;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to write down while the machine runs.
 *
 * @param items what
 * @param file where, or null for standard error
 * @param perfMap {@code -perfmap}: whether perf is told where translations are
 */
public record TraceOptions(Set<Item> items, @Nullable String file, boolean perfMap) {
    /** Values of {@code -d}. */
    public enum Item {
        IN_ASM("in_asm", "show the guest code of each block when it is decoded"),
        OUT_ASM("out_asm", "show the host code of each block when it is translated, as bytes for a disassembler"),
        INT("int", "show interrupts and exceptions"),
        EXEC("exec", "show each block before it is executed, but for those that translated code jumps to by itself"),
        CPU("cpu", "show the registers before each block, as exec shows blocks"),
        NOCHAIN("nochain", "let translated code jump to no block by itself, so that exec and cpu show all"),
        CPU_RESET("cpu_reset", "show the registers before a reset"),
        GUEST_ERRORS("guest_errors", "show what the guest does wrong, such as access to registers that are not there"),
        UNIMP("unimp", "show what the guest asks for and does not get here"),
        VFIO("vfio", "show what is mapped for assigned devices, and unmapped");

        private final String option;
        private final String help;

        Item(String option, String help) {
            this.option = option;
            this.help = help;
        }

        /** Its name on the command line. */
        public String option() {
            return option;
        }

        /** What it does, in a few words. */
        public String help() {
            return help;
        }
    }

    /** Nothing. */
    public static final TraceOptions NONE = new TraceOptions(Set.of(), null, false);

    /** Copies the set. */
    public TraceOptions {
        items = Set.copyOf(items);
    }

    /** Whether {@code item} is wanted. */
    public boolean has(Item item) {
        return items.contains(item);
    }
}
