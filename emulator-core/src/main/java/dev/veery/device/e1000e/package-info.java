/**
 * Intel 82574L Gigabit Ethernet Controller, after its datasheet, revision 3.4; sections are cited from it.
 *
 * <p>Modelled: the registers that drivers use (10), the receive and transmit queues with legacy, extended and packet split
 * descriptors (7.1, 7.2), checksum and TCP segmentation offload, VLAN tags, address filters, INTx, MSI and MSI-X with
 * their automatic clearing and masking (7.4), NVM words by EERD and EEWR, the PHY by MDIC, statistics of good frames.
 *
 * <p>Not modelled: a cable that can be unplugged (the link is up at 1000 Mb/s), delays and moderation of interrupts (each
 * comes at once), receive side scaling (frames arrive in queue 0, without a hash), splitting at headers (packet split
 * buffers are filled in their order), jumbo frames beyond what the network takes, IP fragmentation of UDP, time stamps,
 * wake-up, management, contents of the flash BAR, latency tolerance reports.
 *
 * <p>The driver is not trusted: rings are bounded by their length, frames by what the network takes, and memory that the
 * card may not reach loses the frame.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.device.e1000e;
