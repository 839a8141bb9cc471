package dev.veery.device.virtioblk;

import dev.veery.base.Unsigned;
import dev.veery.block.BlockImage;
import dev.veery.block.DiskJob;
import dev.veery.block.Pieces;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaVector;
import dev.veery.virtio.DescriptorChain;
import dev.veery.virtio.VirtQueue;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way (5.2.6): read from the queue with the lock, worked off without it, answered with it. The header is
 * read once, so that the guest cannot change what was checked. Reused.
 */
final class BlkRequest implements DiskJob, Pieces {
    /** Most pieces of memory; a request of the longest chain with every buffer scattered over four pages fits. */
    private static final int MAX_PIECES = 4096;

    private final VirtioBlkPci owner;
    private final DmaVector in = new DmaVector(MAX_PIECES);
    private final DmaVector out = new DmaVector(MAX_PIECES);
    private final DmaVector data = new DmaVector(MAX_PIECES);
    final DescriptorChain chain = new DescriptorChain();
    private @Nullable VirtQueue queue;
    private int type;
    private long offset;
    private long length;
    private boolean unmap;
    private boolean writeThrough;
    private int status;

    BlkRequest(VirtioBlkPci owner) {
        this.owner = owner;
    }

    @Nullable
    VirtQueue queue() {
        return queue;
    }

    /**
     * Reads the request in {@link #chain}.
     *
     * @return false if it has no header or no room for a status: there is no way to answer
     */
    boolean parse(VirtQueue from, DmaDomain dma, long capacity, boolean flushWrites) {
        queue = from;
        in.clear();
        out.clear();
        data.clear();
        if (!chain.mapReadable(dma, in) || !chain.mapWritable(dma, out)) {
            return false;
        }
        if (in.length() < BlkRegs.HEADER || out.length() < 1) {
            return false;
        }
        type = (int) in.get(0, 4);
        long sector = in.get(BlkRegs.HEADER_SECTOR, 8);
        writeThrough = flushWrites;
        status = BlkRegs.S_OK;
        switch (type) {
            case BlkRegs.T_IN:
                data.addRange(out, 0, out.length() - 1);
                setRange(sector, data.length(), capacity);
                break;
            case BlkRegs.T_OUT:
                data.addRange(in, BlkRegs.HEADER, in.length() - BlkRegs.HEADER);
                setRange(sector, data.length(), capacity);
                break;
            case BlkRegs.T_DISCARD:
            case BlkRegs.T_WRITE_ZEROES:
                parseRange(capacity);
                break;
            case BlkRegs.T_FLUSH:
            case BlkRegs.T_GET_ID:
                break;
            default:
                status = BlkRegs.S_UNSUPP;
                break;
        }
        return true;
    }

    /** One range, as max_discard_seg and max_write_zeroes_seg say. */
    private void parseRange(long capacity) {
        if (in.length() != BlkRegs.HEADER + BlkRegs.RANGE) {
            status = BlkRegs.S_UNSUPP;
            return;
        }
        long first = in.get(BlkRegs.HEADER, 8);
        long sectors = in.get(BlkRegs.HEADER + BlkRegs.RANGE_SECTORS, 4);
        int flags = (int) in.get(BlkRegs.HEADER + BlkRegs.RANGE_FLAGS, 4);
        unmap = (flags & BlkRegs.RANGE_UNMAP) != 0;
        // 5.2.6.2: unknown flags, and unmap in a discard, are not supported.
        boolean flagsKnown = (flags & ~BlkRegs.RANGE_UNMAP) == 0 && !(unmap && type == BlkRegs.T_DISCARD);
        if (flagsKnown) {
            setRange(first, sectors * BlockImage.SECTOR, capacity);
        } else {
            status = BlkRegs.S_UNSUPP;
        }
    }

    private void setRange(long sector, long bytes, long capacity) {
        if (bytes % owner.blockSize() != 0
                || !Unsigned.fits(sector, bytes / BlockImage.SECTOR, capacity)
                || sector % (owner.blockSize() / BlockImage.SECTOR) != 0) {
            status = BlkRegs.S_IOERR;
        }
        offset = sector * BlockImage.SECTOR;
        length = bytes;
    }

    @Override
    public void perform(BlockImage image) throws IOException {
        if (status != BlkRegs.S_OK) {
            return;
        }
        boolean changes = type == BlkRegs.T_OUT || type == BlkRegs.T_DISCARD || type == BlkRegs.T_WRITE_ZEROES;
        if (changes && image.readOnly()) {
            status = BlkRegs.S_IOERR;
            return;
        }
        switch (type) {
            case BlkRegs.T_IN:
                image.read(offset, this);
                break;
            case BlkRegs.T_OUT:
                image.write(offset, this);
                break;
            case BlkRegs.T_DISCARD:
                image.discard(offset, length);
                break;
            case BlkRegs.T_WRITE_ZEROES:
                image.zero(offset, length, unmap);
                break;
            case BlkRegs.T_FLUSH:
                image.flush();
                break;
            default:
                break;
        }
        if (changes && writeThrough) {
            image.flush();
        }
    }

    @Override
    public int count() {
        return data.count();
    }

    @Override
    public long host(int i) {
        return data.host(i);
    }

    @Override
    public long length(int i) {
        return data.length(i);
    }

    @Override
    public void done(@Nullable IOException failure) {
        if (failure != null) {
            status = BlkRegs.S_IOERR;
        }
        owner.finished(this, failure);
    }

    /** Writes the answer; returns how many bytes of the guest's buffers were written. */
    long answer(long idBytes) {
        long written = 1;
        if (type == BlkRegs.T_IN && status != BlkRegs.S_UNSUPP) {
            data.written();
            written += data.length();
        } else if (type == BlkRegs.T_GET_ID && status == BlkRegs.S_OK) {
            written += out.put(0, idBytes, Math.min(BlkRegs.ID_BYTES, out.length() - 1));
        }
        out.putByte(out.length() - 1, status);
        return written;
    }
}
