package dev.veery.device.virtiorng;

import dev.veery.dma.DmaVector;
import dev.veery.memory.access.OffHeap;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;
import dev.veery.virtio.DescriptorChain;
import dev.veery.virtio.VirtQueue;
import dev.veery.virtio.VirtioPciDevice;
import java.util.Arrays;
import java.util.function.Consumer;

/** {@code -device virtio-rng-pci}. */
public final class VirtioRngPci extends VirtioPciDevice {
    private static final int ID = 4;
    private static final int CLASS = 0x00ff00;
    private static final int QUEUE_SIZE = 8;
    private static final int VECTORS = 2;
    private static final String MAX_BYTES = "max-bytes";
    private static final String PERIOD = "period";

    /** Most bytes for one request, so that a large buffer does not hold the machine lock for long. */
    private static final int CHUNK = 4096;

    private static final int MAX_PIECES = 64;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Consumer<byte[]> source;
    private final VirtualClock clock;
    private final VmTimer timer;
    private final DescriptorChain chain = new DescriptorChain();
    private final DmaVector buffer = new DmaVector(MAX_PIECES);

    /** Bytes from the source, which makes many at a time for little more than few; those before {@link #next} are given away. */
    private final byte[] bytes = new byte[CHUNK];

    private int next = CHUNK;
    private final long quota;
    private final long period;
    private long left;
    private long scratch;

    private VirtioRngPci(DeviceConfig config, VirtualClock clock, Consumer<byte[]> source) {
        super(config, ID, CLASS, 0, new int[] {QUEUE_SIZE}, VECTORS);
        this.clock = clock;
        this.source = source;
        quota = config.properties().number(MAX_BYTES) & Long.MAX_VALUE;
        period = Math.max(1, config.properties().number(PERIOD)) * NANOS_PER_MILLI;
        timer = clock.newTimer("virtio-rng", this::refill);
    }

    /**
     * The type.
     *
     * @param source fills arrays with random bytes
     */
    public static DeviceType type(VirtualClock clock, Consumer<byte[]> source) {
        return DeviceType.named("virtio-rng-pci")
                .description("Random number generator")
                .bus("PCI")
                .category(DeviceCategory.MISC)
                .hotpluggable()
                .properties(virtioProperties())
                .property(Property.uint64(MAX_BYTES, Long.MAX_VALUE, "Bytes that the guest gets a period"))
                .property(Property.uint32(PERIOD, 1 << 16, "Length of a period in milliseconds"))
                .build(config -> new VirtioRngPci(config, clock, source));
    }

    @Override
    protected void onRealize() {
        scratch = OffHeap.allocate(CHUNK);
    }

    @Override
    protected void onUnrealize() {
        timer.cancel();
        if (scratch != 0) {
            OffHeap.free(scratch);
            scratch = 0;
        }
    }

    @Override
    protected long deviceFeatures() {
        return 0;
    }

    @Override
    protected void onDeviceReset() {
        timer.cancel();
        left = quota;
    }

    private void refill() {
        left = quota;
        if (running()) {
            onNotify(queue(0));
        }
    }

    @Override
    protected void onNotify(VirtQueue queue) {
        while (left != 0 && queue.pop(chain)) {
            buffer.clear();
            // What cannot be written is simply shorter; the driver learns the length.
            chain.mapWritable(dma(), buffer);
            int length = (int) Math.min(Math.min(CHUNK, buffer.length()), left);
            takeRandom(length);
            buffer.put(0, scratch, length);
            left -= length;
            queue.push(chain, length);
        }
        queue.interrupt();
        if (left == 0 && !timer.armed()) {
            timer.arm(clock.nanos() + period);
        }
    }

    /** Puts so many random bytes, which nobody gets again, into {@link #scratch}. */
    private void takeRandom(int length) {
        if (length > CHUNK - next) {
            source.accept(bytes);
            next = 0;
        }
        OffHeap.copyIn(bytes, next, scratch, length);
        Arrays.fill(bytes, next, next + length, (byte) 0);
        next += length;
    }
}
