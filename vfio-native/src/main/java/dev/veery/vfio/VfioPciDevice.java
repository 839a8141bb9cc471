package dev.veery.vfio;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciRegs;
import dev.veery.bus.pci.cap.MsiCapability;
import dev.veery.bus.pci.cap.MsixCapability;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaDomainLease;
import dev.veery.irq.SignalRoutes;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Vfio;
import dev.veery.linux.sysfs.HostPciDevice;
import dev.veery.linux.vfio.RegionInfo;
import dev.veery.linux.vfio.VfioDevice;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A PCI function of the host. Realizing it only looks at sysfs; it is opened at commit, when its DMA domain is known, so that
 * its place on the command line decides nothing.
 */
public final class VfioPciDevice extends PciDevice {
    /** What the user calls the type. */
    public static final String NAME = "vfio-pci";

    private static final String ROMBAR = "rombar";
    private static final String ROMFILE = "romfile";
    private static final String NO_MMAP = "x-no-mmap";

    private static final int BARS = 6;
    private static final int BAR_IO = 1;
    private static final int BAR_64 = 4;
    private static final int BAR_PREFETCH = 8;

    private static final int DECODE = PciRegs.COMMAND_IO | PciRegs.COMMAND_MEMORY;
    private static final int USE = DECODE | PciRegs.COMMAND_MASTER;
    private static final int MSIX_ENTRY = 16;
    private static final int MSIX_ENTRY_CONTROL = 12;
    private static final int MSIX_MASKED = 1;

    private final VfioHost host;
    private final AddressSpace memory;
    private final SignalRoutes routes;
    private final HostPciDevice hostDevice;
    private @Nullable Opened opened;

    /** The power state that the guest has put it in; 0 is on. */
    private int powerState;

    private boolean saidNoReset;

    /** The guest has not used it since its last reset. */
    private boolean idle = true;

    /** It can only be reset along with others, of which some are in use. */
    private boolean resetWaits;

    /** It reported an error: until a reset each access asks the host first. */
    private boolean failed;

    /** The host has it back: nothing answers any more, as with a card that was pulled out. */
    private boolean gone;

    /** What exists from commit on. */
    private static final class Opened {
        final VfioHost.Attachment attachment;
        final VfioDevice device;
        final HostConfig config;
        final ConfigOverlay overlay;
        final DeviceInterrupts interrupts;
        final DeviceBars bars;
        final boolean resettable;

        @Nullable
        MsiCapability msi;

        @Nullable
        MsixCapability msix;

        @Nullable
        MmioHandler msixTable;

        Opened(VfioHost.Attachment attachment, HostConfig config, DeviceInterrupts interrupts, DeviceBars bars) {
            this.attachment = attachment;
            device = attachment.device();
            this.config = config;
            overlay = config.overlay();
            this.interrupts = interrupts;
            this.bars = bars;
            resettable = (device.flags() & Vfio.VFIO_DEVICE_FLAGS_RESET) != 0;
        }
    }

    private VfioPciDevice(
            DeviceConfig config, VfioHost host, AddressSpace memory, SignalRoutes routes, HostPciDevice hostDevice) {
        super(config, HostChoice.identity(hostDevice), PciRegs.EXPRESS_CONFIG_SIZE, 0);
        this.host = host;
        this.memory = memory;
        this.routes = routes;
        this.hostDevice = hostDevice;
        requestDma(DmaDomainLease.Purpose.MIRROR_MAPPINGS);
    }

    /**
     * The type.
     *
     * @param memory guest physical memory
     * @param routes for interrupts that need not come through this program
     */
    public static DeviceType type(VfioHost host, AddressSpace memory, SignalRoutes routes) {
        return DeviceType.named(NAME)
                .description("VFIO-based PCI device assignment")
                .bus("PCI")
                .category(DeviceCategory.MISC)
                .hotpluggable()
                .properties(commonProperties())
                .properties(HostChoice.properties())
                .property(Property.uint32(ROMBAR, 1, "Whether the guest sees the expansion ROM: 0 or 1"))
                .property(Property.string(ROMFILE, "File with an expansion ROM, in place of the device's"))
                .property(Property.bool(
                        NO_MMAP, false, "Trap each access to the device's registers: slow, to see what a driver does"))
                .build(config ->
                        new VfioPciDevice(config, host, memory, routes, HostChoice.choose(config.properties(), host)));
    }

