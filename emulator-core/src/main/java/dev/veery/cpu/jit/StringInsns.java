package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.Emitter.op;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;

/** REP MOVS and REP STOS, upwards and within a page each: the host's own, which knows best how to be fast. */
final class StringInsns {
    private static final int PAGE = 4096;
    private static final int COUNT = GuestRegs.host(CpuState.RCX);
    private static final int SOURCE = GuestRegs.host(CpuState.RSI);
    private static final int DESTINATION = GuestRegs.host(CpuState.RDI);

    private final BlockCompiler c;

    StringInsns(BlockCompiler compiler) {
        c = compiler;
    }

    /** Whether the instruction, of the one-byte map, belongs here. */
    static boolean knows(Insn i) {
        return i.rep == 0xf3 && i.addrSize == 8 && i.segOverride < 0 && !i.lock && string(i.opcode);
    }

    /** MOVS and STOS. */
    static boolean string(int opcode) {
        return (opcode & 0xfe) == 0xa4 || (opcode & 0xfe) == 0xaa;
    }

    void repeated(Insn i) {
        int size = BlockCompiler.size(i);
        boolean moves = i.opcode < 0xaa;
        int label = c.slow();
        c.legacyRM(op(0xf7, 4), 0, Emitter.state(CpuState.JIT_SYSTEM_FLAGS), 4);
        c.emit32(Cr.DF);
        c.jcc(Cond.NE, label);
        c.aluImm(Alu.CMP, 8, COUNT, PAGE / size);
        c.jcc(Cond.A, label);
        requireInPage(DESTINATION, size, label);
        if (moves) {
            requireInPage(SOURCE, size, label);
            c.mov64(Reg.RAX, SOURCE);
            c.probe(1, false, label);
            c.store64(Emitter.state(CpuState.SCRATCH), Reg.RAX);
        }
        c.mov64(Reg.RAX, DESTINATION);
        c.probe(1, true, label);
        c.mov64(Reg.RDX, DESTINATION);
        c.mov64(Reg.RDI, Reg.RAX);
        c.mov64(Reg.RCX, COUNT);
        if (moves) {
            c.mov64(Reg.RAX, SOURCE);
            c.load64(Reg.RSI, Emitter.state(CpuState.SCRATCH));
        } else {
            c.mov64(Reg.RAX, GuestRegs.host(CpuState.RAX));
        }
        c.rep();
        if (size == 2) {
            c.emit8(0x66);
        } else if (size == 8) {
            c.emit8(0x48);
        }
        c.emit8(i.opcode);
        int scale = Integer.numberOfTrailingZeros(size);
        c.lea64(DESTINATION, Mem.indexed(Reg.RDX, COUNT, scale, 0));
        if (moves) {
            c.lea64(SOURCE, Mem.indexed(Reg.RAX, COUNT, scale, 0));
        }
        c.movImm(COUNT, 0);
        c.resumeHere();
        c.chain(c.next(i));
    }

    /** What an address and the count make must end in its page. Uses RAX, flags. */
    private void requireInPage(int address, int size, int label) {
        c.legacyRR(op(0x8b, 4), Reg.RAX, address);
        c.aluImm(Alu.AND, 4, Reg.RAX, PAGE - 1);
        c.lea64(Reg.RAX, Mem.indexed(Reg.RAX, COUNT, Integer.numberOfTrailingZeros(size), 0));
        c.aluImm(Alu.CMP, 4, Reg.RAX, PAGE);
        c.jcc(Cond.A, label);
    }
}
