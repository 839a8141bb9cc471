/**
 * The network device of OASIS Virtio 1.2, 5.1.
 *
 * <p>Modelled: one pair of queues, mergeable receive buffers, link status, the control queue with receive filters and the
 * MAC address. Not modelled: several pairs, checksum and segmentation offload, VLAN filters, announcements.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.device.virtionet;
