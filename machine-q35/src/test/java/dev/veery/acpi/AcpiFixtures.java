package dev.veery.acpi;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** A platform with every optional part. */
public final class AcpiFixtures {
    private AcpiFixtures() {}

    public static AcpiPlatform platform(int cpus) {
        return new AcpiPlatform(
                IntStream.range(0, cpus).boxed().toList(),
                0xfee0_0000L,
                0xfec0_0000L,
                9,
                0x600,
                0xcf9,
                0xb000_0000L,
                255,
                0xfed0_0000L,
                List.of(
                        new AcpiPlatform.Window(0x8000_0000L, 0xafff_ffffL),
                        new AcpiPlatform.Window(0xc000_0000L, 0xfebf_ffffL),
                        new AcpiPlatform.Window(0x2_0000_0000L, 0x9_ffff_ffffL)),
                List.of(new AcpiPlatform.SerialPort(0x3f8, 4), new AcpiPlatform.SerialPort(0x2f8, 3)),
                true,
                false,
                OptionalInt.of(0x510),
                OptionalInt.of(0x505),
                List.of(new AcpiPlatform.Window(0xfed1_c000L, 0xfed1_ffffL)),
                List.of(new AcpiPlatform.Ports(0x600, 0x80)),
                new AcpiPlatform.Iommu(
                        0xfed9_0000L,
                        39,
                        true,
                        true,
                        0xfff0,
                        List.of(new AcpiPlatform.ReservedMemory(0x7e00_0000L, 0x7e00_ffffL, List.of(0x28, 0x31)))),
                new AcpiPlatform.HotPlug(
                        0xcc0,
                        List.of(
                                new AcpiPlatform.Bridge(0x08, 0, true, List.of()),
                                new AcpiPlatform.Bridge(
                                        0x11,
                                        1,
                                        false,
                                        List.of(new AcpiPlatform.Bridge(
                                                0,
                                                -1,
                                                false,
                                                List.of(new AcpiPlatform.Bridge(0x20, 2, true, List.of()))))))));
    }
}
