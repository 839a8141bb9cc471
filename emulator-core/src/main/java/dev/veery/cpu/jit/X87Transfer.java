package dev.veery.cpu.jit;

import static dev.veery.cpu.jit.Emitter.op;

import dev.veery.cpu.state.CpuState;
import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Op;
import dev.veery.hostcode.asm.Reg;

/**
 * The way of the guest's x87 registers between the register block and the host, by XSAVE and XRSTOR of that component alone:
 * their image has the tags as the register block has them, and needs no memory for vectors.
 */
final class X87Transfer {
    private static final int XSAVE = Op.legacy(0, 1, 0xae);
    private static final int XSAVE_GROUP = 4;
    private static final int XRSTOR_GROUP = 5;
    private static final int FNSTCW = Op.legacy(0, 0, 0xd9);
    private static final int FNSTCW_GROUP = 7;
    private static final int FLDCW_GROUP = 5;
    private static final int MOVZX16 = Op.legacy(0, 1, 0xb7);
    private static final int RET = 0xc3;
    private static final int MOVZX8 = Op.legacy(0, 1, 0xb6);

    /** CPUID.1:ECX, SDM vol. 2, CPUID. */
    private static final int ECX_OSXSAVE = 1 << 27;

    /** The x87 component's bit in XCR0. */
    private static final int COMPONENT = 1;

    // SDM vol. 1, sections 13.4.1 and 13.4.2.
    private static final int IMAGE_FSW = 2;
    private static final int IMAGE_FTW = 4;
    private static final int IMAGE_FIP = 8;
    private static final int IMAGE_FDP = 16;
    private static final int IMAGE_ST = 32;
    private static final int IMAGE_HEADER = 512;
    private static final int IMAGE_END = 576;
    private static final int TOP_OF_FSW = 7;
    private static final int TOP_BY_16 = 0x70;

    private X87Transfer() {}

    private static long image(int offset) {
        return Emitter.state(CpuState.IMAGE + offset);
    }

    /** Emits a function whose result tells {@link #possible}. */
    static void emitFeatures(Emitter e) {
        e.movImm(Reg.RAX, 1);
        e.movImm(Reg.RCX, 0);
        e.emit8(0x0f); // cpuid
        e.emit8(0xa2);
        e.legacyRR(op(0x8b, 4), Reg.RAX, Reg.RCX);
        e.emit8(RET);
    }

    /** Whether the host has XSAVE, and its kernel has switched it on. */
    static boolean possible(long features) {
        return (features & ECX_OSXSAVE) != 0;
    }

    /** Emits what is called by code that is about to use x87 registers. Uses RAX, RCX, RDX and flags. */
    static void emitLoad(Emitter e) {
        e.legacyRM(FNSTCW, FNSTCW_GROUP, Emitter.state(CpuState.JIT_HOST_FCW), 0);
        e.load32(Reg.RCX, Emitter.state(CpuState.FSW));
        e.load32(Reg.RAX, Emitter.state(CpuState.FCW));
        e.legacyRM(op(0x89, 2), Reg.RAX, image(0), 0);
        e.legacyRM(op(0x89, 2), Reg.RCX, image(IMAGE_FSW), 0);
        e.load32(Reg.RAX, Emitter.state(CpuState.FTW));
        e.legacyRM(op(0x89, 4), Reg.RAX, image(IMAGE_FTW), 0);
        zero64(e, IMAGE_FIP);
        zero64(e, IMAGE_FDP);
        for (int at = IMAGE_HEADER; at < IMAGE_END; at += 8) {
            zero64(e, at);
        }
        e.store32(image(IMAGE_HEADER), COMPONENT);
        copyRegisters(e, false);
        components(e, XRSTOR_GROUP);
        e.store32(Emitter.state(CpuState.JIT_X87), 1);
        e.emit8(RET);
    }

    /** Emits the way back, and the state that Java expects of the host's x87. Uses RAX, RCX, RDX and flags. */
    static void emitStore(Emitter e) {
        components(e, XSAVE_GROUP);
        e.emit8(0xdb); // fninit
        e.emit8(0xe3);
        e.legacyRM(FNSTCW, FLDCW_GROUP, Emitter.state(CpuState.JIT_HOST_FCW), 0);
        e.legacyRM(MOVZX16, Reg.RAX, image(0), 0);
        e.legacyRM(op(0x89, 4), Reg.RAX, Emitter.state(CpuState.FCW), 0);
        e.legacyRM(MOVZX8, Reg.RAX, image(IMAGE_FTW), 0);
        e.legacyRM(op(0x89, 4), Reg.RAX, Emitter.state(CpuState.FTW), 0);
        e.legacyRM(MOVZX16, Reg.RCX, image(IMAGE_FSW), 0);
        e.legacyRM(op(0x89, 4), Reg.RCX, Emitter.state(CpuState.FSW), 0);
        copyRegisters(e, true);
        e.store32(Emitter.state(CpuState.JIT_X87), 0);
    }

    private static void zero64(Emitter e, int at) {
        e.legacyRM(op(0xc7, 8), 0, image(at), 4);
        e.emit32(0);
    }

    private static void components(Emitter e, int group) {
        e.movImm(Reg.RAX, COMPONENT);
        e.movImm(Reg.RDX, 0);
        e.legacyRM(XSAVE, group, image(0), 0);
    }

    /** The image counts registers from the top of the stack, the register block does not; FSW is in RCX. */
    private static void copyRegisters(Emitter e, boolean fromImage) {
        e.shift(5, Reg.RCX, TOP_OF_FSW);
        e.aluImm(Alu.AND, 4, Reg.RCX, TOP_BY_16);
        for (int i = 0; i < 8; i++) {
            for (int half = 0; half < 16; half += 8) {
                long st = image(IMAGE_ST + 16 * i + half);
                long physical = Mem.indexed(GuestRegs.STATE, Reg.RCX, 0, CpuState.FPR + half - GuestRegs.STATE_BIAS);
                e.load64(Reg.RAX, fromImage ? st : physical);
                e.store64(fromImage ? physical : st, Reg.RAX);
            }
            e.aluImm(Alu.ADD, 4, Reg.RCX, 16);
            e.aluImm(Alu.AND, 4, Reg.RCX, TOP_BY_16);
        }
    }
}
