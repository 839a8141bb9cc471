package dev.veery.net;

import dev.veery.base.ConfigException;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A capture in the format of libpcap, version 2.4, little-endian: what tcpdump and Wireshark read. */
final class PcapFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("dev.veery.net");

    private static final int FILE_HEADER = 24;
    private static final int MAGIC = 0xa1b2c3d4;
    private static final int MAJOR = 2;
    private static final int MINOR = 4;
    private static final int LINKTYPE_ETHERNET = 1;
    private static final int RECORD_HEADER = 16;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long NANOS_PER_MICRO = 1_000;

    private final FileChannel channel;
    private final int maxLength;
    private final LongSupplier epochNanos;
    private final long header = OffHeap.allocate(FILE_HEADER);
    private final Gather gather = new Gather();
    private boolean failed;

    private PcapFile(FileChannel channel, int maxLength, LongSupplier epochNanos) {
        this.channel = channel;
        this.maxLength = maxLength;
        this.epochNanos = epochNanos;
    }

    /**
     * Makes a capture without frames.
     *
     * @param epochNanos the time of day for the frames, nanoseconds since 1970
     * @throws ConfigException if the file cannot be written
     */
    static PcapFile create(NetDump dump, LongSupplier epochNanos) {
        try {
            FileChannel channel = FileChannel.open(
                    Path.of(dump.file()),
                    StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING);
            PcapFile file = new PcapFile(channel, dump.maxLength(), epochNanos);
            file.writeHeader();
            return file;
        } catch (InvalidPathException | IOException e) {
            throw new ConfigException(
                    "filter-dump '" + dump.id() + "': can't write '" + dump.file() + "': " + e.getMessage());
        }
    }

    private void writeHeader() throws IOException {
        OffHeap.putInt(header, MAGIC);
        OffHeap.putShort(header + 4, MAJOR);
        OffHeap.putShort(header + 6, MINOR);
        OffHeap.putInt(header + 16, maxLength);
        OffHeap.putInt(header + 20, LINKTYPE_ETHERNET);
        gather.add(header, FILE_HEADER);
        writeAll();
    }

    /** Appends a frame. */
    void write(FramePieces frame) {
        if (failed) {
            return;
        }
        long now = epochNanos.getAsLong();
        int kept = Math.min(frame.length(), maxLength);
        OffHeap.putInt(header, (int) (now / NANOS_PER_SECOND));
        OffHeap.putInt(header + 4, (int) (now % NANOS_PER_SECOND / NANOS_PER_MICRO));
        OffHeap.putInt(header + 8, kept);
        OffHeap.putInt(header + 12, frame.length());
        gather.clear();
        gather.add(header, RECORD_HEADER);
        gather.add(frame, kept);
        try {
            writeAll();
        } catch (IOException e) {
            failed = true;
            LOG.warn("a capture of network frames ends here: {}", e.toString());
        }
    }

    private void writeAll() throws IOException {
        do {
            channel.write(gather.buffers(), 0, gather.count());
        } while (gather.hasRemaining());
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.warn("a capture of network frames may lack its end: {}", e.toString());
        }
        OffHeap.free(header);
    }
}
