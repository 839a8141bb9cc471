package dev.veery.q35;

import dev.veery.accel.Accelerator;
import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.base.Units;
import dev.veery.chardev.CharBackend;
import dev.veery.cpu.state.CpuModel;
import dev.veery.memory.RamAllocator;
import dev.veery.model.DeviceDescriptor;
import dev.veery.model.PropertyValues;
import dev.veery.time.VirtualClock;
import dev.veery.time.WallClock;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The plan of a machine and the host's parts it is made with; immutable.
 *
 * @param lock serialises the devices; the clock uses the same
 * @param clock virtual time
 * @param wallClock the date for the RTC
 * @param ramAllocator where guest RAM comes from
 * @param accelerator what runs the processors
 * @param cpuModel what the processors are
 * @param cpus how many
 * @param ramBytes guest RAM
 * @param options of {@code -machine}, from {@link Q35Options#parse}
 * @param boot what to boot, or null for nothing
 * @param serials back ends of COM1 to COM4, null for a port that is left out
 * @param chardevs connects a device to the back end that {@code chardev=} names; throws ConfigException for an unknown one
 * @param backends disks and the like for devices to use
 * @param devices the devices asked for, in their order
 * @param globals {@code -global} settings, in their order
 * @param uuid of the machine
 * @param version of this program, for SMBIOS
 * @param rngSeed random bytes for the guest's kernel, or null
 * @param events who hears what happens to the machine
 * @param warnings takes lines for the user
 */
public record Q35Settings(
        MachineLock lock,
        VirtualClock clock,
        WallClock wallClock,
        RamAllocator ramAllocator,
        Accelerator accelerator,
        CpuModel cpuModel,
        int cpus,
        long ramBytes,
        PropertyValues options,
        @Nullable Boot boot,
        List<@Nullable CharBackend> serials,
        Function<String, CharBackend> chardevs,
        Q35Backends backends,
        List<DeviceDescriptor> devices,
        List<Global> globals,
        UUID uuid,
        String version,
        byte @Nullable [] rngSeed,
        MachineEvents events,
        Consumer<String> warnings) {
    /** Most processors: what APIC ids of the DSDT's names leave room for. */
    public static final int MAX_CPUS = 288;

    /** COM ports of a PC. */
    public static final int MAX_SERIALS = 4;

    /** What to boot. */
    public record Boot(String kernel, @Nullable String initrd, String commandLine) {}

    /** A {@code -global} setting. */
    public record Global(String driver, String property, String value) {}

    /**
     * Checks the numbers.
     *
     * @throws ConfigException if one is out of range
     */
    public Q35Settings {
        if (ramBytes < Q35MemoryMap.MIN_RAM || ramBytes > Q35MemoryMap.MAX_RAM) {
            throw new ConfigException("RAM size " + ramBytes / Units.MIB + " MiB is not supported; -m takes "
                    + Q35MemoryMap.MIN_RAM / Units.MIB + "M to " + Q35MemoryMap.MAX_RAM / Units.GIB + "G");
        }
        if (ramBytes % Units.MIB != 0) {
            throw new ConfigException("RAM size " + ramBytes + " is not a whole number of MiB");
        }
        if (cpus < 1 || cpus > MAX_CPUS) {
            throw new ConfigException("invalid number of CPUs " + cpus + "; -smp takes 1 to " + MAX_CPUS);
        }
        if (serials.size() > MAX_SERIALS) {
            throw new ConfigException("at most " + MAX_SERIALS + " serial ports are supported");
        }
        devices = List.copyOf(devices);
        globals = List.copyOf(globals);
    }
}
