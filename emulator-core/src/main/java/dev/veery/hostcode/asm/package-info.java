/**
 * An x86-64 assembler that writes to memory outside the heap, for code that runs within this process. Encodings after SDM
 * vol. 2, chapter 2 (prefixes, ModRM, SIB, VEX) and the opcode tables of appendix A. 64-bit code only.
 *
 * <p>Layers, each usable alone: {@link dev.veery.hostcode.asm.CodeBuffer} has bytes, labels and jumps;
 * {@link dev.veery.hostcode.asm.Encoder} puts any opcode together with any operands;
 * {@link dev.veery.hostcode.asm.Assembler} has the instructions by name. An instruction is never an object: registers and
 * opcodes are ints, memory operands are longs made by {@link dev.veery.hostcode.asm.Mem}, so nothing is allocated.
 *
 * <p>Names of methods end in the kinds of their operands, destination first: {@code R} register, {@code M} memory,
 * {@code I} immediate. Sizes are in bytes. A wrong operand is a bug of the caller and throws
 * {@link java.lang.IllegalArgumentException}; a full buffer is not, see
 * {@link dev.veery.hostcode.asm.CodeBuffer#overflowed}.
 *
 * <p>Not there: EVEX, 3DNow!, XOP, far transfers, instructions of privileged mode.
 */
@NullMarked
package dev.veery.hostcode.asm;

import org.jspecify.annotations.NullMarked;