    /** The function of the host. */
    public HostPciDevice hostDevice() {
        return hostDevice;
    }

    @Override
    protected void onRealize() {
        if (hostDevice.group().isEmpty()) {
            // It cannot be bound either: this is said first.
            throw HostFailure.noIommu(hostDevice);
        }
        if (!hostDevice.boundToVfio()) {
            throw HostFailure.notBound(hostDevice);
        }
        if (hostDevice.leadsToABus()) {
            throw new ConfigException("host device " + hostDevice + " is a bridge; name the devices behind it instead");
        }
    }

    @Override
    protected void onPciCommit() {
        DmaDomain domain = dma();
        VfioHost.Attachment attachment = host.attach(
                hostDevice,
                toString(),
                view(this, domain),
                memory,
                HostChoice.iommufd(properties()),
                HostChoice.descriptor(properties()));
        boolean done = false;
        try {
            open(attachment);
            host.mirror(attachment, domain, this);
            done = true;
        } finally {
            if (!done) {
                close(attachment);
            }
        }
    }

    /** Who sees memory as a device does: those that see guest physical memory, or those that the guest's IOMMU takes for one. */
    static Object view(PciDevice device, DmaDomain domain) {
        PciBus shared = device.pciBus().sharedRequester();
        return !domain.translated() ? VfioHost.PHYSICAL : shared != null ? shared : device;
    }

    private void close(VfioHost.Attachment attachment) {
        Opened now = opened;
        opened = null;
        if (now != null) {
            host.busResets().remove(hostDevice.toString());
            now.bars.close();
        }
        attachment.close();
    }

    private void open(VfioHost.Attachment attachment) {
        VfioDevice device = attachment.device();
        HostConfig hosts = new HostConfig(device, hostDevice, onRootBus());
        ConfigOverlay overlay = hosts.overlay();
        DeviceInterrupts interrupts = new DeviceInterrupts(
                host,
                device,
                new DeviceInterrupts.Guest(
                        toString(),
                        intx(),
                        () -> pciBus().rootPin(devfn() >> 3, overlay.pin() - 1),
                        this::requesterId,
                        this::sendMessage,
                        attachment.mappings()::arriving,
                        routes));
        DeviceBars bars = new DeviceBars(device, memory, this, !properties().bool(NO_MMAP));
        Opened now = new Opened(attachment, hosts, interrupts, bars);
        opened = now;
        host.busResets().add(hostDevice.toString(), new BusMember());
        interrupts.watch(Vfio.VFIO_PCI_ERR_IRQ_INDEX, this::reportsError);
        interrupts.watch(Vfio.VFIO_PCI_REQ_IRQ_INDEX, this::wantedBack);
        declareConfig(overlay);
        if (overlay.msi() != 0 && interrupts.has(DeviceInterrupts.Mode.MSI)) {
            now.msi = placeMsi(overlay.msi(), overlay.msiVectors(), overlay.msiWide(), overlay.msiMaskable());
        }
        if (overlay.msix() != 0 && interrupts.has(DeviceInterrupts.Mode.MSIX)) {
            now.msix = placeMsix(
                    overlay.msix(),
                    overlay.msixVectors(),
                    overlay.tableBar(),
                    overlay.tableOffset(),
                    overlay.pendingBar(),
                    overlay.pendingOffset());
        }
        addBars(now);
        if (interrupts.has(DeviceInterrupts.Mode.PIN) && overlay.pin() >= 1 && overlay.pin() <= 4) {
            config().declare(PciRegs.INTERRUPT_PIN, 1, overlay.pin(), 0);
            listenToIntxEnds();
        }
    }

