package dev.veery.virtio;

import dev.veery.base.Bits;
import dev.veery.memory.MmioHandler;
import java.util.List;

/** The common configuration structure (4.1.4.3): negotiation, status and the registers of the queues. */
final class CommonConfig implements MmioHandler {
    static final int DEVICE_FEATURE_SELECT = 0x00;
    static final int DEVICE_FEATURE = 0x04;
    static final int DRIVER_FEATURE_SELECT = 0x08;
    static final int DRIVER_FEATURE = 0x0c;
    static final int CONFIG_MSIX_VECTOR = 0x10;
    static final int NUM_QUEUES = 0x12;
    static final int DEVICE_STATUS = 0x14;
    static final int CONFIG_GENERATION = 0x15;
    static final int QUEUE_SELECT = 0x16;
    static final int QUEUE_SIZE = 0x18;
    static final int QUEUE_MSIX_VECTOR = 0x1a;
    static final int QUEUE_ENABLE = 0x1c;
    static final int QUEUE_NOTIFY_OFF = 0x1e;
    static final int QUEUE_DESC = 0x20;
    static final int QUEUE_DRIVER = 0x28;
    static final int QUEUE_DEVICE = 0x30;

    /** 2.1 device status. */
    static final int STATUS_DRIVER_OK = 4;

    static final int STATUS_FEATURES_OK = 8;
    static final int STATUS_NEEDS_RESET = 0x40;

    private static final int MAX_SPLIT_SIZE = 32768;

    private final VirtioPciDevice device;
    private final List<VirtQueue> queues;

    private int deviceSelect;
    private int driverSelect;
    private long driverFeatures;
    private int configVector = VirtioPciDevice.NO_VECTOR;
    private int status;
    private int generation;
    private int selected;

    CommonConfig(VirtioPciDevice device, List<VirtQueue> queues) {
        this.device = device;
        this.queues = queues;
    }

    void reset() {
        deviceSelect = 0;
        driverSelect = 0;
        driverFeatures = 0;
        configVector = VirtioPciDevice.NO_VECTOR;
        status = 0;
        selected = 0;
    }

    boolean running() {
        return (status & (STATUS_DRIVER_OK | STATUS_NEEDS_RESET)) == STATUS_DRIVER_OK;
    }

    int configVector() {
        return configVector;
    }

    void configChanged() {
        generation = generation + 1 & 0xff;
    }

    /** Sets NEEDS_RESET; false if it was set before. */
    boolean needsReset() {
        boolean first = (status & STATUS_NEEDS_RESET) == 0;
        status |= STATUS_NEEDS_RESET;
        return first && (status & STATUS_DRIVER_OK) != 0;
    }

    @Override
    public long read(long offset, int size) {
        switch ((int) offset) {
            case DEVICE_FEATURE_SELECT:
                return deviceSelect;
            case DEVICE_FEATURE:
                return word(device.offeredFeatures(), deviceSelect);
            case DRIVER_FEATURE_SELECT:
                return driverSelect;
            case DRIVER_FEATURE:
                return word(driverFeatures, driverSelect);
            case CONFIG_MSIX_VECTOR:
                return configVector;
            case NUM_QUEUES:
                return queues.size();
            case DEVICE_STATUS:
                return status;
            case CONFIG_GENERATION:
                return generation;
            case QUEUE_SELECT:
                return selected;
            default:
                return selected < queues.size() ? readQueue((int) offset, queues.get(selected)) : 0;
        }
    }

    private static long word(long features, int select) {
        return select == 0 ? features & 0xffff_ffffL : select == 1 ? features >>> 32 : 0;
    }

