/** Guests run by the real program, {@code launcher/bin/veery}, as a user or a test harness runs them. */
@org.jspecify.annotations.NullMarked
package dev.veery.boot;
