package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.config.AccelOption;
import dev.veery.config.MachineOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code -machine} and {@code -accel}, which may repeat: later ones add to and override earlier ones. */
final class MachineParser {
    static final String ACCELERATORS = "Accelerators supported by this version:\n"
            + "tcg     the software CPU: jit where the host allows it, else interp\n"
            + "jit     translates guest code to the host's\n"
            + "interp  interprets it\n"
            + "kvm     the host's processor, through /dev/kvm\n"
            + "auto    kvm where it runs guest kernel code natively, else tcg\n";

    private String type = MachineOptions.DEFAULT_TYPE;
    private final Map<String, String> properties = new LinkedHashMap<>();
    private final List<AccelOption> fromAccel = new ArrayList<>();
    private final List<AccelOption> fromMachine = new ArrayList<>();

    /** Reads one {@code -machine}; returns what to do instead of going on, or null. */
    @Nullable
    Request machine(String option, String value) {
        OptionText text = new OptionText(option, value, "type");
        String name = text.take("type");
        type = name == null ? type : name;
        if (text.wantsHelp()) {
            return name == null
                    ? Request.of(Request.Kind.MACHINE_LIST)
                    : new Request(Request.Kind.MACHINE_HELP, name, null);
        }
        String accel = text.take("accel");
        if (accel != null) {
            fromMachine.clear();
            for (String wish : accel.split(":", -1)) {
                fromMachine.add(accelerator(option + " " + value, wish));
            }
        }
        text.takeAll().forEach((key, given) -> properties.put(key.replace('_', '-'), given));
        return null;
    }

    /** Reads one {@code -accel}; returns what to do instead of going on, or null. */
    @Nullable
    Request accel(String value) {
        OptionText text = new OptionText("-accel", value, "accel");
        if (text.wantsHelp()) {
            return Request.print(ACCELERATORS);
        }
        AccelOption wish = accelerator("-accel " + value, text.require("accel"));
        String thread = text.take("thread");
        if (thread != null && !thread.equals("single") && !thread.equals("multi")) {
            throw text.error("'thread' is single or multi");
        }
        if (wish.kind() == AccelOption.Kind.KVM || wish.kind() == AccelOption.Kind.AUTO) {
            String irqchip = text.take("kernel-irqchip");
            if (irqchip != null) {
                properties.put("kernel-irqchip", irqchip);
            }
        }
        boolean statistics = text.takeFlag("stats", false);
        boolean translates = wish.kind() != AccelOption.Kind.KVM && wish.kind() != AccelOption.Kind.INTERP;
        String cache = translates ? text.take("cache") : null;
        text.finish();
        fromAccel.add(new AccelOption(
                wish.kind(), "single".equals(thread), statistics, cache == null ? AccelOption.ON : cache));
        return null;
    }

    private static AccelOption accelerator(String whole, String name) {
        for (AccelOption.Kind kind : AccelOption.Kind.values()) {
            if (kind.option().equals(name)) {
                return new AccelOption(kind);
            }
        }
        throw ConfigException.usage(whole + ": invalid accelerator '" + name + "' (use -accel help to list them)");
    }

    /** Takes a property that is an option of its own as well, such as {@code kernel}; null if it was not given. */
    @Nullable
    String take(String property) {
        return properties.remove(property);
    }

    /** The board; after {@link #take}. */
    MachineOptions options() {
        return new MachineOptions(type, properties);
    }

    /** Whether any accelerator was asked for. */
    boolean namesAccelerators() {
        return !fromAccel.isEmpty() || !fromMachine.isEmpty();
    }

    /** The accelerators to try, in order. */
    List<AccelOption> accelerators() {
        if (!fromAccel.isEmpty() && !fromMachine.isEmpty()) {
            throw ConfigException.usage("the -accel and '-machine accel=' options are incompatible; use one of them");
        }
        List<AccelOption> wishes = fromAccel.isEmpty() ? fromMachine : fromAccel;
        return wishes.isEmpty() ? List.of(new AccelOption(AccelOption.Kind.TCG)) : List.copyOf(wishes);
    }
}
