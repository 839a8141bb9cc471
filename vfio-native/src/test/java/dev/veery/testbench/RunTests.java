package dev.veery.testbench;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs test classes where there is a Java and no Maven, as in the lab: all tests but those with the tag {@code slow}. Prints a
 * line for each test when it ends, so that a run that is cut off says how far it came, and a line for each class.
 */
public final class RunTests {
    private final List<String> failed = new ArrayList<>();
    private int passed;
    private int skipped;

    private RunTests() {}

    /**
     * Runs them; the status is 0 if no test failed and at least one of each class ran.
     *
     * @param args simple names of classes of this package
     */
    public static void main(String[] args) {
        int bad = 0;
        for (String name : args) {
            bad += new RunTests().run(name) ? 0 : 1;
        }
        System.exit(bad == 0 ? 0 : 1);
    }

    private boolean run(String name) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(RunTests.class.getPackageName() + "." + name))
                .filters(TagFilter.excludeTags("slow"))
                .build();
        LauncherFactory.create().execute(request, new Listener());
        boolean good = failed.isEmpty() && passed > 0;
        System.out.printf(
                "class %s: %d passed, %d skipped, %d failed%s%n",
                name, passed, skipped, failed.size(), failed.isEmpty() ? "" : ": " + String.join(" ", failed));
        return good;
    }

    private final class Listener implements TestExecutionListener {
        private long began;

        @Override
        public void executionStarted(TestIdentifier test) {
            began = System.nanoTime();
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            skipped++;
            say("skipped", test, reason);
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            switch (result.getStatus()) {
                case SUCCESSFUL:
                    if (test.isTest()) {
                        passed++;
                        say("passed", test, (System.nanoTime() - began) / 1_000_000 + " ms");
                    }
                    break;
                case ABORTED:
                    skipped++;
                    say("skipped", test, String.valueOf(why(result).getMessage()));
                    break;
                default:
                    failed.add(test.getDisplayName());
                    say("FAILED", test, String.valueOf(why(result)));
                    why(result).printStackTrace(System.out);
                    break;
            }
        }

        private Throwable why(TestExecutionResult result) {
            return Objects.requireNonNull(
                    result.getThrowable().orElseGet(() -> new IllegalStateException("no reason")));
        }

        private void say(String what, TestIdentifier test, String more) {
            System.out.println(what + " " + test.getDisplayName() + ": " + more);
        }
    }
}
