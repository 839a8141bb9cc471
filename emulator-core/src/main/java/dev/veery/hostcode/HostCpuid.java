package dev.veery.hostcode;

import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Assembler;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;
import dev.veery.memory.access.OffHeap;

/**
 * CPUID and XCR0 of the host's processor, read by running the instructions. For one thread; leaves that differ between
 * cores (APIC numbers) are those of whichever core runs it.
 */
public final class HostCpuid implements AutoCloseable {
    private static final int LEAF = 0;
    private static final int SUBLEAF = 4;
    private static final int RESULT = 8;
    private static final int SIZE = 24;
    private static final int CODE_SIZE = 4096;

    private static final int LEAF_FEATURES = 1;
    /** CPUID.1:ECX, SDM vol. 2, CPUID. */
    private static final int ECX_OSXSAVE = 1 << 27;

    private final HostCode host;
    private final CodeRegion region;
    private final long state = OffHeap.allocate(SIZE);
    private final long readXcr0;

    /** Emits what it needs. */
    public HostCpuid(HostCode host) {
        this.host = host;
        region = host.allocate("veery.cpuid", CODE_SIZE);
        Assembler asm = new Assembler();
        asm.start(region.writable(), region.executable(), region.size());
        asm.movRM(4, Reg.RAX, Mem.based(Reg.RDI, LEAF));
        asm.movRM(4, Reg.RCX, Mem.based(Reg.RDI, SUBLEAF));
        asm.cpuid();
        asm.movMR(4, Mem.based(Reg.RDI, RESULT), Reg.RAX);
        asm.movMR(4, Mem.based(Reg.RDI, RESULT + 4), Reg.RBX);
        asm.movMR(4, Mem.based(Reg.RDI, RESULT + 8), Reg.RCX);
        asm.movMR(4, Mem.based(Reg.RDI, RESULT + 12), Reg.RDX);
        asm.ret();
        readXcr0 = asm.executable(asm.offset());
        asm.movRI(4, Reg.RCX, 0);
        asm.xgetbv();
        asm.shiftRI(Alu.SHL, 8, Reg.RDX, 32);
        asm.aluRR(Alu.OR, 8, Reg.RAX, Reg.RDX);
        asm.ret();
        asm.finish();
    }

    private int read(int leaf, int subleaf, int register) {
        OffHeap.putInt(state + LEAF, leaf);
        OffHeap.putInt(state + SUBLEAF, subleaf);
        host.enter(region.executable(), state);
        return OffHeap.getInt(state + RESULT + 4 * register);
    }

    /** EAX of a leaf. */
    public int eax(int leaf, int subleaf) {
        return read(leaf, subleaf, 0);
    }

    /** EBX of a leaf. */
    public int ebx(int leaf, int subleaf) {
        return read(leaf, subleaf, 1);
    }

    /** ECX of a leaf. */
    public int ecx(int leaf, int subleaf) {
        return read(leaf, subleaf, 2);
    }

    /** EDX of a leaf. */
    public int edx(int leaf, int subleaf) {
        return read(leaf, subleaf, 3);
    }

    /** XCR0: which register state the host's kernel saves, so that it may be used; 0 without XSAVE. */
    public long xcr0() {
        return (ecx(LEAF_FEATURES, 0) & ECX_OSXSAVE) == 0 ? 0 : host.enter(readXcr0, state);
    }

    /** Frees code and memory. */
    @Override
    public void close() {
        region.close();
        OffHeap.free(state);
    }
}
