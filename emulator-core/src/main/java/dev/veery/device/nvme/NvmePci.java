package dev.veery.device.nvme;

import dev.veery.base.ConfigException;
import dev.veery.block.BlockImage;
import dev.veery.block.DiskJob;
import dev.veery.block.DiskQueue;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.bus.pci.cap.ExpressCapability;
import dev.veery.bus.pci.cap.MsixCapability;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaDomainLease;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.Doorbell;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.memory.access.OffHeap;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code -device nvme}: the controller as a PCI function, its namespaces, and who does what for a command. */
public final class NvmePci extends PciDevice {
    private static final Logger LOG = LoggerFactory.getLogger("dev.veery.device.nvme");

    private static final PciIdentity IDENTITY = new PciIdentity(0x1b36, 0x0010, 2, 0x010802, 0x1af4, 0x1100);
    private static final PciIdentity INTEL = new PciIdentity(0x8086, 0x5845, 2, 0x010802, 0x1af4, 0x1100);
    private static final long BAR_SIZE = 0x4000;
    private static final int MSIX_TABLE = 0x2000;
    private static final int MSIX_PENDING = 0x3000;
    private static final int MAX_QUEUES = 128;
    private static final int MAX_VECTORS = 128;
    private static final int MAX_TRANSFER_LOG2 = 10;
    /** Beyond these a doorbell stops the processor: each costs the host a descriptor. */
    private static final int SIGNALLED_QUEUES = 16;

    private static final int MAX_EVENTS = 256;
    private static final int MAX_EVENT_QUEUE = 4096;

    private static final String DRIVE = "drive";
    private static final String SERIAL = "serial";
    private static final String IO_QUEUES = "max_ioqpairs";
    private static final String VECTORS = "msix_qsize";
    private static final String TRANSFER = "mdts";
    private static final String EVENTS = "aerl";
    private static final String EVENT_QUEUE = "aer_max_queued";
    private static final String IOEVENTFD = "ioeventfd";
    private static final String INTEL_ID = "use-intel-id";
    private static final String BLOCK_SIZE = "logical_block_size";

    private final Function<String, DiskQueue> drives;
    private final VirtualClock clock;
    private final NvmeBuses buses;
    private final NvmeRegisters registers = new NvmeRegisters(this);
    private final AdminCommands admin = new AdminCommands(this);
    private final Identify identify = new Identify(this);
    private final LogPages logs = new LogPages(this);
    private final Features features;
    private final AsyncEvents events;
    private final ShadowDoorbells shadows = new ShadowDoorbells();
    private final QueuePairs queues;
    private final VmTimer again;

    /** Lies over the doorbells while they are signals only; null if they never are. */
    private final @Nullable MemoryRegion signals;

    private final int ioQueues;
    private final int transferLog2;
    private final int eventLimit;
    private final int blockSize;
    private final String serial;
    private final @Nullable NvmeNamespace[] namespaces = new NvmeNamespace[NvmeRegs.MAX_NAMESPACES + 1];

    /** Host memory for a page of an answer, and for a command as it is read. */
    private long page;

    /** Jobs at disks; their answers do not count while {@link #stopping}. */
    private int atDisks;

    private boolean stopping;

    private NvmePci(DeviceConfig config, Function<String, DiskQueue> drives, VirtualClock clock, NvmeBuses buses) {
        super(config, config.properties().bool(INTEL_ID) ? INTEL : IDENTITY, PciRegs.EXPRESS_CONFIG_SIZE, 1);
        addExpress(ExpressCapability.Type.ENDPOINT, 0);
        addPowerManagement();
        this.drives = drives;
        this.clock = clock;
        this.buses = buses;
        ioQueues = limited(IO_QUEUES, 1, MAX_QUEUES - 1);
        transferLog2 = limited(TRANSFER, 1, MAX_TRANSFER_LOG2);
        eventLimit = limited(EVENTS, 0, MAX_EVENTS - 1) + 1;
        blockSize =
                NvmeNamespace.checkBlockSize("nvme." + BLOCK_SIZE, properties().number(BLOCK_SIZE));
        int vectors = limited(VECTORS, 1, MAX_VECTORS);
        features = new Features(this, vectors);
        events = new AsyncEvents(this, eventLimit, limited(EVENT_QUEUE, 0, MAX_EVENT_QUEUE));
        queues = new QueuePairs(this, shadows, ioQueues, vectors);
        again = clock.newTimer("nvme", queues::resumeAll);
        String given = properties().string(SERIAL);
        if (given == null) {
            throw new ConfigException("serial property not set");
        }
        serial = given;
        MemoryRegion bar = MemoryRegion.container("nvme", BAR_SIZE);
        bar.addChild(0, MemoryRegion.mmio("nvme-registers", MSIX_TABLE, registers, AccessSizes.adapted(1, 8, 4)));
        signals = properties().bool(IOEVENTFD) ? signals() : null;
        if (signals != null) {
            bar.addChild(NvmeRegs.DOORBELLS, signals, 1);
        }
        MsixCapability msix = addMsix(vectors, 0, MSIX_TABLE, MSIX_PENDING);
        bar.addChild(MSIX_TABLE, msix.tableRegion("nvme"));
        bar.addChild(MSIX_PENDING, msix.pendingRegion("nvme"));
        addBar(0, PciBar.Kind.MEMORY64, bar);
        requestDma(DmaDomainLease.Purpose.TRANSLATE_PER_ACCESS);
    }

