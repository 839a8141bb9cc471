package dev.veery.bus.pci;

import dev.veery.base.ConfigException;
import dev.veery.base.Unsigned;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.DeviceConfig;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A PCI-to-PCI bridge (PCI-to-PCI Bridge Architecture 1.2), which is also what ports of PCI Express look like: a bus below,
 * and windows of memory and ports that are forwarded down. Everything goes up.
 */
public abstract class PciBridge extends PciDevice {
    private static final int PINS = 4;
    private static final int WINDOWS = 3;
    private static final int IO = 0;
    private static final int MEMORY = 1;
    private static final int PREFETCH = 2;

    /** The low bits of a base say how wide the register is: 32-bit ports, 64-bit addresses. */
    private static final int IO_32 = 1;

    private static final int PREFETCH_64 = 1;
    private static final int IO_GRAIN = 12;
    private static final int MEMORY_GRAIN = 20;
    private static final int RESET_BELOW = 1 << 6;

    private final MemoryRegion memoryBelow;
    private final MemoryRegion ioBelow;
    private final @Nullable MemoryRegion[] windows = new MemoryRegion[WINDOWS];
    private final IntxSink pinsBelow = new PinsBelow();
    private @Nullable PciBus below;
    private boolean resetBelow;
    private Consumer<PciDevice> remover = device -> {
        throw new IllegalStateException("nobody takes out " + device);
    };

    /** Declares the header. */
    protected PciBridge(DeviceConfig device, PciIdentity identity, int configSize, int pin) {
        super(device, identity, configSize, pin);
        memoryBelow = MemoryRegion.container("bridge-memory", MemoryRegion.WHOLE);
        ioBelow = MemoryRegion.container("bridge-io", 0x1_0000);
        config().declare(PciRegs.HEADER_TYPE, 1, PciRegs.HEADER_BRIDGE, 0);
        config().declare(PciRegs.PRIMARY_BUS, 4, 0, 0xff_ffffL);
        config().declare(PciRegs.IO_BASE, 1, IO_32, 0xf0);
        config().declare(PciRegs.IO_LIMIT, 1, IO_32, 0xf0);
        config().declareWriteOneToClear(PciRegs.SECONDARY_STATUS, 2, PciRegs.STATUS_W1C);
        config().declare(PciRegs.MEMORY_BASE, 4, 0, 0xfff0_fff0L);
        config().declare(PciRegs.PREFETCH_BASE, 4, PREFETCH_64 | PREFETCH_64 << 16, 0xfff0_fff0L);
        config().declare(PciRegs.PREFETCH_BASE_UPPER, 8, 0, -1L);
        config().declare(PciRegs.IO_BASE_UPPER, 4, 0, -1L);
        config().declare(PciRegs.BRIDGE_CONTROL, 2, 0, 0x5f);
    }

    /** Bytes of port space that a window is a multiple of. */
    public static long ioGrain() {
        return 1L << IO_GRAIN;
    }

    /** Bytes of memory that a window is a multiple of. */
    public static long memoryGrain() {
        return 1L << MEMORY_GRAIN;
    }

    /** Whether what is below is PCI Express: devices there keep their own requester ids. */
    protected abstract boolean expressBelow();

    /** How many device numbers there are below. */
    protected int slotsBelow() {
        return PciBus.SLOTS;
    }

    /** What came or went below; the machine may be running. */
    protected void onBelowChanged() {}

    /** Whether what is below may come and go while the machine runs. */
    public boolean hotPlug() {
        return false;
    }

    /** Whether what is below has power; without, nothing is forwarded in either direction. */
    protected boolean poweredBelow() {
        return true;
    }

    /**
     * Asks the guest to let a device below go. When it has, perhaps never, the device is handed to whom {@link #onEject}
     * named, with the others in its slot.
     *
     * @throws dev.veery.base.ConfigException if the guest cannot be asked now
     */
    public void requestEject(PciDevice device) {
        throw new ConfigException("Bus '" + below().name() + "' does not support hotplugging");
    }

    /** Says who takes out what the guest lets go, each function before the bridge above it. */
    public final void onEject(Consumer<PciDevice> remove) {
        remover = remove;
    }

    /** The guest lets everything below go. */
    protected final void eject() {
        below().removable().forEach(remover);
    }

    /** A device below is gone and cannot be asked for; false if the slot cannot tell the guest of it. */
    final boolean lost(PciDevice device) {
        if (hotPlug()) {
            remover.accept(device);
        }
        return hotPlug();
    }

    /** Power below went off or came back: what is there starts anew. */
    protected final void powerChanged() {
        updateWindows();
        below().resetAll();
    }

    /**
     * Vets a function that is to go below.
     *
     * @throws dev.veery.base.ConfigException if it cannot work there
     */
    protected void checkBelow(PciDevice device) {}

    /** What firmware is to set aside below; by default nothing in particular. */
    public BridgeReserve reserve() {
        return BridgeReserve.NONE;
    }

    /** Tells firmware by QEMU's vendor-specific capability what {@link #reserve} says. */
    protected final void addReserve(BridgeReserve reserve) {
        if (!reserve.equals(BridgeReserve.NONE)) {
            reserve.declare(config(), addCapability(BridgeReserve.ID, BridgeReserve.LENGTH));
        }
    }

