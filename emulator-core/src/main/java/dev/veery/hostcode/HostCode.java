package dev.veery.hostcode;

import java.util.Optional;

/** A host on which emitted code can run, or the reason why not. Methods may be called by several threads at once. */
public interface HostCode {
    /** Why code cannot run here, in one line that says what to do; empty if it can. The other methods need that. */
    Optional<String> problem();

    /**
     * Allocates memory for code, filled with zeroes.
     *
     * @param name what the host's tools show
     * @param size bytes, rounded up to pages; at most {@link CodeRegion#MAX_SIZE}. Pages cost memory once written
     * @throws dev.veery.base.ConfigException if the host refuses
     */
    CodeRegion allocate(String name, long size);

    /**
     * Calls emitted code and returns its RAX. Costs some nanoseconds. The package's description has the rules.
     *
     * @param code an address of the executable view
     * @param state passed in RDI
     */
    long enter(long code, long state);

    /**
     * As {@link #enter}, a third cheaper, for code that leaves MXCSR's control bits, the x87 control word and empty stack,
     * the direction flag and clean upper halves of vectors as it found them. It may still change callee-saved registers.
     */
    long enterTidy(long code, long state);
}