    private boolean onRootBus() {
        return pciBus().number() == 0;
    }

    /** What is ours and constant reads as the overlay says; registers with a life of their own are declared already. */
    private void declareConfig(ConfigOverlay overlay) {
        for (int at = PciRegs.HEADER_END; at < overlay.size(); at++) {
            if (overlay.ours(at, 1) != 0) {
                config().declare(at, 1, overlay.shown(at), 0);
            }
        }
        config().declare(PciRegs.CAPABILITIES, 1, overlay.shown(PciRegs.CAPABILITIES), 0);
        config().declare(PciRegs.STATUS, 1, overlay.shown(PciRegs.STATUS) & PciRegs.STATUS_CAPABILITIES, 0);
    }

    // ---- base addresses

    private void addBars(Opened now) {
        for (int i = 0; i < BARS; i++) {
            RegionInfo region = now.device.region(i);
            if (!region.readable()) {
                continue;
            }
            int flags = now.overlay.bar(i);
            if ((flags & BAR_IO) != 0) {
                addBar(
                        i,
                        PciBar.Kind.IO,
                        MemoryRegion.mmio(
                                barName(i),
                                region.size(),
                                new DeviceBar(now.device, region, () -> answers(PciRegs.COMMAND_IO))));
                continue;
            }
            PciBar.Kind kind = (flags & BAR_64) == 0
                    ? PciBar.Kind.MEMORY32
                    : (flags & BAR_PREFETCH) == 0 ? PciBar.Kind.MEMORY64 : PciBar.Kind.MEMORY64_PREFETCHABLE;
            addBar(i, kind, memoryBar(now, i, region));
            i += kind == PciBar.Kind.MEMORY32 ? 0 : 1;
        }
        if (properties().number(ROMBAR) != 0) {
            addRom(now);
        }
    }

    private void addRom(Opened now) {
        String file = properties().string(ROMFILE);
        if (file != null && !file.isEmpty()) {
            RomFile own = RomFile.read(Path.of(file));
            addBar(BARS, PciBar.Kind.ROM, MemoryRegion.mmio(barName(BARS), own.size(), own, AccessSizes.BYTE_TO_QWORD));
            return;
        }
        RegionInfo rom = now.device.region(Vfio.VFIO_PCI_ROM_REGION_INDEX);
        if (rom.readable() && file == null) {
            addBar(
                    BARS,
                    PciBar.Kind.ROM,
                    MemoryRegion.mmio(
                            barName(BARS),
                            rom.size(),
                            new DeviceBar(now.device, rom, () -> answers(PciRegs.COMMAND_MEMORY))));
        }
    }

    private String barName(int index) {
        return hostDevice + " bar" + index;
    }

    private MemoryRegion memoryBar(Opened now, int index, RegionInfo region) {
        MemoryRegion bar = now.bars.memory(
                barName(index), region, new DeviceBar(now.device, region, () -> answers(PciRegs.COMMAND_MEMORY)));
        MsixCapability msix = now.msix;
        if (msix != null && now.overlay.tableBar() == index) {
            MemoryRegion table = msix.tableRegion(barName(index));
            MmioHandler handler = Objects.requireNonNull(table.handler());
            now.msixTable = handler;
            bar.addChild(
                    now.overlay.tableOffset(),
                    MemoryRegion.mmio(table.name(), table.size(), new MsixTable(now, handler), table.sizes()),
                    DeviceBars.OURS);
        }
        if (msix != null && now.overlay.pendingBar() == index) {
            bar.addChild(now.overlay.pendingOffset(), msix.pendingRegion(barName(index)), DeviceBars.OURS);
        }
        return bar;
    }

    /** Whether the device answers accesses of a kind, as the guest has set it up. */
    private boolean answers(int enable) {
        return !gone && powerState == 0 && (config().get(PciRegs.COMMAND, 2) & enable) != 0;
    }

    /** The table is ours; vectors are connected when the guest first unmasks them. */
    private final class MsixTable implements MmioHandler {
        private final Opened of;
        private final MmioHandler table;

