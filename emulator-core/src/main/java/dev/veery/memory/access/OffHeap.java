package dev.veery.memory.access;

import java.lang.reflect.Field;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import sun.misc.Unsafe;

/**
 * Loads and stores on memory outside the Java heap: guest RAM, processor state, buffers. The only user of
 * {@link Unsafe}. Addresses are host virtual addresses; nothing is checked, so a caller proves its address first.
 *
 * <p>All accesses are little-endian and may be unaligned. Plain methods may be reordered by the JVM. Acquire and release
 * methods are ordered as the names say: on x86 they cost no instruction and keep the compiler from moving accesses, which
 * is what memory shared with another thread or with a device needs.
 */
public final class OffHeap {
    /** Whether the atomic methods work at any address: on x86, LOCK does. */
    public static final boolean UNALIGNED_ATOMICS = isX86(System.getProperty("os.arch", ""));

    private static final Unsafe UNSAFE = unsafe();
    private static final long BUFFER_ADDRESS = bufferField("address");
    private static final long BUFFER_CAPACITY = bufferField("capacity");
    private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(0);

    private OffHeap() {}

    private static boolean isX86(String architecture) {
        return architecture.equals("amd64") || architecture.equals("x86_64");
    }

    private static Unsafe unsafe() {
        try {
            Field field = Unsafe.class.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            return (Unsafe) field.get(null);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static long bufferField(String name) {
        try {
            return UNSAFE.objectFieldOffset(Buffer.class.getDeclaredField(name));
        } catch (NoSuchFieldException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * A view of host memory for channels to read into and write from without a copy, in big-endian order like every new
     * buffer. The memory must outlive it.
     *
     * @param length bytes, at least 0
     */
    public static ByteBuffer buffer(long address, int length) {
        ByteBuffer view = EMPTY.duplicate();
        UNSAFE.putLong(view, BUFFER_ADDRESS, address);
        UNSAFE.putInt(view, BUFFER_CAPACITY, length);
        view.limit(length);
        return view;
    }

    /** Makes a view from {@link #buffer} one of other memory, all of it remaining, so that none need be made for each use. */
    public static void aim(ByteBuffer view, long address, int length) {
        view.clear();
        UNSAFE.putLong(view, BUFFER_ADDRESS, address);
        UNSAFE.putInt(view, BUFFER_CAPACITY, length);
        view.limit(length);
    }

    /** One byte, sign-extended by Java. */
    public static byte getByte(long address) {
        return UNSAFE.getByte(address);
    }

    /** Two bytes, sign-extended by Java. */
    public static short getShort(long address) {
        return UNSAFE.getShort(address);
    }

    /** Two bytes, zero-extended. */
    public static char getChar(long address) {
        return UNSAFE.getChar(address);
    }

    /** Four bytes. */
    public static int getInt(long address) {
        return UNSAFE.getInt(address);
    }

    /** Eight bytes. */
    public static long getLong(long address) {
        return UNSAFE.getLong(address);
    }

    /** Stores the low byte. */
    public static void putByte(long address, int value) {
        UNSAFE.putByte(address, (byte) value);
    }

    /** Stores the low two bytes. */
    public static void putShort(long address, int value) {
        UNSAFE.putShort(address, (short) value);
    }

    /** Stores four bytes. */
    public static void putInt(long address, int value) {
        UNSAFE.putInt(address, value);
    }

    /** Stores eight bytes. */
    public static void putLong(long address, long value) {
        UNSAFE.putLong(address, value);
    }

    /** One byte; later accesses stay behind it. */
    public static byte getByteAcquire(long address) {
        return UNSAFE.getByteVolatile(null, address);
    }

    /** Two bytes; later accesses stay behind it. */
    public static char getCharAcquire(long address) {
        return UNSAFE.getCharVolatile(null, address);
    }

    /** Four bytes; later accesses stay behind it. */
    public static int getIntAcquire(long address) {
        return UNSAFE.getIntVolatile(null, address);
    }

    /** Eight bytes; later accesses stay behind it. */
    public static long getLongAcquire(long address) {
        return UNSAFE.getLongVolatile(null, address);
    }

    /** Stores a byte behind all earlier accesses. */
    public static void putByteRelease(long address, int value) {
        UNSAFE.storeFence();
        UNSAFE.putByte(address, (byte) value);
    }

    /** Stores two bytes behind all earlier accesses. */
    public static void putShortRelease(long address, int value) {
        UNSAFE.storeFence();
        UNSAFE.putShort(address, (short) value);
    }

    /** Stores four bytes behind all earlier accesses. */
    public static void putIntRelease(long address, int value) {
        UNSAFE.putOrderedInt(null, address, value);
    }

    /** Stores eight bytes behind all earlier accesses. */
    public static void putLongRelease(long address, long value) {
        UNSAFE.putOrderedLong(null, address, value);
    }

    /** {@code size} bytes, 1, 2, 4 or 8, zero-extended; later accesses stay behind them. */
    public static long getAcquire(long address, int size) {
        switch (size) {
            case 1:
                return getByteAcquire(address) & 0xffL;
            case 2:
                return getCharAcquire(address);
            case 4:
                return getIntAcquire(address) & 0xffff_ffffL;
            default:
                return getLongAcquire(address);
        }
    }

    /** Stores the lowest {@code size} bytes, 1, 2, 4 or 8, behind all earlier accesses. */
    public static void putRelease(long address, int size, long value) {
        switch (size) {
            case 1:
                putByteRelease(address, (int) value);
                break;
            case 2:
                putShortRelease(address, (int) value);
                break;
            case 4:
                putIntRelease(address, (int) value);
                break;
            default:
                putLongRelease(address, value);
                break;
        }
    }

    /** Atomic compare-and-set of an int, aligned unless {@link #UNALIGNED_ATOMICS}; a full fence. */
    public static boolean compareAndSetInt(long address, int expected, int value) {
        return UNSAFE.compareAndSwapInt(null, address, expected, value);
    }

    /** Atomic compare-and-set of a long, aligned unless {@link #UNALIGNED_ATOMICS}; a full fence. */
    public static boolean compareAndSetLong(long address, long expected, long value) {
        return UNSAFE.compareAndSwapLong(null, address, expected, value);
    }

    /** Orders everything before against everything after, stores against later loads included. */
    public static void fullFence() {
        UNSAFE.fullFence();
    }

    /** Copies {@code length} bytes; the ranges may overlap. */
    public static void copy(long from, long to, long length) {
        UNSAFE.copyMemory(from, to, length);
    }

    /** Copies from a Java array. */
    public static void copyIn(byte[] from, int offset, long to, int length) {
        java.util.Objects.checkFromIndexSize(offset, length, from.length);
        UNSAFE.copyMemory(from, Unsafe.ARRAY_BYTE_BASE_OFFSET + (long) offset, null, to, length);
    }

    /** Copies to a Java array. */
    public static void copyOut(long from, byte[] to, int offset, int length) {
        java.util.Objects.checkFromIndexSize(offset, length, to.length);
        UNSAFE.copyMemory(null, from, to, Unsafe.ARRAY_BYTE_BASE_OFFSET + (long) offset, length);
    }

    /** Sets {@code length} bytes to {@code value}. */
    public static void fill(long address, long length, int value) {
        UNSAFE.setMemory(address, length, (byte) value);
    }

    /** Allocates zeroed memory, 64-byte aligned, never freed before {@link #free}; the JVM's own limit applies. */
    public static long allocate(long bytes) {
        long address = allocateUninitialized(bytes, 64);
        UNSAFE.setMemory(address, bytes, (byte) 0);
        return address;
    }

    /**
     * Allocates memory with arbitrary contents, aligned to {@code alignment}, a power of two of at least 64. Large
     * amounts come from the kernel page by page as they are touched.
     */
    public static long allocateUninitialized(long bytes, long alignment) {
        long raw = UNSAFE.allocateMemory(bytes + alignment + 8);
        long address = (raw + 8 + alignment - 1) & -alignment;
        UNSAFE.putLong(address - 8, raw);
        return address;
    }

    /** Frees what an allocating method returned. */
    public static void free(long address) {
        UNSAFE.freeMemory(UNSAFE.getLong(address - 8));
    }
}
