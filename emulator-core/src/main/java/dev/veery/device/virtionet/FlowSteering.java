package dev.veery.device.virtionet;

import dev.veery.net.FramePieces;
import dev.veery.net.IpFrame;

/**
 * Automatic receive steering (5.1.6.5.6.1): the frames of a connection arrive in the pair from which the driver last sent
 * one of it. A table of fixed size, so that a driver cannot make it grow; connections that share an entry share the pair.
 */
final class FlowSteering {
    private static final int ENTRIES = 256;
    /** The longest headers that are looked at: VLAN tag, IPv6 and ports. */
    private static final int MAX_HEADERS = 18 + 40 + 60;

    private final byte[] pairs = new byte[ENTRIES];
    private final IpFrame packet = new IpFrame();

    void reset() {
        java.util.Arrays.fill(pairs, (byte) 0);
    }

    /** The driver sent a frame from a pair, 0 to 127. */
    void learn(FramePieces frame, int pair) {
        // Drivers put the headers into one piece; who does not gets no steering.
        if (frame.count() > 0) {
            pairs[entry(frame.host(0), frame.length(0), frame.length())] = (byte) pair;
        }
    }

    /** Where a frame belongs. */
    int pairOf(long host, int length) {
        return pairs[entry(host, length, length)];
    }

    /** The same for both directions of a connection; entry 0 for what is neither TCP nor UDP. */
    private int entry(long host, int here, int length) {
        int looked = Math.min(here, MAX_HEADERS);
        if (looked < IpFrame.ETHERNET_HEADER) {
            return 0;
        }
        packet.parseFlow(host, looked, length);
        int flow = packet.flow();
        return (flow ^ flow >>> 8 ^ flow >>> 16) & ENTRIES - 1;
    }
}
