package dev.veery.oracle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.cpu.jit.JitTier;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCode;
import dev.veery.hostcode.linux.LinuxHostCode;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * x87 programs in the translator and in the interpreter: all of the state, with what {@link JitOracleTest} cannot compare
 * because processors differ in it: which instruction was the last one, and where its operand.
 */
class JitX87Test {
    private static final int PROGRAMS = 10_000;
    private static final long REGION = 4 << 20;

    @Test
    void leavesWhatTheInterpreterLeaves() {
        HostInfo info = HostInfo.read();
        HostCode host = new LinuxHostCode();
        assumeTrue(host.problem().isEmpty(), () -> host.problem().orElse(""));
        List<Form> forms = InstructionSet.of(info).stream()
                .filter(f -> f.has(Form.Trait.FPU) || f.key().matches("89 /r.*|8B /r.*"))
                .collect(Collectors.toList());
        Generator generator = new Generator(20_240_302, forms);
        byte[] image = new byte[Layout.DATA_SIZE];
        generator.image(image);
        OracleCase c = new OracleCase();
        Outcome interpreted = new Outcome();
        Outcome translated = new Outcome();
        int programs = 0;
        try (CodeRegion region = host.allocate("jit-x87", REGION);
                GuestMachine one = new GuestMachine(info, null);
                GuestMachine other =
                        new GuestMachine(info, (s, m) -> new JitTier(s, m, host, region, 1, ExecutionTrace.NONE))) {
            while (programs < PROGRAMS) {
                generator.next(c);
                if (c.wild || c.compat || c.forms.size() < 2) {
                    continue;
                }
                programs++;

                one.run(c, image, interpreted);
                other.run(c, image, translated);

                assertEquals("", Comparison.describe(interpreted, translated, 0), c::hex);
                assertArrayEquals(interpreted.data, translated.data, c::hex);
            }
        }
    }
}
