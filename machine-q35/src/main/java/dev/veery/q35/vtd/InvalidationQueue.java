package dev.veery.q35.vtd;

import dev.veery.register.RegisterBank;

/**
 * Queued invalidation (VT-d 6.5.2). Everything is complete before the next descriptor is looked at, so that a wait
 * descriptor has nothing to wait for.
 */
final class InvalidationQueue {
    /** Descriptor types, bits 3:0 of the first quadword; 11:9 extend them and must be zero. */
    private static final int CONTEXT_CACHE = 1;

    private static final int IOTLB = 2;
    private static final int DEVICE_TLB = 3;
    private static final int INTERRUPT_ENTRIES = 4;
    private static final int WAIT = 5;
    private static final int PASID_IOTLB = 6;
    private static final int PASID_CACHE = 7;
    private static final int PASID_DEVICE_TLB = 8;
    private static final int TYPE_EXTENSION = 7 << 9;

    /** Granularities, bits 5:4. */
    private static final int GLOBAL = 1;

    private static final int DOMAIN = 2;
    private static final int SELECTIVE = 3;

    private static final long WAIT_INTERRUPT = 1 << 4;
    private static final long WAIT_STATUS = 1 << 5;

    /** 6.5.2.8: fence, 6, and page-request drain, 7, are always kept. */
    private static final long WAIT_LOW_RESERVED = 0xffff_f100L;

    private static final int NARROW = 16;
    private static final int WIDE = 32;

    private final RegisterBank bank;
    private final TableMemory memory;
    private final Invalidations target;
    private final FaultLog faults;
    private final EventRegisters event;
    private final boolean scalable;
    private boolean enabled;

    InvalidationQueue(
            VtdConfig config,
            RegisterBank bank,
            TableMemory memory,
            Invalidations target,
            FaultLog faults,
            EventRegisters event) {
        this.bank = bank;
        this.memory = memory;
        this.target = target;
        this.faults = faults;
        this.event = event;
        scalable = config.scalable();
        long address = (1L << config.hostWidth()) - 1 & ~0xfffL;
        bank.declare(VtdRegs.IQT, 8, 0, 0x7_fff0);
        bank.declare(VtdRegs.IQA, 8, 0, address | 7 | (scalable ? VtdRegs.IQA_WIDE : 0));
        bank.declareWriteOneToClear(VtdRegs.ICS, 4, VtdRegs.ICS_IWC);
    }

    /** QIE as the global status has it now; either change puts the head back to the start. */
    void enable(boolean on) {
        if (on != enabled) {
            enabled = on;
            bank.set(VtdRegs.IQH, 8, 0);
            process();
        }
    }

    boolean enabled() {
        return enabled;
    }

    /** The completion status was written. */
    void statusWritten() {
        if ((bank.get(VtdRegs.ICS, 4) & VtdRegs.ICS_IWC) == 0) {
            event.cancel();
        }
    }

    /** Works the queue off, or up to a descriptor in error, where it stays until software has cleared that. */
    void process() {
        if (!enabled || (bank.get(VtdRegs.FSTS, 4) & VtdRegs.FSTS_IQE) != 0) {
            return;
        }
        long queue = bank.get(VtdRegs.IQA, 8);
        int width = (queue & VtdRegs.IQA_WIDE) != 0 ? WIDE : NARROW;
        long base = queue & ~0xfffL;
        long bytes = 4096L << (queue & 7);
        long tail = bank.get(VtdRegs.IQT, 8);
        long head = bank.get(VtdRegs.IQH, 8);
        // A tail that the head can never meet would be chased for ever.
        if (tail >= bytes || head >= bytes || tail % width != 0 || head % width != 0) {
            faults.report(VtdRegs.FSTS_IQE);
            return;
        }
        while (head != tail) {
            long low = memory.read(base + head);
            boolean done = !memory.failed();
            long high = memory.read(base + head + 8);
            done = done && execute(low, high);
            if (!done) {
                faults.report(VtdRegs.FSTS_IQE);
                return;
            }
            head = (head + width) % bytes;
            bank.set(VtdRegs.IQH, 8, head);
        }
    }

    /** False for a descriptor in error. */
    private boolean execute(long low, long high) {
        if ((low & TYPE_EXTENSION) != 0) {
            return false;
        }
        switch ((int) low & 0xf) {
            case CONTEXT_CACHE -> {
                return contextCache(low);
            }
            case IOTLB -> {
                return iotlb(low, high);
            }
            case DEVICE_TLB -> {
                // No device has a TLB.
                return true;
            }
            case INTERRUPT_ENTRIES -> {
                target.interruptEntries();
                return true;
            }
            case WAIT -> {
                return await(low, high);
            }
            case PASID_IOTLB -> {
                return scalable && pasidIotlb(low, high);
            }
            case PASID_CACHE -> {
                return scalable && pasidCache(low);
            }
            case PASID_DEVICE_TLB -> {
                return scalable;
            }
            default -> {
                return false;
            }
        }
    }

    private static int granularity(long low) {
        return (int) (low >>> 4) & 3;
    }

    private static int domain(long low) {
        return (int) (low >>> 16) & 0xffff;
    }

    private boolean contextCache(long low) {
        switch (granularity(low)) {
            case GLOBAL -> target.contexts();
            case DOMAIN -> target.contextsOfDomain(domain(low));
            case SELECTIVE -> target.contextsOfDevice((int) (low >>> 32) & 0xffff, (int) (low >>> 48) & 3);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean iotlb(long low, long high) {
        switch (granularity(low)) {
            case GLOBAL -> target.translations();
            case DOMAIN -> target.translationsOfDomain(domain(low));
            case SELECTIVE -> {
                return pages(low, high);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean pages(long low, long high) {
        int mask = (int) high & 0x3f;
        if (mask > VtdRegs.MAX_ADDRESS_MASK) {
            return false;
        }
        target.translationsOfPages(domain(low), high & ~0xfffL, mask);
        return true;
    }

    /** 6.5.2.4: all of a PASID, or its pages; what belongs to the domain's other PASIDs goes too. */
    private boolean pasidIotlb(long low, long high) {
        switch (granularity(low)) {
            case DOMAIN -> target.translationsOfDomain(domain(low));
            case SELECTIVE -> {
                return pages(low, high);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** 6.5.2.2: of a domain (0), of a PASID in it (1), or all (3). */
    private boolean pasidCache(long low) {
        switch (granularity(low)) {
            case 0, 1 -> target.contextsOfDomain(domain(low));
            case 3 -> target.contexts();
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean await(long low, long high) {
        if ((low & WAIT_LOW_RESERVED) != 0 || (high & 3) != 0) {
            return false;
        }
        if ((low & WAIT_STATUS) != 0) {
            memory.writeDword(high, (int) (low >>> 32));
        }
        if ((low & WAIT_INTERRUPT) != 0 && (bank.get(VtdRegs.ICS, 4) & VtdRegs.ICS_IWC) == 0) {
            bank.setBits(VtdRegs.ICS, 4, VtdRegs.ICS_IWC, true);
            event.raise();
        }
        return true;
    }
}
