package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.config.Actions;
import dev.veery.config.Actions.Panic;
import dev.veery.config.Actions.Reboot;
import dev.veery.config.Actions.Shutdown;
import dev.veery.config.IcountOptions;
import dev.veery.config.ProcessOptions;
import dev.veery.config.RtcOptions;
import dev.veery.config.Topology;
import dev.veery.config.TraceOptions;
import dev.veery.model.PropertyParser;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Options whose values need no more than a method each. */
final class ProgramParser {
    private static final long MIN_RAM = 64L << 20;
    private static final long MAX_RAM = 64L << 30;
    private static final int MAX_ICOUNT_SHIFT = 10;

    private ProgramParser() {}

    /** {@code -m}, in bytes; whole MiB. */
    static long memory(String value) {
        OptionText text = new OptionText("-m", value, "size");
        String size = text.require("size");
        if (text.take("slots") != null || text.take("maxmem") != null) {
            throw text.error("memory cannot be added at run time in this version; give the size alone");
        }
        text.finish();
        boolean digitsOnly = size.chars().allMatch(c -> c >= '0' && c <= '9');
        long bytes;
        try {
            bytes = PropertyParser.size("size", digitsOnly ? size + "M" : size);
        } catch (ConfigException e) {
            throw text.error("'" + size + "' is not a size; write a number with M or G");
        }
        if (Long.compareUnsigned(bytes, MIN_RAM) < 0 || Long.compareUnsigned(bytes, MAX_RAM) > 0) {
            throw text.error("RAM of 64M to 64G is possible");
        }
        if (bytes % (1L << 20) != 0) {
            throw text.error("RAM comes in whole MiB");
        }
        return bytes;
    }

    /** {@code -smp}. What is not given follows from what is; cores take the remainder. */
    static Topology smp(String value) {
        OptionText text = new OptionText("-smp", value, "cpus");
        int given = text.takeCount("cpus", 0);
        int sockets = text.takeCount("sockets", 0);
        int cores = text.takeCount("cores", 0);
        int threads = text.takeCount("threads", 0);
        int maximum = text.takeCount("maxcpus", 0);
        if (text.takeCount("dies", 1) != 1 || text.takeCount("clusters", 1) != 1) {
            throw text.error("only one die and one cluster a socket is possible");
        }
        text.finish();
        int total = maximum > 0 ? maximum : given;
        int product = Math.max(sockets, 1) * Math.max(cores, 1) * Math.max(threads, 1);
        if (total == 0) {
            total = product;
        }
        int rest = Math.max(1, total / product);
        if (cores == 0) {
            cores = rest;
            rest = 1;
        }
        if (sockets == 0) {
            sockets = rest;
            rest = 1;
        }
        return new Topology(given == 0 ? total : given, sockets, cores, threads == 0 ? rest : threads, total);
    }

    /** {@code -rtc}. */
    static RtcOptions rtc(String value) {
        OptionText text = new OptionText("-rtc", value, null);
        String base = text.take("base");
        String clock = text.take("clock");
        String fix = text.take("driftfix");
        text.finish();
        if (fix != null && !fix.equals("none")) {
            throw text.error("'driftfix' can only be none");
        }
        RtcOptions.Source source = RtcOptions.Source.HOST;
        if (clock != null && !clock.equals("host")) {
            if (!clock.equals("vm")) {
                throw text.error("'clock' is host or vm");
            }
            source = RtcOptions.Source.VM;
        }
        if (base == null || base.equals("utc")) {
            return new RtcOptions(RtcOptions.Base.UTC, null, source);
        }
        if (base.equals("localtime")) {
            return new RtcOptions(RtcOptions.Base.LOCALTIME, null, source);
        }
        try {
            LocalDateTime start =
                    base.indexOf('T') < 0 ? LocalDate.parse(base).atStartOfDay() : LocalDateTime.parse(base);
            return new RtcOptions(RtcOptions.Base.DATE, start, source);
        } catch (DateTimeException e) {
            throw text.error("'base' is utc, localtime or a date such as 2006-06-17T16:01:21");
        }
    }

    /** {@code -icount}. */
    static IcountOptions icount(String value) {
        OptionText text = new OptionText("-icount", value, "shift");
        String shift = text.require("shift");
        boolean sleep = text.takeFlag("sleep", true);
        text.takeOff("align");
        text.finish();
        if (shift.equals("auto")) {
            if (!sleep) {
                throw text.error("shift=auto keeps up with the host's time, and sleep=off runs ahead of it");
            }
            return new IcountOptions(-1, true);
        }
        int number = shift.matches("[0-9]{1,2}") ? Integer.parseInt(shift) : MAX_ICOUNT_SHIFT + 1;
        if (number > MAX_ICOUNT_SHIFT) {
            throw text.error("'shift' is auto or a number from 0 to " + MAX_ICOUNT_SHIFT);
        }
        return new IcountOptions(number, sleep);
    }

