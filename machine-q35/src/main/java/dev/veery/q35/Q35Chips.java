package dev.veery.q35;

import dev.veery.accel.IntervalTimer;
import dev.veery.accel.Irqchip;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.accel.VcpuListener;
import dev.veery.base.MachineLock;
import dev.veery.bus.isa.IsaBus;
import dev.veery.bus.isa.PortRange;
import dev.veery.bus.pci.PciBus;
import dev.veery.bus.pci.PciHost;
import dev.veery.cpu.state.Feature;
import dev.veery.device.dma8237.Dma8237;
import dev.veery.device.dma8237.DmaPages;
import dev.veery.device.fwcfg.FwCfg;
import dev.veery.device.hpet.Hpet;
import dev.veery.device.i8042.I8042;
import dev.veery.device.ioapic.IoApic;
import dev.veery.device.lapic.Lapic;
import dev.veery.device.lapic.LapicConfig;
import dev.veery.device.pic.PicPair;
import dev.veery.device.pit.Pit8254;
import dev.veery.device.pit.SystemControlPort;
import dev.veery.device.port92.Port92;
import dev.veery.device.rtc.CmosMemorySize;
import dev.veery.device.rtc.Mc146818;
import dev.veery.dma.DmaPlanner;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.IrqLine;
import dev.veery.irq.MsiSink;
import dev.veery.irq.MsiSwitch;
import dev.veery.irq.SignalRoutes;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.GuestRam;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.memory.RamBlock;
import dev.veery.model.DeviceConfig;
import dev.veery.model.ResetList;
import dev.veery.q35.chipset.AcpiPciHotplug;
import dev.veery.q35.chipset.Ich9Lpc;
import dev.veery.q35.chipset.Ich9Smbus;
import dev.veery.q35.chipset.Mch;
import dev.veery.q35.chipset.ResetControl;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The parts that every machine of this kind has, constructed and wired, in this order: memory, interrupt wires and
 * controllers, buses, timers and the other ISA chips, the PCI functions of the chip set, processors.
 */
final class Q35Chips implements AutoCloseable {
    private static final int APM_PORTS = 2;
    private static final int RTC_PORTS = 8;
    private static final int WIDE_DMA_PORTS = 2 * Dma8237.REGISTERS;
    /** CMOS equipment byte: a floating-point unit and a PS/2 mouse. */
    private static final int CMOS_EQUIPMENT = 0x14;

    private static final int EQUIPMENT = 1 << 1 | 1 << 2;

    final Q35MemoryMap map;
    final MachineLock lock;
    final GuestRam ram;
    final MemoryRegion memory = MemoryRegion.container("system", MemoryRegion.WHOLE);
    final MemoryRegion io = MemoryRegion.container("io", 0x1_0000);
    final AddressSpace memorySpace;
    final AddressSpace ioSpace;
    final InterruptBus apicBus = new InterruptBus();

    /** Where devices and the I/O APIC send messages; an interrupt remapping unit puts itself in. */
    final MsiSwitch messages = new MsiSwitch(apicBus);

    /** The way of signals that the host's kernel can turn into interrupts. */
    final SignalRoutes signals;

    final DmaPlanner dma;
    final Q35Interrupts interrupts;
    final IsaBus isa;
    final PciBus pci;
    final PciHost host;
    final Mch mch;
    final Ich9Lpc lpc;
    final Ich9Smbus smbus;
    final Mc146818 rtc;
    final FwCfg fwCfg;
    final @Nullable I8042 keyboard;
    final @Nullable Hpet hpet;
    final List<Vcpu> vcpus = new ArrayList<>();

    /** Everything with a power-on state that is not a device of the device manager, in reset order. */
    final ResetList resets = new ResetList();

    private final Q35Settings settings;
    private final List<AddressSpace> cpuSpaces = new ArrayList<>();

    /** What the chips ask of the machine. */
    interface Requests {
        void powerOff();

        void reset();
    }

