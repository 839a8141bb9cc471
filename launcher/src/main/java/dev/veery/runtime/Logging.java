package dev.veery.runtime;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import dev.veery.config.TraceOptions;
import java.io.OutputStream;
import org.slf4j.LoggerFactory;

/** Chooses and sets up the logging implementation, before the first logger is made. */
public final class Logging {
    private static final String PROVIDER = "slf4j.provider";

    /** What {@code vfio.MappingLedger} logs its changes to. */
    private static final String LEDGER = "dev.veery.vfio.ledger";

    private Logging() {}

    /** Whether the details that loggers report are wanted. */
    static boolean wanted(TraceOptions options) {
        return options.has(TraceOptions.Item.GUEST_ERRORS)
                || options.has(TraceOptions.Item.UNIMP)
                || options.has(TraceOptions.Item.VFIO);
    }

    private static void provider(String name) {
        System.setProperty(PROVIDER, name);
        // SLF4J would tell on standard error that it follows the property.
        System.setProperty("slf4j.internal.verbosity", "WARN");
    }

    /** Warnings only, as lines for the user; Logback is not even loaded. */
    public static void quiet() {
        provider(QuietLogProvider.class.getName());
    }

    /** Logback, writing to {@code out}. */
    static void detailed(TraceOptions options, OutputStream out) {
        provider("ch.qos.logback.classic.spi.LogbackServiceProvider");
        // Any configuration file in the way would have a say otherwise.
        System.setProperty("logback.configurationFile", "dev/veery/runtime/logback.xml");
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%msg%n");
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.setOutputStream(out);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        context.getLogger("dev.veery").setLevel(options.has(TraceOptions.Item.GUEST_ERRORS) ? Level.DEBUG : Level.INFO);
        context.getLogger(LEDGER).setLevel(options.has(TraceOptions.Item.VFIO) ? Level.DEBUG : Level.INFO);
    }
}
