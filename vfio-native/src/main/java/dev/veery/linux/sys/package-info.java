/**
 * The C library as Java sees it: descriptors, mappings, terminals' attributes, signals. The only package that uses JNA,
 * and only its direct mapping: a call costs a JNI transition and allocates nothing, buffers are passed by address.
 * Structures are read and written by the offsets in {@code dev.veery.linux.abi}.
 *
 * <p>A failed call throws {@link dev.veery.linux.sys.SysException} with the error number JNA stored for the calling thread
 * right after the call, before the JVM could overwrite it. JNA's own {@code LastErrorException} is not used, because it
 * is thrown whenever the number is not zero, also for calls that succeeded and left one behind, such as
 * {@code isatty}.
 *
 * <p>64-bit hosts only: {@code long}, {@code size_t} and {@code off_t} are Java longs.
 */
@NullMarked
package dev.veery.linux.sys;

import org.jspecify.annotations.NullMarked;
