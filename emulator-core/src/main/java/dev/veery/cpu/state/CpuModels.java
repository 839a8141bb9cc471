package dev.veery.cpu.state;

import dev.veery.base.ConfigException;
import dev.veery.base.OptionSyntax;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The processors that {@code -cpu} offers, and its syntax, which is QEMU's. */
public final class CpuModels {
    /** What {@code -cpu} means when it is not given. */
    public static final String DEFAULT = "max";

    /** Features of every 64-bit processor. */
    private static final Set<Feature> BASE64 = EnumSet.of(
            Feature.FPU,
            Feature.DE,
            Feature.PSE,
            Feature.TSC,
            Feature.MSR,
            Feature.PAE,
            Feature.MCE,
            Feature.CX8,
            Feature.APIC,
            Feature.SEP,
            Feature.MTRR,
            Feature.PGE,
            Feature.MCA,
            Feature.CMOV,
            Feature.PAT,
            Feature.PSE36,
            Feature.CLFLUSH,
            Feature.MMX,
            Feature.FXSR,
            Feature.SSE,
            Feature.SSE2,
            Feature.SSE3,
            Feature.CX16,
            Feature.HYPERVISOR,
            Feature.SYSCALL,
            Feature.NX,
            Feature.LM,
            Feature.LAHF_LM);

    private static final Set<Feature> NEHALEM_EXTRA =
            EnumSet.of(Feature.SSSE3, Feature.SSE4_1, Feature.SSE4_2, Feature.POPCNT);

    /** What depends on the number of processors, not on the model. */
    private static final Set<Feature> TOPOLOGY = EnumSet.of(Feature.HT, Feature.CMP_LEGACY);

    private CpuModels() {}

    /** One line for each model and the feature names, for {@code -cpu help}. */
    public static String help() {
        StringBuilder b = new StringBuilder("Available CPUs:\n");
        line(b, "Nehalem", "Intel Core i7 9xx (Nehalem class), x86-64-v2");
        line(b, "host", "the host's own processor (needs the kvm accelerator)");
        line(b, "max", "everything the accelerator offers");
        line(b, "qemu32", "generic 32-bit processor");
        line(b, "qemu64", "generic 64-bit processor");
        b.append("\nRecognized CPUID flags:\n");
        StringBuilder row = new StringBuilder(" ");
        for (Feature f : Feature.values()) {
            if (f.implemented() && !TOPOLOGY.contains(f)) {
                if (row.length() + f.flag().length() > 78) {
                    b.append(row).append('\n');
                    row.setLength(1);
                }
                row.append(' ').append(f.flag());
            }
        }
        return b.append(row).append('\n').toString();
    }

    private static void line(StringBuilder b, String name, String text) {
        b.append(String.format("x86 %-20s  %s%n", name, text));
    }

    /** The model called {@code spec}, no warnings wanted: for tests and defaults. */
    public static CpuModel parse(String spec) {
        return parse(spec, warning -> {});
    }

    /**
     * Understands the argument of {@code -cpu}: {@code MODEL[,+feature][,-feature][,feature[=on|off]][,property=value]}.
     *
     * @param warn receives one line (without "warning:") for each feature asked for that no engine implements
     * @throws ConfigException naming the model, feature or property that is not known, or a value out of range
     */
    public static CpuModel parse(String spec, Consumer<String> warn) {
        return parse(spec, CpuSupport.SOFTWARE, warn);
    }

    /**
     * As above, for a processor that another engine runs.
     *
     * @param support what it can give; the models {@code host} and {@code max} are made of that
     */
    public static CpuModel parse(String spec, CpuSupport support, Consumer<String> warn) {
        List<String> parts = List.of(spec.split(",", -1));
        Builder builder = new Builder(parts.get(0), support);
        for (String part : parts.subList(1, parts.size())) {
            builder.apply(part);
        }
        return builder.build(warn);
    }

    /** A model under construction. */
    private static final class Builder {
        private static final Pattern FREQUENCY = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?)([kKmMgG]?)");
        private static final long MIN_TSC_HZ = 1_000_000;
        private static final long MAX_TSC_HZ = 100_000_000_000L;