        MsixTable(Opened of, MmioHandler table) {
            this.of = of;
            this.table = table;
        }

        @Override
        public long read(long offset, int size) {
            return table.read(offset, size);
        }

        @Override
        public void write(long offset, int size, long value) {
            int entry = (int) offset / MSIX_ENTRY;
            table.write(offset, size, value);
            if (unmasked(table, entry)) {
                of.interrupts.use(entry);
            }
            followMessage(of, entry);
        }
    }

    private static boolean unmasked(MmioHandler table, int entry) {
        return (table.read((long) entry * MSIX_ENTRY + MSIX_ENTRY_CONTROL, 4) & MSIX_MASKED) == 0;
    }

    // ---- configuration space

    @Override
    public long configRead(int offset, int size) {
        Opened now = opened;
        if (now == null) {
            return gone ? HostConfig.ones(size) : super.configRead(offset, size);
        }
        if (offset + size > now.overlay.size()) {
            return HostConfig.ones(size);
        }
        long theirs = now.config.theirs(offset, size);
        return theirs == HostConfig.ones(size)
                ? now.config.read(offset, size)
                : super.configRead(offset, size) & ~theirs | now.config.read(offset, size);
    }

    @Override
    public void configWrite(int offset, int size, long value) {
        Opened now = opened;
        if (now == null) {
            if (!gone) {
                super.configWrite(offset, size, value);
            }
            return;
        }
        if (offset + size > now.overlay.size()) {
            return;
        }
        // The guest must not see a base address while the device does not decode it: first there, last gone.
        int before = command();
        int after = commandAfter(offset, size, value);
        boolean opens = (after & ~before & DECODE) != 0;
        if ((after & USE) != 0) {
            idle = false;
            if (resetWaits) {
                resetWaits = false;
                sayNotReset("others on its bus, which would be reset along, are in use");
            }
        }
        if ((after & PciRegs.COMMAND_MEMORY) == 0 || now.overlay.takesAway(offset, size, value)) {
            now.bars.withdraw();
        }
        if (opens) {
            now.config.command(after);
        }
        super.configWrite(offset, size, value);
        if (!opens && after != before) {
            now.config.command(after);
        }
        now.config.write(offset, size, value);
        if (now.config.concernsPower(offset, size)) {
            powerState = now.config.powerState();
        }
        if (!failed && answers(PciRegs.COMMAND_MEMORY)) {
            now.bars.show();
        }
        followInterrupts(now);
        if (now.overlay.concernsMessages(offset, size)) {
            for (int n = 0; n < now.interrupts.vectors(); n++) {
                followMessage(now, n);
            }
        }
    }

    /** Tells what a message has become, for signals that do not come through us. */
    private void followMessage(Opened now, int n) {
        MsixCapability msix = now.msix;
        MsiCapability msi = now.msi;
        if (msix != null && now.interrupts.mode() == DeviceInterrupts.Mode.MSIX) {
            now.interrupts.follow(n, mastering() && msix.ready(n), msix.address(n), msix.data(n));
        } else if (msi != null && now.interrupts.mode() == DeviceInterrupts.Mode.MSI) {
            now.interrupts.follow(n, mastering() && msi.ready(n), msi.address(), msi.data(n));
        }
    }

    private int command() {
        return (int) config().get(PciRegs.COMMAND, 2);
    }

    /** COMMAND as a write will leave it. */
    private int commandAfter(int offset, int size, long value) {
        int command = command();
        int writable = (int) config().writableMask(PciRegs.COMMAND, 2);
        for (int i = 0; i < 2; i++) {
            int at = PciRegs.COMMAND + i - offset;
            if (at >= 0 && at < size) {
                int mask = writable & 0xff << 8 * i;
                command = command & ~mask | (int) (value >>> 8 * at & 0xff) << 8 * i & mask;
            }
        }
        return command;
    }

