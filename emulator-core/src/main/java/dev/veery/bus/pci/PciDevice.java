package dev.veery.bus.pci;

import dev.veery.base.Bits;
import dev.veery.bus.pci.cap.AcsCapability;
import dev.veery.bus.pci.cap.AerCapability;
import dev.veery.bus.pci.cap.AtsCapability;
import dev.veery.bus.pci.cap.ExpressCapability;
import dev.veery.bus.pci.cap.MsiCapability;
import dev.veery.bus.pci.cap.MsixCapability;
import dev.veery.bus.pci.cap.PowerManagementCapability;
import dev.veery.bus.pci.cap.SerialNumberCapability;
import dev.veery.dma.DmaDomain;
import dev.veery.dma.DmaDomainLease;
import dev.veery.dma.DmaRequester;
import dev.veery.irq.IrqLine;
import dev.veery.memory.MemoryRegion;
import dev.veery.model.Device;
import dev.veery.model.DeviceConfig;
import dev.veery.model.Property;
import dev.veery.register.RegisterBank;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One function. A subclass declares its BARs and capabilities in its constructor or in {@link #onRealize}; it is told of
 * configuration writes after they took effect.
 */
public abstract class PciDevice extends Device {
    /** The property that asks for a place on the bus. */
    public static final String ADDR = "addr";

    /** The property that announces further functions in the slot. */
    public static final String MULTIFUNCTION = "multifunction";

    private static final int COMMAND_WRITABLE = PciRegs.COMMAND_IO
            | PciRegs.COMMAND_MEMORY
            | PciRegs.COMMAND_MASTER
            | PciRegs.COMMAND_PARITY
            | PciRegs.COMMAND_SERR
            | PciRegs.COMMAND_INTX_DISABLE;
    private static final int EXTENDED_CAPABILITIES = 0x100;
    private static final int ROM_INDEX = 6;

    private final RegisterBank config;
    private final List<PciBar> bars = new ArrayList<>();
    private @Nullable PciBus bus;
    private int devfn;
    private int lastCapability;
    private int nextCapability = PciRegs.HEADER_END;
    private int lastExtended;
    private int nextExtended = EXTENDED_CAPABILITIES;
    private @Nullable ExpressCapability express;
    private @Nullable PowerManagementCapability power;
    private @Nullable MsiCapability msi;
    private @Nullable MsixCapability msix;
    private DmaDomainLease.@Nullable Purpose dmaPurpose;
    private @Nullable DmaDomainLease lease;
    private @Nullable DmaDomain dma;

    /** What the device wants of its pin; what the bus sees also depends on the command register. */
    private boolean intxWanted;

    private boolean intxDriven;
    private final IrqLine intx = this::setIntx;

    /**
     * Declares the header.
     *
     * @param configSize {@link PciRegs#CONFIG_SIZE} or {@link PciRegs#EXPRESS_CONFIG_SIZE}
     * @param pin 0 for none, 1 for INTA to 4 for INTD
     */
    protected PciDevice(DeviceConfig device, PciIdentity identity, int configSize, int pin) {
        super(device);
        config = new RegisterBank(configSize);
        config.declare(PciRegs.VENDOR_ID, 2, identity.vendor(), 0);
        config.declare(PciRegs.DEVICE_ID, 2, identity.device(), 0);
        config.declare(PciRegs.COMMAND, 2, 0, COMMAND_WRITABLE);
        config.declareWriteOneToClear(PciRegs.STATUS, 2, PciRegs.STATUS_W1C);
        config.declare(PciRegs.REVISION_ID, 1, identity.revision(), 0);
        config.declare(PciRegs.CLASS_CODE, 3, identity.classCode(), 0);
        config.declare(PciRegs.CACHE_LINE_SIZE, 1, 0, 0xff);
        config.declare(PciRegs.SUBSYSTEM_VENDOR_ID, 2, identity.subsystemVendor(), 0);
        config.declare(PciRegs.SUBSYSTEM_ID, 2, identity.subsystem(), 0);
        config.declare(PciRegs.INTERRUPT_LINE, 1, 0, 0xff);
        config.declare(PciRegs.INTERRUPT_PIN, 1, pin, 0);
    }

    /** The properties that every PCI device takes. */
    public static List<Property> commonProperties() {
        return List.of(
                Property.pciAddress(ADDR, "Slot and optional function number, example: 06.0 or 06"),
                Property.bool(MULTIFUNCTION, false, "Whether the slot has further functions"));
    }

    /** Configuration space. */
    public final RegisterBank config() {
        return config;
    }

    /** The bus it is on. */
    public final PciBus pciBus() {
        return Objects.requireNonNull(bus, "not on a bus");
    }

    /** Whether it is on a bus. */
    public final boolean isAttached() {
        return bus != null;
    }

    /** Slot * 8 + function. */
    public final int devfn() {
        return devfn;
    }

    /**
     * Bus, device and function as 16 bits: what its transactions carry when they reach the root complex. The guest
     * numbers the buses, and behind a bridge to conventional PCI it is the bridge's.
     */
    public final int requesterId() {
        return pciBus().requesterId(devfn);
    }

    /** The bus behind it, for bridges; null for others. */
    public @Nullable PciBus secondaryBus() {
        return null;
    }

    /** Whether configuration requests for that bus go through it; for bridges. */
    boolean leadsTo(int busNumber) {
        return false;
    }

    /** The BARs and the ROM's, in the order in which they were declared. */
    public final List<PciBar> bars() {
        return Collections.unmodifiableList(bars);
    }

    /** Announces that the slot has further functions; for function 0. */
    public final void setMultifunction() {
        long type = config.get(PciRegs.HEADER_TYPE, 1) | PciRegs.HEADER_MULTIFUNCTION;
        config.declare(PciRegs.HEADER_TYPE, 1, type, 0);
    }

    /**
     * Declares a BAR.
     *
     * @param index 0 to 5; a 64-bit one takes the next as well
     */
    protected final PciBar addBar(int index, PciBar.Kind kind, MemoryRegion region) {
        int offset = kind == PciBar.Kind.ROM ? PciRegs.EXPANSION_ROM : PciRegs.BAR0 + 4 * index;
        if (index > ROM_INDEX || bars.stream().anyMatch(bar -> bar.offset() == offset)) {
            throw new IllegalArgumentException(this + " has no free BAR " + index);
        }
        PciBar bar = new PciBar(config, offset, kind, region);
        bars.add(bar);
        return bar;
    }

    /**
     * Appends a capability to the chain and writes its header.
     *
     * @param length in bytes, header included
     * @return its offset
     */
    protected final int addCapability(int id, int length) {
        int offset = nextCapability;
        nextCapability = (int) Bits.alignUp(offset + (long) length, 4);
        if (nextCapability > PciRegs.CONFIG_SIZE) {
            throw new IllegalStateException(this + ": configuration space is full");
        }
        config.declare(offset, 1, id, 0);
        config.declare(lastCapability == 0 ? PciRegs.CAPABILITIES : lastCapability + 1, 1, offset, 0);
        config.declare(PciRegs.STATUS, 2, PciRegs.STATUS_CAPABILITIES, 0);
        lastCapability = offset;
        return offset;
    }

    /** As {@link #addCapability}, in extended configuration space (PCI Express 5.0, 7.6.3). */
    protected final int addExtendedCapability(int id, int version, int length) {
        int offset = nextExtended;
        nextExtended = (int) Bits.alignUp(offset + (long) length, 4);
        if (nextExtended > config.size()) {
            throw new IllegalStateException(this + ": extended configuration space is full");
        }
        config.declare(offset, 4, id | version << 16, 0);
        if (lastExtended != 0) {
            config.declare(lastExtended, 4, config.get(lastExtended, 4) & 0xf_ffff | offset << 20, 0);
        }
        lastExtended = offset;
        return offset;
    }

    /** Puts the next capability at {@code offset}, where the hardware has it; the caller sees to it that none overlap. */
    protected final void nextCapabilityAt(int offset) {
        nextCapability = offset;
    }

    /** As {@link #nextCapabilityAt}, in extended configuration space. */
    protected final void nextExtendedCapabilityAt(int offset) {
        nextExtended = offset;
    }

    /** Gives the device the PCI Express capability; ports and endpoints below them have it. */
    protected final ExpressCapability addExpress(ExpressCapability.Type type, int port) {
        int offset = addCapability(ExpressCapability.ID, ExpressCapability.LENGTH);
        ExpressCapability added = new ExpressCapability(config, offset, type, port);
        express = added;
        return added;
    }

    /** Gives an endpoint the PCI Express capability in its version 1, without function-level reset. */
    protected final void addExpressVersion1() {
        express = ExpressCapability.version1(
                config, addCapability(ExpressCapability.ID, ExpressCapability.LENGTH_VERSION_1));
    }

    /** Gives the device power management: D0 and D3hot, without power management events. */
    protected final void addPowerManagement() {
        power = new PowerManagementCapability(
                config, addCapability(PowerManagementCapability.ID, PowerManagementCapability.LENGTH));
    }

    /**
     * Gives a function of PCI Express advanced error reporting.
     *
     * @param rootPort whether it collects the errors of a hierarchy
     */
    protected final void addErrorReporting(boolean rootPort) {
        int at = addExtendedCapability(AerCapability.ID, AerCapability.VERSION, AerCapability.LENGTH);
        AerCapability.declare(config, at, rootPort);
    }

    /** Gives a function of PCI Express a serial number. */
    protected final void addSerialNumber(long number) {
        int at = addExtendedCapability(
                SerialNumberCapability.ID, SerialNumberCapability.VERSION, SerialNumberCapability.LENGTH);
        SerialNumberCapability.declare(config, at, number);
    }

    /** Gives a port that leads down access control: requests between the functions below go up, to be translated. */
    protected final void addAccessControl() {
        int at = addExtendedCapability(AcsCapability.ID, AcsCapability.VERSION, AcsCapability.LENGTH);
        AcsCapability.declare(config, at);
    }

    /** Gives an endpoint of PCI Express address translation services. */
    protected final AtsCapability addTranslationServices() {
        int at = addExtendedCapability(AtsCapability.ID, AtsCapability.VERSION, AtsCapability.LENGTH);
        return new AtsCapability(config, at);
    }

    /** Gives the device MSI. */
    protected final void addMsi(int vectors) {
        useDmaForMessages();
        msi = new MsiCapability(
                config, addCapability(MsiCapability.ID, MsiCapability.LENGTH), vectors, this::sendAsWrite);
    }

    /** Gives the device MSI-X; the table and the pending bits must be put into BAR {@code bar} by the caller. */
    protected final MsixCapability addMsix(int vectors, int bar, int tableOffset, int pbaOffset) {
        useDmaForMessages();
        int offset = addCapability(MsixCapability.ID, MsixCapability.LENGTH);
        return placeMsix(offset, vectors, bar, tableOffset, bar, pbaOffset);
    }

    /** As {@link #addMsi}, in a layout and at a place in configuration space that are given; the caller links it. */
    protected final MsiCapability placeMsi(int offset, int vectors, boolean wide, boolean maskable) {
        useDmaForMessages();
        MsiCapability added = new MsiCapability(config, offset, vectors, wide, maskable, this::sendAsWrite);
        msi = added;
        return added;
    }

    /** As {@link #addMsix}, at a place in configuration space that is given; the caller links it. */
    protected final MsixCapability placeMsix(
            int offset, int vectors, int tableBar, int tableOffset, int pbaBar, int pbaOffset) {
        useDmaForMessages();
        MsixCapability added = new MsixCapability(
                config,
                offset,
                vectors,
                tableBar,
                tableOffset,
                pbaBar,
                pbaOffset,
                this::sendAsWrite,
                this::requesterId);
        msix = added;
        return added;
    }

    private void useDmaForMessages() {
        if (dmaPurpose == null) {
            dmaPurpose = DmaDomainLease.Purpose.SEND_MESSAGES;
        }
    }

    /** A message is a memory write like others: it needs bus mastering, and is translated outside the interrupt window. */
    private void sendAsWrite(int requester, long address, int data) {
        dma().store(address, Integer.BYTES, data);
    }

    /** States that the device masters the bus; to be called by its constructor or {@link #onRealize}. */
    protected final void requestDma(DmaDomainLease.Purpose purpose) {
        if (lease != null) {
            throw new IllegalStateException(this + " asks for memory when it is plugged already");
        }
        dmaPurpose = purpose;
    }

    /**
     * Memory as the device sees it.
     *
     * @throws IllegalStateException before commit: it is not decided earlier
     */
    protected final DmaDomain dma() {
        DmaDomain domain = dma;
        if (domain == null) {
            throw new IllegalStateException(this + " has no DMA domain before commit");
        }
        return domain;
    }

    /** Takes its domain, then calls {@link #onPciCommit}. */
    @Override
    protected final void onCommit() {
        if (lease != null) {
            dma = pciBus().dma().domain(lease);
        }
        onPciCommit();
    }

    /** The rest of a commit: {@link #dma} may be used, but the device is not reset yet. */
    protected void onPciCommit() {}

    /** Whether its transactions get through. */
    public boolean mastering() {
        return (config.get(PciRegs.COMMAND, 2) & PciRegs.COMMAND_MASTER) != 0 && awake() && pciBus().mastering();
    }

    /** Sends MSI-X or MSI vector {@code n}, whichever is enabled; false when neither is, so that the pin is to be used. */
    protected final boolean sendMessage(int n) {
        if (msix != null && msix.enabled()) {
            msix.send(n);
            return true;
        }
        if (msi != null && msi.enabled()) {
            msi.send(n, requesterId());
            return true;
        }
        return false;
    }

    /** Whether messages are enabled, so that the pin is not to be used. */
    protected final boolean messagesEnabled() {
        return msix != null && msix.enabled() || msi != null && msi.enabled();
    }

    /** The interrupt pin. */
    protected final IrqLine intx() {
        return intx;
    }

    private void setIntx(boolean level) {
        intxWanted = level;
        config.setBits(PciRegs.STATUS, 2, PciRegs.STATUS_INTERRUPT, level);
        driveIntx();
    }

    private void driveIntx() {
        boolean disabled = (config.get(PciRegs.COMMAND, 2) & PciRegs.COMMAND_INTX_DISABLE) != 0;
        int pin = (int) config.get(PciRegs.INTERRUPT_PIN, 1) - 1;
        boolean level = intxWanted && !disabled && pin >= 0;
        if (level != intxDriven) {
            intxDriven = level;
            pciBus().changeIntx(devfn >> 3, pin, level);
        }
    }

    /** Has {@link #onIntxEnded} called from now on; for a device on its bus, with a pin, once. */
    protected final void listenToIntxEnds() {
        int pin = (int) config.get(PciRegs.INTERRUPT_PIN, 1) - 1;
        pciBus().onIntxEnded(devfn >> 3, pin, this::intxEnded);
    }

    /** The guest has ended the interrupt that the pin asserts; called before it is delivered again. */
    protected void onIntxEnded() {}

    private void intxEnded() {
        if (intxDriven) {
            onIntxEnded();
        }
    }

    /** Reads configuration space; beyond its end everything is ones. */
    public long configRead(int offset, int size) {
        return config.read(offset, size);
    }

    /** Writes configuration space and lets the change take effect. */
    public void configWrite(int offset, int size, long value) {
        if (express != null && express.asksForReset(offset, size, value)) {
            reset();
            return;
        }
        config.write(offset, size, value);
        if (offset < PciRegs.HEADER_END && offset + size > PciRegs.COMMAND) {
            updateMappings();
            driveIntx();
        } else if (power != null && power.covers(offset, size)) {
            updateMappings();
        }
        if (msi != null) {
            msi.written(offset, size, requesterId());
        }
        if (msix != null) {
            msix.written(offset, size);
        }
        onConfigWritten(offset, size);
    }

    /** Called after {@code size} bytes at {@code offset} were written and BARs and interrupts followed. */
    protected void onConfigWritten(int offset, int size) {}

    /** Whether it is in D0: in D3hot it answers only configuration requests (PCI Power Management 1.2, 5.4.1). */
    private boolean awake() {
        PowerManagementCapability management = power;
        return management == null || management.awake();
    }

    private void updateMappings() {
        boolean decodes = awake();
        for (PciBar bar : bars) {
            if (decodes) {
                bar.update(config, pciBus().memory(), pciBus().io());
            } else {
                bar.unmap();
            }
        }
    }

    /** Whether the device becomes an endpoint of PCI Express where it is put below a port. */
    protected boolean expressBelowPorts() {
        return false;
    }

    /**
     * Vets a place before the device is realized.
     *
     * @throws dev.veery.base.ConfigException if it cannot work there; the message says why
     */
    public void checkPlace(PciBus wanted) {
        PciBridge bridge = wanted.bridge();
        if (bridge != null) {
            bridge.checkBelow(this);
        }
    }

    void attached(PciBus onto, int at) {
        bus = onto;
        devfn = at;
        if (express != null && onto.bridge() == null) {
            express.integrate();
        }
        if (express == null && expressBelowPorts() && onto.belowPort()) {
            addExpress(ExpressCapability.Type.ENDPOINT, 0);
        }
        if (dmaPurpose != null) {
            lease = new DmaDomainLease(toString(), new Requester(onto.name(), at), dmaPurpose);
            onto.dma().add(lease);
        }
    }

    void detaching() {
        setIntx(false);
        bars.forEach(PciBar::unmap);
        if (lease != null) {
            pciBus().dma().remove(lease);
            lease = null;
            dma = null;
        }
    }

    /** What this function's transactions carry. */
    private final class Requester implements DmaRequester {
        private final String path;

        Requester(String bus, int at) {
            path = String.format("%s/%02x.%x", bus, at >> 3, at & 7);
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public int id() {
            return requesterId();
        }

        @Override
        public boolean mastering() {
            return PciDevice.this.mastering();
        }
    }

    @Override
    protected void onRealize() {}

    /**
     * The device is gone without a word, as a card that is pulled out: where it is in a slot that can tell, the guest is told
     * and the machine lets go of it before this returns.
     *
     * @return whether the slot can; otherwise the device stays, and is to read as ones
     */
    protected final boolean pulledOut() {
        PciBridge above = bus == null ? null : bus.bridge();
        return above != null && above.lost(this);
    }

    /** Resets configuration space, then what the subclass adds by {@link #onPciReset}. */
    @Override
    protected final void onReset() {
        setIntx(false);
        config.reset();
        if (msix != null) {
            msix.reset();
        }
        updateMappings();
        onPciReset();
    }

    /** The rest of a reset: configuration space is in its reset state, BARs are unmapped, the pin is low. */
    protected void onPciReset() {}
}
