/**
 * Machine code that this program writes and runs itself, as a host offers it: memory that is written at one address and
 * executed at another, a way in, and what the host's processor can do. The translator and everything else that emits code
 * use only this; {@code dev.veery.hostcode.linux} implements it. {@link dev.veery.hostcode.asm} writes the code.
 *
 * <h2>What emitted code may and must do</h2>
 *
 * <ul>
 *   <li>It is called as a C function in the System V convention of x86-64: {@code state} is in RDI, the return address at
 *       RSP, the result in RAX. RSP is 8 below a multiple of 16.
 *   <li>It may change every register but RSP, and every flag but TF and AC: all general registers, XMM, YMM and mask
 *       registers, the x87 and MMX state, MXCSR, the x87 control word, the direction flag. The entry puts back what the
 *       JVM expects: callee-saved registers, MXCSR's control bits as after reset (1F80h), control word 37Fh, an empty x87 stack, DF
 *       clear, upper halves of vectors clean. It finds MXCSR and control word so; sticky MXCSR flags are arbitrary.
 *   <li>It may use 16 KiB of stack, always through RSP: a host signal writes below RSP - 128 at any time.
 *   <li>It must not fault: SIGSEGV, SIGFPE, SIGILL or SIGBUS in emitted code ends the JVM. Nor may it unmask floating-point exceptions
 *       that could be raised, write FS or GS, or call Java.
 *   <li>The JVM takes the thread to be in native code: garbage collections, thread dumps and deoptimisations go on without
 *       waiting for it. So it must not touch the Java heap, whose objects move.
 *   <li>It returns within a millisecond or polls a word of its state that asks it to: what wants to stop the thread waits
 *       until it is back in Java.
 * </ul>
 */
@NullMarked
package dev.veery.hostcode;

import org.jspecify.annotations.NullMarked;
