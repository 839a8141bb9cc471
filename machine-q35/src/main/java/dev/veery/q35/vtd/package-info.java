/**
 * The IOMMU of a Q35: Intel Virtualization Technology for Directed I/O, architecture specification revision 4.1.
 *
 * <p>Modelled: the register set with queued and register-based invalidation, legacy mode (root, context and second-stage
 * tables; 4 KiB, 2 MiB and 1 GiB pages; 3, 4 and 5 levels; pass-through), scalable mode (PASID directory and tables,
 * first and second stage), IOTLB and context cache, primary fault logging with overflow, fault and invalidation events,
 * caching mode, protected memory regions, interrupt remapping with extended interrupt mode.
 *
 * <p>Not modelled, and not advertised: nested translation, page requests, posted interrupts, advanced fault logging,
 * performance monitoring, accessed and dirty bits of the second stage, execute requests. Interrupt entries are not
 * cached, so that their invalidation has nothing to do. Device-TLB invalidations complete at once: no device here keeps
 * translations.
 */
@NullMarked
package dev.veery.q35.vtd;

import org.jspecify.annotations.NullMarked;
