/**
 * The translator: blocks of 64-bit guest code that run often become host machine code. Everything else stays with
 * {@link dev.veery.cpu.interp}: other modes, MMX, most string instructions, divisions, system instructions, and every
 * memory access that misses the TLB.
 *
 * <p>What holds everywhere:
 *
 * <ul>
 *   <li>Emitted code touches guest memory only through a TLB hit, and executes no instruction that could fault: divisions
 *       are not translated, exceptions of MXCSR and x87 are masked while it runs (guest code that unmasks them is interpreted),
 *       aligned vector operands are checked before they are used.
 *   <li>An instruction changes nothing before its last chance to leave; the interpreter then executes it as a whole. State
 *       is precise at every such point, flags included.
 *   <li>A block belongs to bytes in RAM and to one RIP. Linked jumps stay within a page; others go through a table that is
 *       emptied whenever code translations change. When the bytes change, the block's entry becomes a return to Java, until
 *       what has taken its place is translated.
 *   <li>A request (interrupt, stop) sets a word that every block looks at when it is entered.
 * </ul>
 */
@org.jspecify.annotations.NullMarked
package dev.veery.cpu.jit;
