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
        /** As that, but it has no data in memory: it sends interrupts, as ports do. Nothing is lost where an IOMMU comes later. */
        SEND_MESSAGES,
        /** It follows the guest's mappings, to load them into an IOMMU of the host: assigned devices. */
        MIRROR_MAPPINGS,
        /** It sees guest physical memory, IOMMU or not: devices that their drivers know to bypass it. */
        IDENTITY_REQUIRED
    }

    /** Whether it has data where an IOMMU says, so that it matters whether there is one. */
    public boolean usesMemory() {
        return purpose == Purpose.TRANSLATE_PER_ACCESS || purpose == Purpose.MIRROR_MAPPINGS;
    }

    @Override
    public String toString() {
        return "device " + device + " at " + requester.path();
    }
}
