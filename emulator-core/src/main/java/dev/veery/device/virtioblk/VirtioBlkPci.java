package dev.veery.device.virtioblk;

import dev.veery.base.Bits;
import dev.veery.base.ConfigException;
import dev.veery.block.BlockImage;
import dev.veery.block.DiskQueue;
import dev.veery.memory.access.OffHeap;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import dev.veery.model.PropertyValues;
import dev.veery.virtio.VirtQueue;
import dev.veery.virtio.VirtioPciDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code -device virtio-blk-pci}. */
public final class VirtioBlkPci extends VirtioPciDevice {
    private static final Logger LOG = LoggerFactory.getLogger("dev.veery.device.virtioblk");

    private static final int ID = 2;
    private static final int CLASS = 0x010000;
    private static final int MAX_QUEUES = 64;
    private static final int MAX_QUEUE_SIZE = 1024;
    /** A request has a header and a status besides its segments. */
    private static final int OTHER_BUFFERS = 2;

    private static final int MAX_BLOCK = 32768;
    private static final long MAX_RANGE_SECTORS = Integer.MAX_VALUE / BlockImage.SECTOR;

    private static final String DRIVE = "drive";
    private static final String SERIAL = "serial";
    private static final String NUM_QUEUES = "num-queues";
    private static final String QUEUE_SIZE = "queue-size";
    private static final String LOGICAL = "logical_block_size";
    private static final String PHYSICAL = "physical_block_size";
    private static final String CONFIG_WCE = "config-wce";
    private static final String DISCARD = "discard";
    private static final String WRITE_ZEROES = "write-zeroes";
    /** The property's way to say: one for each processor. */
    private static final int AUTO = 0xffff;

    private final Function<String, DiskQueue> drives;
    private final ArrayDeque<BlkRequest> spare = new ArrayDeque<>();
    private final int blockSize;
    private final int queueCount;
    private @Nullable DiskQueue disk;
    private long idBytes;
    private boolean flushAlways;
    private boolean discarding;

    private VirtioBlkPci(DeviceConfig config, Function<String, DiskQueue> drives, int[] queueSizes) {
        super(config, ID, CLASS, BlkRegs.CONFIG_SIZE, queueSizes, queueSizes.length + 1);
        this.drives = drives;
        queueCount = queueSizes.length;
        blockSize = block(LOGICAL);
        if (block(PHYSICAL) < blockSize) {
            throw new ConfigException(LOGICAL + " > " + PHYSICAL + " not supported");
        }
    }

    /**
     * The type.
     *
     * @param drives gives the disk of a name to one device; throws ConfigException
     * @param cpus processors of the machine
     */
    public static DeviceType type(Function<String, DiskQueue> drives, int cpus) {
        return DeviceType.named("virtio-blk-pci")
                .description("Disk")
                .alias("virtio-blk")
                .bus("PCI")
                .category(DeviceCategory.STORAGE)
                .hotpluggable()
                .properties(virtioProperties())
                .property(Property.string(DRIVE, "Node name or ID of a block device to use as a backend"))
                .property(Property.string(SERIAL, "What the disk answers when asked for its name, 20 bytes"))
                .property(Property.uint16(NUM_QUEUES, AUTO, "Number of queues, one for each CPU unless given"))
                .property(Property.uint16(QUEUE_SIZE, 256, "Length of a queue, a power of two"))
                .property(Property.size(LOGICAL, BlockImage.SECTOR, "Smallest unit of a request"))
                .property(Property.size(PHYSICAL, BlockImage.SECTOR, "Unit in which requests are fast"))
                .property(Property.bool(CONFIG_WCE, true, "The driver may switch the write cache"))
                .property(Property.bool(DISCARD, true, "Offer discard"))
                .property(Property.bool(WRITE_ZEROES, true, "Offer write zeroes"))
                .build(config -> new VirtioBlkPci(config, drives, queues(config.properties(), cpus)));
    }

    private static int[] queues(PropertyValues properties, int cpus) {
        int count = properties.integer(NUM_QUEUES);
        int size = properties.integer(QUEUE_SIZE);
        if (count == AUTO) {
            count = Math.min(cpus, MAX_QUEUES);
        }
        if (count < 1 || count > MAX_QUEUES) {
            throw new ConfigException("Property 'virtio-blk-pci." + NUM_QUEUES + "' takes 1 to " + MAX_QUEUES);
        }
        if (size <= OTHER_BUFFERS || size > MAX_QUEUE_SIZE || !Bits.isPowerOfTwo(size)) {
            throw new ConfigException(
                    "Property 'virtio-blk-pci." + QUEUE_SIZE + "' takes a power of two from 4 to " + MAX_QUEUE_SIZE);
        }
        int[] sizes = new int[count];
        Arrays.fill(sizes, size);
        return sizes;
    }

    private int block(String property) {
        long value = properties().number(property);
        if (value < BlockImage.SECTOR || value > MAX_BLOCK || !Bits.isPowerOfTwo(value)) {
            throw new ConfigException("Property '" + type().name() + "." + property + "' takes a power of two from "
                    + BlockImage.SECTOR + " to " + MAX_BLOCK);
        }
        return (int) value;
    }

    int blockSize() {
        return blockSize;
    }

    private DiskQueue disk() {
        return Objects.requireNonNull(disk, "not realized");
    }

