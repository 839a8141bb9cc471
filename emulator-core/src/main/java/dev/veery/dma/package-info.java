/**
 * A device's view of memory, and how it comes by one: plan, bind, commit.
 *
 * <p>While it is realized and plugged, a device only states its interest as a {@link dev.veery.dma.DmaDomainLease}. The
 * {@link dev.veery.dma.DmaPlanner} resolves all of them at once when the machine is committed, and only then are there
 * {@link dev.veery.dma.DmaDomain}s to get. Whether the IOMMU was named before or after a device can therefore make no
 * difference: there is nothing before commit that could be asked for the wrong address space.
 *
 * <p>A {@link dev.veery.dma.TranslationUnit} is an IOMMU of any make. A domain's accesses honour bus mastering and
 * translation and answer with a status of {@link dev.veery.dma.DmaStatus}; they reach RAM, without a copy where wanted,
 * and the interrupt window. Not modelled: peer-to-peer transactions, which a root complex may refuse (PCI Express 5.0,
 * 1.3.1); so no device is ever re-entered by its own DMA.
 *
 * <p>Everything here is called while the machine is built or with the machine lock held.
 */
@NullMarked
package dev.veery.dma;

import org.jspecify.annotations.NullMarked;