    private static long readQueue(int offset, VirtQueue queue) {
        QueueSetup setup = queue.setup();
        switch (offset) {
            case QUEUE_SIZE:
                return setup.size;
            case QUEUE_MSIX_VECTOR:
                return setup.vector;
            case QUEUE_ENABLE:
                return setup.enabled ? 1 : 0;
            case QUEUE_NOTIFY_OFF:
                return queue.index();
            case QUEUE_DESC:
                return setup.descriptors & 0xffff_ffffL;
            case QUEUE_DESC + 4:
                return setup.descriptors >>> 32;
            case QUEUE_DRIVER:
                return setup.driver & 0xffff_ffffL;
            case QUEUE_DRIVER + 4:
                return setup.driver >>> 32;
            case QUEUE_DEVICE:
                return setup.device & 0xffff_ffffL;
            case QUEUE_DEVICE + 4:
                return setup.device >>> 32;
            default:
                return 0;
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        switch ((int) offset) {
            case DEVICE_FEATURE_SELECT:
                deviceSelect = (int) value;
                break;
            case DRIVER_FEATURE_SELECT:
                driverSelect = (int) value;
                break;
            case DRIVER_FEATURE:
                writeFeatures(value & 0xffff_ffffL);
                break;
            case CONFIG_MSIX_VECTOR:
                configVector = device.checkedVector((int) value & 0xffff);
                break;
            case DEVICE_STATUS:
                writeStatus((int) value & 0xff);
                break;
            case QUEUE_SELECT:
                selected = (int) value & 0xffff;
                break;
            default:
                if (selected < queues.size()) {
                    writeQueue((int) offset, queues.get(selected), value);
                }
                break;
        }
    }

    private void writeFeatures(long value) {
        if ((status & STATUS_FEATURES_OK) != 0) {
            // 2.2: negotiation is over.
            return;
        }
        if (driverSelect == 0) {
            driverFeatures = driverFeatures & -1L << 32 | value;
        } else if (driverSelect == 1) {
            driverFeatures = driverFeatures & 0xffff_ffffL | value << 32;
        }
    }

    private void writeStatus(int value) {
        if (value == 0) {
            device.resetDevice();
            return;
        }
        int next = status | value & ~STATUS_NEEDS_RESET;
        if ((next & STATUS_FEATURES_OK) != 0 && (status & STATUS_FEATURES_OK) == 0 && !featuresAcceptable()) {
            next &= ~STATUS_FEATURES_OK;
        }
        if ((next & STATUS_FEATURES_OK) == 0) {
            // 3.1.1: a driver that goes on nevertheless gets no service.
            next &= ~STATUS_DRIVER_OK;
        }
        boolean started = (next & STATUS_DRIVER_OK) != 0 && (status & STATUS_DRIVER_OK) == 0;
        status = next;
        if (started) {
            device.onDriverOk(driverFeatures);
        }
    }

    private boolean featuresAcceptable() {
        long offered = device.offeredFeatures();
        long required = Features.VERSION_1 | offered & Features.ACCESS_PLATFORM;
        return (driverFeatures & ~offered) == 0 && (driverFeatures & required) == required;
    }

    private void writeQueue(int offset, VirtQueue queue, long value) {
        QueueSetup setup = queue.setup();
        if (offset == QUEUE_MSIX_VECTOR) {
            setup.vector = device.checkedVector((int) value & 0xffff);
        } else if (offset == QUEUE_ENABLE) {
            if ((value & 0xffff) == 1 && !setup.enabled && (status & STATUS_FEATURES_OK) != 0) {
                device.enableQueue(queue, driverFeatures);
            }
        } else if (!setup.enabled) {
            writePlace(offset, setup, value & 0xffff_ffffL);
        }
    }

    private void writePlace(int offset, QueueSetup setup, long value) {
        switch (offset) {
            case QUEUE_SIZE:
                setSize(setup, (int) value & 0xffff);
                break;
            case QUEUE_DESC:
                setup.descriptors = setup.descriptors & -1L << 32 | value;
                break;
            case QUEUE_DESC + 4:
                setup.descriptors = setup.descriptors & 0xffff_ffffL | value << 32;
                break;
            case QUEUE_DRIVER:
                setup.driver = setup.driver & -1L << 32 | value;
                break;
            case QUEUE_DRIVER + 4:
                setup.driver = setup.driver & 0xffff_ffffL | value << 32;
                break;
            case QUEUE_DEVICE:
                setup.device = setup.device & -1L << 32 | value;
                break;
            case QUEUE_DEVICE + 4:
                setup.device = setup.device & 0xffff_ffffL | value << 32;
                break;
            default:
                break;
        }
    }

    /** Powers of two in split queues; any length in packed ones. */
    private void setSize(QueueSetup setup, int size) {
        boolean packed = (driverFeatures & Features.RING_PACKED) != 0;
        if (size != 0 && size <= Math.min(setup.maxSize, MAX_SPLIT_SIZE) && (packed || Bits.isPowerOfTwo(size))) {
            setup.size = size;
        }
    }
}
