package dev.veery.cpu.state;

import dev.veery.base.ConfigException;

/**
 * What CPUID says a processor is, apart from its features.
 *
 * @param vendor twelve ASCII characters
 * @param family displayed family, 0 to 270
 * @param model displayed model, 0 to 255
 * @param stepping 0 to 15
 * @param modelId brand string, up to 47 ASCII characters
 * @param level highest basic leaf
 * @param extendedLevel highest extended leaf, 8000_0000h or more as an unsigned int
 * @param physicalBits physical address width, 36 to 52
 */
public record CpuIdentity(
        String vendor,
        int family,
        int model,
        int stepping,
        String modelId,
        int level,
        int extendedLevel,
        int physicalBits) {
    public CpuIdentity {
        if (vendor.length() != 12) {
            throw new ConfigException("cpu property 'vendor' takes exactly 12 characters, not '" + vendor + "'");
        }
        range("family", family, 0, 0xff + 0xf);
        range("model", model, 0, 0xff);
        range("stepping", stepping, 0, 0xf);
        range("phys-bits", physicalBits, 36, 52);
        if (modelId.length() > 47) {
            throw new ConfigException("cpu property 'model-id' takes at most 47 characters");
        }
    }

    private static void range(String property, int value, int low, int high) {
        if (value < low || value > high) {
            throw new ConfigException(
                    "cpu property '" + property + "' takes " + low + " to " + high + ", not " + value);
        }
    }

    /** Leaf 1 EAX: the extended fields appear from family 15 on, the extended model also in family 6 (SDM vol. 2, CPUID). */
    public int signature() {
        int base = Math.min(family, 0xf);
        return stepping | (model & 0xf) << 4 | base << 8 | model >> 4 << 16 | (family - base) << 20;
    }
}