        private final String name;
        private final CpuSupport support;
        private final Set<Feature> features;
        private final List<Feature> missing = new ArrayList<>();
        private String vendor = CpuModel.INTEL;
        private int family = 6;
        private int model;
        private int stepping;
        private String modelId;
        private int level = 0xd;
        private int extendedLevel = 0x8000_0008;
        private int physicalBits = 40;
        private boolean check = true;
        private boolean enforce;
        private Paravirtual paravirtual = Paravirtual.ALL;
        private long tscHz;

        Builder(String name, CpuSupport support) {
            this.name = name;
            this.support = support;
            features = EnumSet.copyOf(BASE64);
            modelId = "Veery Virtual CPU";
            switch (name) {
                case "qemu64":
                    vendor = CpuModel.AMD;
                    family = 15;
                    model = 107;
                    stepping = 1;
                    break;
                case "qemu32":
                    model = 6;
                    stepping = 3;
                    level = 4;
                    extendedLevel = 0x8000_0004;
                    physicalBits = 36;
                    features.removeAll(EnumSet.of(
                            Feature.MTRR, Feature.MCA, Feature.CLFLUSH, Feature.PSE36, Feature.CX16, Feature.SYSCALL));
                    features.removeAll(EnumSet.of(Feature.NX, Feature.LM, Feature.LAHF_LM));
                    break;
                case "Nehalem":
                    model = 26;
                    stepping = 3;
                    level = 11;
                    modelId = "Intel Core i7 9xx (Nehalem Class Core i7)";
                    features.addAll(NEHALEM_EXTRA);
                    break;
                case "max":
                    // Family 6 makes Linux read leaf 15h instead of timing the TSC. The model number is one that no
                    // table of vulnerable processors lists, and that compilers' run-time dispatch does not take for a
                    // processor with AVX-512.
                    model = 0xf0;
                    stepping = 4;
                    level = 0x16;
                    physicalBits = 46;
                    everything();
                    break;
                case "host":
                    if (support.host() == null) {
                        throw new ConfigException("CPU model 'host' needs the kvm accelerator");
                    }
                    everything();
                    break;
                default:
                    throw new ConfigException("unable to find CPU model '" + name + "' (try -cpu help)");
            }
            CpuIdentity host = support.host();
            if (host != null) {
                // Guests choose between SYSCALL and SYSENTER by the vendor, and only the host's own work in every mode.
                vendor = host.vendor();
            }
        }

        /** All features there are, on the host's processor where that is visible. */
        private void everything() {
            features.clear();
            for (Feature f : Feature.values()) {
                if (support.offers(f)) {
                    features.add(f);
                }
            }
            CpuIdentity host = support.host();
            if (host != null) {
                family = host.family();
                model = host.model();
                stepping = host.stepping();
                modelId = host.modelId();
                level = host.level();
                extendedLevel = host.extendedLevel();
                physicalBits = host.physicalBits();
            }
        }

        void apply(String part) {
            if (part.startsWith("+") || part.startsWith("-")) {
                feature(part.substring(1), part.startsWith("+"));
                return;
            }
            int eq = part.indexOf('=');
            String key = eq < 0 ? part : part.substring(0, eq);
            String value = eq < 0 ? "on" : part.substring(eq + 1);
            if (!property(key.replace('_', '-'), value)) {
                feature(key, flag(key, value));
            }
        }

