/** The entropy device of OASIS Virtio 1.2, 5.4: fills buffers with random bytes. */
@org.jspecify.annotations.NullMarked
package dev.veery.device.virtiorng;
