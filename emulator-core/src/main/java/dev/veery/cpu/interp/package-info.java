/**
 * The predecoding interpreter: blocks of instructions become arrays of {@link dev.veery.cpu.interp.Op}, which run until
 * something changes under them. Every instruction of every mode; the reference for any other engine.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.cpu.interp;
