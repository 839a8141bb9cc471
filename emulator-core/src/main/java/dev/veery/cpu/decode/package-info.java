/**
 * The instruction decoder: bytes to {@link dev.veery.cpu.decode.Insn}, after SDM vol. 2, chapter 2 and appendix A. All
 * legacy opcode maps in 16-, 32- and 64-bit code. VEX and EVEX prefixes are not decoded.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.cpu.decode;
