package dev.veery.bus.pci;

import dev.veery.memory.MmioHandler;
import org.jspecify.annotations.Nullable;

/** The ways by which a processor reaches configuration space: ports CF8h and CFCh, and ECAM. */
public final class PciHost {
    private static final long ENABLE = 0x8000_0000L;
    /** PCI 3.0, 3.2.2.3.2: bus, device, function and dword; the other bits read as zero. */
    private static final long ADDRESS_MASK = 0x80ff_fffcL;

    private static final int DWORD = 4;

    private final PciBus root;
    private long address;

    /** For the buses at and below {@code root}. */
    public PciHost(PciBus root) {
        this.root = root;
    }

    /** The root bus. */
    public PciBus root() {
        return root;
    }

    /** CONFIG_ADDRESS back to zero. */
    public void reset() {
        address = 0;
    }

    /** Who answers for that register, or null. */
    private @Nullable PciDevice target(int bus, int devfn, int register) {
        PciBus target = root.find(bus);
        if (target == null || register >= PciRegs.CONFIG_SIZE && !target.extended()) {
            return null;
        }
        return target.at(devfn);
    }

    private long read(int bus, int devfn, int register, int size) {
        PciDevice device = target(bus, devfn, register);
        return device == null ? -1L : device.configRead(register, size);
    }

    private void write(int bus, int devfn, int register, int size, long value) {
        PciDevice device = target(bus, devfn, register);
        if (device != null) {
            device.configWrite(register, size, value);
        }
    }

    /**
     * The four ports from CF8h. A dword is CONFIG_ADDRESS; a byte at CF9h is the chip set's reset control register, which
     * shares the address.
     */
    public MmioHandler addressPorts(MmioHandler resetControl) {
        return new AddressPorts(resetControl);
    }

    private final class AddressPorts implements MmioHandler {
        private final MmioHandler resetControl;

        AddressPorts(MmioHandler resetControl) {
            this.resetControl = resetControl;
        }

        @Override
        public long read(long offset, int size) {
            if (size == DWORD) {
                return address;
            }
            return offset == 1 && size == 1 ? resetControl.read(0, 1) : -1L;
        }

        @Override
        public void write(long offset, int size, long value) {
            if (size == DWORD) {
                address = value & ADDRESS_MASK;
            } else if (offset == 1 && size == 1) {
                resetControl.write(0, 1, value);
            }
        }
    }

    /** The four ports from CFCh. */
    public MmioHandler dataPorts() {
        return new DataPorts();
    }

    private final class DataPorts implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            if ((address & ENABLE) == 0) {
                return -1L;
            }
            return PciHost.this.read(bus(), devfn(), register(offset), size);
        }

        @Override
        public void write(long offset, int size, long value) {
            if ((address & ENABLE) != 0) {
                PciHost.this.write(bus(), devfn(), register(offset), size, value);
            }
        }

        private int bus() {
            return (int) (address >>> 16) & 0xff;
        }

        private int devfn() {
            return (int) (address >>> 8) & 0xff;
        }

        private int register(long offset) {
            return (int) (address & 0xfc) + (int) offset;
        }
    }

    /** The memory window of ECAM: 1 MiB a bus, 4 KiB a function (PCI Express 5.0, 7.2.2). */
    public MmioHandler ecam() {
        return new Ecam();
    }

    private final class Ecam implements MmioHandler {
        @Override
        public long read(long offset, int size) {
            return PciHost.this.read(
                    (int) (offset >>> 20) & 0xff, (int) (offset >>> 12) & 0xff, (int) offset & 0xfff, size);
        }

        @Override
        public void write(long offset, int size, long value) {
            PciHost.this.write(
                    (int) (offset >>> 20) & 0xff, (int) (offset >>> 12) & 0xff, (int) offset & 0xfff, size, value);
        }
    }
}