        private boolean property(String key, String value) {
            switch (key) {
                case "vendor":
                    vendor = value;
                    break;
                case "family":
                    family = number(key, value);
                    break;
                case "model":
                    model = number(key, value);
                    break;
                case "stepping":
                    stepping = number(key, value);
                    break;
                case "model-id":
                    modelId = value;
                    break;
                case "level":
                    level = number(key, value);
                    break;
                case "xlevel":
                    extendedLevel = number(key, value);
                    break;
                case "phys-bits":
                    physicalBits = number(key, value);
                    break;
                case "check":
                    check = flag(key, value);
                    break;
                case "enforce":
                    enforce = flag(key, value);
                    break;
                case "migratable":
                case "host-phys-bits":
                    // They speak of the host's processor, which this one does not depend on.
                    flag(key, value);
                    break;
                case "kvm":
                    paravirtual = new Paravirtual(flag(key, value), paravirtual.hidden());
                    break;
                case "tsc-frequency":
                    tscHz = frequency(key, value);
                    break;
                case "pmu":
                    if (flag(key, value)) {
                        throw new ConfigException("cpu property 'pmu': there is no performance monitoring unit");
                    }
                    break;
                default:
                    if (!Paravirtual.knows(key)) {
                        return false;
                    }
                    paravirtual = paravirtual.with(key, flag(key, value));
                    break;
            }
            return true;
        }

        private void feature(String flag, boolean on) {
            if (Paravirtual.knows(flag.replace('_', '-'))) {
                paravirtual = paravirtual.with(flag.replace('_', '-'), on);
                return;
            }
            Feature f = Feature.byFlag(flag);
            if (f == null) {
                throw new ConfigException("cpu '" + name + "' has no feature or property '" + flag + "'");
            }
            if (!on) {
                features.remove(f);
                missing.remove(f);
            } else if (support.supports(f)) {
                features.add(f);
            } else if (!missing.contains(f)) {
                missing.add(f);
            }
        }

        private static boolean flag(String key, String value) {
            Boolean on = OptionSyntax.flag(value.toLowerCase(Locale.ROOT));
            if (on == null) {
                throw new ConfigException("cpu property '" + key + "' takes on or off, not '" + value + "'");
            }
            return on;
        }

        /** A number of Hz with an optional metric suffix; KVM counts in kHz. */
        private static long frequency(String key, String value) {
            Matcher m = FREQUENCY.matcher(value);
            if (!m.matches()) {
                throw new ConfigException(
                        "cpu property '" + key + "' takes a frequency in Hz such as 2.5G, not '" + value + "'");
            }
            double scale = Math.pow(1000, "kmg".indexOf(m.group(2).toLowerCase(Locale.ROOT)) + 1);
            double hz = Double.parseDouble(m.group(1)) * (m.group(2).isEmpty() ? 1 : scale);
            if (hz < MIN_TSC_HZ || hz > MAX_TSC_HZ) {
                throw new ConfigException("cpu property '" + key + "' is out of range: " + value);
            }
            return Math.round(hz);
        }

        private static int number(String key, String value) {
            try {
                long n = Long.decode(value);
                if (n >= 0 && n <= 0xffff_ffffL) {
                    return (int) n;
                }
            } catch (NumberFormatException e) {
                throw new ConfigException("cpu property '" + key + "' takes a number, not '" + value + "'");
            }
            throw new ConfigException("cpu property '" + key + "' is out of range: " + value);
        }

        CpuModel build(Consumer<String> warn) {
            for (Feature f : EnumSet.copyOf(features)) {
                if (!support.supports(f)) {
                    features.remove(f);
                    missing.add(f);
                }
            }
            if (enforce && !missing.isEmpty()) {
                throw new ConfigException("cpu feature '" + missing.get(0).flag() + "' ("
                        + missing.get(0).where() + ") is not implemented by " + support.engine());
            }
            if (check) {
                for (Feature f : missing) {
                    warn.accept(
                            support.engine() + " does not implement " + f.where() + " '" + f.flag() + "', left off");
                }
            }
            if (tscHz != 0 && !support.tscFrequency(tscHz)) {
                warn.accept("tsc-frequency=" + tscHz + " is ignored: the counter of " + support.engine()
                        + " has a frequency of its own");
            }
            features.removeAll(TOPOLOGY);
            int[] words = new int[Feature.Word.values().length];
            for (Feature f : features) {
                words[f.word().ordinal()] |= 1 << f.bit();
            }
            CpuIdentity identity =
                    new CpuIdentity(vendor, family, model, stepping, modelId, level, extendedLevel, physicalBits);
            return new CpuModel(name, identity, words, 1, 1, paravirtual, tscHz);
        }
    }
}