    /** {@code -seed}. */
    static Long seed(String value) {
        try {
            return Long.parseUnsignedLong(value);
        } catch (NumberFormatException e) {
            throw ConfigException.usage("-seed " + value + ": this is not a number from 0 to 2^64 - 1");
        }
    }

    /** {@code -action}, which changes what it names and keeps the rest. */
    static Actions action(String value, Actions old) {
        OptionText text = new OptionText("-action", value, null);
        Reboot reboot = choice(text, "reboot", Reboot.values(), old.reboot());
        Shutdown shutdown = choice(text, "shutdown", Shutdown.values(), old.shutdown());
        Panic panic = choice(text, "panic", Panic.values(), old.panic());
        text.finish();
        return new Actions(reboot, shutdown, panic);
    }

    private static <E extends Enum<E>> E choice(OptionText text, String key, E[] choices, E absent) {
        String value = text.take(key);
        if (value == null) {
            return absent;
        }
        StringBuilder names = new StringBuilder();
        for (E choice : choices) {
            String name = choice.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
            if (name.equals(value)) {
                return choice;
            }
            names.append(names.length() == 0 ? "" : ", ").append(name);
        }
        throw text.error("'" + key + "' is one of " + names);
    }

    /** {@code -d}; empty if it asks for help. */
    static Set<TraceOptions.Item> trace(String value) {
        EnumSet<TraceOptions.Item> items = EnumSet.noneOf(TraceOptions.Item.class);
        for (String name : value.split(",", -1)) {
            if (name.equals("help") || name.equals("?")) {
                return EnumSet.noneOf(TraceOptions.Item.class);
            }
            items.add(traceItem(value, name));
        }
        return items;
    }

    private static TraceOptions.Item traceItem(String value, String name) {
        for (TraceOptions.Item item : TraceOptions.Item.values()) {
            if (item.option().equals(name)) {
                return item;
            }
        }
        throw ConfigException.usage("-d " + value + ": there is no item '" + name + "' (use -d help to list them)");
    }

    /** What {@code -d help} prints. */
    static String traceHelp() {
        StringBuilder text = new StringBuilder("Log items (comma separated):\n");
        for (TraceOptions.Item item : TraceOptions.Item.values()) {
            text.append(item.option());
            for (int n = item.option().length(); n < 16; n++) {
                text.append(' ');
            }
            text.append(item.help()).append('\n');
        }
        return text.toString();
    }

    /** {@code -msg}. */
    static ProcessOptions message(String value, ProcessOptions old) {
        OptionText text = new OptionText("-msg", value, null);
        ProcessOptions options = new ProcessOptions(
                old.pidFile(),
                text.takeFlag("timestamp", old.timestamps()),
                text.takeFlag("guest-name", old.guestName()));
        text.finish();
        return options;
    }

    /** {@code -overcommit}: only what is so anyway. */
    static void overcommit(String value) {
        OptionText text = new OptionText("-overcommit", value, null);
        text.takeOff("mem-lock");
        text.takeOff("cpu-pm");
        text.finish();
    }

    /** {@code -name}. */
    static String name(String value) {
        OptionText text = new OptionText("-name", value, "guest");
        String name = text.take("guest");
        // Threads always have names here.
        text.takeFlag("debug-threads", true);
        if (text.take("process") != null) {
            throw text.error("'process' is not available in this version");
        }
        text.finish();
        return name == null ? "" : name;
    }

    /** {@code -boot}: the order, and with a letter in front of it, whether there is a menu. */
    static Boot boot(String value, Boot old) {
        OptionText text = new OptionText("-boot", value, "order");
        String order = text.take("order");
        if (order != null) {
            checkOrder(text, order);
        }
        String once = text.take("once");
        if (once != null) {
            throw text.error("'once' is not available in this version");
        }
        boolean menu = text.takeFlag("menu", old.menu());
        text.takeOff("strict");
        text.finish();
        return new Boot(order == null ? old.order() : order, menu);
    }

    private static void checkOrder(OptionText text, String order) {
        for (int n = 0; n < order.length(); n++) {
            char drive = order.charAt(n);
            if (drive < 'a' || drive > 'p') {
                throw text.error("'" + drive + "' is not a boot device; drives are a to p");
            }
            if (order.indexOf(drive) != n) {
                throw text.error("boot device '" + drive + "' is given twice");
            }
        }
    }

    /** What {@code -boot} says. */
    record Boot(String order, boolean menu) {}

    /** A UUID in its canonical form, or null. */
    static java.util.@Nullable UUID uuid(String value) {
        if (!value.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
            return null;
        }
        return java.util.UUID.fromString(value);
    }
}
