package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.BlockCompiler.at;
import static dev.veery.cpu.jit.Emitter.op;
import static dev.veery.cpu.jit.Emitter.state;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;

/** Stack, calls, returns and jumps of 64-bit code. */
final class StackInsns {
    private final BlockCompiler c;

    StackInsns(BlockCompiler compiler) {
        c = compiler;
    }

    void push(int guest) {
        int label = c.slow();
        int sp = GuestRegs.host(CpuState.RSP);
        c.lea64(Reg.RAX, Mem.based(sp, -8));
        c.probe(8, true, label);
        c.store64(at(Reg.RAX), c.use(guest, Reg.RCX));
        c.lea64(sp, Mem.based(sp, -8));
        c.resumeHere();
    }

    void pushImmediate(long imm) {
        int label = c.slow();
        int sp = GuestRegs.host(CpuState.RSP);
        c.lea64(Reg.RAX, Mem.based(sp, -8));
        c.probe(8, true, label);
        c.legacyRM(op(0xc7, 8), 0, at(Reg.RAX), 4);
        c.emit32((int) imm);
        c.lea64(sp, Mem.based(sp, -8));
        c.resumeHere();
    }

    void pop(int guest) {
        int label = c.slow();
        int sp = GuestRegs.host(CpuState.RSP);
        c.mov64(Reg.RAX, sp);
        c.probe(8, false, label);
        c.load64(Reg.RCX, at(Reg.RAX));
        c.lea64(sp, Mem.based(sp, 8));
        c.done(guest, Reg.RCX);
        c.resumeHere();
    }

    void leaveFrame() {
        int label = c.slow();
        int bp = GuestRegs.host(CpuState.RBP);
        c.mov64(Reg.RAX, bp);
        c.probe(8, false, label);
        c.lea64(GuestRegs.host(CpuState.RSP), Mem.based(bp, 8));
        c.load64(bp, at(Reg.RAX));
        c.resumeHere();
    }

    void callDirect(Insn i) {
        long next = c.next(i);
        int label = c.slow();
        int sp = GuestRegs.host(CpuState.RSP);
        c.lea64(Reg.RAX, Mem.based(sp, -8));
        c.probe(8, true, label);
        pushRip(next, sp);
        c.chain(next + i.imm);
    }

    private void pushRip(long next, int sp) {
        c.movRip(Reg.RDX, next);
        c.store64(at(Reg.RAX), Reg.RDX);
        c.lea64(sp, Mem.based(sp, -8));
    }

    void ret() {
        int label = c.slow();
        int sp = GuestRegs.host(CpuState.RSP);
        c.mov64(Reg.RAX, sp);
        c.probe(8, false, label);
        c.load64(Reg.RCX, at(Reg.RAX));
        c.requireCanonical(label);
        c.lea64(sp, Mem.based(sp, 8));
        c.jumpToRcx();
    }

    void pushMemory(Insn i) {
        int label = c.slow();
        c.address(i, true);
        c.probe(8, false, label);
        c.load64(Reg.RAX, at(Reg.RAX));
        c.store64(state(CpuState.SCRATCH), Reg.RAX);
        int sp = GuestRegs.host(CpuState.RSP);
        c.lea64(Reg.RAX, Mem.based(sp, -8));
        c.probe(8, true, label);
        c.load64(Reg.RCX, state(CpuState.SCRATCH));
        c.store64(at(Reg.RAX), Reg.RCX);
        c.lea64(sp, Mem.based(sp, -8));
        c.resumeHere();
    }

    void indirect(Insn i, boolean call) {
        int label = c.slow();
        if (i.isReg()) {
            c.mov64(Reg.RCX, c.use(i.rm, Reg.RCX));
        } else {
            c.address(i, true);
            c.probe(8, false, label);
            c.load64(Reg.RCX, at(Reg.RAX));
        }
        c.requireCanonical(label);
        if (call) {
            c.store64(state(CpuState.SCRATCH), Reg.RCX);
            int sp = GuestRegs.host(CpuState.RSP);
            c.lea64(Reg.RAX, Mem.based(sp, -8));
            c.probe(8, true, label);
            pushRip(c.next(i), sp);
            c.load64(Reg.RCX, state(CpuState.SCRATCH));
        }
        c.jumpToRcx();
    }

    void conditional(Insn i) {
        c.needFlags();
        c.saveFlags();
        c.branch(i.opcode & 15, c.next(i) + i.imm, c.next(i));
    }
}
