package dev.veery.net;

import dev.veery.memory.access.OffHeap;

/**
 * What network cards do for their drivers on the way out: fill in checksums, and cut long TCP packets into segments. The
 * headers are copied and changed in the copy; the payload stays where the driver has it. Reused by its owner.
 */
public final class SendOffload implements AutoCloseable {
    /** Most bytes in front of the payload, or in front of and with a checksum. */
    public static final int MAX_HEADERS = 512;

    private static final int FLAG_FIN = 0x01;
    private static final int FLAG_PSH = 0x08;
    private static final int FLAG_CWR = 0x80;
    private static final int CHECKSUM = 2;

    private final long original = OffHeap.allocate(MAX_HEADERS);
    private final long headers = OffHeap.allocate(MAX_HEADERS);
    private final FramePieces source = new FramePieces();
    private final FramePieces out = new FramePieces();

    /** Bytes of {@link #source} that are copied, 0 if it goes out as it is. */
    private int copied;

    private int network;
    private int transport;
    private int version;
    private int segmentSize;

    /** How far {@link #source} was sent. */
    private int sent;

    private int segments;

    /** Begins a frame, which is sent as it is unless the next calls say otherwise. */
    public void begin(FramePieces frame) {
        source.clear();
        source.addRange(frame, 0, frame.length());
        copied = 0;
        segmentSize = 0;
        sent = 0;
        segments = 0;
    }

    private void copyHeaders(int length) {
        if (copied == 0) {
            copied = source.copyTo(headers, length);
        }
    }

    /**
     * Fills in a checksum.
     *
     * @param start where the bytes begin that it covers; the field is among them and has what else is to be added
     * @param end where they end, at most the length of the frame
     * @param field where the checksum goes
     * @return false if there is no such place
     */
    public boolean checksum(int start, int end, int field) {
        if (start < 0
                || start > field
                || field > MAX_HEADERS - CHECKSUM
                || end > source.length()
                || field > end - CHECKSUM) {
            return false;
        }
        copyHeaders(MAX_HEADERS);
        int here = Math.min(copied, end) - start;
        int sum = InternetChecksum.sum(headers + start, here);
        if (end > copied) {
            sum = InternetChecksum.append(sum, here, source.sum(copied, end - copied));
        }
        int value = InternetChecksum.complement(sum);
        // In UDP 0 means that there is none; the other protocols do not tell 0 and ffff apart.
        OffHeap.putShort(headers + field, value == 0 ? 0xffff : value);
        return true;
    }

    /**
     * Cuts TCP into segments.
     *
     * @param networkAt where the IP header begins
     * @param transportAt where the TCP header begins
     * @param mss most bytes of payload in one
     * @return false if there are no such headers
     */
    public boolean segment(int networkAt, int transportAt, int mss) {
        int limit = Math.min(source.length(), MAX_HEADERS);
        if (networkAt < 0 || mss <= 0 || transportAt > limit - IpFrame.TCP_HEADER) {
            return false;
        }
        source.copyTo(headers, limit);
        int end = transportAt + ((OffHeap.getByte(headers + transportAt + IpFrame.TCP_OFFSET) & 0xf0) >> 2);
        int wants = OffHeap.getByte(headers + networkAt) >> 4 & 0xf;
        int least = wants == 4 ? IpFrame.IPV4_HEADER : IpFrame.IPV6_HEADER;
        if (wants != 4 && wants != 6
                || transportAt - networkAt < least
                || end > limit
                || end < transportAt + IpFrame.TCP_HEADER) {
            return false;
        }
        OffHeap.copy(headers, original, end);
        copied = end;
        sent = end;
        network = networkAt;
        transport = transportAt;
        version = wants;
        segmentSize = mss;
        return true;
    }

    /** As {@link #segment}, the IP header being where an Ethernet frame has it, behind a VLAN tag or not. */
    public boolean segmentBehindEthernet(int transportAt, int mss) {
        if (source.copyTo(headers, MAX_HEADERS) < IpFrame.ETHERNET_HEADER) {
            return false;
        }
        return segment(IpFrame.networkOffset(headers), transportAt, mss);
    }

    /** The frame to send now; the same again until {@link #next} is called. */
    public FramePieces current() {
        out.clear();
        if (segmentSize == 0) {
            out.add(headers, copied);
            out.addRange(source, copied, source.length() - copied);
            return out;
        }
        int payload = Math.min(segmentSize, source.length() - sent);
        patch(payload);
        out.add(headers, copied);
        out.addRange(source, sent, payload);
        return out;
    }

    /** Goes on to the next frame; false if there is none. */
    public boolean next() {
        if (segmentSize == 0) {
            return false;
        }
        sent += Math.min(segmentSize, source.length() - sent);
        segments++;
        return sent < source.length();
    }

    /** Headers of the segment at {@link #sent}: lengths, identification, sequence number, flags, checksums. */
    private void patch(int payload) {
        OffHeap.copy(original, headers, copied);
        long ip = headers + network;
        long tcp = headers + transport;
        if (version == 4) {
            putWord(ip + IpFrame.IPV4_LENGTH, copied - network + payload);
            putWord(ip + IpFrame.IPV4_ID, word(ip + IpFrame.IPV4_ID) + segments);
            OffHeap.putShort(ip + IpFrame.IPV4_CHECKSUM, 0);
            int sum = InternetChecksum.sum(ip, transport - network);
            OffHeap.putShort(ip + IpFrame.IPV4_CHECKSUM, InternetChecksum.complement(sum));
        } else {
            putWord(ip + IpFrame.IPV6_LENGTH, copied - network - IpFrame.IPV6_HEADER + payload);
        }
        int sequence = Integer.reverseBytes(OffHeap.getInt(tcp + IpFrame.TCP_SEQUENCE));
        OffHeap.putInt(tcp + IpFrame.TCP_SEQUENCE, Integer.reverseBytes(sequence + sent - copied));
        int flags = OffHeap.getByte(tcp + IpFrame.TCP_FLAGS);
        if (sent + payload < source.length()) {
            flags &= ~(FLAG_FIN | FLAG_PSH);
        }
        if (segments > 0) {
            flags &= ~FLAG_CWR;
        }
        OffHeap.putByte(tcp + IpFrame.TCP_FLAGS, flags);
        OffHeap.putShort(tcp + IpFrame.TCP_CHECKSUM, 0);
        int header = copied - transport;
        int sum = InternetChecksum.append(InternetChecksum.sum(tcp, header), header, source.sum(sent, payload));
        int pseudo = IpFrame.pseudoHeader(ip, version, IpFrame.TCP, header + payload);
        OffHeap.putShort(tcp + IpFrame.TCP_CHECKSUM, InternetChecksum.complement(InternetChecksum.add(sum, pseudo)));
    }

    private static int word(long at) {
        return Short.toUnsignedInt(Short.reverseBytes(OffHeap.getShort(at)));
    }

    private static void putWord(long at, int value) {
        OffHeap.putShort(at, Short.reverseBytes((short) value));
    }

    @Override
    public void close() {
        OffHeap.free(original);
        OffHeap.free(headers);
    }
}
