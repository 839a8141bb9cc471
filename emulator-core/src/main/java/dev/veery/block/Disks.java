package dev.veery.block;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The disks that the user defined, each for one device. */
public final class Disks implements AutoCloseable {
    private final MachineLock lock;
    private final HostFile.Opener files;
    private final Map<String, DiskSpec> specs = new LinkedHashMap<>();
    private final Map<String, BlockImage> images = new HashMap<>();
    private final Map<String, DiskQueue> queues = new HashMap<>();

    /** None yet. */
    public Disks(MachineLock lock, HostFile.Opener files) {
        this.lock = lock;
        this.files = files;
    }

    /**
     * Opens a disk.
     *
     * @throws ConfigException if the id is taken, or the host does not allow it
     */
    public void define(DiskSpec spec) {
        if (specs.containsKey(spec.id())) {
            throw new ConfigException("Duplicate ID '" + spec.id() + "' for drive");
        }
        BlockImage image =
                spec.file() == null ? new NullImage(spec.length(), spec.readOnly()) : RawImage.open(spec, files);
        specs.put(spec.id(), spec);
        images.put(spec.id(), image);
    }

    /**
     * Gives a disk to a device, which closes it.
     *
     * @throws ConfigException if there is none of that id, or another device has it
     */
    public DiskQueue connect(String id) {
        if (!specs.containsKey(id)) {
            throw new ConfigException("can't find drive '" + id + "'");
        }
        BlockImage image = images.remove(id);
        if (image == null) {
            throw new ConfigException("Drive '" + id + "' is already in use by another block device");
        }
        DiskQueue queue = new DiskQueue(id, image, lock);
        queues.put(id, queue);
        return queue;
    }

    /**
     * Makes a disk longer or shorter, and tells the guest; with the machine lock held.
     *
     * @throws ConfigException if there is none of that id with a device, or the host does not allow it
     */
    public void resize(String id, long bytes) {
        DiskQueue queue = queues.get(id);
        if (queue == null) {
            throw new ConfigException("Device '" + id + "' not found");
        }
        if (bytes < 0 || bytes % BlockImage.SECTOR != 0) {
            throw new ConfigException("Parameter 'size' expects a multiple of " + BlockImage.SECTOR);
        }
        try {
            queue.resize(bytes);
        } catch (IOException e) {
            throw new ConfigException("Could not resize '" + id + "': " + e.getMessage());
        }
    }

    /** Closes the disks that no device has taken. */
    @Override
    public void close() {
        images.values().forEach(BlockImage::close);
        images.clear();
    }
}