    /**
     * The type.
     *
     * @param drives gives the disk of a name to one device; throws ConfigException
     * @param buses where namespaces find their controllers
     */
    public static DeviceType type(Function<String, DiskQueue> drives, VirtualClock clock, NvmeBuses buses) {
        return DeviceType.named("nvme")
                .description("Non-Volatile Memory Express")
                .bus("PCI")
                .category(DeviceCategory.STORAGE)
                .hotpluggable()
                .properties(commonProperties())
                .property(Property.string(DRIVE, "Node name or ID of a block device, as namespace 1"))
                .property(Property.string(SERIAL, "Serial number, 20 characters"))
                .property(Property.uint32(IO_QUEUES, 64, "Most pairs of I/O queues"))
                .property(Property.uint16(VECTORS, 65, "Number of MSI-X vectors"))
                .property(Property.uint8(TRANSFER, 7, "Longest transfer, 4 KiB times 2 to the power of this, 1 to 10"))
                .property(Property.uint8(EVENTS, 3, "Event requests that may wait, less one"))
                .property(Property.uint32(EVENT_QUEUE, 64, "Events that may wait for a request"))
                .property(Property.bool(
                        IOEVENTFD, true, "Doorbells stop no processor once the driver keeps them in memory"))
                .property(Property.bool(INTEL_ID, false, "Intel's PCI id instead of Red Hat's"))
                .property(Property.size(BLOCK_SIZE, BlockImage.SECTOR, "Bytes of a block of namespace 1"))
                .build(config -> new NvmePci(config, drives, clock, buses));
    }

