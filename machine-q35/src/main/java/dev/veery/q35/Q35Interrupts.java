package dev.veery.q35;

import dev.veery.accel.Irqchip;
import dev.veery.device.ioapic.IoApic;
import dev.veery.device.lapic.Lapic;
import dev.veery.device.pic.PicPair;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.IrqLine;
import dev.veery.irq.MsiSink;
import dev.veery.model.ResetList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The interrupt controllers and the wires to them. The 8259s, the I/O APIC and the local APICs are the board's own chips,
 * or the local APICs are the accelerator's, or all of them are; nobody else on the board sees a difference.
 */
final class Q35Interrupts {
    private static final int PIC_ICW1 = 0x11;
    private static final int PIC_VECTORS = 0x08;
    private static final int PIC2_VECTORS = 0x70;

    /** All inputs but the cascade. */
    private static final int PIC_MASK = 0xfb;

    private static final int PIC2_MASK = 0xff;

    final InterruptBus bus;

    /** The board's own, or null when the accelerator has them. */
    final @Nullable PicPair pic;

    final @Nullable IoApic ioApic;

    private final @Nullable Irqchip irqchip;
    private final SharedWire[] wires = new SharedWire[Q35IrqMap.WIRES];
    private final List<Lapic> lapics = new ArrayList<>();

    /** Where the 8259s' INT output goes when the local APICs are the accelerator's. */
    private IrqLine intr = IrqLine.NONE;

    /**
     * Makes them.
     *
     * @param irqchip the accelerator's, or null
     * @param bus between I/O APIC, messages and local APICs
     * @param messages where the I/O APIC's messages go: the bus, or a remapping unit before it
     */
    Q35Interrupts(@Nullable Irqchip irqchip, InterruptBus bus, MsiSink messages, ResetList resets) {
        this.irqchip = irqchip;
        this.bus = bus;
        if (irqchip != null) {
            bus.connect(irqchip.localApics());
            resets.add(irqchip::reset);
        }
        if (irqchip != null && irqchip.complete()) {
            pic = null;
            ioApic = null;
            wireTo(irqchip);
            return;
        }
        PicPair ownPic = new PicPair(this::setIntr);
        IoApic ownIoApic = new IoApic(Q35IrqMap.IO_APIC_REQUESTER, messages);
        pic = ownPic;
        ioApic = ownIoApic;
        if (irqchip != null) {
            intr = irqchip.connectBoard(ownPic, bus::endOfInterrupt);
        }
        bus.attach(ownIoApic);
        wireTo(ownPic, ownIoApic);
        resets.add(ownPic);
        resets.add(ownIoApic);
    }

    /** Q35IrqMap's table, the columns of the controllers. */
    private void wireTo(PicPair ownPic, IoApic ownIoApic) {
        SharedWire input2 = new SharedWire(ownIoApic.line(Q35IrqMap.PIT_APIC_INPUT));
        for (int i = 0; i < wires.length; i++) {
            if (i == Q35IrqMap.PIT) {
                wires[i] = new SharedWire(ownPic.line(i), input2.driver());
            } else if (i == Q35IrqMap.PIT_APIC_INPUT) {
                wires[i] = new SharedWire(input2.driver());
            } else if (i < Q35IrqMap.ISA_WIRES) {
                wires[i] = new SharedWire(ownPic.line(i), ownIoApic.line(i));
            } else {
                wires[i] = new SharedWire(ownIoApic.line(i));
            }
        }
    }

    /**
     * The same table. DEVIATION: wires 0 and 2 meet at I/O APIC input 2 inside the accelerator, where the one that
     * changed last decides the level; no guest uses both.
     */
    private void wireTo(Irqchip chip) {
        for (int i = 0; i < wires.length; i++) {
            int picInput = i < Q35IrqMap.ISA_WIRES && i != Q35IrqMap.CASCADE ? i : -1;
            int ioApicInput = i == Q35IrqMap.PIT ? Q35IrqMap.PIT_APIC_INPUT : i;
            wires[i] = new SharedWire(chip.wire(i, picInput, ioApicInput));
        }
    }

    /** One more driver of a wire. */
    IrqLine driver(int wire) {
        return wires[wire].driver();
    }

    /** A new driver of every wire. */
    IrqLine[] drivers() {
        IrqLine[] drivers = new IrqLine[wires.length];
        for (int i = 0; i < drivers.length; i++) {
            drivers[i] = wires[i].driver();
        }
        return drivers;
    }

    /** Whether the processors' local APICs are the accelerator's. */
    boolean remoteApics() {
        return irqchip != null;
    }

    /** Adds the board's own local APIC of the next processor. */
    void add(Lapic lapic) {
        bus.attach(lapic);
        lapics.add(lapic);
    }

    /** The 8259s' INT output ends at LINT0 of the bootstrap processor. */
    private void setIntr(boolean level) {
        if (!lapics.isEmpty()) {
            lapics.get(0).lint0().set(level);
        } else {
            intr.set(level);
        }
    }

    /** As firmware leaves them: the 8259s in their PC setting, masked; the local APIC passes them through (virtual wire). */
    void setUp() {
        if (pic == null) {
            if (irqchip != null) {
                irqchip.initPics(PIC_VECTORS, PIC2_VECTORS, PIC_MASK | PIC2_MASK << 8, Q35IrqMap.FIRMWARE_ELCR);
            }
        } else {
            int[] master = {PIC_VECTORS, 1 << Q35IrqMap.CASCADE, 1, PIC_MASK};
            int[] slave = {PIC2_VECTORS, Q35IrqMap.CASCADE, 1, PIC2_MASK};
            pic.masterPorts().write(0, 1, PIC_ICW1);
            pic.slavePorts().write(0, 1, PIC_ICW1);
            for (int i = 0; i < master.length; i++) {
                pic.masterPorts().write(1, 1, master[i]);
                pic.slavePorts().write(1, 1, slave[i]);
            }
            pic.elcrPorts().write(0, 1, Q35IrqMap.FIRMWARE_ELCR & 0xff);
            pic.elcrPorts().write(1, 1, Q35IrqMap.FIRMWARE_ELCR >> 8);
        }
        if (irqchip != null) {
            irqchip.enterVirtualWire();
        } else {
            lapics.get(0).enterVirtualWire();
        }
    }
}
