package dev.veery.linux.tty;

import dev.veery.chardev.ByteStream;
import dev.veery.linux.sys.Signals;
import java.util.concurrent.CountDownLatch;

/** A program for the tests: takes over its standard input, says so on standard error, and ends in the way it is told. */
final class ExitProbe {
    private ExitProbe() {}

    public static void main(String[] args) throws Exception {
        if (args[0].equals("handled")) {
            Signals.onTermination(name -> {
                System.err.println("SIG" + name);
                System.exit(0);
            });
        }
        ByteStream stdio = new LinuxStreams().stdio(false);
        System.err.println("ready");
        int command = stdio.read(new byte[1]);
        switch (args[0]) {
            case "return" -> stdio.close();
            case "exit" -> System.exit(command);
            case "throw" -> throw new IllegalStateException("thrown on purpose");
            default -> new CountDownLatch(1).await();
        }
    }
}
