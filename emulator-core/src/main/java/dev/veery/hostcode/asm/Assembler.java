package dev.veery.hostcode.asm;

/**
 * All instructions by name: those of {@link IntegerAssembler}, and here VEX forms of general registers, conditions, calls,
 * stack, strings, SSE, AVX and x87.
 */
public final class Assembler extends IntegerAssembler {
    private static final int F3_PREFIX = Op.legacy(0xf3, 0, 0);

    /** Makes an assembler that is full until it is started. */
    public Assembler() {}

    // General registers with VEX, size 4 or 8

    /** ANDN, PDEP, PEXT, MULX: first and second source in the manual's order. For MULX they are the two results' low half and the source. */
    public void bmiRRR(int op, int size, int dst, int first, int second) {
        vexRR(op | Op.size(size), dst, first, second);
    }

    /** As {@link #bmiRRR} with memory as the second source. */
    public void bmiRRM(int op, int size, int dst, int first, long mem) {
        vexRM(op | Op.size(size), dst, first, mem, 0);
    }

    /** SHLX, SHRX, SARX, BEXTR, BZHI: what is shifted, then the control register. None but BEXTR and BZHI touches flags. */
    public void bmiShiftRRR(int op, int size, int dst, int src, int control) {
        vexRR(op | Op.size(size), dst, control, src);
    }

    /** As {@link #bmiShiftRRR} with memory shifted. */
    public void bmiShiftRMR(int op, int size, int dst, long mem, int control) {
        vexRM(op | Op.size(size), dst, control, mem, 0);
    }

    /** RORX: rotates without touching flags. */
    public void rorxRRI(int size, int dst, int src, int count) {
        vexRR(Op.RORX | Op.size(size), dst, 0, src);
        put1(count);
    }

    /** RORX from memory. */
    public void rorxRMI(int size, int dst, long mem, int count) {
        vexRM(Op.RORX | Op.size(size), dst, 0, mem, 1);
        put1(count);
    }

    /** BLSR, BLSMSK or BLSI: {@code which} is 1, 2 or 3. */
    public void blsRR(int which, int size, int dst, int src) {
        vexRR(Op.BLS | Op.size(size), which, dst, src);
    }

    /** BLSR, BLSMSK or BLSI from memory. */
    public void blsRM(int which, int size, int dst, long mem) {
        vexRM(Op.BLS | Op.size(size), which, dst, mem, 0);
    }

    // Conditions of Cond

    /** SETcc. */
    public void setR(int cond, int reg) {
        legacyRR(MAP_0F | 0x90 | cond | Op.RM8, 0, reg);
    }

    /** SETcc to memory. */
    public void setM(int cond, long mem) {
        legacyRM(MAP_0F | 0x90 | cond, 0, mem, 0);
    }

    /** CMOVcc, size 2, 4 or 8; size 4 clears the upper half also where nothing is moved. */
    public void cmovRR(int cond, int size, int dst, int src) {
        legacyRR(MAP_0F | 0x40 | cond | Op.size(size), dst, src);
    }

    /** CMOVcc from memory, which is read in any case. */
    public void cmovRM(int cond, int size, int dst, long mem) {
        legacyRM(MAP_0F | 0x40 | cond | Op.size(size), dst, mem, 0);
    }

    // Control

    /** JMP to the address in a register. */
    public void jmpR(int reg) {
        legacyRR(0xff, 4, reg);
    }

    /** JMP to the address in memory. */
    public void jmpM(long mem) {
        legacyRM(0xff, 4, mem, 0);
    }

    /** CALL of the address in a register. */
    public void callR(int reg) {
        legacyRR(0xff, 2, reg);
    }

    /** CALL of the address in memory. */
    public void callM(long mem) {
        legacyRM(0xff, 2, mem, 0);
    }

    /** RET. */
    public void ret() {
        legacy(0xc3);
    }

    // Stack and flags

    /** PUSH of eight bytes. */
    public void push(int reg) {
        legacyO(0x50, reg);
    }

    /** POP of eight bytes. */
    public void pop(int reg) {
        legacyO(0x58, reg);
    }

    /** PUSH of eight bytes of memory. */
    public void pushM(long mem) {
        legacyRM(0xff, 6, mem, 0);
    }

    /** POP of eight bytes to memory; an address from RSP is the one after the pop. */
    public void popM(long mem) {
        legacyRM(0x8f, 0, mem, 0);
    }

    /** PUSH of a constant, sign-extended to eight bytes. */
    public void pushI(int value) {
        boolean small = fitsByte(value);
        legacy(small ? 0x6a : 0x68);
        immediate(small ? 1 : 4, value);
    }

    /** PUSHFQ. */
    public void pushf() {
        legacy(0x9c);
    }

    /** POPFQ. Setting TF or AC this way makes the host signal. */
    public void popf() {
        legacy(0x9d);
    }

    /** LAHF: SF, ZF, AF, PF and CF to AH. */
    public void lahf() {
        legacy(0x9f);
    }

