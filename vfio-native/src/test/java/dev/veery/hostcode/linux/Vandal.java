package dev.veery.hostcode.linux;

import dev.veery.hostcode.HostCpuid;
import dev.veery.hostcode.asm.Assembler;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/** A function that changes all that emitted code may change. */
public final class Vandal {
    private Vandal() {}

    /** Whether AVX can be used. */
    public static boolean hasAvx(HostCpuid cpuid) {
        return (cpuid.xcr0() & 6) == 6 && (cpuid.ecx(1, 0) & 1 << 28) != 0;
    }

    /** Emits the function; {@code avx} is whether the host has it. Returns where it runs; its result is 5A5A_5A5A_5A5A_5A00h. */
    public static long emit(Assembler asm, boolean avx) {
        asm.align(16);
        long start = asm.executable(asm.offset());
        long word = Mem.based(Reg.RDI, 64);
        asm.movMI(4, word, 0x7f80 | 0x8040);
        asm.ldmxcsr(word);
        asm.movMI(2, word, 0x0f40);
        asm.x87(0xd9, 0xe8);
        asm.x87(0xd9, 0xee);
        // 1/0, recorded while masked, then unmasked: pending.
        asm.x87(0xde, 0xf9);
        asm.fldcw(word);
        for (int i = 0; i < 16; i++) {
            if (avx) {
                asm.vexRR(Op.PCMPEQB, i, i, i);
                asm.emitVexRR(0x66, false, true, 3, 0x18, i, i, i);
                asm.emit8(1);
            } else {
                asm.sseRR(Op.PCMPEQB, i, i);
            }
        }
        asm.std();
        for (int reg = 0; reg < 16; reg++) {
            if (reg != Reg.RSP) {
                asm.movWide(reg, 0x5a5a_5a5a_5a5a_5a00L + reg);
            }
        }
        asm.stc();
        asm.ret();
        asm.finish();
        return start;
    }
}
