/**
 * The block device of OASIS Virtio 1.2, 5.2.
 *
 * <p>Modelled: reads, writes, flush, device id, discard, write zeroes, several queues, the write cache switch, topology. Not
 * modelled: SCSI commands, secure erase, lifetime, zones. The requests of all queues are worked off in one order.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.device.virtioblk;
