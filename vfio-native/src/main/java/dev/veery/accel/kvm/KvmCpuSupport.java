package dev.veery.accel.kvm;

import dev.veery.cpu.state.CpuIdentity;
import dev.veery.cpu.state.CpuSupport;
import dev.veery.cpu.state.Feature;
import dev.veery.linux.kvm.CpuidTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What processors on this host's KVM can be: the features KVM supports, less those that this accelerator does not model. */
final class KvmCpuSupport implements CpuSupport {
    private static final int FAMILY_SIGNATURE = 1;
    private static final int EXTENDED = 0x8000_0000;
    private static final int ADDRESS_WIDTHS = 0x8000_0008;

    /** The highest leaves that {@link dev.veery.cpu.state.Cpuid} answers. */
    private static final int MAX_LEVEL = 0x16;

    private static final int MAX_MODEL_ID = 47;

    private final KvmCpuid cpuid;
    private final CpuIdentity host;

    KvmCpuSupport(CpuidTable supported, KvmCpuid cpuid) {
        this.cpuid = cpuid;
        host = identity(supported);
    }

    private static CpuIdentity identity(CpuidTable supported) {
        CpuidTable.Entry vendor = entry(supported, 0);
        CpuidTable.Entry extended = entry(supported, EXTENDED);
        CpuidTable.Entry widths = entry(supported, ADDRESS_WIDTHS);
        int signature = entry(supported, FAMILY_SIGNATURE).eax();
        int family = signature >> 8 & 0xf;
        int model = signature >> 4 & 0xf;
        if (family == 0xf) {
            family += signature >> 20 & 0xff;
        }
        if (family == 6 || family >= 0xf) {
            model |= (signature >> 16 & 0xf) << 4;
        }
        int level = vendor.eax() < 0 ? MAX_LEVEL : Math.min(vendor.eax(), MAX_LEVEL);
        int extendedLevel = EXTENDED + Math.max(0, Math.min(extended.eax() - EXTENDED, ADDRESS_WIDTHS - EXTENDED));
        return new CpuIdentity(
                text(vendor.ebx()) + text(vendor.edx()) + text(vendor.ecx()),
                family,
                model,
                signature & 0xf,
                brand(),
                level,
                extendedLevel,
                Math.min(52, Math.max(36, widths.eax() & 0xff)));
    }

    private static CpuidTable.Entry entry(CpuidTable table, int leaf) {
        CpuidTable.Entry e = table.find(leaf, 0);
        return e == null ? new CpuidTable.Entry(leaf, 0, false, 0, 0, 0, 0) : e;
    }

    private static String text(int register) {
        byte[] bytes = {(byte) register, (byte) (register >> 8), (byte) (register >> 16), (byte) (register >> 24)};
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    /** The brand string, which KVM does not list. */
    private static String brand() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"), StandardCharsets.US_ASCII)) {
            String name = lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("");
            return name.substring(0, Math.min(name.length(), MAX_MODEL_ID));
        } catch (IOException e) {
            // A host without procfs: the name is for people only.
            return "";
        }
    }

    @Override
    public String engine() {
        return "the host's KVM";
    }

    @Override
    public boolean supports(Feature feature) {
        return cpuid.allows(feature);
    }

    @Override
    public CpuIdentity host() {
        return host;
    }
}
