/**
 * Makes a machine from its configuration and runs it to its end: back ends, signals, the reactions to what the guest
 * does, traces and messages. {@link dev.veery.runtime.MachineRunner} is the way in.
 *
 * <p>Lines for the user begin with {@code veery: } on standard error; warnings contain {@code warning:}, and nothing else is
 * printed there unless a trace was asked for. Logging goes through SLF4J: warnings become lines for the user, and
 * Logback is set up only when {@code -d} asks for the details. Loggers of {@code dev.veery} report a guest's mistakes at
 * debug level and what the guest asks for and does not get at info level.
 */
@NullMarked
package dev.veery.runtime;

import org.jspecify.annotations.NullMarked;
