/**
 * The native oracle: the same instruction bytes with the same registers, x87 and SSE state and memory, run by the
 * software processor and by the host's own, and every bit compared that the manuals define (Intel SDM, edition 085).
 *
 * <p>The host runs the bytes in a child process, a static ELF file of about a kibibyte that {@link
 * dev.veery.oracle.ChildProgram} writes, fed through a shared file: a fault there is a result, not a dead JVM. A seccomp
 * filter keeps whatever the bytes do away from the kernel. Only x86-64 Linux hosts have an oracle; elsewhere the tests are
 * skipped.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.oracle;
