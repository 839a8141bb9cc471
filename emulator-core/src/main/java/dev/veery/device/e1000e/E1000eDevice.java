package dev.veery.device.e1000e;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciBar;
import dev.veery.bus.pci.PciDevice;
import dev.veery.bus.pci.PciIdentity;
import dev.veery.bus.pci.PciRegs;
import dev.veery.bus.pci.cap.MsiCapability;
import dev.veery.bus.pci.cap.MsixCapability;
import dev.veery.dma.DmaDomainLease;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.memory.access.OffHeap;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import dev.veery.net.FramePieces;
import dev.veery.net.MacAddresses;
import dev.veery.net.NetBackend;
import dev.veery.net.NetFrontend;
import dev.veery.net.NetSource;
import dev.veery.net.SendOffload;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code -device e1000e}. */
public final class E1000eDevice extends PciDevice implements NetFrontend {
    private static final PciIdentity IDENTITY = new PciIdentity(0x8086, 0x10d3, 0, 0x020000, 0x8086, 0);
    private static final int REGISTERS_BAR = 0;
    private static final long REGISTERS_SIZE = 1 << 17;
    private static final int FLASH_BAR = 1;
    private static final int FLASH_SIZE = 1 << 17;
    private static final int IO_BAR = 2;
    private static final int IO_SIZE = 32;
    private static final int MSIX_BAR = 3;
    private static final int MSIX_SIZE = 1 << 14;
    private static final int MSIX_PENDING = 1 << 13;
    private static final int VECTORS = 5;

    /** 9.1.4 of the datasheet: where the capabilities are; those of MSI-X as QEMU has them. */
    private static final int POWER_AT = 0xc8;

    private static final int MSI_AT = 0xd0;
    private static final int EXPRESS_AT = 0xe0;
    private static final int MSIX_AT = 0xa0;
    private static final int SERIAL_NUMBER_AT = 0x140;
    private static final int TAG_BYTES = 4;
    private static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final String NETDEV = "netdev";
    private static final String MAC = "mac";

    private final NetSource nets;
    private final VirtualClock clock;
    private final VmTimer again;
    private final E1000eRegisters registers;
    private final MsixCapability msix;
    private final Transmitter[] transmitters = new Transmitter[2];
    private @Nullable Receiver receiver;
    private @Nullable SendOffload[] offloads = new SendOffload[2];
    private @Nullable NetBackend net;
    private long memory;

    private E1000eDevice(DeviceConfig config, VirtualClock clock, NetSource nets, MacAddresses addresses) {
        super(config, IDENTITY, PciRegs.EXPRESS_CONFIG_SIZE, 1);
        this.nets = nets;
        this.clock = clock;
        again = clock.newTimer("e1000e", this::sendable);
        long mac = addresses.next("e1000e." + MAC, config.properties().string(MAC));
        registers = new E1000eRegisters(mac, new Signals(), new Effects());
        AccessSizes sizes = AccessSizes.DWORD;
        addBar(REGISTERS_BAR, PciBar.Kind.MEMORY32, MemoryRegion.mmio("e1000e-mmio", REGISTERS_SIZE, registers, sizes));
        addBar(FLASH_BAR, PciBar.Kind.MEMORY32, MemoryRegion.container("e1000e-flash", FLASH_SIZE));
        addBar(IO_BAR, PciBar.Kind.IO, MemoryRegion.mmio("e1000e-io", IO_SIZE, new IoWindow(), sizes));
        nextCapabilityAt(POWER_AT);
        addPowerManagement();
        nextCapabilityAt(MSI_AT);
        placeMsi(addCapability(MsiCapability.ID, MsiCapability.length(true, false)), 1, true, false);
        nextCapabilityAt(EXPRESS_AT);
        addExpressVersion1();
        nextCapabilityAt(MSIX_AT);
        msix = addMsix(VECTORS, MSIX_BAR, 0, MSIX_PENDING);
        MemoryRegion bar = MemoryRegion.container("e1000e-msix", MSIX_SIZE);
        bar.addChild(0, msix.tableRegion("e1000e"));
        bar.addChild(MSIX_PENDING, msix.pendingRegion("e1000e"));
        addBar(MSIX_BAR, PciBar.Kind.MEMORY32, bar);
        addErrorReporting(false);
        nextExtendedCapabilityAt(SERIAL_NUMBER_AT);
        addSerialNumber(eui64(mac));
        requestDma(DmaDomainLease.Purpose.TRANSLATE_PER_ACCESS);
    }

