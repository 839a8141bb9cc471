package dev.veery.accel.kvm;

import dev.veery.accel.VcpuConfig;
import dev.veery.irq.LocalApic;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.kvm.KvmVcpu;
import dev.veery.memory.access.OffHeap;
import dev.veery.time.Tsc;

/** Does what the guest wanted when it left: port, memory and register accesses. On the processor's thread; allocates nothing. */
final class Exits {
    private static final int X2APIC_FIRST = 0x800;
    private static final int X2APIC_LAST = 0x8ff;
    private static final int TSC_DEADLINE = 0x6e0;
    private static final long KHZ_NANOS = 1_000_000;

    private final VcpuConfig config;
    private final KvmEnv env;
    private final MsrSync msrs;
    private final long run;

    /** What the guest last wrote to the deadline register. */
    private long deadline;

    Exits(VcpuConfig config, KvmEnv env, KvmVcpu cpu, MsrSync msrs) {
        this.config = config;
        this.env = env;
        this.msrs = msrs;
        run = cpu.run();
    }

    /** KVM_EXIT_IO: IN, OUT, and as many iterations of INS or OUTS as KVM brought at once. */
    void io() {
        int port = OffHeap.getChar(run + KvmLayout.RUN_IO_PORT);
        int size = OffHeap.getByte(run + KvmLayout.RUN_IO_SIZE);
        int count = OffHeap.getInt(run + KvmLayout.RUN_IO_COUNT);
        long data = run + OffHeap.getLong(run + KvmLayout.RUN_IO_DATA_OFFSET);
        boolean out = OffHeap.getByte(run + KvmLayout.RUN_IO_DIRECTION) == Kvm.KVM_EXIT_IO_OUT;
        for (int i = 0; i < count; i++, data += size) {
            if (out) {
                config.io().write(port, size, load(data, size));
            } else {
                store(data, size, config.io().read(port, size));
            }
        }
    }

    /** KVM_EXIT_MMIO: 1 to 8 bytes, which an access over a page boundary makes an odd number. */
    void mmio() {
        long address = OffHeap.getLong(run + KvmLayout.RUN_MMIO_ADDRESS);
        int length = OffHeap.getInt(run + KvmLayout.RUN_MMIO_LENGTH);
        long data = run + KvmLayout.RUN_MMIO_DATA;
        boolean write = OffHeap.getByte(run + KvmLayout.RUN_MMIO_IS_WRITE) != 0;
        int done = 0;
        while (done < length) {
            int size = Integer.highestOneBit(length - done);
            if (size != length) {
                size = (int) Math.min(size, Long.lowestOneBit(address + done | 8));
            }
            if (write) {
                config.memory().write(address + done, size, load(data + done, size));
            } else {
                store(data + done, size, config.memory().read(address + done, size));
            }
            done += size;
        }
    }

    private static long load(long address, int size) {
        switch (size) {
            case 1:
                return OffHeap.getByte(address) & 0xffL;
            case 2:
                return OffHeap.getChar(address);
            case 4:
                return OffHeap.getInt(address) & 0xffff_ffffL;
            default:
                return OffHeap.getLong(address);
        }
    }

    private static void store(long address, int size, long value) {
        switch (size) {
            case 1:
                OffHeap.putByte(address, (int) value);
                break;
            case 2:
                OffHeap.putShort(address, (int) value);
                break;
            case 4:
                OffHeap.putInt(address, (int) value);
                break;
            default:
                OffHeap.putLong(address, value);
                break;
        }
    }

    /** KVM_EXIT_X86_RDMSR. */
    void readMsr() {
        int msr = OffHeap.getInt(run + KvmLayout.RUN_MSR_INDEX);
        LocalApic apic = env.apic();
        boolean known = false;
        long value = 0;
        env.lock();
        try {
            if (msr == TSC_DEADLINE) {
                known = true;
                value = apic.tscDeadline() == 0 ? 0 : deadline;
            } else if (isX2apic(msr) && apic.x2apic() && apic.msrReadable(msr)) {
                known = true;
                value = apic.readMsr(msr);
            }
        } finally {
            env.unlock();
        }
        OffHeap.putByte(run + KvmLayout.RUN_MSR_ERROR, known ? 0 : 1);
        OffHeap.putLong(run + KvmLayout.RUN_MSR_DATA, value);
    }

    /** KVM_EXIT_X86_WRMSR. */
    void writeMsr() {
        int msr = OffHeap.getInt(run + KvmLayout.RUN_MSR_INDEX);
        long value = OffHeap.getLong(run + KvmLayout.RUN_MSR_DATA);
        LocalApic apic = env.apic();
        boolean known = false;
        long ticks = msr == TSC_DEADLINE ? machineTicks(value) : 0;
        env.lock();
        try {
            if (msr == TSC_DEADLINE) {
                known = true;
                deadline = value;
                apic.setTscDeadline(ticks);
            } else if (isX2apic(msr)) {
                known = apic.x2apic() && apic.writeMsr(msr, value);
            }
        } finally {
            env.unlock();
        }
        OffHeap.putByte(run + KvmLayout.RUN_MSR_ERROR, known ? 0 : 1);
    }

    private static boolean isX2apic(int msr) {
        return msr >= X2APIC_FIRST && msr <= X2APIC_LAST;
    }

    /** The machine's tick at which the guest's counter will read {@code value}; at least 1, or 0 for never. */
    private long machineTicks(long value) {
        if (value == 0) {
            return 0;
        }
        long left = value - msrs.tsc();
        long now = config.clock().nanos();
        long nanos = left <= 0 ? 0 : left / env.tscKhz() * KHZ_NANOS + left % env.tscKhz() * KHZ_NANOS / env.tscKhz();
        return Math.max(1, Tsc.fromNanos(now + nanos < 0 ? Long.MAX_VALUE : now + nanos));
    }
}
