package dev.veery.memory;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All RAM and ROM blocks of one machine, so that an engine can follow every one of them. Blocks are added while the
 * machine is built or with the machine lock held.
 */
public final class GuestRam implements AutoCloseable {
    private final RamAllocator allocator;
    private final List<RamBlock> blocks = new ArrayList<>();
    private final List<TrackingListener> trackingListeners = new ArrayList<>();
    private final List<DirtySource> dirtySources = new ArrayList<>();
    private @Nullable CodeListener codeListener;

    /** Takes memory from {@code allocator}. */
    public GuestRam(RamAllocator allocator) {
        this.allocator = allocator;
    }

    /**
     * Makes a block.
     *
     * @param size bytes, a positive multiple of {@link RamBlock#PAGE_SIZE}
     * @throws dev.veery.base.ConfigException if the host has not that much memory
     */
    public RamBlock allocate(String name, long size) {
        RamBlock block = new RamBlock(name, allocator.allocate(name, size));
        block.setCodeListener(codeListener);
        trackingListeners.forEach(block::addTrackingListener);
        dirtySources.forEach(block::addDirtySource);
        blocks.add(block);
        return block;
    }

    /** The blocks, in the order they were made. */
    public List<RamBlock> blocks() {
        return Collections.unmodifiableList(blocks);
    }

    /** Names the engine that hears of writes to decoded code in any block, those made later included. */
    public void setCodeListener(@Nullable CodeListener listener) {
        codeListener = listener;
        for (RamBlock block : blocks) {
            block.setCodeListener(listener);
        }
    }

    /** Adds a tracking listener to every block, those made later included. */
    public void addTrackingListener(TrackingListener listener) {
        trackingListeners.add(listener);
        for (RamBlock block : blocks) {
            block.addTrackingListener(listener);
        }
    }

    /** Adds a source of writes to every block, those made later included. */
    public void addDirtySource(DirtySource source) {
        dirtySources.add(source);
        for (RamBlock block : blocks) {
            block.addDirtySource(source);
        }
    }

    /** Gives all memory back; no processor and no device may touch it any more. */
    @Override
    public void close() {
        for (RamBlock block : blocks) {
            block.close();
        }
        blocks.clear();
    }
}
