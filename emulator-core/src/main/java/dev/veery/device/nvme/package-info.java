/**
 * An NVMe controller and its namespaces (NVM Express 1.4).
 *
 * <p>Modelled: queues as the driver makes them, MSI-X and the pin; physical region pages and scatter-gather lists; identify,
 * log pages (errors, health, firmware, changed namespaces, effects), features, abort, asynchronous events, format, doorbell buffers; read,
 * write, flush, compare, verify, write zeroes, dataset management; the volatile write cache and force unit access. Data moves
 * between disk and guest memory in place.
 *
 * <p>Not modelled: metadata and protection information, fused commands, firmware updates, namespace management, reservations,
 * zones, the controller memory buffer. Pages are 4 KiB. Interrupts are not coalesced.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.device.nvme;
