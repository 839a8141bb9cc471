package dev.veery.q35.vtd;

import dev.veery.base.Bits;
import dev.veery.irq.ApicMessage;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.MsiSink;
import java.util.ArrayList;
import java.util.List;

/** Interrupt remapping (VT-d 5.1): stands between all senders of messages and the interrupt bus. */
final class InterruptRemapper implements MsiSink {
    /** 5.1.2.2: a remappable request's address; the handle is 19:5 and, as its bit 15, 2. */
    private static final int ADDRESS_FORMAT = 1 << 4;

    private static final int ADDRESS_SUBHANDLE = 1 << 3;

    /** 9.10: bits of an interrupt remapping table entry. */
    private static final long PRESENT = 1;

    private static final long FPD = 1 << 1;
    private static final long LOGICAL = 1 << 2;
    private static final long REDIRECTION_HINT = 1 << 3;
    private static final long LEVEL = 1 << 4;
    private static final int MODE_SHIFT = 5;
    private static final long LOW_RESERVED = 0xff00_f000L;
    private static final long XAPIC_RESERVED = 0xffff_00ff_0000_0000L;
    private static final long HIGH_RESERVED = ~0xf_ffffL;
    private static final int VERIFY_ID = 1;
    private static final int VERIFY_BUS = 2;

    private static final int ENTRY_SIZE = 16;

    /** A table entry that is changed while it is read is read again so often. */
    private static final int MAX_READS = 8;

    private final TableMemory memory;
    private final InterruptBus bus;
    private final MsiSink unremapped;
    private final FaultLog faults;
    private boolean enabled;
    private boolean compatibility;
    private long table;

    /** The entry that was read last. */
    private long low;

    private long high;
    private final ApicMessage message = new ApicMessage();
    private final List<Runnable> listeners = new ArrayList<>();

    InterruptRemapper(TableMemory memory, InterruptBus bus, MsiSink unremapped, FaultLog faults) {
        this.memory = memory;
        this.bus = bus;
        this.unremapped = unremapped;
        this.faults = faults;
    }

    /** IRE and CFI as the global status has them now. */
    void configure(boolean remap, boolean allowCompatibility) {
        enabled = remap;
        compatibility = allowCompatibility;
    }

    /** Takes over IRTA. */
    void setTable(long irta) {
        table = irta;
    }

    /** Whether destinations have 32 bits. */
    boolean extended() {
        return (table & VtdRegs.IRTA_EIME) != 0;
    }

    @Override
    public void send(int requesterId, long address, int data) {
        if (!enabled) {
            unremapped.send(requesterId, address, data);
        } else if ((address & ADDRESS_FORMAT) != 0) {
            remap(requesterId, address, data);
        } else if (compatibility && !extended()) {
            unremapped.send(requesterId, address, data);
        } else {
            faults.interrupt(requesterId, 0, VtdFault.IR_COMPATIBILITY);
        }
    }

    private void remap(int source, long address, int data) {
        int index = index(address, data);
        if (index < 0) {
            faults.interrupt(source, handle(address), VtdFault.IR_REQUEST_RESERVED);
            return;
        }
        if (!inTable(index)) {
            faults.interrupt(source, index & 0xffff, VtdFault.IR_INDEX);
            return;
        }
        fetch(index);
        int reason = memory.failed() ? VtdFault.IR_ACCESS : check(source, low, high);
        if (reason == VtdFault.NONE) {
            decode(low, message);
            bus.deliver(message.destination(), message.logical(), message.mode(), message.vector(), message.level());
        } else if (reason == VtdFault.IR_ACCESS || (low & FPD) == 0) {
            faults.interrupt(source, index, reason);
        }
    }

    @Override
    public boolean resolve(int requesterId, long address, int data, ApicMessage out) {
        if (!enabled) {
            return unremapped.resolve(requesterId, address, data, out);
        }
        if ((address & ADDRESS_FORMAT) == 0) {
            return compatibility && !extended() && unremapped.resolve(requesterId, address, data, out);
        }
        int index = index(address, data);
        if (index < 0 || !inTable(index)) {
            return false;
        }
        fetch(index);
        if (memory.failed() || check(requesterId, low, high) != VtdFault.NONE) {
            return false;
        }
        decode(low, out);
        return true;
    }

    @Override
    public void onRemapped(Runnable changed) {
        listeners.add(changed);
    }

    /** The guest says that it has changed the table, or this unit's registers have another one. */
    void changed() {
        listeners.forEach(Runnable::run);
    }

    private static int handle(long address) {
        return (int) (address >>> 5) & 0x7fff | (int) (address << 13) & 0x8000;
    }

    /** The entry that a message names; -1 if it is malformed. */
    private static int index(long address, int data) {
        if ((address & ADDRESS_SUBHANDLE) == 0) {
            return handle(address);
        }
        return data >>> 16 != 0 ? -1 : handle(address) + (data & 0xffff);
    }

    private boolean inTable(int index) {
        return index >> (table & 0xf) + 1 == 0;
    }

    /** Reads an entry to {@link #low} and {@link #high}, whole unless it is changed all the time. */
    private void fetch(int index) {
        long at = (table & ~0xfffL) + (long) index * ENTRY_SIZE;
        low = memory.read(at);
        high = memory.read(at + 8);
        for (int reads = 1; reads < MAX_READS; reads++) {
            long again = memory.read(at);
            if (again == low) {
                break;
            }
            low = again;
            high = memory.read(at + 8);
        }
    }

    private int check(int source, long low, long high) {
        if ((low & PRESENT) == 0) {
            return VtdFault.IR_NOT_PRESENT;
        }
        int verify = (int) Bits.field(high, 18, 2);
        long reserved = extended() ? LOW_RESERVED : LOW_RESERVED | XAPIC_RESERVED;
        if ((low & reserved) != 0 || (high & HIGH_RESERVED) != 0 || verify == 3) {
            return VtdFault.IR_ENTRY_RESERVED;
        }
        int expected = (int) high & 0xffff;
        boolean genuine = true;
        if (verify == VERIFY_ID) {
            // SQ: none, the third, the third and second, or the three lowest bits of the function do not count.
            int ignored = 0x7640 >>> 4 * (int) Bits.field(high, 16, 2) & 7;
            genuine = ((source ^ expected) & ~ignored) == 0;
        } else if (verify == VERIFY_BUS) {
            genuine = source >> 8 >= expected >> 8 && source >> 8 <= (expected & 0xff);
        }
        return genuine ? VtdFault.NONE : VtdFault.IR_SOURCE;
    }

    private void decode(long entry, ApicMessage out) {
        boolean logical = (entry & LOGICAL) != 0;
        int mode = (int) (entry >>> MODE_SHIFT) & 7;
        if (mode == InterruptBus.FIXED && logical && (entry & REDIRECTION_HINT) != 0) {
            mode = InterruptBus.LOWEST_PRIORITY;
        }
        int destination = extended() ? (int) (entry >>> 32) : InterruptBus.widen((int) (entry >>> 40) & 0xff);
        out.set(destination, logical, mode, (int) (entry >>> 16) & 0xff, (entry & LEVEL) != 0);
    }
}
