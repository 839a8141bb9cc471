/** Loads and stores on memory outside the Java heap, each with its memory order stated. The only user of Unsafe. */
@org.jspecify.annotations.NullMarked
package dev.veery.memory.access;