    @Override
    protected void onRealize() {
        String name = properties().string(DRIVE);
        if (name == null) {
            throw new ConfigException("drive property not set");
        }
        idBytes = OffHeap.allocate(BlkRegs.ID_BYTES);
        String serial = properties().string(SERIAL);
        if (serial != null) {
            byte[] bytes = serial.getBytes(StandardCharsets.ISO_8859_1);
            OffHeap.copyIn(bytes, 0, idBytes, Math.min(bytes.length, BlkRegs.ID_BYTES));
        }
        DiskQueue mine = drives.apply(name);
        disk = mine;
        describe(mine.image());
        mine.onResize(() -> {
            deviceConfig().declare(BlkRegs.CAPACITY, 8, capacity(mine.image()), 0);
            deviceConfigChanged();
        });
    }

    /** In sectors, whole blocks only. */
    private long capacity(BlockImage image) {
        return image.length() / BlockImage.SECTOR & -(blockSize / BlockImage.SECTOR);
    }

    private void describe(BlockImage image) {
        boolean writable = !image.readOnly();
        int wce = properties().bool(CONFIG_WCE) ? 1 : 0;
        deviceConfig()
                .declare(BlkRegs.CAPACITY, 8, capacity(image), 0)
                .declare(BlkRegs.SEG_MAX, 4, properties().integer(QUEUE_SIZE) - OTHER_BUFFERS, 0)
                .declare(BlkRegs.BLK_SIZE, 4, blockSize, 0)
                .declare(BlkRegs.PHYSICAL_BLOCK_EXP, 1, Integer.numberOfTrailingZeros(block(PHYSICAL) / blockSize), 0)
                .declare(BlkRegs.MIN_IO_SIZE, 2, block(PHYSICAL) / blockSize, 0)
                .declare(BlkRegs.WRITEBACK, 1, 1, wce)
                .declare(BlkRegs.NUM_QUEUES, 2, queueCount, 0);
        if (writable) {
            deviceConfig()
                    .declare(BlkRegs.MAX_DISCARD_SECTORS, 4, MAX_RANGE_SECTORS, 0)
                    .declare(BlkRegs.MAX_DISCARD_SEG, 4, 1, 0)
                    .declare(BlkRegs.DISCARD_SECTOR_ALIGNMENT, 4, blockSize / BlockImage.SECTOR, 0)
                    .declare(BlkRegs.MAX_WRITE_ZEROES_SECTORS, 4, MAX_RANGE_SECTORS, 0)
                    .declare(BlkRegs.MAX_WRITE_ZEROES_SEG, 4, 1, 0)
                    .declare(BlkRegs.WRITE_ZEROES_MAY_UNMAP, 1, image.discards() ? 1 : 0, 0);
        }
    }

    @Override
    protected void onUnrealize() {
        DiskQueue mine = disk;
        if (mine != null) {
            discarding = true;
            mine.close();
            disk = null;
        }
        if (idBytes != 0) {
            OffHeap.free(idBytes);
            idBytes = 0;
        }
    }

    @Override
    protected long deviceFeatures() {
        boolean writable = !disk().image().readOnly();
        long features = BlkRegs.F_SEG_MAX | BlkRegs.F_BLK_SIZE | BlkRegs.F_FLUSH | BlkRegs.F_TOPOLOGY;
        features |= writable ? 0 : BlkRegs.F_RO;
        features |= properties().bool(CONFIG_WCE) ? BlkRegs.F_CONFIG_WCE : 0;
        features |= queueCount > 1 ? BlkRegs.F_MQ : 0;
        features |= writable && properties().bool(DISCARD) ? BlkRegs.F_DISCARD : 0;
        features |= writable && properties().bool(WRITE_ZEROES) ? BlkRegs.F_WRITE_ZEROES : 0;
        return features;
    }

    @Override
    protected void onDriverOk(long features) {
        // 5.2.6.2: a driver that cannot flush expects writes to be stable when they complete.
        flushAlways = (features & BlkRegs.F_FLUSH) == 0;
    }

    /** The guest waits for its disk here: afterwards nothing is under way that could still write its memory. */
    @Override
    protected void onDeviceReset() {
        discarding = true;
        disk().drain();
        discarding = false;
        flushAlways = false;
    }

    @Override
    protected void onNotify(VirtQueue queue) {
        boolean writeThrough = flushAlways || deviceConfig().get(BlkRegs.WRITEBACK, 1) == 0;
        long capacity = deviceConfig().get(BlkRegs.CAPACITY, 8);
        while (true) {
            BlkRequest request = spare.isEmpty() ? new BlkRequest(this) : spare.pop();
            if (!queue.pop(request.chain)) {
                spare.push(request);
                return;
            }
            if (!request.parse(queue, dma(), capacity, writeThrough)) {
                spare.push(request);
                fail();
                return;
            }
            disk().submit(request);
        }
    }

    /** A request was worked off. */
    void finished(BlkRequest request, @Nullable IOException failure) {
        VirtQueue queue = request.queue();
        if (!discarding && queue != null) {
            if (failure != null) {
                LOG.warn("{}: {}", this, failure.toString());
            }
            queue.push(request.chain, request.answer(idBytes));
            queue.interrupt();
        }
        spare.push(request);
    }
}
