package dev.veery.device.nvme;

import dev.veery.base.ConfigException;
import dev.veery.block.BlockImage;
import dev.veery.block.DiskQueue;
import dev.veery.model.Device;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code -device nvme-ns}: a namespace of a controller that was named before. */
public final class NvmeNsDevice extends Device {
    private static final String DRIVE = "drive";
    private static final String NSID = "nsid";
    private static final String UUID_NAME = "uuid";
    private static final String EUI64 = "eui64";
    private static final String BLOCK_SIZE = "logical_block_size";
    private static final String AUTO = "auto";

    private final Function<String, DiskQueue> drives;
    private final NvmeBuses buses;
    private @Nullable NvmePci controller;
    private @Nullable NvmeNamespace namespace;

    private NvmeNsDevice(DeviceConfig config, Function<String, DiskQueue> drives, NvmeBuses buses) {
        super(config);
        this.drives = drives;
        this.buses = buses;
    }

    /** The type; the arguments as of {@link NvmePci#type}. */
    public static DeviceType type(Function<String, DiskQueue> drives, NvmeBuses buses) {
        return DeviceType.named("nvme-ns")
                .description("Virtual NVMe namespace")
                .bus("nvme-bus")
                .category(DeviceCategory.STORAGE)
                .hotpluggable()
                .property(Property.string(DRIVE, "Node name or ID of a block device to use as a backend"))
                .property(Property.uint32(NSID, 0, "Namespace id, 1 to 256; the next free one unless given"))
                .property(Property.string(UUID_NAME, AUTO, "UUID"))
                .property(Property.uint64(EUI64, 0, "IEEE extended unique identifier"))
                .property(Property.size(BLOCK_SIZE, BlockImage.SECTOR, "Bytes of a block"))
                .build(config -> new NvmeNsDevice(config, drives, buses));
    }

    /**
     * Vets it: is there a controller, and is the id free?
     *
     * @throws ConfigException if not
     */
    public void checkPlace() {
        place(buses.find(bus()));
    }

    private int place(NvmePci on) {
        long wanted = properties().number(NSID);
        int id = wanted == 0 ? on.freeNamespace() : (int) Math.min(wanted, Integer.MAX_VALUE);
        if (id == 0 || id > NvmeRegs.MAX_NAMESPACES) {
            throw new ConfigException("invalid namespace id (must be between 0 and " + NvmeRegs.MAX_NAMESPACES + ")");
        }
        if (on.namespace(id) != null) {
            throw new ConfigException("namespace id '" + id + "' already allocated");
        }
        return id;
    }

    private UUID uuid(NvmePci on, int id) {
        String text = properties().string(UUID_NAME);
        if (text == null || text.equals(AUTO)) {
            return Identify.uuid(on.serial(), id);
        }
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigException("Property 'nvme-ns.uuid' doesn't take value '" + text + "'");
        }
    }

    @Override
    protected void onRealize() {
        NvmePci on = buses.find(bus());
        int id = place(on);
        String drive = properties().string(DRIVE);
        if (drive == null) {
            throw new ConfigException("drive property not set");
        }
        int blockSize = NvmeNamespace.checkBlockSize(
                "nvme-ns." + BLOCK_SIZE, properties().number(BLOCK_SIZE));
        UUID uuid = uuid(on, id);
        NvmeNamespace made = new NvmeNamespace(
                id, drives.apply(drive), blockSize, uuid, properties().number(EUI64));
        namespace = made;
        controller = on;
        on.attach(made);
    }

    @Override
    protected void onUnrealize() {
        NvmeNamespace mine = namespace;
        NvmePci on = controller;
        if (mine != null && on != null) {
            if (buses.has(on)) {
                on.detach(mine);
            }
            mine.disk().close();
        }
        namespace = null;
        controller = null;
    }
}
