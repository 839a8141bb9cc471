package dev.veery.net;

/**
 * {@code -object filter-dump}: a file that gets every frame of a network; immutable.
 *
 * @param id its name
 * @param netdev the network
 * @param file path of the capture, which is made anew
 * @param maxLength most bytes kept of a frame
 */
public record NetDump(String id, String netdev, String file, int maxLength) {}