    Q35Chips(
            Q35Settings settings,
            Requests requests,
            VcpuListener listener,
            BiFunction<AddressSpace, MsiSink, DmaPlanner> planner) {
        this.settings = settings;
        lock = settings.lock();
        map = Q35MemoryMap.of(settings.ramBytes());
        ram = new GuestRam(settings.ramAllocator());

        // Memory: one block, shown below the PCI hole and above 4 GiB; PCI wherever nothing else is.
        RamBlock block = ram.allocate("pc.ram", settings.ramBytes());
        MemoryRegion ramRegion = MemoryRegion.ram("pc.ram", block);
        memory.addChild(0, MemoryRegion.alias("ram-below-4g", ramRegion, 0, map.lowEnd()));
        if (map.highSize() > 0) {
            memory.addChild(1L << 32, MemoryRegion.alias("ram-above-4g", ramRegion, map.lowEnd(), map.highSize()));
        }
        MemoryRegion pciMemory = MemoryRegion.container("pci", MemoryRegion.WHOLE);
        memory.addChild(0, pciMemory, -1);
        memorySpace = new AddressSpace("memory", memory, lock);
        ioSpace = new AddressSpace("io", io, lock);
        dma = planner.apply(memorySpace, messages);

        // Interrupt controllers and the wires between them and everyone else.
        Irqchip irqchip = settings.accelerator().irqchip();
        interrupts = new Q35Interrupts(irqchip, apicBus, messages, resets);
        if (interrupts.ioApic != null) {
            mapMemory("ioapic", Q35MemoryMap.IO_APIC, IoApic.WINDOW, interrupts.ioApic, AccessSizes.BYTE_TO_DWORD);
        }
        mapMemory("msi", Q35MemoryMap.LOCAL_APIC, Q35MemoryMap.MSI_WINDOW_SIZE, new MsiWindow(), AccessSizes.DWORD);

        // Buses. The LPC bridge is where PCI interrupt pins end, and it is on the bus itself.
        List<IrqLine> isaLines = new ArrayList<>();
        for (int i = 0; i < IsaBus.IRQS; i++) {
            isaLines.add(interrupts.driver(i));
        }
        isa = new IsaBus(io, memory, isaLines);
        lpc = new Ich9Lpc(
                DeviceConfig.board(Ich9Lpc.TYPE),
                memory,
                io,
                interrupts.drivers(),
                interrupts.drivers(),
                settings.clock(),
                requests::powerOff);
        IoApic ioApic = interrupts.ioApic;
        if (ioApic != null) {
            ioApic.onEnded(lpc::apicInputEnded);
        }
        PicPair pic = interrupts.pic;
        if (pic != null) {
            pic.onEnded(lpc::isaInterruptEnded);
        }
        signals = new SignalRoutes(messages, lpc::apicInputOf, irqchip == null ? null : irqchip.signals());
        lpc.onPinsMoved(signals::update);
        pci = new PciBus("pcie.0", () -> 0, pciMemory, io, lpc.intxSink(), dma);
        host = new PciHost(pci);
        mch = new Mch(DeviceConfig.board(Mch.TYPE), memory, ramRegion, pciMemory, host.ecam());
        smbus = new Ich9Smbus(DeviceConfig.board(Ich9Smbus.TYPE));
        ResetControl resetControl = new ResetControl(requests::reset);
        resets.add(resetControl);
        resets.add(host::reset);
        MmioHandler configAddress = host.addressPorts(resetControl);
        mapPorts("PCI host", Q35MemoryMap.PCI_CONFIG_ADDRESS, 4, configAddress, AccessSizes.BYTE_TO_DWORD);
        mapPorts("PCI host", Q35MemoryMap.PCI_CONFIG_DATA, 4, host.dataPorts(), AccessSizes.BYTE_TO_DWORD);
        isa.claim("ACPI power management", new PortRange(Q35MemoryMap.PM_BASE, Q35MemoryMap.PM_LENGTH));

        // ISA chips.
        hpet = settings.options().bool(Q35Options.HPET) ? makeHpet() : null;
        makePit(irqchip);
        rtc = new Mc146818(
                hpet == null ? isa.irq(Q35IrqMap.RTC) : hpet.rtcInput(), settings.clock(), settings.wallClock());
        resets.add(rtc);
        MemoryRegion rtcPorts = MemoryRegion.mmio("rtc", RTC_PORTS, rtc, AccessSizes.BYTE);
        // The index port: it has no effect before the data port is accessed.
        rtcPorts.setLateWrites(0, 1);
        isa.map("'rtc'", new PortRange(Q35MemoryMap.RTC, RTC_PORTS), rtcPorts);
        CmosMemorySize.store(rtc, map.lowEnd(), map.highSize());
        rtc.setNvram(CMOS_EQUIPMENT, EQUIPMENT);
        SharedWire a20 = new SharedWire(this::setA20);
        keyboard = settings.options().bool(Q35Options.I8042) ? makeKeyboard(a20.driver(), requests) : null;
        if (keyboard == null) {
            a20.driver().set(true);
        }
        Port92 port92 = new Port92(a20.driver(), requests::reset);
        resets.add(port92);
        mapPorts("port92", Q35MemoryMap.SYSTEM_CONTROL_A, 1, port92, AccessSizes.BYTE);
        makeLegacyPorts();
        fwCfg = new FwCfg(memorySpace);
        resets.add(fwCfg);
        mapPorts("fw_cfg", Q35MemoryMap.FW_CFG, FwCfg.PORTS, fwCfg.ports(), AccessSizes.BYTE_TO_WORD);
        mapPorts("fw_cfg", Q35MemoryMap.FW_CFG_DMA, FwCfg.DMA_PORTS, fwCfg.dmaPorts(), AccessSizes.BYTE_TO_DWORD);

        // Processors last: they look at all of the above.
        for (int i = 0; i < settings.cpus(); i++) {
            makeProcessor(i, listener);
        }
    }