    private void followInterrupts(Opened now) {
        MsixCapability msix = now.msix;
        MsiCapability msi = now.msi;
        if (msix != null && msix.enabled()) {
            boolean fresh = now.interrupts.mode() != DeviceInterrupts.Mode.MSIX;
            now.interrupts.set(DeviceInterrupts.Mode.MSIX, now.overlay.msixVectors());
            MmioHandler table = now.msixTable;
            for (int n = 0; fresh && table != null && n < now.overlay.msixVectors(); n++) {
                if (unmasked(table, n)) {
                    now.interrupts.use(n);
                }
            }
        } else if (msi != null && msi.enabled()) {
            now.interrupts.set(DeviceInterrupts.Mode.MSI, msi.granted());
        } else if (config().get(PciRegs.INTERRUPT_PIN, 1) != 0) {
            now.interrupts.set(DeviceInterrupts.Mode.PIN, 1);
        } else {
            now.interrupts.clear();
        }
    }

    @Override
    protected void onIntxEnded() {
        Opened now = opened;
        if (now != null) {
            now.interrupts.pinEnded();
        }
    }

    // ---- reset and end

    @Override
    protected void onPciReset() {
        Opened now = opened;
        if (now == null) {
            return;
        }
        quiesce(now);
        failed = false;
        // Only a device that is on can be reset.
        now.config.powerOn();
        powerState = 0;
        idle = true;
        resetHost(now);
        followInterrupts(now);
    }

    private static void quiesce(Opened now) {
        now.bars.withdraw();
        now.interrupts.clear();
        now.config.command(0);
    }

    /** Alone if it can be reset well so; leaving D3hot, the last resort, resets little. */
    private void resetHost(Opened now) {
        resetWaits = false;
        List<String> methods = hostDevice.resetMethods();
        String obstacle = "";
        if (!now.resettable || methods.equals(List.of("pm"))) {
            BusResets.Outcome outcome =
                    host.busResets().reset(now.device, hostDevice.toString(), now.attachment.byGroup());
            if (outcome.done()) {
                return;
            }
            resetWaits = outcome.waiting() && !now.resettable;
            obstacle = outcome.obstacle();
        }
        int result = now.resettable ? now.device.reset() : -Errno.EINVAL;
        if (result < 0 && !resetWaits) {
            sayNotReset(now.resettable ? Errno.describe(-result) : obstacle);
        }
    }

    private void sayNotReset(String why) {
        if (!saidNoReset) {
            saidNoReset = true;
            host.warnings()
                    .accept("device " + this + ": host device " + hostDevice + " cannot be reset"
                            + (why.isEmpty() ? "" : " (" + why + ")")
                            + "; after a reboot of the guest it is as the guest left it");
        }
    }

    /** What a reset of its bus needs of it. */
    private final class BusMember implements BusResets.Member {
        @Override
        public boolean idle() {
            return idle;
        }

        @Override
        public void beforeReset() {
            Opened now = opened;
            if (now != null) {
                quiesce(now);
            }
        }

        @Override
        public void afterReset() {
            resetWaits = false;
            Opened now = opened;
            if (now != null) {
                followInterrupts(now);
            }
        }
    }

    private void reportsError() {
        Opened now = opened;
        if (now != null) {
            now.bars.withdraw();
        }
        failed = true;
        host.warnings()
                .accept("device " + this + ": host device " + hostDevice
                        + " reports an uncorrectable error; reset the guest, or take the device out");
    }

    /** The host unbinds its driver, and waits for us: the guest loses the device, and goes on. */
    private void wantedBack() {
        host.warnings().accept("device " + this + ": the host takes back " + hostDevice + "; for the guest it is gone");
        gone = true;
        release();
        pulledOut();
    }

    @Override
    protected void onUnrealize() {
        release();
    }

    private void release() {
        Opened now = opened;
        opened = null;
        if (now != null) {
            host.busResets().remove(hostDevice.toString());
            now.bars.close();
            now.interrupts.close();
            now.config.command(0);
            if (now.resettable) {
                now.device.reset();
            }
            now.attachment.close();
        }
    }
}
