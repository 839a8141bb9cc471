package dev.veery.q35.vtd;

import dev.veery.base.ConfigException;
import dev.veery.model.Property;
import dev.veery.model.PropertyValues;
import java.util.List;

/**
 * What the user wants of the unit.
 *
 * @param addressWidth 39, 48 or 57 bits of I/O virtual address
 * @param interruptRemapping whether it remaps interrupts
 * @param extendedInterrupts whether those have 32-bit destinations (EIM)
 * @param cachingMode whether the guest must report mappings that become present
 * @param cachingModeGiven whether the user decided that
 * @param deviceTlb whether devices may have translations of their own (ATS)
 * @param passThrough whether a context entry may bypass translation
 * @param snoopControl whether page tables may force snooping
 * @param scalable whether scalable mode is offered
 * @param firstStage whether that offers the first stage
 * @param drain whether invalidations wait for transactions under way
 */
record VtdConfig(
        int addressWidth,
        boolean interruptRemapping,
        boolean extendedInterrupts,
        boolean cachingMode,
        boolean cachingModeGiven,
        boolean deviceTlb,
        boolean passThrough,
        boolean snoopControl,
        boolean scalable,
        boolean firstStage,
        boolean drain) {

    private static final String OFF = "off";
    private static final String AUTO = "auto";

    static final List<Property> PROPERTIES = List.of(
            Property.uint8("aw-bits", 48, "Width of I/O virtual addresses: 39, 48 or 57"),
            Property.enumeration(IntelIommuDevice.INTREMAP, AUTO, "Interrupt remapping", "on", OFF, AUTO),
            Property.enumeration("eim", AUTO, "32-bit interrupt destinations, for x2APIC", "on", OFF, AUTO),
            Property.bool(
                    "caching-mode", false, "The guest reports mappings that become present; for assigned devices"),
            Property.bool("device-iotlb", false, "Devices may cache translations (ATS)"),
            Property.bool("pt", true, "Context entries may bypass translation"),
            Property.bool("snoop-control", false, "Page tables may force snooping"),
            Property.bool("x-scalable-mode", false, "Offer scalable mode"),
            Property.bool("x-flts", false, "Offer the first stage in scalable mode"),
            Property.bool("dma-drain", true, "Invalidations wait for transactions under way"));

    /**
     * Reads the properties.
     *
     * @throws ConfigException if they contradict each other
     */
    static VtdConfig of(PropertyValues values) {
        int width = values.integer("aw-bits");
        if (width != 39 && width != 48 && width != 57) {
            throw new ConfigException("aw-bits=" + width + " is not supported; it takes 39, 48 or 57");
        }
        boolean remapping = !values.choice(IntelIommuDevice.INTREMAP).equals(OFF);
        String eim = values.choice("eim");
        if (eim.equals("on") && !remapping) {
            throw new ConfigException("eim=on needs intremap=on");
        }
        boolean scalable = values.bool("x-scalable-mode");
        if (values.bool("x-flts") && !scalable) {
            throw new ConfigException("x-flts=on needs x-scalable-mode=on");
        }
        return new VtdConfig(
                width,
                remapping,
                remapping && !eim.equals(OFF),
                values.bool("caching-mode"),
                values.isGiven("caching-mode"),
                values.bool("device-iotlb"),
                values.bool("pt"),
                values.bool("snoop-control"),
                scalable,
                values.bool("x-flts"),
                values.bool("dma-drain"));
    }

    /** Width of guest physical addresses in tables: entries have no more than 52 bits for them. */
    int hostWidth() {
        return Math.min(addressWidth, 52);
    }

    /** 11.4.2. */
    long capabilities(boolean caching) {
        int depths = addressWidth == 39 ? 0b0010 : addressWidth == 48 ? 0b0110 : 0b1110;
        long cap = 6 // ND: 16-bit domain ids
                | 1L << 5 // PLMR
                | 1L << 6 // PHMR
                | (long) depths << 8 // SAGAW
                | addressWidth - 1L << 16 // MGAW
                | 1L << 22 // ZLR
                | (long) VtdRegs.FRCD / 16 << 24 // FRO
                | 0b11L << 34 // SSLPS: 2 MiB and 1 GiB
                | 1L << 39 // PSI
                | VtdRegs.FRCD_COUNT - 1L << 40 // NFR
                | (long) VtdRegs.MAX_ADDRESS_MASK << 48; // MAMV
        cap |= caching ? 1L << 7 : 0;
        cap |= drain ? 0b11L << 54 : 0; // DWD, DRD
        cap |= firstStage ? 1L << 56 : 0; // FS1GP
        return cap;
    }

    /** 11.4.3. */
    long extendedCapabilities() {
        long ecap = 1 // C
                | 1L << 1 // QI
                | (long) VtdRegs.IVA / 16 << 8; // IRO
        ecap |= deviceTlb ? 1L << 2 : 0;
        ecap |= interruptRemapping ? 1L << 3 | 15L << 20 : 0; // IR, MHMV
        ecap |= extendedInterrupts ? 1L << 4 : 0;
        ecap |= passThrough ? 1L << 6 : 0;
        ecap |= snoopControl ? 1L << 7 : 0;
        if (scalable) {
            ecap |= 19L << 35 | 1L << 40 | 1L << 43 | 1L << 46; // PSS: 20 bits, PASID, SMTS, SSTS
            ecap |= firstStage ? 1L << 47 : 0; // FSTS
        }
        return ecap;
    }
}
