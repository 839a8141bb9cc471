package dev.veery.config;

import dev.veery.block.DiskSpec;
import dev.veery.chardev.ChardevSpec;
import dev.veery.model.DeviceDescriptor;
import dev.veery.net.NetDump;
import dev.veery.net.NetSpec;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A whole machine and how to run it.
 *
 * @param identity {@code -name}, {@code -uuid}
 * @param machine {@code -machine}
 * @param accelerators in the order in which they are tried; never empty
 * @param cpu {@code -cpu}, {@code -smp}
 * @param ramBytes {@code -m}
 * @param boot {@code -kernel} and what belongs to it
 * @param chardevs {@code -chardev}, in the order given
 * @param serials the serial ports, from the first
 * @param disks {@code -drive}, {@code -blockdev}
 * @param nets {@code -netdev}
 * @param dumps {@code -object filter-dump}
 * @param devices {@code -device}, in the order given
 * @param globals {@code -global}
 * @param iommufds the ids of {@code -object iommufd}
 * @param rtc {@code -rtc}
 * @param icount {@code -icount}, or null for the host's time
 * @param seed {@code -seed}, or null for chance
 * @param actions what to do on events of the guest
 * @param trace {@code -d}, {@code -D}
 * @param process how the program itself behaves
 */
public record VmConfig(
        Identity identity,
        MachineOptions machine,
        List<AccelOption> accelerators,
        CpuOptions cpu,
        long ramBytes,
        BootOptions boot,
        List<ChardevSpec> chardevs,
        List<ChardevSpec> serials,
        List<DiskSpec> disks,
        List<NetSpec> nets,
        List<NetDump> dumps,
        List<DeviceDescriptor> devices,
        List<GlobalProperty> globals,
        Set<String> iommufds,
        RtcOptions rtc,
        @Nullable IcountOptions icount,
        @Nullable Long seed,
        Actions actions,
        TraceOptions trace,
        ProcessOptions process) {

    /** Copies the lists. */
    public VmConfig {
        accelerators = List.copyOf(accelerators);
        chardevs = List.copyOf(chardevs);
        serials = List.copyOf(serials);
        disks = List.copyOf(disks);
        nets = List.copyOf(nets);
        dumps = List.copyOf(dumps);
        devices = List.copyOf(devices);
        globals = List.copyOf(globals);
        iommufds = Set.copyOf(iommufds);
    }
}
