package dev.veery.accel.kvm;

import dev.veery.accel.IntervalTimer;
import dev.veery.accel.Irqchip;
import dev.veery.base.ConfigException;
import dev.veery.irq.ApicMessage;
import dev.veery.irq.EoiListener;
import dev.veery.irq.ExtIntSource;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.IrqLine;
import dev.veery.irq.RemoteApics;
import dev.veery.irq.SignalTarget;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmSystem;
import dev.veery.linux.kvm.KvmVm;
import dev.veery.memory.access.OffHeap;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's interrupt controllers.
 *
 * <p>Split: a message with level trigger makes the kernel report the end of its vector to {@link #endOfInterrupt}. For that
 * it wants routes of I/O APIC inputs; each vector that is used so gets an input of its own, addressed to everyone, since
 * which of the board's inputs uses it changes with every affinity and does not matter.
 */
final class KvmIrqchip implements Irqchip, RemoteApics {
    /** First global system interrupt that is not an input: messages with signals of their own start here. */
    static final int FIRST_MESSAGE = 256;

    private static final int VECTORS = 256;

    /** SDM vol. 3, 11.5.2: lower ones are illegal. Without them, the number of inputs fits into KVM's 8 bits for it. */
    private static final int FIRST_VECTOR = 16;

    private static final int CHIPS = 3;
    private static final int PIC_INPUTS = 8;

    /** SDM vol. 3, 11.11: the address and data of a message. */
    private static final long MSI_ADDRESS = 0xfee0_0000L;

    private static final long UNREACHABLE = -1;

    private static final int MSI_DEST_SHIFT = 12;
    private static final int MSI_LOGICAL = 1 << 2;
    private static final int MSI_MODE_SHIFT = 8;
    private static final int MSI_ASSERT = 1 << 14;
    private static final int MSI_LEVEL = 1 << 15;
    private static final int MSI_EVERYONE = 0xff << MSI_DEST_SHIFT;

    private static final int[] NEEDED = {
        Kvm.KVM_CAP_IRQCHIP, Kvm.KVM_CAP_IRQ_ROUTING, Kvm.KVM_CAP_SIGNAL_MSI, Kvm.KVM_CAP_MP_STATE
    };
    private static final String[] NEEDED_NAMES = {"IRQCHIP", "IRQ_ROUTING", "SIGNAL_MSI", "MP_STATE"};

    private final KvmVm vm;
    private final KvmMachine machine;
    private final boolean complete;

    /** Destinations above 255 can be addressed. */
    private final boolean wideDestinations;

    private final GsiTable routes;
    private final @Nullable KernelSignals signals;
    private final boolean[] endReported = new boolean[VECTORS];

    /** The kernel's controllers as it makes them: what a reset restores. */
    private final long[] powerOn = new long[CHIPS];

    private final boolean hasPit;
    private @Nullable KernelPit pit;
    private @Nullable ExtIntSource pic;
    private @Nullable EoiListener ends;
    private volatile boolean intr;

    KvmIrqchip(KvmSystem system, KvmVm vm, KvmMachine machine, IrqchipMode mode) {
        this.vm = vm;
        this.machine = machine;
        complete = mode == IrqchipMode.ON;
        require(system::extension, complete);
        if (complete) {
            vm.createIrqchip();
            for (int i = 0; i < CHIPS; i++) {
                powerOn[i] = OffHeap.allocate(KvmLayout.SIZEOF_IRQCHIP);
                vm.getIrqchip(i, powerOn[i]);
            }
        } else {
            vm.createSplitIrqchip(VECTORS - FIRST_VECTOR);
        }
        wideDestinations = system.extension(Kvm.KVM_CAP_X2APIC_API) != 0
                && vm.enable(Kvm.KVM_CAP_X2APIC_API, Kvm.KVM_X2APIC_API_USE_32BIT_IDS);
        hasPit = complete && system.extension(Kvm.KVM_CAP_PIT2) != 0 && system.extension(Kvm.KVM_CAP_PIT_STATE2) != 0;
        routes = new GsiTable(vm);
        signals = system.extension(Kvm.KVM_CAP_IRQFD) == 0
                ? null
                : new KernelSignals(
                        this,
                        vm,
                        system.extension(Kvm.KVM_CAP_IRQ_ROUTING),
                        complete && system.extension(Kvm.KVM_CAP_IRQFD_RESAMPLE) != 0);
    }

    /** Throws for a host that lacks something; {@code extension} answers as {@link KvmSystem#extension}. */
    static void require(IntUnaryOperator extension, boolean complete) {
        for (int i = 0; i < NEEDED.length; i++) {
            if (extension.applyAsInt(NEEDED[i]) == 0) {
                throw new ConfigException(
                        "the host's KVM lacks KVM_CAP_" + NEEDED_NAMES[i] + "; use -machine kernel-irqchip=off");
            }
        }
        if (!complete && extension.applyAsInt(Kvm.KVM_CAP_SPLIT_IRQCHIP) == 0) {
            throw new ConfigException(
                    "the host's KVM lacks KVM_CAP_SPLIT_IRQCHIP; use -machine kernel-irqchip=on or off");
        }
    }

    /** The table of global system interrupts. */
    GsiTable routes() {
        return routes;
    }

    // ---- local APICs

    @Override
    public boolean complete() {
        return complete;
    }

    @Override
    public RemoteApics localApics() {
        return this;
    }

    @Override
    public boolean deliver(int dest, boolean logical, int mode, int vector, boolean level) {
        if (level && !complete && vector >= FIRST_VECTOR && !endReported[vector]) {
            reportEndsOf(vector);
        }
        int data = vector | mode << MSI_MODE_SHIFT | (level ? MSI_LEVEL | MSI_ASSERT : 0);
        long address = address(dest, logical);
        return address != UNREACHABLE && vm.signalMsi(address, data);
    }

    /** The address of a message, as KVM takes it. */
    private long address(int dest, boolean logical) {
        long address = MSI_ADDRESS | (dest & 0xff) << MSI_DEST_SHIFT | (logical ? MSI_LOGICAL : 0);
        if (dest >>> 8 == 0 || dest == InterruptBus.BROADCAST) {
            return address;
        }
        return wideDestinations ? address | (dest & 0xffff_ff00L) << 32 : UNREACHABLE;
    }

    /** The signals that the kernel turns into interrupts; null where it cannot. */
    @Override
    public @Nullable SignalTarget signals() {
        return signals;
    }

    /** The route of a message with a signal; null for one that cannot be. */
    KvmVm.@Nullable Route route(int gsi, ApicMessage message) {
        long address = address(message.destination(), message.logical());
        return address == UNREACHABLE
                ? null
                : KvmVm.Route.toMessage(gsi, address, message.vector() | message.mode() << MSI_MODE_SHIFT);
    }

    private void reportEndsOf(int vector) {
        endReported[vector] = true;
        int data = vector | MSI_LEVEL | MSI_ASSERT;
        routes.set(KvmVm.Route.toMessage(vector - FIRST_VECTOR, MSI_ADDRESS | MSI_EVERYONE, data));
        routes.commit();
    }

    /** KVM_EXIT_IOAPIC_EOI: a level-triggered vector ended. With the machine lock held. */
    void endOfInterrupt(int vector) {
        EoiListener listener = ends;
        if (listener != null) {
            listener.endOfInterrupt(vector);
        }
    }

    @Override
    public void enterVirtualWire() {
        machine.processor(0).localApic().enterVirtualWire();
    }

    @Override
    public void reset() {
        for (int i = 0; i < CHIPS && complete; i++) {
            vm.setIrqchip(powerOn[i]);
        }
        if (pit != null) {
            pit.reset();
        }
        intr = false;
        machine.forEachProcessor(processor -> processor.localApic().reset());
    }

    // ---- the board's own 8259s

    @Override
    public IrqLine connectBoard(ExtIntSource source, EoiListener listener) {
        pic = source;
        ends = listener;
        return this::setIntr;
    }

    private void setIntr(boolean level) {
        intr = level;
        if (level && machine.hasProcessor()) {
            machine.processor(0).interruptRequested();
        }
    }

    /** Whether the board's 8259s ask for processor 0; from any thread. */
    boolean extIntPending() {
        return intr;
    }

    /** The INTA cycles of the board's 8259s, -1 if there are none. With the machine lock held. */
    int acknowledgeExtInt() {
        ExtIntSource source = pic;
        return source == null || !intr ? -1 : source.acknowledge();
    }

    // ---- all controllers in the kernel

    @Override
    public IrqLine wire(int number, int picInput, int ioApicInput) {
        if (picInput >= 0) {
            int chip = picInput < PIC_INPUTS ? KvmVm.PIC_MASTER : KvmVm.PIC_SLAVE;
            routes.add(KvmVm.Route.toPin(number, chip, picInput % PIC_INPUTS));
        }
        routes.add(KvmVm.Route.toPin(number, KvmVm.IOAPIC, ioApicInput));
        return level -> vm.irqLine(number, level);
    }

    @Override
    public @Nullable IntervalTimer intervalTimer() {
        if (hasPit && pit == null) {
            pit = new KernelPit(vm);
        }
        return pit;
    }

    @Override
    public void initPics(int masterVectors, int slaveVectors, int masks, int levels) {
        initPic(KvmVm.PIC_MASTER, masterVectors, masks & 0xff, levels & 0xff);
        initPic(KvmVm.PIC_SLAVE, slaveVectors, masks >> 8, levels >> 8);
    }

    private void initPic(int number, int vectors, int mask, int levels) {
        long chip = OffHeap.allocate(KvmLayout.SIZEOF_IRQCHIP);
        try {
            vm.getIrqchip(number, chip);
            long state = chip + KvmLayout.IRQCHIP_CHIP;
            OffHeap.putByte(state + KvmLayout.PIC_IRQ_BASE, vectors);
            OffHeap.putByte(state + KvmLayout.PIC_IMR, mask);
            OffHeap.putByte(state + KvmLayout.PIC_ELCR, levels);
            vm.setIrqchip(chip);
        } finally {
            OffHeap.free(chip);
        }
    }

    void close() {
        if (pit != null) {
            pit.close();
        }
        for (long image : powerOn) {
            if (image != 0) {
                OffHeap.free(image);
            }
        }
    }
}
