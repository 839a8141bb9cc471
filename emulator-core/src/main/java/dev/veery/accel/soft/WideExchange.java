package dev.veery.accel.soft;

import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCode;
import dev.veery.hostcode.HostCpuid;
import dev.veery.hostcode.asm.Assembler;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;
import dev.veery.memory.access.OffHeap;

/** The host's CMPXCHG16B, which Java has no name for. One a processor; for its thread. */
final class WideExchange implements AutoCloseable {
    private static final int CODE_SIZE = 4096;

    /** Offsets in the block that the code is called with. */
    private static final int ADDRESS = 0;

    private static final int EXPECTED_LOW = 8;
    private static final int EXPECTED_HIGH = 16;
    private static final int LOW = 24;
    private static final int HIGH = 32;
    private static final int SIZE = 64;

    private static final int LEAF_FEATURES = 1;
    /** CPUID.1:ECX, SDM vol. 2, CPUID. */
    private static final int ECX_CMPXCHG16B = 1 << 13;

    private final HostCode host;
    private final CodeRegion region;
    private final long block = OffHeap.allocate(SIZE);

    /** Emits the code. */
    WideExchange(HostCode host) {
        this.host = host;
        region = host.allocate("veery-cmpxchg16b", CODE_SIZE);
        Assembler asm = new Assembler();
        asm.start(region.writable(), region.executable(), region.size());
        asm.movRM(8, Reg.RSI, Mem.based(Reg.RDI, ADDRESS));
        asm.movRM(8, Reg.RAX, Mem.based(Reg.RDI, EXPECTED_LOW));
        asm.movRM(8, Reg.RDX, Mem.based(Reg.RDI, EXPECTED_HIGH));
        asm.movRM(8, Reg.RBX, Mem.based(Reg.RDI, LOW));
        asm.movRM(8, Reg.RCX, Mem.based(Reg.RDI, HIGH));
        // LOCK CMPXCHG16B [RSI]; SETE AL; MOVZX EAX, AL
        for (int b : new int[] {0xf0, 0x48, 0x0f, 0xc7, 0x0e, 0x0f, 0x94, 0xc0, 0x0f, 0xb6, 0xc0}) {
            asm.emit8(b);
        }
        asm.ret();
        asm.finish();
    }

    /** Whether the host's processor has the instruction. */
    static boolean supported(HostCode host) {
        try (HostCpuid cpuid = new HostCpuid(host)) {
            return (cpuid.ecx(LEAF_FEATURES, 0) & ECX_CMPXCHG16B) != 0;
        }
    }

    /** Replaces 16 bytes at an aligned address if they are as expected; a full fence. */
    boolean compareAndSet(long address, long expectedLow, long expectedHigh, long low, long high) {
        OffHeap.putLong(block + ADDRESS, address);
        OffHeap.putLong(block + EXPECTED_LOW, expectedLow);
        OffHeap.putLong(block + EXPECTED_HIGH, expectedHigh);
        OffHeap.putLong(block + LOW, low);
        OffHeap.putLong(block + HIGH, high);
        return host.enter(region.executable(), block) != 0;
    }

    /** Frees code and memory. */
    @Override
    public void close() {
        region.close();
        OffHeap.free(block);
    }
}
