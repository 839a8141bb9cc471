package dev.veery.bus.pci;

import dev.veery.base.Bits;
import dev.veery.memory.MemoryRegion;
import dev.veery.register.RegisterBank;

/** A base address register, or the expansion ROM's, and the region it places (PCI 3.0, 6.2.5). */
public final class PciBar {
    /** Kinds of base address. */
    public enum Kind {
        /** Port space. */
        IO(1, 4),
        /** Memory below 4 GiB. */
        MEMORY32(0, 4),
        /** Memory anywhere; takes two registers. */
        MEMORY64(4, 8),
        /** Memory anywhere without read side effects; takes two registers. */
        MEMORY64_PREFETCHABLE(0xc, 8),
        /** The expansion ROM. */
        ROM(0, 4);

        private final int flags;
        private final int bytes;

        Kind(int flags, int bytes) {
            this.flags = flags;
            this.bytes = bytes;
        }
    }

    private static final long IO_LIMIT = 0xffff;
    private static final long MEMORY32_LIMIT = 0xffff_ffffL;
    private static final int ROM_ENABLE = 1;

    private final int offset;
    private final Kind kind;
    private final MemoryRegion region;
    private final long size;
    private boolean mapped;

    PciBar(RegisterBank config, int offset, Kind kind, MemoryRegion region) {
        this.offset = offset;
        this.kind = kind;
        this.region = region;
        size = region.size();
        long smallest = kind == Kind.IO ? 4 : kind == Kind.ROM ? 2048 : 16;
        if (!Bits.isPowerOfTwo(size) || size < smallest) {
            throw new IllegalArgumentException(region + " cannot be a BAR");
        }
        long writable = -size | (kind == Kind.ROM ? ROM_ENABLE : 0);
        config.declare(offset, kind.bytes, kind.flags, writable);
    }

    /** Offset of the register in configuration space. */
    public int offset() {
        return offset;
    }

    /** Which kind it is. */
    public Kind kind() {
        return kind;
    }

    /** In bytes, a power of two. */
    public long size() {
        return size;
    }

    /** What it places. */
    public MemoryRegion region() {
        return region;
    }

    /** Whether it takes two registers. */
    public boolean wide() {
        return kind.bytes == 8;
    }

    /** Moves the region to where the registers say, into {@code memory} or {@code io}. */
    void update(RegisterBank config, MemoryRegion memory, MemoryRegion io) {
        MemoryRegion space = kind == Kind.IO ? io : memory;
        long address = address(config);
        if (address < 0) {
            unmap();
            return;
        }
        if (mapped && region.offset() == address) {
            return;
        }
        unmap();
        space.addChild(address, region, 1);
        mapped = true;
    }

    void unmap() {
        MemoryRegion parent = region.parent();
        if (mapped && parent != null) {
            parent.removeChild(region);
        }
        mapped = false;
    }

    /**
     * Where the region belongs now, or -1 for nowhere: decoding is off, the address is still zero, or the register holds
     * the ones of a guest that asks for the size while decoding is on.
     */
    private long address(RegisterBank config) {
        int enable = kind == Kind.IO ? PciRegs.COMMAND_IO : PciRegs.COMMAND_MEMORY;
        if ((config.get(PciRegs.COMMAND, 2) & enable) == 0) {
            return -1;
        }
        long raw = config.get(offset, kind.bytes);
        if (kind == Kind.ROM && (raw & ROM_ENABLE) == 0) {
            return -1;
        }
        long address = raw & -size;
        long last = address + size - 1;
        long limit = kind == Kind.IO ? IO_LIMIT : wide() ? Long.MAX_VALUE : MEMORY32_LIMIT - 1;
        return address == 0 || last < address || last > limit ? -1 : address;
    }
}
