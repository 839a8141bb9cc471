package dev.veery.testbench;

/**
 * Why a run ended.
 *
 * @param kind how
 * @param value the value written to the exit port, or the vector whose handler was entered
 */
public record Stop(Kind kind, int value) {
    /** The ways. */
    public enum Kind {
        /** The guest wrote to the exit port. */
        EXIT,
        /** The guest entered one of the handlers that {@link TestMachine} installs. */
        VECTOR,
        /** What a debugger asked for; {@link TestMachine#debugStop} says more. */
        DEBUG,
        /** Triple fault. */
        SHUTDOWN,
        /** The bound on time or instructions was reached. */
        BOUND
    }

    /** The exit port was written with {@code value}. */
    public static Stop exit(int value) {
        return new Stop(Kind.EXIT, value);
    }

    /** The handler of {@code vector} was entered. */
    public static Stop vector(int vector) {
        return new Stop(Kind.VECTOR, vector);
    }
}
