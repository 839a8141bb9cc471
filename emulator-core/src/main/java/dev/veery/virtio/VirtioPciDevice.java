package dev.veery.virtio;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.bus.pci.cap.MsixCapability;
import dev.veery.dma.DmaDomainLease;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.Doorbell;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.model.DeviceConfig;
import dev.veery.model.Property;
import dev.veery.register.RegisterBank;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A virtio device on PCI (4.1): transport and negotiation. A subclass has the queues' meaning. */
public abstract class VirtioPciDevice extends PciDevice {
    /** 4.1.5.1.2: no MSI-X vector. */
    static final int NO_VECTOR = 0xffff;

    private static final int VENDOR = 0x1af4;
    /** 4.1.2.1: device ids without the legacy interface; the revision says so, too. */
    private static final int FIRST_DEVICE = 0x1040;

    private static final int REVISION = 1;
    private static final int SUBSYSTEM = 0x1100;

    private static final int MSIX_BAR = 1;
    private static final long MSIX_BAR_SIZE = 4096;
    private static final int MSIX_PENDING = 0x800;
    private static final int MAX_VECTORS = 128;

    private static final int BAR = 4;
    private static final int PAGE = 0x1000;
    private static final int COMMON = 0;
    private static final int ISR = PAGE;
    private static final int DEVICE = 2 * PAGE;
    private static final int NOTIFY = 3 * PAGE;
    private static final long BAR_SIZE = 4 * PAGE;
    private static final int NOTIFY_MULTIPLIER = 4;

    /** 4.1.4: vendor-specific capabilities, by type. */
    private static final int CAP_VENDOR = 0x09;

    private static final int CAP_COMMON = 1;
    private static final int CAP_NOTIFY = 2;
    private static final int CAP_ISR = 3;
    private static final int CAP_DEVICE = 4;
    private static final int CAP_PCI = 5;
    private static final int CAP_LENGTH = 16;
    private static final int CAP_TYPE = 3;
    private static final int CAP_BAR = 4;
    private static final int CAP_OFFSET = 8;
    private static final int CAP_SIZE = 12;
    private static final int CAP_EXTRA = 16;

    private static final int ISR_QUEUE = 1;
    private static final int ISR_CONFIG = 2;

    private static final String DISABLE_LEGACY = "disable-legacy";
    private static final String DISABLE_MODERN = "disable-modern";
    private static final String IOMMU_PLATFORM = "iommu_platform";
    private static final String ATS = "ats";
    private static final String PACKED = "packed";
    private static final String INDIRECT_DESC = "indirect_desc";
    private static final String EVENT_IDX = "event_idx";
    private static final String VECTORS = "vectors";
    private static final int VECTORS_BY_DEVICE = 0xffff_ffff;

    private final List<VirtQueue> queues = new ArrayList<>();
    private final RegisterBank deviceConfig;
    private final CommonConfig common;
    private final MmioHandler isrHandler = new Isr();
    private final MmioHandler deviceHandler = new DeviceConfigSpace();
    private final MmioHandler notifyHandler = new Notify();
    private final @Nullable MsixCapability msix;
    private final int pciAccess;
    private int isr;

    /**
     * Declares the transport.
     *
     * @param id device type (chapter 5)
     * @param classCode PCI class, 24 bits
     * @param configSize bytes of device-specific configuration
     * @param queueSizes how many queues, and how long each may become
     * @param vectors MSI-X vectors unless the user says otherwise
     */
    protected VirtioPciDevice(
            DeviceConfig config, int id, int classCode, int configSize, int[] queueSizes, int vectors) {
        super(
                config,
                new PciIdentity(VENDOR, FIRST_DEVICE + id, REVISION, classCode, VENDOR, SUBSYSTEM),
                PciRegs.EXPRESS_CONFIG_SIZE,
                1);
        checkProperties();
        deviceConfig = new RegisterBank(configSize);
        for (int size : queueSizes) {
            queues.add(new VirtQueue(queues.size(), size, this));
        }
        common = new CommonConfig(this, queues);
        MemoryRegion bar = MemoryRegion.container("virtio", BAR_SIZE);
        AccessSizes sizes = AccessSizes.BYTE_TO_DWORD;
        bar.addChild(COMMON, MemoryRegion.mmio("virtio-common", PAGE, common, sizes));
        bar.addChild(ISR, MemoryRegion.mmio("virtio-isr", PAGE, isrHandler, sizes));
        bar.addChild(DEVICE, MemoryRegion.mmio("virtio-device", PAGE, deviceHandler, sizes));
        MemoryRegion notifications = MemoryRegion.mmio("virtio-notify", PAGE, notifyHandler, sizes);
        List<Doorbell> bells = new ArrayList<>();
        for (int i = 0; i < queues.size(); i++) {
            int queue = i;
            bells.add(Doorbell.any((long) i * NOTIFY_MULTIPLIER, () -> notified(queue)));
        }
        notifications.setDoorbells(bells);
        bar.addChild(NOTIFY, notifications);
        msix = addVectors(vectorCount(vectors));
        addBar(BAR, PciBar.Kind.MEMORY64_PREFETCHABLE, bar);
        addStructure(CAP_COMMON, COMMON, PAGE, 0);
        addStructure(CAP_ISR, ISR, PAGE, 0);
        addStructure(CAP_DEVICE, DEVICE, PAGE, 0);
        int notify = addStructure(CAP_NOTIFY, NOTIFY, PAGE, 4);
        config().declare(notify + CAP_EXTRA, 4, NOTIFY_MULTIPLIER, 0);
        pciAccess = addStructure(CAP_PCI, 0, 0, 4);
        config().declare(pciAccess + CAP_BAR, 1, 0, 0xff);
        config().declare(pciAccess + CAP_OFFSET, 8, 0, -1L);
        if (properties().bool(ATS)) {
            // Nothing of a translation is kept beyond a request: an invalidation has nothing to wait for.
            addTranslationServices();
        }
        boolean platform = properties().bool(IOMMU_PLATFORM);
        requestDma(platform ? DmaDomainLease.Purpose.TRANSLATE_PER_ACCESS : DmaDomainLease.Purpose.IDENTITY_REQUIRED);
    }

