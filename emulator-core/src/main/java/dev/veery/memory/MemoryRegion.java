package dev.veery.memory;

import dev.veery.base.Unsigned;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node of the tree that describes an address space. Regions lie at offsets in their parent; where children overlap the
 * higher priority is seen, of equal ones that added last. What a container does not cover with children shows what lies
 * below it. An alias shows part of another region, wherever that one lies.
 *
 * <p>Sizes are in bytes; {@link #WHOLE} stands for 2^64. Children are clipped to their parent.
 *
 * <p>All changes are made while the machine is built or with the machine lock held; every {@link AddressSpace} that shows
 * the region follows at once, or at the end of its transaction.
 */
public final class MemoryRegion {
    /** The size 2^64, which no long can hold. */
    public static final long WHOLE = 0;

    /** What a region is. */
    public enum Kind {
        /** Only children. */
        CONTAINER,
        /** Host memory, read and written. */
        RAM,
        /** Host memory that is read; writes are dropped or go to a handler. */
        ROM,
        /** Device registers. */
        MMIO,
        /** Part of another region. */
        ALIAS
    }

    private final Kind kind;
    private final String name;
    private final @Nullable RamBlock block;
    private final @Nullable MmioHandler handler;
    private final AccessSizes sizes;
    private final @Nullable MemoryRegion target;
    private final @Nullable DeviceWindow window;

    private long last;
    private long targetOffset;
    private long offset;
    private int priority;
    private boolean enabled = true;
    private boolean readOnly;
    private boolean romMode = true;
    private @Nullable MemoryRegion parent;

    /** Highest priority first; of equal priority, the one added last first. */
    private final List<MemoryRegion> children = new ArrayList<>();
    /** How many parents, used aliases and address spaces show this region. */
    private int uses;
    /** Aliases of this region that are in use; others are not kept, so that they can be dropped. */
    private final List<MemoryRegion> aliases = new ArrayList<>();
    /** Address spaces whose root this is. */
    private final List<AddressSpace> spaces = new ArrayList<>();

    private List<Doorbell> doorbells = List.of();
    private long lateOffset;
    private long lateSize;

    private MemoryRegion(
            Kind kind,
            String name,
            long size,
            @Nullable RamBlock block,
            @Nullable MmioHandler handler,
            AccessSizes sizes,
            @Nullable MemoryRegion target,
            @Nullable DeviceWindow window) {
        this.kind = kind;
        this.name = name;
        this.last = size - 1;
        this.block = block;
        this.handler = handler;
        this.sizes = sizes;
        this.target = target;
        this.window = window;
    }

    /** A container. */
    public static MemoryRegion container(String name, long size) {
        return new MemoryRegion(Kind.CONTAINER, name, size, null, null, AccessSizes.BYTE_TO_QWORD, null, null);
    }

    /** RAM: the whole block. */
    public static MemoryRegion ram(String name, RamBlock block) {
        return new MemoryRegion(Kind.RAM, name, block.size(), block, null, AccessSizes.BYTE_TO_QWORD, null, null);
    }

    /** ROM: the whole block; the guest's writes are dropped. */
    public static MemoryRegion rom(String name, RamBlock block) {
        return new MemoryRegion(Kind.ROM, name, block.size(), block, null, AccessSizes.BYTE_TO_QWORD, null, null);
    }

    /**
     * ROM whose writes go to {@code handler}, as a flash chip's do; with {@link #setRomMode} off the reads do as well.
     */
    public static MemoryRegion romDevice(String name, RamBlock block, MmioHandler handler, AccessSizes sizes) {
        return new MemoryRegion(Kind.ROM, name, block.size(), block, handler, sizes, null, null);
    }

    /** Device registers. */
    public static MemoryRegion mmio(String name, long size, MmioHandler handler, AccessSizes sizes) {
        return new MemoryRegion(Kind.MMIO, name, size, null, handler, sizes, null, null);
    }

    /** Device registers accessed 1, 2 or 4 bytes at a time. */
    public static MemoryRegion mmio(String name, long size, MmioHandler handler) {
        return mmio(name, size, handler, AccessSizes.BYTE_TO_DWORD);
    }

    /**
     * Device registers that are also mapped into this process: accelerators may let the guest reach them there.
     *
     * @param handler has the accesses that come while the window is closed
     */
    public static MemoryRegion window(String name, DeviceWindow window, MmioHandler handler) {
        return new MemoryRegion(Kind.MMIO, name, window.size(), null, handler, AccessSizes.BYTE_TO_QWORD, null, window);
    }

    /** The {@code size} bytes of {@code target} that begin at {@code targetOffset}. */
    public static MemoryRegion alias(String name, MemoryRegion target, long targetOffset, long size) {
        MemoryRegion alias =
                new MemoryRegion(Kind.ALIAS, name, size, null, null, AccessSizes.BYTE_TO_QWORD, target, null);
        alias.targetOffset = targetOffset;
        return alias;
    }

    /** What it is. */
    public Kind kind() {
        return kind;
    }

    /** The name, for people. */
    public String name() {
        return name;
    }

    /** Bytes; {@link #WHOLE} for 2^64. */
    public long size() {
        return last + 1;
    }

    /** {@link #size()} - 1, which is exact for every size. */
    public long lastOffset() {
        return last;
    }

    /** The memory behind RAM and ROM. */
    public @Nullable RamBlock block() {
        return block;
    }

    /** The registers behind MMIO, or those that take a ROM's writes. */
    public @Nullable MmioHandler handler() {
        return handler;
    }

    /** Where this process has the registers mapped, if it has. */
    public @Nullable DeviceWindow window() {
        return window;
    }

    /** The widths of access to {@link #handler()}. */
    public AccessSizes sizes() {
        return sizes;
    }

    /** What an alias shows. */
    public @Nullable MemoryRegion target() {
        return target;
    }

    /** Where in {@link #target()} an alias begins. */
    public long targetOffset() {
        return targetOffset;
    }

    /** Where in {@link #parent()} it lies. */
    public long offset() {
        return offset;
    }

    /** Its rank among overlapping siblings; higher is on top. */
    public int priority() {
        return priority;
    }

    /** Whether it is seen at all, children included. */
    public boolean enabled() {
        return enabled;
    }

    /** Whether RAM below it is shown read-only. */
    public boolean readOnly() {
        return readOnly;
    }

    /** Whether a ROM with a handler is read as memory. */
    public boolean romMode() {
        return romMode;
    }

    /** The region it is a child of. */
    public @Nullable MemoryRegion parent() {
        return parent;
    }

    /** The children, in the order in which they are seen: the first lies on top. */
    public List<MemoryRegion> children() {
        return Collections.unmodifiableList(children);
    }

    /** Adds a child of priority 0. */
    public void addChild(long offset, MemoryRegion child) {
        addChild(offset, child, 0);
    }

    /**
     * Adds a child.
     *
     * @param offset within this region; the child is clipped to it
     * @throws IllegalStateException if the child has a parent or would contain itself, or this is an alias
     */
    public void addChild(long offset, MemoryRegion child, int priority) {
        if (child.parent != null) {
            throw new IllegalStateException(child + " is already in " + child.parent);
        }
        if (kind == Kind.ALIAS) {
            throw new IllegalStateException(this + " is an alias and cannot hold " + child);
        }
        if (child.reaches(this)) {
            throw new IllegalStateException(child + " cannot be put into " + this + ", which it contains");
        }
        child.parent = this;
        child.offset = offset;
        child.priority = priority;
        insert(child);
        child.use();
        changed();
    }

    private void insert(MemoryRegion child) {
        int index = 0;
        while (index < children.size() && children.get(index).priority > child.priority) {
            index++;
        }
        children.add(index, child);
    }

    /** Says which of its registers are doorbells; while the device is made, before the region is shown anywhere. */
    public void setDoorbells(List<Doorbell> bells) {
        doorbells = List.copyOf(bells);
    }

    /**
     * Says which writes may reach the handler late, in their order and before any other access: they have no effect but on
     * such an access. While the device is made, before the region is shown anywhere.
     */
    public void setLateWrites(long firstOffset, long bytes) {
        lateOffset = firstOffset;
        lateSize = bytes;
    }

    /** Where the registers whose writes may come late begin. */
    public long lateOffset() {
        return lateOffset;
    }

    /** How many bytes they have; 0 for none. */
    public long lateSize() {
        return lateSize;
    }

    /** The registers of which a write is only a signal. */
    public List<Doorbell> doorbells() {
        return doorbells;
    }

    /**
     * Takes a child out.
     *
     * @throws IllegalStateException if it is not a child
     */
    public void removeChild(MemoryRegion child) {
        if (child.parent != this) {
            throw new IllegalStateException(child + " is not in " + this);
        }
        children.remove(child);
        child.parent = null;
        child.release();
        changed();
    }

    /** Shows or hides it. */
    public void setEnabled(boolean enabled) {
        if (this.enabled != enabled) {
            this.enabled = enabled;
            changed();
        }
    }

    /** Shows all RAM below it read-only (writes are dropped), or as it is. */
    public void setReadOnly(boolean readOnly) {
        if (this.readOnly != readOnly) {
            this.readOnly = readOnly;
            changed();
        }
    }

    /** For a ROM with a handler: read as memory, or through the handler. */
    public void setRomMode(boolean romMode) {
        if (this.romMode != romMode) {
            this.romMode = romMode;
            changed();
        }
    }

    /** Moves it within its parent; its place among overlapping siblings stays. */
    public void setOffset(long offset) {
        if (this.offset != offset) {
            this.offset = offset;
            changed();
        }
    }

    /** Changes its rank; among siblings of the new rank it is on top. */
    public void setPriority(int priority) {
        if (this.priority != priority) {
            this.priority = priority;
            if (parent != null) {
                parent.children.remove(this);
                parent.insert(this);
            }
            changed();
        }
    }

    /**
     * Changes the size of a container, MMIO region or alias.
     *
     * @throws IllegalStateException for RAM and ROM, whose size is their block's
     */
    public void setSize(long size) {
        if (block != null) {
            throw new IllegalStateException(this + " cannot be resized");
        }
        if (last != size - 1) {
            last = size - 1;
            changed();
        }
    }

    /** Changes where in its target an alias begins. */
    public void setTargetOffset(long targetOffset) {
        if (this.targetOffset != targetOffset) {
            this.targetOffset = targetOffset;
            changed();
        }
    }

    void addSpace(AddressSpace space) {
        spaces.add(space);
        use();
    }

    void removeSpace(AddressSpace space) {
        if (spaces.remove(space)) {
            release();
        }
    }

    private void use() {
        if (uses++ == 0 && target != null) {
            target.aliases.add(this);
            target.use();
        }
    }

    private void release() {
        if (--uses == 0 && target != null) {
            target.aliases.remove(this);
            target.release();
        }
    }

    /** Whether {@code other} is this region or is seen through it, by containment or alias. */
    private boolean reaches(MemoryRegion other) {
        if (this == other || (target != null && target.reaches(other))) {
            return true;
        }
        for (MemoryRegion child : children) {
            if (child.reaches(other)) {
                return true;
            }
        }
        return false;
    }

    private void changed() {
        Set<AddressSpace> affected = new LinkedHashSet<>();
        collectSpaces(affected);
        for (AddressSpace space : affected) {
            space.topologyChanged();
        }
    }

    private void collectSpaces(Set<AddressSpace> affected) {
        affected.addAll(spaces);
        if (parent != null) {
            parent.collectSpaces(affected);
        }
        for (MemoryRegion alias : aliases) {
            alias.collectSpaces(affected);
        }
    }

    /** Reads registers at an offset within the region, as {@link AccessSizes} says; machine lock held. */
    long dispatchRead(long at, int size) {
        MmioHandler device = handler;
        if (device == null) {
            return -1L;
        }
        if (sizes.direct(at, size)) {
            return device.read(at, size) & sizeMask(size);
        }
        return readSplit(device, at, size);
    }

    private long readSplit(MmioHandler device, long at, int size) {
        int piece = validPiece(at, size);
        if (piece == size) {
            return size < sizes.minValid() ? sizeMask(size) : readImplemented(device, at, size);
        }
        long value = 0;
        for (int done = 0; done < size; done += piece) {
            piece = validPiece(at + done, size - done);
            value |= dispatchRead(at + done, piece) << 8 * done;
        }
        return value;
    }

    private long readImplemented(MmioHandler device, long at, int size) {
        int min = sizes.minImplemented();
        if (size < min) {
            long aligned = at & -min;
            int shift = (int) (at - aligned);
            if (shift + size <= min) {
                return device.read(aligned, min) >>> 8 * shift & sizeMask(size);
            }
            return readImplemented(device, at, size / 2)
                    | readImplemented(device, at + size / 2, size / 2) << 8 * (size / 2);
        }
        int max = sizes.maxImplemented();
        if (size <= max) {
            return device.read(at, size) & sizeMask(size);
        }
        long value = 0;
        for (int done = 0; done < size; done += max) {
            value |= (device.read(at + done, max) & sizeMask(max)) << 8 * done;
        }
        return value;
    }

    /** Writes registers at an offset within the region, as {@link AccessSizes} says; machine lock held. */
    void dispatchWrite(long at, int size, long value) {
        MmioHandler device = handler;
        if (device == null) {
            return;
        }
        if (sizes.direct(at, size)) {
            device.write(at, size, value & sizeMask(size));
            return;
        }
        int piece = validPiece(at, size);
        if (piece != size) {
            for (int done = 0; done < size; done += piece) {
                piece = validPiece(at + done, size - done);
                dispatchWrite(at + done, piece, value >>> 8 * done);
            }
        } else if (size >= sizes.minValid()) {
            writeImplemented(device, at, size, value & sizeMask(size));
        }
    }

    private void writeImplemented(MmioHandler device, long at, int size, long value) {
        int min = sizes.minImplemented();
        if (size < min) {
            long aligned = at & -min;
            int shift = (int) (at - aligned);
            if (shift + size <= min) {
                device.write(aligned, min, value << 8 * shift);
            } else {
                int half = size / 2;
                writeImplemented(device, at, half, value & sizeMask(half));
                writeImplemented(device, at + half, half, value >>> 8 * half);
            }
            return;
        }
        int piece = Math.min(size, sizes.maxImplemented());
        for (int done = 0; done < size; done += piece) {
            device.write(at + done, piece, value >>> 8 * done & sizeMask(piece));
        }
    }

    /** How much of {@code bytes} bytes arrives in one piece, a power of two. */
    private int validPiece(long at, int bytes) {
        int piece = Math.min(Integer.highestOneBit(bytes), sizes.maxValid());
        if (!sizes.unaligned()) {
            int alignment = (int) Math.min(Long.lowestOneBit(at | 8), 8);
            piece = Math.min(piece, alignment);
        }
        return piece;
    }

    static long sizeMask(int size) {
        return -1L >>> 64 - 8 * size;
    }

    /** The last offset of {@code [at, at + size - 1]} that is within the region, saturated; for clipping. */
    static long clippedLast(long at, long lastOfSize) {
        long end = at + lastOfSize;
        return Unsigned.lt(end, at) ? -1L : end;
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(java.util.Locale.ROOT) + " '" + name + "'";
    }
}
