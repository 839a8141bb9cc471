package dev.veery.oracle;

import java.util.Set;

/**
 * One encoding form that the generator knows how to write; a line of {@link InstructionSet}.
 *
 * @param key name in the coverage table, such as {@code 66 0F38 17 /r mem}
 * @param mandatory mandatory prefix: 0, 66h, F2h, F3h, or -1 when prefixes do not choose the instruction
 * @param opcode bytes of the opcode, 0F escapes included
 * @param modrm whether there is a ModRM byte
 * @param digit ModRM.reg when it extends the opcode, else -1
 * @param register whether the register form is meant, else the memory form
 * @param immediate kind of immediate: "", ib, iw, iz, iv, rel8, relz, moffs, enter, far
 * @param size bytes of the memory operand that matter, for choosing where it lies
 * @param type what to fill operands with: i, s, d, x, b (integers, single, double, extended, decimal)
 * @param traits what else the generator has to know
 */
record Form(
        String key,
        int mandatory,
        byte[] opcode,
        boolean modrm,
        int digit,
        boolean register,
        String immediate,
        int size,
        char type,
        Set<Trait> traits) {
    enum Trait {
        /** LOCK is allowed. */
        LOCK,
        /** F2 and F3 repeat. */
        REPEAT,
        /** The memory operand must be aligned to 16 bytes. */
        ALIGNED,
        /** 66h is an operand-size prefix here. */
        OPERAND_SIZE,
        STRING,
        DIVIDE,
        COMPARE_EXCHANGE,
        BIT_OFFSET,
        COUNT,
        /** May end the program before its end. */
        BRANCH,
        /** Exists only outside 64-bit mode. */
        ONLY32,
        /** Exists only in 64-bit mode. */
        ONLY64,
        /** The register or memory operand is a selector. */
        SELECTOR,
        /** The memory operand is a far pointer. */
        FAR_POINTER,
        /** The stack holds a selector, or a return address and what goes with it. */
        FRAME,
        FXRSTOR,
        LDMXCSR,
        FPU,
        /** Has a VEX prefix. */
        VEX,
        /** VEX.vvvv is an operand. */
        VVVV,
        /** VEX.L is 0. */
        L0,
        /** VEX.L is 1. */
        L1,
        /** VEX.L may be either, and does not make the memory operand larger. */
        L_FREE,
        /** VEX.W is 0. */
        W0,
        /** VEX.W is 1. */
        W1,
        /** VEX.vvvv is a shift count or a description of a bit field. */
        FIELD,
        /** The memory operand has vectors of indices. */
        GATHER
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }
}