    /**
     * The type.
     *
     * @param nets where the network of a name is
     * @param addresses for cards without one
     */
    public static DeviceType type(VirtualClock clock, NetSource nets, MacAddresses addresses) {
        return DeviceType.named("e1000e")
                .description("Intel 82574L GbE Controller")
                .bus("PCI")
                .category(DeviceCategory.NETWORK)
                .hotpluggable()
                .properties(commonProperties())
                .property(Property.string(NETDEV, "ID of a netdev to use as a backend"))
                .property(Property.string(MAC, "Ethernet 6-byte MAC Address, example: 52:54:00:12:34:56"))
                .build(config -> new E1000eDevice(config, clock, nets, addresses));
    }

    @Override
    protected void onRealize() {
        String name = properties().string(NETDEV);
        if (name == null) {
            throw new ConfigException("netdev property not set");
        }
        net = nets.connect(name);
        memory = OffHeap.allocate(Receiver.copyBytes() + 2L * TAG_BYTES);
        receiver = new Receiver(registers.bank(), this::dma, memory + 2 * TAG_BYTES);
        for (int n = 0; n < transmitters.length; n++) {
            SendOffload offload = new SendOffload();
            offloads[n] = offload;
            transmitters[n] = new Transmitter(
                    registers.bank(),
                    Regs.TDBAL + Regs.QUEUE_STRIDE * n,
                    n == 0 ? Regs.ICR_TXQ0 : Regs.ICR_TXQ1,
                    this::dma,
                    offload,
                    this::send,
                    memory + (long) TAG_BYTES * n);
        }
    }

    @Override
    protected void onPciCommit() {
        net().connect(this);
    }

    @Override
    protected void onUnrealize() {
        again.cancel();
        if (net != null) {
            net.close();
            net = null;
        }
        for (int n = 0; n < offloads.length; n++) {
            SendOffload offload = offloads[n];
            if (offload != null) {
                offload.close();
                offloads[n] = null;
            }
        }
        if (memory != 0) {
            OffHeap.free(memory);
            memory = 0;
        }
    }

    /** The address, first byte highest, with FFFF in its middle. */
    private static long eui64(long mac) {
        long swapped = Long.reverseBytes(mac) >>> 16;
        return (swapped & 0xffff_ff00_0000L) << 16 | 0xffffL << 24 | swapped & 0xff_ffff;
    }

    private NetBackend net() {
        return Objects.requireNonNull(net, "not realized");
    }

    @Override
    protected void onPciReset() {
        again.cancel();
        registers.reset();
        for (Transmitter transmitter : transmitters) {
            transmitter.reset();
        }
        // A frame that waits for room must not keep the network waiting.
        net().resume();
    }

    private boolean send(FramePieces frame) {
        if (!net().send(frame)) {
            return false;
        }
        registers.count(true, frame.length(), false, false);
        return true;
    }

    private void transmit(int queue) {
        int causes = transmitters[queue].run();
        if (causes < 0) {
            again.arm(clock.nanos());
        }
        int raised = causes & Integer.MAX_VALUE;
        if (raised != 0) {
            registers.interrupts().raise(raised);
        }
    }

    @Override
    public void sendable() {
        transmit(0);
        transmit(1);
    }

    @Override
    public boolean receive(long host, int length) {
        Receiver to = receiver;
        if (to == null || !mastering()) {
            return true;
        }
        int causes = to.receive(host, length);
        if (causes > 0) {
            long address = OffHeap.getInt(host) & 0xffff_ffffL | (long) OffHeap.getChar(host + 4) << 32;
            registers.count(false, length, address == BROADCAST, (address & 1) != 0);
            registers.interrupts().raise(causes);
        }
        return causes >= 0;
    }

    private final class Effects implements E1000eRegisters.Actions {
        @Override
        public void softwareReset() {
            onPciReset();
        }

        @Override
        public void transmit(int queue) {
            E1000eDevice.this.transmit(queue);
        }

        @Override
        public void roomToReceive() {
            net().resume();
        }
    }

    private final class Signals implements Interrupts.Output {
        @Override
        public boolean vectors() {
            return msix.enabled();
        }

        @Override
        public void vector(int n) {
            if (n < VECTORS) {
                msix.send(n);
            }
        }

        @Override
        public void level(boolean asserted) {
            if (!asserted || !sendMessage(0)) {
                intx().set(asserted);
            }
        }
    }

    /** 10.2.1.2: IOADDR says which register IODATA is. */
    private final class IoWindow implements MmioHandler {
        private static final int DATA = 4;
        private int address;

        @Override
        public long read(long offset, int size) {
            if (offset == DATA) {
                return registers.read(address, size);
            }
            return offset == 0 ? address & 0xffff_ffffL : 0;
        }

        @Override
        public void write(long offset, int size, long value) {
            if (offset == DATA) {
                registers.write(address, size, value);
            } else if (offset == 0) {
                address = (int) value & (int) REGISTERS_SIZE - 4;
            }
        }
    }
}