    private Hpet makeHpet() {
        Hpet made = new Hpet(settings.clock(), interrupts.drivers(), Q35IrqMap.HPET_ROUTES);
        resets.add(made);
        mapMemory("hpet", Q35MemoryMap.HPET, Hpet.WINDOW, made, AccessSizes.BYTE_TO_QWORD);
        return made;
    }

    /** The accelerator's 8254, or else the board's with port 61h. */
    private void makePit(@Nullable Irqchip irqchip) {
        if (!settings.options().bool(Q35Options.PIT)) {
            return;
        }
        IntervalTimer inside = irqchip == null || !irqchip.complete() ? null : irqchip.intervalTimer();
        if (inside != null) {
            if (hpet != null) {
                hpet.connectLegacy(legacy -> inside.connectInterrupt(!legacy));
            }
            return;
        }
        IrqLine out = hpet == null ? isa.irq(Q35IrqMap.PIT) : hpet.pitInput();
        Pit8254 pit = new Pit8254(settings.clock(), out);
        SystemControlPort port61 = new SystemControlPort(pit);
        resets.add(pit);
        resets.add(port61);
        mapPorts("pit", Q35MemoryMap.PIT, 4, pit, AccessSizes.BYTE);
        mapPorts("pit", Q35MemoryMap.SYSTEM_CONTROL_B, 1, port61, AccessSizes.BYTE);
    }

    private I8042 makeKeyboard(IrqLine a20, Requests requests) {
        I8042 made = new I8042(isa.irq(Q35IrqMap.KEYBOARD), isa.irq(Q35IrqMap.MOUSE), a20, requests::reset);
        resets.add(made);
        mapPorts("i8042", Q35MemoryMap.KEYBOARD_DATA, 1, made.dataPort(), AccessSizes.BYTE);
        mapPorts("i8042", Q35MemoryMap.KEYBOARD_COMMAND, 1, made.commandPort(), AccessSizes.BYTE);
        return made;
    }

