package dev.veery.vfio;

import java.util.Map;

/** Shows in the lab that a card without a reset of its own is reset with its bus: {@code BusResetProbe BDF}, of an e1000. */
final class BusResetProbe {
    /** Receive descriptors' base (8254x manual, 13.4.25), which keeps what is written until a reset. */
    private static final long RDBAL = 0x2800;

    private static final long VALUE = 0x1234_0000;

    private BusResetProbe() {}

    /** Argument: the card's address. */
    public static void main(String[] args) {
        try (ProbeBench bench = new ProbeBench(false)) {
            bench.build(Map.of("host", args[0]), false, false);
            bench.enable();
            bench.memory.write(ProbeBench.BAR0 + RDBAL, 4, VALUE);
            System.out.printf("before: %x%n", bench.memory.read(ProbeBench.BAR0 + RDBAL, 4));
            bench.reset();
            bench.enable();
            System.out.printf("after: %x%n", bench.memory.read(ProbeBench.BAR0 + RDBAL, 4));
            bench.warnings.forEach(System.out::println);
        }
        System.out.println("passed");
    }
}
