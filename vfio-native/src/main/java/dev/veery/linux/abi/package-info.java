/**
 * The Linux and C library ABI as numbers: flags, commands, sizes and offsets, one class a header, for x86-64 with glibc.
 * {@code AbiProbeTest} compiles a C program against the installed headers and compares every value. Nothing here calls
 * anything.
 */
@NullMarked
package dev.veery.linux.abi;

import org.jspecify.annotations.NullMarked;