    private void makeLegacyPorts() {
        Dma8237 narrow = new Dma8237(false);
        Dma8237 wide = new Dma8237(true);
        DmaPages pages = new DmaPages();
        ByteLatch apm = new ByteLatch(APM_PORTS);
        resets.add(narrow);
        resets.add(wide);
        resets.add(pages);
        resets.add(apm);
        mapPorts("dma", Q35MemoryMap.DMA1, Dma8237.REGISTERS, narrow, AccessSizes.BYTE);
        mapPorts("dma", Q35MemoryMap.DMA2, WIDE_DMA_PORTS, wide, AccessSizes.BYTE);
        mapPorts("dma", Q35MemoryMap.DMA_PAGES, DmaPages.PORTS, pages, AccessSizes.BYTE);
        mapPorts("apm", Q35MemoryMap.APM_CONTROL, APM_PORTS, apm, AccessSizes.BYTE);
        PicPair pic = interrupts.pic;
        if (pic == null) {
            return;
        }
        mapPorts("pic", Q35MemoryMap.PIC1, 2, pic.masterPorts(), AccessSizes.BYTE);
        mapPorts("pic", Q35MemoryMap.PIC2, 2, pic.slavePorts(), AccessSizes.BYTE);
        mapPorts("pic", Q35MemoryMap.ELCR, 2, pic.elcrPorts(), AccessSizes.BYTE);
    }

    private void mapPorts(String owner, int first, int count, MmioHandler handler, AccessSizes sizes) {
        isa.map("'" + owner + "'", new PortRange(first, count), MemoryRegion.mmio(owner, count, handler, sizes));
    }

    /** The registers of hot plug by ACPI, if the machine has them. */
    void mapHotPlug(AcpiPciHotplug registers) {
        resets.add(registers);
        mapPorts("acpi-pci-hotplug", Q35MemoryMap.PCI_HOTPLUG, AcpiPciHotplug.LENGTH, registers, AccessSizes.DWORD);
    }

    private void mapMemory(String name, long base, long size, MmioHandler handler, AccessSizes sizes) {
        memory.addChild(base, MemoryRegion.mmio(name, size, handler, sizes), 1);
    }

    /**
     * A processor sees the system's memory with the register page of its own APIC on top, wherever IA32_APIC_BASE puts
     * that, unless the accelerator has the APIC.
     */
    private void makeProcessor(int index, VcpuListener listener) {
        MemoryRegion view = MemoryRegion.container("cpu" + index, MemoryRegion.WHOLE);
        view.addChild(0, MemoryRegion.alias("cpu" + index + "-system", memory, 0, MemoryRegion.WHOLE));
        AddressSpace space = new AddressSpace("cpu" + index, view, lock);
        cpuSpaces.add(space);
        Vcpu vcpu = settings.accelerator()
                .createVcpu(new VcpuConfig(
                        index, settings.cpuModel(), space, ram, ioSpace, settings.clock(), lock, listener));
        vcpus.add(vcpu);
        PicPair pic = interrupts.pic;
        if (interrupts.remoteApics() || pic == null) {
            return;
        }
        LapicConfig config = new LapicConfig(
                settings.cpuModel().apicId(index),
                index == 0,
                settings.cpuModel().physicalBits(),
                settings.cpuModel().has(Feature.X2APIC),
                settings.cpuModel().has(Feature.TSC_DEADLINE));
        Lapic lapic = new Lapic(config, apicBus, pic, vcpu.signals(), settings.clock());
        interrupts.add(lapic);
        MemoryRegion page = MemoryRegion.mmio("lapic" + index, 4096, lapic.mmio(), AccessSizes.BYTE_TO_DWORD);
        view.addChild(Lapic.DEFAULT_BASE, page, 1);
        lapic.onPageMoved(() -> {
            long base = lapic.mmioBase();
            page.setEnabled(base >= 0);
            if (base >= 0) {
                page.setOffset(base);
            }
        });
        resets.add(lapic);
        vcpu.connect(lapic);
    }

    private void setA20(boolean level) {
        for (Vcpu vcpu : vcpus) {
            vcpu.setA20(level);
        }
    }

    @Override
    public void close() {
        vcpus.forEach(Vcpu::close);
        cpuSpaces.forEach(AddressSpace::close);
        memorySpace.close();
        ioSpace.close();
        ram.close();
    }

    /** Where devices write their messages; a processor's own accesses end at its APIC instead. */
    private final class MsiWindow implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return -1L;
        }

        @Override
        public void write(long offset, int size, long value) {
            messages.send(0, Q35MemoryMap.LOCAL_APIC + offset, (int) value);
        }
    }
}
