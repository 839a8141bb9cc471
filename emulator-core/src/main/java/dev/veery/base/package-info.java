/** What everything else may rely on: bits, units, unsigned comparison, the machine lock, errors of the user's making. */
@org.jspecify.annotations.NullMarked
package dev.veery.base;