    /** The bus below; from when the bridge is attached on. */
    public final PciBus below() {
        PciBus bus = below;
        if (bus == null) {
            throw new IllegalStateException(this + " is not on a bus");
        }
        return bus;
    }

    /** The name of the bus below. */
    public final String busName() {
        String id = id();
        return id == null ? type().name() + "@" + pciBus().name() + "/" + Integer.toHexString(devfn()) : id;
    }

    @Override
    public final @Nullable PciBus secondaryBus() {
        return below;
    }

    @Override
    final boolean leadsTo(int bus) {
        int first = (int) config().get(PciRegs.SECONDARY_BUS, 1);
        return first != 0 && poweredBelow() && bus >= first && bus <= config().get(PciRegs.SUBORDINATE_BUS, 1);
    }

    @Override
    void attached(PciBus onto, int at) {
        super.attached(onto, at);
        below = new PciBus(this, onto);
    }

    @Override
    void detaching() {
        for (int i = 0; i < WINDOWS; i++) {
            close(i);
        }
        super.detaching();
    }

    /** Number of the bus below now. */
    final int secondary() {
        return (int) config().get(PciRegs.SECONDARY_BUS, 1);
    }

    final MemoryRegion memoryBelow() {
        return memoryBelow;
    }

    final MemoryRegion ioBelow() {
        return ioBelow;
    }

    /** Where the pins below end. */
    final IntxSink pinsBelow() {
        return pinsBelow;
    }

    /** Pins below come out rotated by their slot (PCI-to-PCI Bridge 1.2, 9.1). */
    private final class PinsBelow implements IntxSink {
        @Override
        public void set(int slot, int pin, boolean level) {
            pciBus().changeIntx(devfn() >> 3, (slot + pin) % PINS, level);
        }

        @Override
        public void onEnded(int slot, int pin, Runnable ended) {
            pciBus().onIntxEnded(devfn() >> 3, (slot + pin) % PINS, ended);
        }
    }

    @Override
    public void configWrite(int offset, int size, long value) {
        super.configWrite(offset, size, value);
        if (offset < PciRegs.IO_LIMIT_UPPER + 2 && offset + size > PciRegs.COMMAND) {
            updateWindows();
        }
        boolean reset = (config().get(PciRegs.BRIDGE_CONTROL, 2) & RESET_BELOW) != 0;
        if (resetBelow && !reset) {
            below().resetAll();
        }
        resetBelow = reset;
    }

    @Override
    protected void onPciReset() {
        resetBelow = false;
        updateWindows();
    }

    private void updateWindows() {
        update(IO, PciRegs.COMMAND_IO, ioBase(), ioLast(), ioBelow, pciBus().io());
        update(MEMORY, PciRegs.COMMAND_MEMORY, memoryBase(), memoryLast(), memoryBelow, pciBus().memory());
        update(PREFETCH, PciRegs.COMMAND_MEMORY, prefetchBase(), prefetchLast(), memoryBelow, pciBus().memory());
    }

    private long ioBase() {
        return (config().get(PciRegs.IO_BASE, 1) & 0xf0) << 8 | config().get(PciRegs.IO_BASE_UPPER, 2) << 16;
    }

    private long ioLast() {
        return (config().get(PciRegs.IO_LIMIT, 1) & 0xf0) << 8
                | config().get(PciRegs.IO_LIMIT_UPPER, 2) << 16
                | ioGrain() - 1;
    }

    private long memoryBase() {
        return (config().get(PciRegs.MEMORY_BASE, 2) & 0xfff0) << 16;
    }

    private long memoryLast() {
        return (config().get(PciRegs.MEMORY_LIMIT, 2) & 0xfff0) << 16 | memoryGrain() - 1;
    }

    private long prefetchBase() {
        return (config().get(PciRegs.PREFETCH_BASE, 2) & 0xfff0) << 16
                | config().get(PciRegs.PREFETCH_BASE_UPPER, 4) << 32;
    }

    private long prefetchLast() {
        return (config().get(PciRegs.PREFETCH_LIMIT, 2) & 0xfff0) << 16
                | config().get(PciRegs.PREFETCH_LIMIT_UPPER, 4) << 32
                | memoryGrain() - 1;
    }

    /** Opens a window, unless it is empty; one that begins at 0 is not set up yet, as with base addresses. */
    private void update(int index, int enable, long first, long last, MemoryRegion from, MemoryRegion into) {
        boolean open = (config().get(PciRegs.COMMAND, 2) & enable) != 0
                && poweredBelow()
                && first != 0
                && Unsigned.le(first, last)
                && (index != IO || last <= 0xffff);
        MemoryRegion now = windows[index];
        if (now != null && open && now.offset() == first && now.lastOffset() == last - first) {
            return;
        }
        close(index);
        if (open) {
            MemoryRegion window = MemoryRegion.alias("bridge-window", from, first, last - first + 1);
            windows[index] = window;
            into.addChild(first, window, 1);
        }
    }

    private void close(int index) {
        MemoryRegion window = windows[index];
        MemoryRegion parent = window == null ? null : window.parent();
        if (window != null && parent != null) {
            parent.removeChild(window);
        }
        windows[index] = null;
    }
}