    /** The properties that every virtio device on PCI takes. */
    public static List<Property> virtioProperties() {
        List<Property> properties = new ArrayList<>(commonProperties());
        properties.add(Property.enumeration(
                DISABLE_LEGACY, "auto", "No legacy interface; there is none in any case", "auto", "on"));
        properties.add(Property.bool(DISABLE_MODERN, false, "No modern interface; only off"));
        properties.add(Property.bool(IOMMU_PLATFORM, false, "Addresses are translated by the IOMMU"));
        properties.add(Property.bool(ATS, false, "Address translation services, for an IOMMU with device-iotlb=on"));
        properties.add(Property.bool(PACKED, false, "Offer packed queues"));
        properties.add(Property.bool(INDIRECT_DESC, true, "Offer indirect descriptors"));
        properties.add(Property.bool(EVENT_IDX, true, "Offer event suppression by index"));
        properties.add(Property.uint32(VECTORS, VECTORS_BY_DEVICE & 0xffff_ffffL, "Number of MSI-X vectors"));
        return properties;
    }

    private void checkProperties() {
        if (properties().bool(DISABLE_MODERN)) {
            throw new ConfigException("Property '" + type().name() + "." + DISABLE_MODERN
                    + "' can only be off: there is no legacy interface");
        }
    }

    private int vectorCount(int own) {
        int given = properties().integer(VECTORS);
        if (given == VECTORS_BY_DEVICE) {
            return Math.min(own, MAX_VECTORS);
        }
        if (given < 0 || given > MAX_VECTORS) {
            throw new ConfigException("Property '" + type().name() + "." + VECTORS + "' takes 0 to " + MAX_VECTORS);
        }
        return given;
    }

    private @Nullable MsixCapability addVectors(int count) {
        if (count == 0) {
            return null;
        }
        MemoryRegion bar = MemoryRegion.container("virtio-msix", MSIX_BAR_SIZE);
        MsixCapability added = addMsix(count, MSIX_BAR, 0, MSIX_PENDING);
        bar.addChild(0, added.tableRegion("virtio"));
        bar.addChild(MSIX_PENDING, added.pendingRegion("virtio"));
        addBar(MSIX_BAR, PciBar.Kind.MEMORY32, bar);
        return added;
    }

    private int addStructure(int type, int offset, int size, int extra) {
        int at = addCapability(CAP_VENDOR, CAP_LENGTH + extra);
        config().declare(at + 2, 1, CAP_LENGTH + extra, 0);
        config().declare(at + CAP_TYPE, 1, type, 0);
        config().declare(at + CAP_BAR, 1, BAR, 0);
        config().declare(at + CAP_OFFSET, 4, offset, 0);
        config().declare(at + CAP_SIZE, 4, size, 0);
        return at;
    }

    @Override
    protected final boolean expressBelowPorts() {
        return true;
    }

    // What a subclass has and does.

    /** The feature bits of this type of device, those of chapter 6 left out. */
    protected abstract long deviceFeatures();

    /** The driver announces requests in a queue; only while the device runs. */
    protected abstract void onNotify(VirtQueue queue);

    /** The driver accepted these features and set DRIVER_OK. */
    protected void onDriverOk(long features) {}

    /** The driver wrote device-specific configuration. */
    protected void onDeviceConfigWritten(int offset, int size) {}

    /** The device is reset: requests that were taken must not be given back any more. */
    protected abstract void onDeviceReset();

    /** A queue. */
    protected final VirtQueue queue(int index) {
        return queues.get(index);
    }

    /** Device-specific configuration. */
    protected final RegisterBank deviceConfig() {
        return deviceConfig;
    }

