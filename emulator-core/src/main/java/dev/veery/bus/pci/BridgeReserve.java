package dev.veery.bus.pci;

import dev.veery.base.ConfigException;
import dev.veery.model.Property;
import dev.veery.model.PropertyValues;
import dev.veery.register.RegisterBank;
import java.util.List;

/**
 * What a user wants firmware to set aside below a bridge for devices that come later; -1 leaves that to firmware.
 *
 * @param buses further bus numbers, 32 bits
 * @param io bytes of port space
 * @param memory bytes of memory below 4 GiB
 * @param prefetch32 bytes of prefetchable memory below 4 GiB
 * @param prefetch64 bytes of prefetchable memory anywhere
 */
public record BridgeReserve(long buses, long io, long memory, long prefetch32, long prefetch64) {
    /** Nothing in particular. */
    public static final BridgeReserve NONE = new BridgeReserve(-1, -1, -1, -1, -1);

    /** Capability id: vendor-specific. */
    static final int ID = 0x09;

    /** QEMU's docs/pcie_pci_bridge: header, length, type, five numbers. */
    static final int LENGTH = 32;

    private static final int TYPE = 3;
    private static final int TYPE_RESERVE = 1;
    private static final int BUSES = 4;
    private static final int IO = 8;
    private static final int MEMORY = 16;
    private static final int PREFETCH32 = 20;
    private static final int PREFETCH64 = 24;
    private static final long UNSAID = 0xffff_ffffL;

    /** The properties with QEMU's names. */
    public static List<Property> properties() {
        return List.of(
                Property.uint32("bus-reserve", UNSAID, "Bus numbers that firmware keeps free below"),
                Property.size("io-reserve", -1L, "Ports that firmware keeps free below"),
                Property.size("mem-reserve", -1L, "Memory that firmware keeps free below"),
                Property.size("pref32-reserve", -1L, "Prefetchable memory under 4 GiB that firmware keeps free below"),
                Property.size("pref64-reserve", -1L, "Prefetchable memory that firmware keeps free below"));
    }

    /**
     * What the user gave.
     *
     * @throws ConfigException if it contradicts itself or is larger than its window can be
     */
    public static BridgeReserve of(PropertyValues values) {
        long buses = values.number("bus-reserve");
        BridgeReserve reserve = new BridgeReserve(
                buses == UNSAID ? -1 : buses,
                values.number("io-reserve"),
                values.number("mem-reserve"),
                values.number("pref32-reserve"),
                values.number("pref64-reserve"));
        if (reserve.prefetch32 > 0 && reserve.prefetch64 > 0) {
            throw new ConfigException("pref32-reserve and pref64-reserve exclude each other");
        }
        check("bus-reserve", reserve.buses, PciBus.SLOTS * 8 - 1);
        check("io-reserve", reserve.io, 0x1_0000);
        check("mem-reserve", reserve.memory, UNSAID);
        check("pref32-reserve", reserve.prefetch32, UNSAID);
        check("pref64-reserve", reserve.prefetch64, 1L << 40);
        return reserve;
    }

    private static void check(String name, long value, long most) {
        if (value < -1 || value > most) {
            throw new ConfigException("Parameter '" + name + "' is at most " + most);
        }
    }

    /** Prefetchable memory of either kind, or -1. */
    public long prefetch() {
        return Math.max(prefetch32, prefetch64);
    }

    void declare(RegisterBank config, int offset) {
        config.declare(offset + 2, 1, LENGTH, 0);
        config.declare(offset + TYPE, 1, TYPE_RESERVE, 0);
        config.declare(offset + BUSES, 4, buses, 0);
        config.declare(offset + IO, 8, io, 0);
        config.declare(offset + MEMORY, 4, memory, 0);
        config.declare(offset + PREFETCH32, 4, prefetch32, 0);
        config.declare(offset + PREFETCH64, 8, prefetch64, 0);
    }
}
