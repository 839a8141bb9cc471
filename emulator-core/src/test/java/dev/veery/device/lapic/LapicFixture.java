package dev.veery.device.lapic;

import dev.veery.irq.CpuSignals;
import dev.veery.irq.ExtIntSource;
import dev.veery.irq.InterruptBus;
import dev.veery.memory.MmioHandler;
import dev.veery.time.ManualClock;
import java.util.ArrayList;
import java.util.List;

/** A few local APICs on one bus, their processors' pins recorded, and an 8259 that always says 70h. */
final class LapicFixture {
    static final int PIC_VECTOR = 0x70;

    final ManualClock clock = new ManualClock();
    final InterruptBus bus = new InterruptBus();
    final List<Lapic> apics = new ArrayList<>();
    final List<List<String>> signals = new ArrayList<>();
    final List<Integer> eois = new ArrayList<>();

    LapicFixture(int... ids) {
        bus.attach(eois::add);
        for (int id : ids) {
            List<String> log = new ArrayList<>();
            LapicConfig config = new LapicConfig(id, apics.isEmpty(), 40, true, true);
            Lapic apic = new Lapic(config, bus, new Pic(), new Pins(log), clock);
            bus.attach(apic);
            apics.add(apic);
            signals.add(log);
            write(apic, LapicRegs.SVR, 0x1ff);
        }
    }

    static void write(Lapic apic, int reg, int value) {
        apic.mmio().write(reg << 4, 4, value & 0xffffffffL);
    }

    static int read(Lapic apic, int reg) {
        return (int) apic.mmio().read(reg << 4, 4);
    }

    static void toX2apic(Lapic apic) {
        if (!apic.setBase(apic.base() | Lapic.BASE_X2APIC)) {
            throw new AssertionError("x2APIC refused");
        }
    }

    static int msr(int reg) {
        return LapicX2.FIRST_MSR + reg;
    }

    static boolean isRequested(MmioHandler page, int vector) {
        return (page.read((LapicRegs.IRR + (vector >> 5)) << 4, 4) >>> (vector & 31) & 1) != 0;
    }

    private static final class Pic implements ExtIntSource {
        @Override
        public int pendingVector() {
            return PIC_VECTOR;
        }

        @Override
        public int acknowledge() {
            return PIC_VECTOR;
        }
    }

    private record Pins(List<String> log) implements CpuSignals {
        @Override
        public void interruptRequested() {
            log.add("intr");
        }

        @Override
        public void nmi() {
            log.add("nmi");
        }

        @Override
        public void init() {
            log.add("init");
        }

        @Override
        public void startup(int vector) {
            log.add("startup " + vector);
        }
    }
}
