package dev.veery.hostcode.linux;

import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.asm.Alu;
import dev.veery.hostcode.asm.Assembler;
import dev.veery.hostcode.asm.Cond;
import dev.veery.hostcode.asm.Mem;
import dev.veery.hostcode.asm.Reg;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;

/** A program whose main thread is in emitted code until standard input ends. */
final class QuitProbe {
    static final String INSIDE = "now in emitted code";
    static final int STATUS = 33;

    private QuitProbe() {}

    public static void main(String[] args) throws InterruptedException {
        LinuxHostCode host = new LinuxHostCode();
        long state = OffHeap.allocate(64);
        int status;
        try (CodeRegion region = host.allocate("veery.quit", 4096)) {
            Assembler asm = new Assembler();
            asm.start(region.writable(), region.executable(), region.size());
            asm.movMI(4, Mem.based(Reg.RDI, 4), 1);
            int again = asm.newBoundLabel();
            asm.pause();
            asm.aluMI(Alu.CMP, 4, Mem.based(Reg.RDI, 0), 0);
            asm.jcc(Cond.E, again);
            asm.movRM(4, Reg.RAX, Mem.based(Reg.RDI, 0));
            asm.ret();
            asm.finish();
            Thread watcher = new Thread(() -> stopAtEndOfInput(state));
            watcher.start();
            status = (int) host.enter(region.executable(), state);
            watcher.join();
        }
        System.exit(status);
    }

    private static void stopAtEndOfInput(long state) {
        while (OffHeap.getIntAcquire(state + 4) == 0) {
            Thread.onSpinWait();
        }
        System.out.println(INSIDE);
        try {
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        } finally {
            OffHeap.putIntRelease(state, STATUS);
        }
    }
}
