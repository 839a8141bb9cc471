package dev.veery.dma;

/**
 * A device's stated interest in memory. It names no address space: which one it will be is decided at commit.
 *
 * @param device the device, as errors name it
 * @param requester what its transactions carry
 * @param purpose what it needs
 */
public record DmaDomainLease(String device, DmaRequester requester, Purpose purpose) {
    /** What a device needs of its domain. */
    public enum Purpose {
        /** Each access is translated when it is made: emulated devices. */
        TRANSLATE_PER_ACCESS,
        /** It follows the guest's mappings, to load them into an IOMMU of the host: assigned devices. */
        MIRROR_MAPPINGS,
        /** It sees guest physical memory, IOMMU or not: devices that their drivers know to bypass it. */
        IDENTITY_REQUIRED
    }

    @Override
    public String toString() {
        return "device " + device + " at " + requester.path();
    }
}