    /** The doorbells of the first I/O submission queues, as registers whose write is only a signal. */
    private MemoryRegion signals() {
        int count = Math.min(ioQueues, SIGNALLED_QUEUES);
        MmioHandler same = new MmioHandler() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {
                registers.write(NvmeRegs.DOORBELLS + offset, size, value);
            }
        };
        long size = (long) NvmeRegs.DOORBELL_PAIR * (count + 1);
        MemoryRegion region = MemoryRegion.mmio("nvme-doorbells", size, same, AccessSizes.adapted(1, 8, 4));
        List<Doorbell> bells = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            int queue = i;
            bells.add(Doorbell.any((long) NvmeRegs.DOORBELL_PAIR * i, () -> rung(queue)));
        }
        region.setDoorbells(bells);
        region.setEnabled(false);
        return region;
    }

    private void rung(int queue) {
        if (ready() && shadows.on()) {
            queues.rung(queue);
        }
    }

    private int limited(String property, int least, int most) {
        long value = properties().number(property);
        if (value < least || value > most) {
            throw new ConfigException("Property 'nvme." + property + "' takes " + least + " to " + most);
        }
        return (int) value;
    }

    @Override
    protected void onRealize() {
        page = OffHeap.allocate(NvmeRegs.PAGE);
        String name = properties().string(DRIVE);
        if (name != null) {
            attach(new NvmeNamespace(1, drives.apply(name), blockSize, Identify.uuid(serial, 1), 0));
        }
        buses.add(this, id());
    }

    @Override
    protected void onUnrealize() {
        buses.remove(this);
        settle();
        // Namespaces that are devices of their own close their disks themselves.
        NvmeNamespace own = properties().string(DRIVE) == null ? null : namespaces[1];
        if (own != null) {
            own.disk().close();
            namespaces[1] = null;
        }
        if (page != 0) {
            OffHeap.free(page);
            page = 0;
        }
    }

    /** The guest waits for its disks here: afterwards nothing is under way that could still write its memory. */
    @Override
    protected void onPciReset() {
        settle();
        registers.reset();
        forgetAll();
    }

    /** Lets disks finish what they have; nothing of it is answered. */
    private void settle() {
        stopping = true;
        for (NvmeNamespace namespace : namespaces) {
            if (namespace != null) {
                namespace.disk().drain();
            }
        }
        stopping = false;
    }

    private void forgetAll() {
        queues.reset();
        shadows.reset();
        again.cancel();
        if (signals != null) {
            signals.setEnabled(false);
        }
        events.reset();
        features.reset();
        logs.reset();
        updatePin();
    }

    // The parts.

    DmaDomain memory() {
        return dma();
    }

    AdminCommands admin() {
        return admin;
    }

    Identify identify() {
        return identify;
    }

    LogPages logs() {
        return logs;
    }

    Features features() {
        return features;
    }

    AsyncEvents events() {
        return events;
    }

    QueuePairs queues() {
        return queues;
    }

    String serial() {
        return serial;
    }

    int ioQueues() {
        return ioQueues;
    }

    int transferLog2() {
        return transferLog2;
    }

    long maxTransfer() {
        return (long) NvmeRegs.PAGE << transferLog2;
    }

    int eventLimit() {
        return eventLimit;
    }

    long nanos() {
        return clock.nanos();
    }

    long page() {
        return page;
    }

    /** {@link #page}, zeroed. */
    long cleanPage() {
        OffHeap.fill(page, NvmeRegs.PAGE, 0);
        return page;
    }

    // Namespaces.

    /** The namespace of an id, which may be any number, or null. */
    @Nullable
    NvmeNamespace namespace(int id) {
        return id > 0 && id <= NvmeRegs.MAX_NAMESPACES ? namespaces[id] : null;
    }

    /** The lowest id that is free, or 0. */
    int freeNamespace() {
        for (int id = 1; id <= NvmeRegs.MAX_NAMESPACES; id++) {
            if (namespaces[id] == null) {
                return id;
            }
        }
        return 0;
    }

    /** Adds a namespace, whose id is free; a driver that wants to know is told. */
    void attach(NvmeNamespace namespace) {
        namespaces[namespace.id()] = namespace;
        namespace.disk().onResize(() -> changed(namespace.id()));
        changed(namespace.id());
    }

    /** Takes a namespace out. */
    void detach(NvmeNamespace namespace) {
        namespaces[namespace.id()] = null;
        // What it is at still finds its queue: answers are given meanwhile.
        namespace.disk().drain();
        changed(namespace.id());
    }

    /** 5.14.1.4: a namespace came, went, or is another. */
    void changed(int id) {
        if (features.namespaceEvents() && ready()) {
            logs.namespaceChanged(id);
            events.happened(AsyncEvents.TYPE_NOTICE, AsyncEvents.NOTICE_NAMESPACE, LogPages.CHANGED_NAMESPACES);
        }
    }

    /** Whether a write may be complete before it is stable. */
    boolean volatileCache() {
        for (NvmeNamespace namespace : namespaces) {
            if (namespace != null && namespace.disk().image().volatileCache()) {
                return true;
            }
        }
        return false;
    }

    // Registers.

    boolean ready() {
        return registers.ready();
    }

    void fatal() {
        registers.fatal();
    }

    /** log2 of the size of an I/O submission queue's entries, as the driver set it. */
    int submissionSize() {
        return registers.configured(NvmeRegs.CC_IOSQES_SHIFT);
    }

    int completionSize() {
        return registers.configured(NvmeRegs.CC_IOCQES_SHIFT);
    }

    /** CC.EN was cleared: stops, and says so when no disk is at work any more. */
    void stop() {
        if (atDisks == 0) {
            stopped();
        } else {
            stopping = true;
        }
    }

    private void stopped() {
        stopping = false;
        forgetAll();
        registers.stopped();
    }

    /** CC.SHN: everything written so far to stable storage, then the registers are told. */
    void shutDown() {
        ShutDown shutDown = new ShutDown();
        for (NvmeNamespace namespace : namespaces) {
            if (namespace != null) {
                shutDown.parts++;
            }
        }
        if (shutDown.parts == 0) {
            registers.shutDownComplete();
        }
        for (NvmeNamespace namespace : namespaces) {
            if (namespace != null) {
                namespace.disk().submit(shutDown);
            }
        }
    }

    /** One flush of each disk. */
    private final class ShutDown implements DiskJob {
        int parts;

        @Override
        public void perform(BlockImage image) throws IOException {
            image.flush();
        }

        @Override
        public void done(@Nullable IOException failure) {
            warn(failure);
            parts--;
            if (parts == 0) {
                registers.shutDownComplete();
            }
        }
    }

    private void warn(@Nullable IOException failure) {
        if (failure != null) {
            LOG.warn("{}: {}", this, failure.toString());
        }
    }

    /** 5.7: from now on doorbells are in memory; a status. */
    int useDoorbellBuffers(NvmeCommand command) {
        if (((command.prp1() | command.prp2()) & NvmeRegs.PAGE - 1) != 0) {
            return NvmeRegs.INVALID_FIELD;
        }
        shadows.start(dma(), command.prp1(), command.prp2());
        queues.shadowed();
        if (shadows.broken()) {
            shadows.reset();
            return NvmeRegs.TRANSFER_ERROR;
        }
        LOG.debug("{}: doorbells are in memory, at {}", this, command.prp1());
        if (signals != null) {
            signals.setEnabled(true);
        }
        return NvmeRegs.OK;
    }

    /** Soon, after others had the lock, looks at the queues again. */
    void lookAgain() {
        again.arm(clock.nanos());
    }

    /** Whether interrupts are messages. */
    boolean messages() {
        return messagesEnabled();
    }

    void interrupt(int vector) {
        if (!sendMessage(vector)) {
            updatePin();
        }
    }

    void updatePin() {
        intx().set(!messagesEnabled() && queues.pinWanted(registers.masked()));
    }

    // NVM commands.

    /** Starts a command of an I/O queue; a status. */
    int execute(NvmeCommand command) {
        if (command.opcode() == NvmeRegs.FLUSH && command.namespace() == NvmeRegs.ALL_NAMESPACES) {
            return flushAll(command);
        }
        NvmeNamespace namespace = namespace(command.namespace());
        if (namespace == null) {
            return NvmeRegs.INVALID_NAMESPACE;
        }
        NvmPart part = command.part();
        int status = part.prepare(namespace, dma(), features.writeCache());
        if (status == NvmeRegs.OK) {
            submit(command, namespace, part);
            return NvmeRegs.PENDING;
        }
        return status;
    }

    private void submit(NvmeCommand command, NvmeNamespace namespace, NvmPart part) {
        command.parts++;
        atDisks++;
        namespace.disk().submit(part);
    }

    /** Flushes all namespaces; a status. */
    int flushAll(NvmeCommand command) {
        for (NvmeNamespace namespace : namespaces) {
            if (namespace != null) {
                NvmPart part = new NvmPart(this, command);
                part.prepareFlush(namespace);
                submit(command, namespace, part);
            }
        }
        return command.parts == 0 ? NvmeRegs.OK : NvmeRegs.PENDING;
    }

    /** Empties one namespace, or all; a status. */
    int format(NvmeCommand command) {
        boolean all = command.namespace() == NvmeRegs.ALL_NAMESPACES;
        if (!all && namespace(command.namespace()) == null) {
            return NvmeRegs.INVALID_NAMESPACE;
        }
        for (NvmeNamespace namespace : namespaces) {
            if (namespace != null && (all || namespace.id() == command.namespace()) && namespace.readOnly()) {
                return NvmeRegs.WRITE_PROTECTED;
            }
        }
        for (NvmeNamespace namespace : namespaces) {
            if (namespace != null && (all || namespace.id() == command.namespace())) {
                NvmPart part = new NvmPart(this, command);
                part.prepareFormat(namespace);
                submit(command, namespace, part);
            }
        }
        return command.parts == 0 ? NvmeRegs.OK : NvmeRegs.PENDING;
    }

    /** A disk has done its part of a command. */
    void finished(NvmeCommand command, int opcode, long bytes, @Nullable IOException failure) {
        atDisks--;
        command.parts--;
        warn(failure);
        count(opcode, bytes);
        if (failure != null) {
            logs.mediaError(command);
        }
        if (stopping) {
            // While settle() waits, the caller goes on; otherwise the driver waits for the last job.
            if (atDisks == 0 && registers.stopping()) {
                stopped();
            }
        } else if (command.parts == 0) {
            queues.finished(command);
        }
    }

    private void count(int opcode, long bytes) {
        if (opcode == NvmeRegs.READ || opcode == NvmeRegs.COMPARE) {
            logs.countRead(bytes);
        } else if (opcode == NvmeRegs.WRITE) {
            logs.countWrite(bytes);
        }
    }
}
