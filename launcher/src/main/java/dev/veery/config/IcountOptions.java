package dev.veery.config;

/**
 * {@code -icount}: virtual time runs with instructions.
 *
 * @param shift an instruction takes {@code 1 << shift} nanoseconds; -1 for as long as keeps up with the host
 * @param sleep whether a machine that waits does so for as long as it says
 */
public record IcountOptions(int shift, boolean sleep) {}