    /** SAHF: SF, ZF, AF, PF and CF from AH. */
    public void sahf() {
        legacy(0x9e);
    }

    /** CLC. */
    public void clc() {
        legacy(0xf8);
    }

    /** STC. */
    public void stc() {
        legacy(0xf9);
    }

    /** CMC. */
    public void cmc() {
        legacy(0xf5);
    }

    /** CLD. */
    public void cld() {
        legacy(0xfc);
    }

    /** STD. */
    public void std() {
        legacy(0xfd);
    }

    // Others

    /** MOVS, after {@link #rep} RCX times. */
    public void movs(int size) {
        legacy(string(0xa4, size));
    }

    /** CMPS. */
    public void cmps(int size) {
        legacy(string(0xa6, size));
    }

    /** STOS. */
    public void stos(int size) {
        legacy(string(0xaa, size));
    }

    /** LODS. */
    public void lods(int size) {
        legacy(string(0xac, size));
    }

    /** SCAS. */
    public void scas(int size) {
        legacy(string(0xae, size));
    }

    private static int string(int op, int size) {
        return size == 1 ? op : op | 1 | Op.size(size);
    }

    /** PAUSE. */
    public void pause() {
        legacy(0x90 | F3_PREFIX);
    }

    /** UD2: ends the JVM, for what cannot be reached. */
    public void ud2() {
        legacy(MAP_0F | 0x0b);
    }

    /** CPUID. */
    public void cpuid() {
        legacy(MAP_0F | 0xa2);
    }

    /** RDTSC. */
    public void rdtsc() {
        legacy(MAP_0F | 0x31);
    }

    /** XGETBV. */
    public void xgetbv() {
        legacyRR(MAP_0F | 0x01, 2, 0);
    }

    /** SYSCALL. */
    public void syscall() {
        legacy(MAP_0F | 0x05);
    }

    /** LFENCE. */
    public void lfence() {
        legacyRR(MAP_0F | 0xae, 5, 0);
    }

    /** MFENCE. */
    public void mfence() {
        legacyRR(MAP_0F | 0xae, 6, 0);
    }

    /** SFENCE. */
    public void sfence() {
        legacyRR(MAP_0F | 0xae, 7, 0);
    }

    // SSE and AVX: legacyRR, legacyRM, vexRR and vexRM serve; here are the forms with a constant

    /** An SSE instruction between registers. General registers have four bytes, with {@link Op#W} eight. */
    public void sseRR(int op, int dst, int src) {
        legacyRR(op, dst, src);
    }

    /** An SSE instruction with memory, source or, for a {@code _STORE}, destination. */
    public void sseRM(int op, int reg, long mem) {
        legacyRM(op, reg, mem, 0);
    }

    /** An SSE instruction between registers with a constant. */
    public void sseRRI(int op, int dst, int src, int value) {
        legacyRR(op, dst, src);
        put1(value);
    }

    /** An SSE instruction with memory and a constant. */
    public void sseRMI(int op, int reg, long mem, int value) {
        legacyRM(op, reg, mem, 1);
        put1(value);
    }

    /** An AVX instruction between registers with a constant, or with a fourth register in its high half; {@code first} is 0 where there is none. */
    public void vexRRI(int op, int dst, int first, int second, int value) {
        vexRR(op, dst, first, second);
        put1(value);
    }

    /** As {@link #vexRRI} with memory. */
    public void vexRMI(int op, int dst, int first, long mem, int value) {
        vexRM(op, dst, first, mem, 1);
        put1(value);
    }

    /** LDMXCSR; a reserved bit set in memory makes the host signal. */
    public void ldmxcsr(long mem) {
        legacyRM(MAP_0F | 0xae, 2, mem, 0);
    }

    /** STMXCSR. */
    public void stmxcsr(long mem) {
        legacyRM(MAP_0F | 0xae, 3, mem, 0);
    }

    /** VZEROUPPER, on hosts with AVX. */
    public void vzeroupper() {
        emit8(0xc5);
        put1(0xf8);
        put1(0x77);
    }

    // x87

    /** An x87 instruction with memory: opcode D8h to DFh and the digit in ModRM.reg. */
    public void x87M(int opcode, int digit, long mem) {
        legacyRM(opcode, digit, mem, 0);
    }

    /** An x87 instruction without memory: opcode D8h to DFh and its second byte, C0h to FFh. */
    public void x87(int opcode, int second) {
        emit8(opcode);
        put1(second);
    }

    /** FLDCW. */
    public void fldcw(long mem) {
        x87M(0xd9, 5, mem);
    }

    /** FNSTCW. */
    public void fnstcw(long mem) {
        x87M(0xd9, 7, mem);
    }

    /** FNINIT: control word 37Fh, empty stack, no exception. */
    public void fninit() {
        x87(0xdb, 0xe3);
    }

    /** EMMS: empties the register stack. */
    public void emms() {
        legacy(MAP_0F | 0x77);
    }
}
