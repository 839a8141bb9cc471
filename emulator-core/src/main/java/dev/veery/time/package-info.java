/**
 * The machine's time: one virtual clock with one-shot timers, and the wall-clock time that the RTC shows. Nothing else in
 * the machine reads the host's clocks.
 *
 * <p>{@link dev.veery.time.HostClock} runs with the host; {@link dev.veery.time.InstructionClock} with the
 * instructions that are executed; {@link dev.veery.time.ManualClock} moves only when told, for tests
 * and for machines that are driven from outside. Timers expire in the order of their deadlines, those with the same
 * deadline in the order in which they were armed.
 */
@NullMarked
package dev.veery.time;

import org.jspecify.annotations.NullMarked;
