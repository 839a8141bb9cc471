package dev.veery.oracle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * What has to be known of the host's processor.
 *
 * @param usable an x86-64 processor under Linux
 * @param vendor vendor string
 * @param flags feature names as /proc/cpuinfo has them
 * @param fsgsbase user mode may execute WRFSBASE
 * @param cpu the first of the processors that may be used
 */
record HostInfo(boolean usable, String vendor, Set<String> flags, boolean fsgsbase, int cpu) {
    private static final long AT_HWCAP2 = 26;
    private static final long HWCAP2_FSGSBASE = 1 << 1;

    /** Whether the vector instructions that have VEX can be compared. */
    boolean vex() {
        return flags.containsAll(Set.of("avx", "avx2", "fma", "f16c"));
    }

    /** Whether it differs from Intel's as {@link AmdQuirks} lists; Hygon's are AMD's. */
    boolean amd() {
        return vendor.equals("AuthenticAMD") || vendor.equals("HygonGenuine");
    }

    static HostInfo read() {
        boolean usable = System.getProperty("os.arch").equals("amd64")
                && System.getProperty("os.name").equals("Linux");
        if (!usable) {
            return new HostInfo(false, "", Set.of(), false, 0);
        }
        try {
            String vendor = "";
            Set<String> flags = Set.of();
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                String[] parts = line.split("\\s*:\\s*", 2);
                if (parts[0].equals("vendor_id")) {
                    vendor = parts[1];
                } else if (parts[0].equals("flags")) {
                    flags = Set.of(parts[1].trim().split(" +"));
                    break;
                }
            }
            ByteBuffer auxiliary = ByteBuffer.wrap(Files.readAllBytes(Path.of("/proc/self/auxv")));
            auxiliary.order(ByteOrder.LITTLE_ENDIAN);
            boolean fsgsbase = false;
            while (auxiliary.remaining() >= 16) {
                long key = auxiliary.getLong();
                long value = auxiliary.getLong();
                fsgsbase |= key == AT_HWCAP2 && (value & HWCAP2_FSGSBASE) != 0;
            }
            return new HostInfo(true, vendor, flags, fsgsbase, firstCpu());
        } catch (IOException e) {
            throw new AssertionError("no /proc", e);
        }
    }

    private static int firstCpu() throws IOException {
        String key = "Cpus_allowed_list:";
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(key)) {
                return Integer.parseInt(line.substring(key.length()).trim().split("[-,]", 2)[0]);
            }
        }
        throw new AssertionError("no list of processors in /proc/self/status");
    }
}
