/**
 * Networks of the host: what {@code -netdev} opens. Frames are Ethernet without preamble and checksum. Sent frames go from
 * guest memory to the socket in place; received ones are copied once, from memory outside the Java heap.
 *
 * <p>Modelled: QEMU's {@code stream} and {@code socket} wire format, a length of 4 bytes in network order before each frame,
 * over TCP and Unix sockets; one frame a datagram over UDP; a network where nothing arrives. Not modelled: user-mode
 * networking (a {@code stream} to passt gives it), multicast, hubs, filters other than {@code filter-dump}.
 *
 * <p>{@link dev.veery.net.SendOffload} and {@link dev.veery.net.IpFrame} do for network cards what their hardware does with
 * checksums (RFC 1071) and TCP segments, as no network here takes a frame that is not ready for the wire.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.net;
