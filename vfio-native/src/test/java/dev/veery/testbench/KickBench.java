package dev.veery.testbench;

import dev.veery.accel.soft.JitAccelerator;
import dev.veery.cpu.state.CpuModels;
import dev.veery.hostcode.linux.LinuxHostCode;
import java.util.Arrays;

/**
 * How long a processor in translated code takes to stop, from the request to the return of {@code Vcpu.stop}: run it by its
 * {@code main}, on an idle host. An argument is the number of stops.
 */
final class KickBench {
    private static final int WARM_UP = 200;

    private KickBench() {}

    /** Prints the distribution in microseconds. */
    public static void main(String[] args) {
        int stops = args.length == 0 ? 2000 : Integer.parseInt(args[0]);
        long[] nanos = new long[stops];
        try (TestMachine t = new TestMachine(new JitAccelerator(new LinuxHostCode(), 1), CpuModels.parse("max"))) {
            Tables.long64(t);
            // A loop over two blocks that never leaves translated code by itself.
            Code loop = Code.of(0x48, 0xff, 0xc0).b(0xeb, 0x00).b(0xeb, 0xf9); // inc rax; jmp +0; jmp -7
            t.start(Tables.CODE, loop);
            t.cpu.stateChanged();
            for (int n = -WARM_UP; n < stops; n++) {
                long before = t.cpu.instructions();
                t.cpu.start();
                while (t.cpu.instructions() < before + 1000) {
                    Thread.onSpinWait();
                }
                long from = System.nanoTime();
                t.cpu.stop();
                long took = System.nanoTime() - from;
                if (n >= 0) {
                    nanos[n] = took;
                }
            }
        }
        Arrays.sort(nanos);
        System.out.printf(
                "stop: median %.1f us, 99 of 100 within %.1f us, the longest %.1f us%n",
                nanos[stops / 2] / 1e3, nanos[stops * 99 / 100] / 1e3, nanos[stops - 1] / 1e3);
    }
}
