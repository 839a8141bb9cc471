package dev.veery.vfio;

import dev.veery.bus.pci.PciRegs;
import dev.veery.memory.access.OffHeap;
import java.util.Map;

/** One edu writes a register of another by DMA, inside the lab: {@code PeerProbe BDF BDF}. */
final class PeerProbe {
    private static final int LIVENESS = 4;
    private static final int SOURCE = 0x80;
    private static final int DESTINATION = 0x88;
    private static final int COUNT = 0x90;
    private static final int COMMAND = 0x98;
    private static final int RUN = 1;
    private static final int TO_MEMORY = 2;
    private static final int BUFFER = 0x4_0000;
    private static final long DATA = 0x5000;
    private static final int VALUE = 0x1234_5678;
    private static final long PEER = ProbeBench.BAR0 + 0x100_0000;
    private static final long BAR_SIZE = 1 << 20;
    private static final int ON = PciRegs.COMMAND_MEMORY | PciRegs.COMMAND_MASTER;

    private final ProbeBench bench;

    private PeerProbe(ProbeBench bench) {
        this.bench = bench;
    }

    /** Arguments: the addresses of both. */
    public static void main(String[] args) throws InterruptedException {
        try (ProbeBench bench = new ProbeBench(false)) {
            bench.add(Map.of("host", args[0]));
            bench.build(Map.of("host", args[1]), false, false);
            new PeerProbe(bench).run();
            bench.warnings.forEach(System.out::println);
            VfioHost.Totals left = bench.unplug();
            check(left.mappings() == 0 && left.bytes() == 0, "left: " + left);
        }
        System.out.println("passed");
    }

    private static void check(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }

    private void place(int device, long address, int command) {
        bench.lock.lock();
        try {
            bench.device(device).configWrite(PciRegs.BAR0, 4, address);
            bench.device(device).configWrite(PciRegs.COMMAND, 2, command);
        } finally {
            bench.lock.unlock();
        }
    }

    private void run() throws InterruptedException {
        long ram = bench.ram.size();
        check(bench.totals().bytes() == ram, "before: " + bench.totals());
        place(0, ProbeBench.BAR0, ON);
        place(1, PEER, ON);
        check(bench.totals().bytes() == ram + 2 * BAR_SIZE, "registers of both are not mapped: " + bench.totals());
        OffHeap.putInt(bench.ram.host() + DATA, VALUE);
        transfer(DATA, BUFFER, RUN);
        transfer(BUFFER, PEER + LIVENESS, RUN | TO_MEMORY);
        long got = bench.memory.read(PEER + LIVENESS, 4);
        check(got == (~VALUE & 0xffff_ffffL), "the register holds " + Long.toHexString(got));
        place(1, PEER, 0);
        check(bench.totals().bytes() == ram + BAR_SIZE, "registers that do not answer are mapped: " + bench.totals());
        place(1, PEER, ON);
        check(bench.totals().bytes() == ram + 2 * BAR_SIZE, "registers are not mapped again: " + bench.totals());
        bench.reset();
        check(bench.totals().bytes() == ram, "after a reset: " + bench.totals());
    }

    private void transfer(long source, long destination, int command) throws InterruptedException {
        bench.memory.write(ProbeBench.BAR0 + SOURCE, 4, source);
        bench.memory.write(ProbeBench.BAR0 + DESTINATION, 4, destination);
        bench.memory.write(ProbeBench.BAR0 + COUNT, 4, Integer.BYTES);
        bench.memory.write(ProbeBench.BAR0 + COMMAND, 4, command);
        // It takes a tenth of a second for each.
        for (int i = 0; (bench.memory.read(ProbeBench.BAR0 + COMMAND, 4) & RUN) != 0; i++) {
            check(i < 1000, "DMA does not end");
            Thread.sleep(20);
        }
    }
}