    /** Tells the driver that device-specific configuration changed. */
    protected final void deviceConfigChanged() {
        common.configChanged();
        if (running()) {
            raise(ISR_CONFIG, common.configVector());
        }
    }

    /** The driver's requests make no sense: the device stops until it is reset, and says so (2.1.2). */
    protected final void fail() {
        queueBroke();
    }

    /** Whether the driver may expect requests to be served. */
    public final boolean running() {
        return common.running();
    }

    // What the registers ask for.

    final long offeredFeatures() {
        return deviceFeatures()
                | Features.VERSION_1
                | (properties().bool(INDIRECT_DESC) ? Features.INDIRECT_DESC : 0)
                | (properties().bool(EVENT_IDX) ? Features.EVENT_IDX : 0)
                | (properties().bool(IOMMU_PLATFORM) ? Features.ACCESS_PLATFORM : 0)
                | (properties().bool(PACKED) ? Features.RING_PACKED : 0);
    }

    final void enableQueue(VirtQueue queue, long features) {
        queue.enable(dma(), features);
    }

    /** A vector that does not exist is answered with {@link #NO_VECTOR} (4.1.5.1.2). */
    final int checkedVector(int wanted) {
        MsixCapability table = msix;
        return table != null && wanted < table.vectors() ? wanted : NO_VECTOR;
    }

    final void queueInterrupt(int vector) {
        raise(ISR_QUEUE, vector);
    }

    /** 2.1.2: the device cannot go on until it is reset, and says so. */
    final void queueBroke() {
        if (common.needsReset()) {
            raise(ISR_CONFIG, common.configVector());
        }
    }

    private void raise(int reason, int vector) {
        MsixCapability table = msix;
        if (table != null && table.enabled()) {
            if (vector != NO_VECTOR) {
                table.send(vector);
            }
            return;
        }
        isr |= reason;
        intx().set(true);
    }

    /** The driver wrote 0 to the status. */
    final void resetDevice() {
        onDeviceReset();
        queues.forEach(VirtQueue::reset);
        common.reset();
        deviceConfig.reset();
        isr = 0;
        intx().set(false);
    }

    @Override
    protected final void onPciReset() {
        resetDevice();
    }

    // 4.1.4.9: the window through configuration space.

    @Override
    public long configRead(int offset, int size) {
        if (inWindow(offset, size)) {
            return windowRead(size);
        }
        return super.configRead(offset, size);
    }

    @Override
    public void configWrite(int offset, int size, long value) {
        if (inWindow(offset, size)) {
            windowWrite(size, value);
        } else {
            super.configWrite(offset, size, value);
        }
    }

    private boolean inWindow(int offset, int size) {
        return offset == pciAccess + CAP_EXTRA && size <= 4;
    }

    private @Nullable MmioHandler windowTarget(int size) {
        long offset = config().get(pciAccess + CAP_OFFSET, 4);
        boolean valid = config().get(pciAccess + CAP_BAR, 1) == BAR
                && config().get(pciAccess + CAP_SIZE, 4) == size
                && offset < BAR_SIZE
                && (offset & size - 1) == 0;
        if (!valid) {
            return null;
        }
        switch ((int) offset / PAGE) {
            case COMMON / PAGE:
                return common;
            case ISR / PAGE:
                return isrHandler;
            case DEVICE / PAGE:
                return deviceHandler;
            default:
                return notifyHandler;
        }
    }

    private long windowRead(int size) {
        MmioHandler target = windowTarget(size);
        return target == null ? -1L : target.read(config().get(pciAccess + CAP_OFFSET, 4) % PAGE, size);
    }

    private void windowWrite(int size, long value) {
        MmioHandler target = windowTarget(size);
        if (target != null) {
            target.write(config().get(pciAccess + CAP_OFFSET, 4) % PAGE, size, value & -1L >>> 64 - 8 * size);
        }
    }

    /** 4.1.4.5: reading tells why the pin is asserted, and releases it. */
    private final class Isr implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            if (offset != 0) {
                return 0;
            }
            int value = isr;
            isr = 0;
            intx().set(false);
            return value;
        }

        @Override
        public void write(long offset, int size, long value) {
            // Read-only.
        }
    }

    /** 4.1.4.6. */
    private final class DeviceConfigSpace implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return offset < deviceConfig.size() ? deviceConfig.read((int) offset, size) : 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            if (offset < deviceConfig.size()) {
                deviceConfig.write((int) offset, size, value);
                onDeviceConfigWritten((int) offset, size);
            }
        }
    }

    /** 4.1.4.4: the address says which queue; the value is not looked at. */
    private final class Notify implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            int index = (int) offset / NOTIFY_MULTIPLIER;
            if (offset % NOTIFY_MULTIPLIER == 0 && index < queues.size()) {
                notified(index);
            }
        }
    }

    private void notified(int queue) {
        if (running()) {
            onNotify(queues.get(queue));
        }
    }
}
