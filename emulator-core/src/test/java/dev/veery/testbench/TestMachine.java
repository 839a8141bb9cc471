package dev.veery.testbench;

import dev.veery.accel.Accelerator;
import dev.veery.accel.DebugStop;
import dev.veery.accel.Irqchip;
import dev.veery.accel.Vcpu;
import dev.veery.accel.VcpuConfig;
import dev.veery.accel.VcpuListener;
import dev.veery.accel.soft.InterpreterAccelerator;
import dev.veery.base.MachineLock;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuModels;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.device.ioapic.IoApic;
import dev.veery.device.lapic.Lapic;
import dev.veery.device.lapic.LapicConfig;
import dev.veery.device.pic.PicPair;
import dev.veery.device.pit.Pit8254;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.IrqLine;
import dev.veery.memory.AccessSizes;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.GuestRam;
import dev.veery.memory.MemoryRegion;
import dev.veery.memory.MmioHandler;
import dev.veery.memory.RamBlock;
import dev.veery.time.ManualClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The machine: 16 MiB of RAM at 0 and 1 MiB at 4 GiB, a {@link LatchDevice} at {@link #MMIO} and at port
 * {@link #PORTS}, the interrupt controllers and the PIT, a clock that only the test moves.
 *
 * <p>A run ends when the guest writes to port {@link #EXIT}, when it enters a handler of {@link Tables}, after a triple
 * fault, or at a bound. Then the processor is stopped and its registers can be read and changed.
 */
public final class TestMachine implements AutoCloseable {
    /** Port: ends the run with the value written. */
    public static final int EXIT = 0xf4;

    /** Port: wakes {@link #awaitReady()}. */
    public static final int READY = 0xf3;

    /** Port: written by the handlers of {@link Tables}; which handler it was is known by its address. */
    public static final int HANDLER = 0xf6;

    /** Port: bytes for {@link #text()}. */
    public static final int TEXT = 0xe9;

    /** First of 256 ports that {@link #portLatch} answers. */
    public static final int PORTS = 0x100;

    /** Physical address of the page that {@link #mmioLatch} answers. */
    public static final long MMIO = 0xd000_0000L;

    /** Bytes of RAM at address 0. */
    public static final int RAM_SIZE = 16 << 20;

    /** Physical address of 1 MiB of RAM. */
    public static final long HIGH_RAM = 1L << 32;

    private static final long TIMEOUT_SECONDS = 20;
    private static final int INPUTS = 24;
    private static final int PIC_INPUTS = 16;

    public final MachineLock lock = new MachineLock();
    public final ManualClock clock = new ManualClock(lock);
    public final AddressSpace memory;
    public final AddressSpace ports;
    public final LatchDevice mmioLatch = new LatchDevice(4096);
    public final LatchDevice portLatch = new LatchDevice(256);
    public final InterruptBus bus = new InterruptBus();

    /** Not connected to anything when the accelerator has local APICs. */
    public final Lapic lapic;

    /** Likewise when the accelerator has all interrupt controllers. */
    public final IoApic ioapic;

    public final Vcpu cpu;

    /** The processor's registers, between runs. */
    public final CpuState s;

    private final GuardedRam guards = new GuardedRam();
    private final GuestRam ram = new GuestRam(guards);
    private final PicPair pic;
    private final @Nullable Irqchip irqchip;
    private final ExecutionTrace trace;

    /** Into the accelerator's 8259s and I/O APIC; empty if they are here. */
    private final List<IrqLine> wires = new ArrayList<>();

    private final StringBuilder text = new StringBuilder();
    private final Semaphore ready = new Semaphore(0);
    private volatile CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Stop stop;
    private volatile @Nullable DebugStop debugStop;
    private volatile @Nullable Throwable failure;

    /** A machine with processor model {@code max} on the accelerator under test. */
    public TestMachine() {
        this("max");
    }

    /** A machine with another processor model. */
    public TestMachine(String model) {
        this(accelerator(), CpuModels.parse(model));
    }

    /** A machine on {@code accelerator}. */
    public TestMachine(Accelerator accelerator, CpuModel model) {
        this(accelerator, model, ExecutionTrace.NONE);
    }

    /** A machine on {@code accelerator} whose processor tells {@code trace} what it does. */
    public TestMachine(Accelerator accelerator, CpuModel model, ExecutionTrace trace) {
        this.trace = trace;
        MemoryRegion root = MemoryRegion.container("memory", MemoryRegion.WHOLE);
        MemoryRegion io = MemoryRegion.container("io", 0x10000);
        root.addChild(0, MemoryRegion.ram("low", ram.allocate("low", RAM_SIZE)));
        root.addChild(HIGH_RAM, MemoryRegion.ram("high", ram.allocate("high", 1 << 20)));
        Irqchip kernels = accelerator.irqchip();
        irqchip = kernels;
        IrqLine[] intr = {level -> {}};
        pic = new PicPair(level -> intr[0].set(level));
        if (kernels != null) {
            bus.connect(kernels.localApics());
            if (kernels.complete()) {
                for (int i = 0; i < INPUTS; i++) {
                    wires.add(kernels.wire(i, i == 2 || i >= PIC_INPUTS ? -1 : i, i == 0 ? 2 : i));
                }
            } else {
                intr[0] = kernels.connectBoard(pic, bus::endOfInterrupt);
            }
        }
        memory = new AddressSpace("memory", root, lock);
        ports = new AddressSpace("io", io, lock);
        cpu = accelerator.createVcpu(new VcpuConfig(0, model, memory, ram, ports, clock, lock, new Listener()));
        s = cpu.state();
        lapic = new Lapic(new LapicConfig(0, true, model.physicalBits(), true, true), bus, pic, cpu.signals(), clock);
        ioapic = new IoApic(0, bus);
        bus.attach(ioapic);
        if (kernels == null) {
            bus.attach(lapic);
            intr[0] = lapic.lint0();
            cpu.connect(lapic);
        }
        map(root, io);
    }

    private void map(MemoryRegion root, MemoryRegion io) {
        root.addChild(MMIO, MemoryRegion.mmio("latch", 4096, mmioLatch, AccessSizes.BYTE_TO_QWORD));
        if (irqchip == null) {
            root.addChild(0xfee0_0000L, MemoryRegion.mmio("lapic", 0x1000, lapic.mmio(), AccessSizes.DWORD));
        }
        if (wires.isEmpty()) {
            root.addChild(0xfec0_0000L, MemoryRegion.mmio("ioapic", 0x1000, ioapic, AccessSizes.DWORD));
            io.addChild(0x20, MemoryRegion.mmio("pic0", 2, pic.masterPorts(), AccessSizes.BYTE));
            io.addChild(0xa0, MemoryRegion.mmio("pic1", 2, pic.slavePorts(), AccessSizes.BYTE));
        }
        io.addChild(0x40, MemoryRegion.mmio("pit", 4, new Pit8254(clock, this::pitLine), AccessSizes.BYTE));
        io.addChild(PORTS, MemoryRegion.mmio("ports", 0x100, portLatch, AccessSizes.BYTE_TO_DWORD));
        io.addChild(EXIT, port("exit", this::exit));
        io.addChild(READY, port("ready", value -> ready.release()));
        io.addChild(HANDLER, port("handler", value -> handlerEntered()));
        io.addChild(TEXT, port("text", value -> text.append((char) value)));
    }

    private void pitLine(boolean level) {
        if (!wires.isEmpty()) {
            wires.get(0).set(level);
            return;
        }
        pic.line(0).set(level);
        ioapic.line(2).set(level);
    }

    private static MemoryRegion port(String name, PortWrite write) {
        return MemoryRegion.mmio(
                name,
                1,
                new MmioHandler() {
                    @Override
                    public long read(long offset, int size) {
                        return 0xff;
                    }

                    @Override
                    public void write(long offset, int size, long value) {
                        write.accept((int) value);
                    }
                },
                AccessSizes.BYTE);
    }

    @FunctionalInterface
    private interface PortWrite {
        void accept(int value);
    }

    /** The accelerator under test: {@code -Dveery.accel}, a known name or the name of a class, the interpreter if not given. */
    public static Accelerator accelerator() {
        String name = System.getProperty("veery.accel", InterpreterAccelerator.NAME);
        if (name.equals(InterpreterAccelerator.NAME)) {
            return new InterpreterAccelerator();
        }
        try {
            return (Accelerator) Class.forName(name).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("no accelerator '" + name + "'", e);
        }
    }

    // ---- memory

    /** Puts code at physical address {@code at}. */
    public void load(long at, Code code) {
        memory.write(at, code.bytes());
    }

    /** Puts code at {@code at} and RIP there; CS must start at 0. */
    public void start(long at, Code code) {
        load(at, code);
        s.rip = at;
    }

    /** Writes 8 bytes of physical memory. */
    public void poke(long at, long value) {
        memory.write(at, 8, value);
    }

    /** Writes 4 bytes of physical memory. */
    public void poke32(long at, long value) {
        memory.write(at, 4, value & 0xffff_ffffL);
    }

    /** Reads 8 bytes of physical memory. */
    public long peek(long at) {
        return memory.read(at, 8);
    }

    /** Reads 4 bytes of physical memory, zero-extended. */
    public long peek32(long at) {
        return memory.read(at, 4);
    }

    /** Reads 2 bytes of physical memory. */
    public int peek16(long at) {
        return (int) memory.read(at, 2);
    }

    /** Bytes the guest wrote to port {@link #TEXT}. */
    public String text() {
        return text.toString();
    }

    /** Whether nothing was stored outside the RAM blocks. */
    public boolean guardsIntact() {
        return guards.intact();
    }

    /** Sets a PIC and I/O APIC input, 1 to 15. */
    public void line(int n, boolean level) {
        locked(() -> {
            if (!wires.isEmpty()) {
                wires.get(n).set(level);
                return;
            }
            pic.line(n).set(level);
            ioapic.line(n).set(level);
        });
    }

    /** The local APIC as firmware leaves it: 8259 interrupts on LINT0, NMI on LINT1. */
    public void enterVirtualWire() {
        locked(() -> {
            if (irqchip != null) {
                irqchip.enterVirtualWire();
            } else {
                lapic.enterVirtualWire();
            }
        });
    }

    /** Runs {@code work} with the machine lock held. */
    public void locked(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    // ---- running

    /** Runs from the registers as they are, which the test may have changed. */
    public Stop run() {
        begin();
        return await(Long.MAX_VALUE, TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
    }

    /**
     * As {@link #run()}, but at most for about {@code instructions} and {@code millis}.
     *
     * @return a stop of kind {@link Stop.Kind#BOUND} when a bound was reached
     */
    public Stop run(long instructions, long millis) {
        begin();
        return await(cpu.instructions() + instructions, millis);
    }

    /** Lets the processor go on after a run without dropping what it has cached. */
    public Stop resume() {
        ended = new CountDownLatch(1);
        stop = null;
        cpu.start();
        return await(Long.MAX_VALUE, TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
    }

    /** Starts without waiting; {@link #finish()} waits. */
    public void begin() {
        ended = new CountDownLatch(1);
        stop = null;
        s.updateMode();
        cpu.stateChanged();
        cpu.start();
    }

    /** Waits for the end of a run that {@link #begin()} started. */
    public Stop finish() {
        return await(Long.MAX_VALUE, TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
    }

    /** As {@link #finish()}, but for at most about {@code millis}. */
    public Stop finish(long millis) {
        return await(Long.MAX_VALUE, millis);
    }

    /** The accelerator's interrupt controllers, if it has any. */
    public @Nullable Irqchip irqchip() {
        return irqchip;
    }

    /** The interrupt controllers behind ExtINT, for a further local APIC. */
    public PicPair pics() {
        return pic;
    }

    /** More memory, which the test puts where it likes. */
    public RamBlock allocate(String name, long size) {
        return ram.allocate(name, size);
    }

    /** Waits until the guest has written to port {@link #READY}. */
    public void awaitReady() {
        try {
            if (!ready.tryAcquire(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the guest did not get ready; " + where());
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Stop await(long lastInstruction, long millis) {
        try {
            long left = millis;
            while (left > 0
                    && cpu.instructions() < lastInstruction
                    && !ended.await(Math.min(left, 2), TimeUnit.MILLISECONDS)) {
                left -= 2;
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        cpu.stop();
        Throwable t = failure;
        if (t != null) {
            throw new AssertionError("the engine failed; " + where(), t);
        }
        Stop reason = stop;
        if (reason != null) {
            return reason;
        }
        int vector = Tables.vectorAt(s);
        return vector >= 0 ? Stop.vector(vector) : new Stop(Stop.Kind.BOUND, 0);
    }

    /** Where the processor is, for messages. */
    public String where() {
        return String.format(
                "rip %x mode %x cpl %d rsp %x flags %x cr0 %x cr2 %x cr3 %x cr4 %x efer %x, %d instructions",
                s.rip,
                s.mode,
                s.cpl,
                s.gpr(CpuState.RSP),
                s.flags(),
                s.cr0,
                s.cr2,
                s.cr3,
                s.cr4,
                s.efer,
                cpu.instructions());
    }

    private void handlerEntered() {
        cpu.requestStop();
        ended.countDown();
    }

    private void exit(int value) {
        stop = Stop.exit(value);
        cpu.requestStop();
        ended.countDown();
    }

    /** What the last stop of kind {@link Stop.Kind#DEBUG} was. */
    public DebugStop debugStop() {
        return Objects.requireNonNull(debugStop);
    }

    private final class Listener implements VcpuListener {
        @Override
        public ExecutionTrace trace() {
            return trace;
        }

        @Override
        public void debugged(Vcpu vcpu, DebugStop met) {
            debugStop = met;
            stop = new Stop(Stop.Kind.DEBUG, 0);
            ended.countDown();
        }

        @Override
        public void tripleFault(Vcpu vcpu) {
            stop = new Stop(Stop.Kind.SHUTDOWN, 0);
            ended.countDown();
        }

        @Override
        public void failed(Vcpu vcpu, Throwable cause) {
            failure = cause;
            ended.countDown();
        }
    }

    @Override
    public void close() {
        cpu.close();
        memory.close();
        ports.close();
        ram.close();
    }
}
