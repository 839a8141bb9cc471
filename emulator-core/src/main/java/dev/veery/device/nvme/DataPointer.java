package dev.veery.device.nvme;

import dev.veery.base.Unsigned;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaStatus;
import dev.veery.dma.DmaVector;

/**
 * Finds a command's data in guest memory: physical region pages (4.3) and scatter-gather lists (4.4). Everything is read
 * once, and no list is followed further than the data or {@link #MAX_DESCRIPTORS} ask for, so a list that leads back to
 * itself ends.
 */
final class DataPointer {
    private static final int PRP = 8;
    private static final int DESCRIPTOR = 16;
    private static final int MAX_DESCRIPTORS = 2048;

    private static final int TYPE_DATA = 0x00;
    private static final int TYPE_SEGMENT = 0x20;
    private static final int TYPE_LAST_SEGMENT = 0x30;

    private final DmaVector data;

    // The descriptor at hand.
    private long address;
    private long length;
    private int type;

    DataPointer(DmaVector data) {
        this.data = data;
    }

    private static long offset(long address) {
        return address & NvmeRegs.PAGE - 1;
    }

    /**
     * Follows physical region pages.
     *
     * @param bytes at least 1
     * @param write whether the data will be written
     * @return a status
     */
    int pages(DmaDomain dma, long prp1, long prp2, long bytes, boolean write) {
        if ((prp1 & 3) != 0) {
            return NvmeRegs.INVALID_PRP;
        }
        long first = Math.min(bytes, NvmeRegs.PAGE - offset(prp1));
        if (!data.add(dma, prp1, first, write)) {
            return NvmeRegs.TRANSFER_ERROR;
        }
        long left = bytes - first;
        if (left == 0) {
            return NvmeRegs.OK;
        }
        return left <= NvmeRegs.PAGE ? page(dma, prp2, left, write) : list(dma, prp2, left, write);
    }

    private int list(DmaDomain dma, long first, long bytes, boolean write) {
        long list = first;
        long left = bytes;
        if (list % PRP != 0) {
            return NvmeRegs.INVALID_PRP;
        }
        while (left > 0) {
            long entry = dma.load(list, PRP);
            if (dma.status() == DmaStatus.OK && offset(list) == NvmeRegs.PAGE - PRP && left > NvmeRegs.PAGE) {
                // The last entry of a page is not data but leads to the next page, whose entries then are.
                if (offset(entry) != 0) {
                    return NvmeRegs.INVALID_PRP;
                }
                list = entry;
                entry = dma.load(list, PRP);
            }
            if (dma.status() != DmaStatus.OK) {
                return NvmeRegs.TRANSFER_ERROR;
            }
            long run = Math.min(left, NvmeRegs.PAGE);
            int added = page(dma, entry, run, write);
            if (added != NvmeRegs.OK) {
                return added;
            }
            left -= run;
            list += PRP;
        }
        return NvmeRegs.OK;
    }

    private int page(DmaDomain dma, long at, long bytes, boolean write) {
        if (offset(at) != 0) {
            return NvmeRegs.INVALID_PRP;
        }
        return data.add(dma, at, bytes, write) ? NvmeRegs.OK : NvmeRegs.TRANSFER_ERROR;
    }

    /**
     * Follows a scatter-gather list.
     *
     * @param low first half of the descriptor in the command
     * @param high second half
     * @param bytes what the list must describe, no more and no less
     */
    int segments(DmaDomain dma, long low, long high, long bytes, boolean write) {
        describe(low, high);
        if (type == TYPE_DATA) {
            return length == bytes ? add(dma, write) : NvmeRegs.INVALID_SGL_LENGTH;
        }
        int left = MAX_DESCRIPTORS;
        while (type == TYPE_SEGMENT || type == TYPE_LAST_SEGMENT) {
            boolean last = type == TYPE_LAST_SEGMENT;
            long count = length / DESCRIPTOR;
            if (count == 0 || length % DESCRIPTOR != 0) {
                return NvmeRegs.INVALID_SGL_SEGMENT;
            }
            if (count > left) {
                return NvmeRegs.INVALID_SGL_COUNT;
            }
            left -= (int) count;
            int status = segment(dma, address, last ? count : count - 1, bytes, write);
            if (status == NvmeRegs.OK && last) {
                return data.length() == bytes ? NvmeRegs.OK : NvmeRegs.INVALID_SGL_LENGTH;
            }
            if (status == NvmeRegs.OK) {
                status = load(dma, address + (count - 1) * DESCRIPTOR);
            }
            if (status != NvmeRegs.OK) {
                return status;
            }
        }
        return NvmeRegs.INVALID_SGL_TYPE;
    }

    /** Adds the data of {@code count} descriptors; {@link #address} is the segment's again afterwards. */
    private int segment(DmaDomain dma, long segment, long count, long bytes, boolean write) {
        for (long i = 0; i < count; i++) {
            int status = load(dma, segment + i * DESCRIPTOR);
            if (status != NvmeRegs.OK) {
                return status;
            }
            if (type != TYPE_DATA) {
                return NvmeRegs.INVALID_SGL_TYPE;
            }
            if (length > bytes - data.length()) {
                return NvmeRegs.INVALID_SGL_LENGTH;
            }
            status = add(dma, write);
            if (status != NvmeRegs.OK) {
                return status;
            }
        }
        address = segment;
        return NvmeRegs.OK;
    }

    private int load(DmaDomain dma, long at) {
        long low = dma.load(at, 8);
        if (dma.status() == DmaStatus.OK) {
            describe(low, dma.load(at + 8, 8));
        }
        return dma.status() == DmaStatus.OK ? NvmeRegs.OK : NvmeRegs.TRANSFER_ERROR;
    }

    private void describe(long low, long high) {
        address = low;
        length = high & 0xffff_ffffL;
        // Identifier: type, and a sub type of which only "address" (0) exists here.
        type = (int) (high >>> 56);
    }

    private int add(DmaDomain dma, boolean write) {
        boolean wraps = Unsigned.lt(address + length, address);
        return !wraps && data.add(dma, address, length, write) ? NvmeRegs.OK : NvmeRegs.TRANSFER_ERROR;
    }
}
