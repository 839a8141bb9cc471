package dev.veery.linux.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCpuid;
import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Assembler;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;
import dev.veery.hostcode.linux.LinuxHostCode;
import dev.veery.hostcode.linux.Vandal;
import dev.veery.linux.abi.Errno;
import dev.veery.memory.access.OffHeap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NativeEntryTest {
    private final LinuxHostCode host = new LinuxHostCode();
    private final Assembler asm = new Assembler();
    private final long state = OffHeap.allocate(4096);

    @SuppressWarnings("NullAway.Init")
    private CodeRegion region;

    private boolean avx;
    private boolean xgetbv1;

    @BeforeEach
    void map() {
        assumeTrue(NativeEntry.problem().isEmpty(), () -> NativeEntry.problem().orElse(""));
        region = host.allocate("veery.test", 1 << 16);
        asm.start(region.writable(), region.executable(), region.size());
        try (HostCpuid cpuid = new HostCpuid(host)) {
            avx = Vandal.hasAvx(cpuid);
            xgetbv1 = avx && (cpuid.eax(0xd, 1) & 1 << 2) != 0;
        }
    }

    @AfterEach
    void unmap() {
        region.close();
        OffHeap.free(state);
    }

    /** The code is itself the caller of the entry, as compiled Java is. */
    @Test
    void calleeSavedRegistersSurvive() {
        long vandal = Vandal.emit(asm, avx);
        int[] saved = {Reg.RBX, Reg.RBP, Reg.R12, Reg.R13, Reg.R14, Reg.R15};
        asm.align(16);
        long caller = asm.executable(asm.offset());
        for (int reg : saved) {
            asm.push(reg);
        }
        asm.aluRI(Alu.SUB, 8, Reg.RSP, 8);
        for (int reg : saved) {
            asm.movWide(reg, 0x1111_2222_3333_4400L + reg);
        }
        asm.movRR(8, Reg.RCX, Reg.RDI);
        asm.movWide(Reg.RDX, vandal);
        asm.movWide(Reg.RAX, NativeEntry.entryAddress());
        asm.callR(Reg.RAX);
        asm.movWide(Reg.RDI, state);
        for (int i = 0; i < saved.length; i++) {
            asm.movMR(8, Mem.based(Reg.RDI, 128 + 8 * i), saved[i]);
        }
        asm.aluRI(Alu.ADD, 8, Reg.RSP, 8);
        for (int i = saved.length - 1; i >= 0; i--) {
            asm.pop(saved[i]);
        }
        asm.ret();
        asm.finish();

        assertEquals(0x5a5a_5a5a_5a5a_5a00L, host.enter(caller, state));
        for (int i = 0; i < saved.length; i++) {
            assertEquals(0x1111_2222_3333_4400L + saved[i], OffHeap.getLong(state + 128 + 8 * i));
        }
    }

    /**
     * XGETBV(1) shows which register state is not in its initial configuration; bit 2 is the upper halves. The code is the
     * caller again, because the JVM's own transition cleans them once more.
     */
    @Test
    void upperHalvesAreClean() {
        assumeTrue(xgetbv1, "the host has no AVX or no XGETBV(1)");
        long vandal = Vandal.emit(asm, true);
        asm.align(16);
        long caller = asm.executable(asm.offset());
        asm.push(Reg.RBX);
        asm.movRR(8, Reg.RCX, Reg.RDI);
        asm.movWide(Reg.RDX, vandal);
        asm.movWide(Reg.RAX, NativeEntry.entryAddress());
        asm.callR(Reg.RAX);
        asm.movRI(4, Reg.RCX, 1);
        asm.xgetbv();
        asm.pop(Reg.RBX);
        asm.ret();
        asm.finish();
        assertEquals(0, host.enter(caller, state) & 4);
    }

    @Test
    void systemCallsGetSixArgumentsAndReturnErrors() {
        final int getpid = 39;
        final int pwrite64 = 18;
        final int mmap = 9;
        final int munmap = 11;
        assertEquals(ProcessHandle.current().pid(), NativeEntry.syscall6(getpid, 0, 0, 0, 0, 0, 0));
        assertEquals(-Errno.EBADF, NativeEntry.syscall6(pwrite64, -1, state, 1, 0, 0, 0));
        assertEquals(-Errno.ENOSYS, NativeEntry.syscall6(100_000, 0, 0, 0, 0, 0, 0));
        long mapped = NativeEntry.syscall6(mmap, 0, 4096, 3, 0x22, -1, 0);
        assertTrue(mapped > 0);
        OffHeap.putLong(mapped, 1);
        // The fifth and sixth are checked: a descriptor that is not open, an offset within a page.
        assertEquals(-Errno.EBADF, NativeEntry.syscall6(mmap, 0, 4096, 3, 2, -1, 0));
        assertEquals(-Errno.EINVAL, NativeEntry.syscall6(mmap, 0, 4096, 3, 0x22, -1, 1));
        assertEquals(0, NativeEntry.syscall6(munmap, mapped, 4096, 0, 0, 0, 0));
    }
}
