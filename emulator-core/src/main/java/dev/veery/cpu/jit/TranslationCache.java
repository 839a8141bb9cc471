package dev.veery.cpu.jit;

import dev.veery.cpu.interp.Block;
import dev.veery.memory.access.OffHeap;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Translations by what was translated, for all processors of a machine and for the next run. What was loaded is one image with a
 * hash table in front; what is new is in chunks behind a table on the heap. Pieces stay where they are until {@link #close}.
 *
 * <p>The image, little-endian: a header of 32 bytes (magic, the maker, length, CRC-32 of what follows the header, slots of the table), the
 * table of ints, offsets of pieces by 8 or 0, found by the hash and linear probing, then the pieces ({@link StoredPiece}).
 *
 * <p>May be used by several threads.
 */
public final class TranslationCache implements AutoCloseable {
    private static final long MAGIC = 0x3154_494a_5952_4556L;
    private static final int HEADER = 32;
    private static final int CHUNK = 1 << 20;

    /** Pieces beyond are not kept. */
    private static final long MAX_NEW = 48L << 20;

    /** An image that would be larger loses what this run did not use. */
    private static final long MAX_IMAGE = 32L << 20;

    /** What was not made by {@link #save}. */
    private static final long MAX_SIZE = MAX_IMAGE + MAX_NEW + (8L << 20);

    /** New pieces are worth writing all of the image again if they are at least so much of it. */
    private static final int WORTH_WRITING = 8;

    private long image;
    private long imageSize;
    private int imageSlots;
    private final BitSet used = new BitSet();

    private final List<Long> chunks = new ArrayList<>();
    private long room;
    private long roomEnd;
    private long newBytes;
    private long[] table = new long[1 << 10];
    private int newPieces;
    private boolean closed;

    /** Makes an empty one. */
    public TranslationCache() {}

    /** A file that is none, or not one of this program's. */
    public static final class ForeignException extends IOException {
        private static final long serialVersionUID = 1L;

        /** Says why. */
        public ForeignException(String message) {
            super(message);
        }
    }

    /**
     * Takes an image; once, before any translation.
     *
     * @param maker what the image has to have been {@linkplain #save saved} with
     * @throws ForeignException if it was not, or is damaged; nothing has been taken
     */
    public synchronized void load(ReadableByteChannel from, long maker) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        read(from, header);
        header.flip();
        if (header.getLong() != MAGIC) {
            throw new ForeignException("it is no cache of translations");
        }
        if (header.getLong() != maker) {
            throw new ForeignException("it was made by another build of Veery");
        }
        long size = header.getLong();
        int crc = header.getInt();
        int slots = header.getInt();
        if (size <= 0
                || size > MAX_SIZE
                || slots <= 0
                || Integer.bitCount(slots) != 1
                || slots > size / Integer.BYTES) {
            throw new ForeignException("it is damaged");
        }
        long memory = OffHeap.allocateUninitialized(size, 8);
        try {
            ByteBuffer body = OffHeap.buffer(memory, (int) size);
            read(from, body);
            body.flip();
            CRC32 sum = new CRC32();
            sum.update(body);
            if ((int) sum.getValue() != crc) {
                throw new ForeignException("it is damaged");
            }
        } catch (IOException e) {
            OffHeap.free(memory);
            throw e;
        }
        image = memory;
        imageSize = size;
        imageSlots = slots;
    }

    /** Whether an image was taken. */
    synchronized boolean loaded() {
        return imageSlots != 0;
    }

    private static void read(ReadableByteChannel from, ByteBuffer to) throws IOException {
        while (to.hasRemaining()) {
            if (from.read(to) < 0) {
                throw new ForeignException("it is incomplete");
            }
        }
    }

    /** The piece for {@code block}, whose bytes are at {@code guest}; 0 if there is none. */
    synchronized long find(long hash, long context, int mode, int span, int place, long guest, Block block) {
        if (imageSlots != 0) {
            int mask = imageSlots - 1;
            for (int slot = (int) hash & mask; ; slot = slot + 1 & mask) {
                int offset = OffHeap.getInt(image + (long) slot * Integer.BYTES);
                if (offset == 0) {
                    break;
                }
                long piece = image + ((long) offset << 3);
                if (StoredPiece.hash(piece) == hash
                        && StoredPiece.matches(piece, context, mode, span, place, guest, block)) {
                    used.set(slot);
                    return piece;
                }
            }
        }
        int mask = table.length - 1;
        for (int slot = (int) hash & mask; table[slot] != 0; slot = slot + 1 & mask) {
            long piece = table[slot];
            if (StoredPiece.hash(piece) == hash
                    && StoredPiece.matches(piece, context, mode, span, place, guest, block)) {
                return piece;
            }
        }
        return 0;
    }

    /** Memory for a new piece, to be {@linkplain #add added}; 0 if there is no more. Another call may return it again. */
    synchronized long reserve(int bytes) {
        if (newBytes + bytes > MAX_NEW || closed) {
            return 0;
        }
        if (room + bytes > roomEnd) {
            room = OffHeap.allocateUninitialized(CHUNK, 8);
            roomEnd = room + CHUNK;
            chunks.add(room);
        }
        return room;
    }

    /** Keeps the piece that was written to the memory reserved last; by the caller who holds this object's lock since then. */
    synchronized void add(long piece) {
        int bytes = StoredPiece.size(piece);
        room += bytes;
        newBytes += bytes;
        if (2 * ++newPieces > table.length) {
            long[] old = table;
            table = new long[2 * old.length];
            for (long p : old) {
                if (p != 0) {
                    enter(p);
                }
            }
        }
        enter(piece);
    }

    private void enter(long piece) {
        int mask = table.length - 1;
        int slot = (int) StoredPiece.hash(piece) & mask;
        while (table[slot] != 0) {
            slot = slot + 1 & mask;
        }
        table[slot] = piece;
    }

    /** Whether enough is new for {@link #save}. */
    public synchronized boolean worthSaving() {
        return newBytes * WORTH_WRITING > imageSize;
    }

    /** Writes an image of what was loaded and what is new, without some that was not used if it were too large. */
    public synchronized void save(WritableByteChannel to, long maker) throws IOException {
        boolean onlyUsed = imageSize + newBytes > MAX_IMAGE;
        List<Long> pieces = new ArrayList<>();
        for (int slot = 0; slot < imageSlots; slot++) {
            int offset = OffHeap.getInt(image + (long) slot * Integer.BYTES);
            if (offset != 0 && (!onlyUsed || used.get(slot))) {
                pieces.add(image + ((long) offset << 3));
            }
        }
        for (long p : table) {
            if (p != 0) {
                pieces.add(p);
            }
        }
        int slots = Integer.highestOneBit(Math.max(2, pieces.size())) << 2;
        long size = (long) slots * Integer.BYTES;
        for (long p : pieces) {
            size += StoredPiece.size(p);
        }
        long memory = OffHeap.allocate(size);
        try {
            long at = memory + (long) slots * Integer.BYTES;
            for (long p : pieces) {
                int slot = (int) StoredPiece.hash(p) & slots - 1;
                while (OffHeap.getInt(memory + (long) slot * Integer.BYTES) != 0) {
                    slot = slot + 1 & slots - 1;
                }
                OffHeap.putInt(memory + (long) slot * Integer.BYTES, (int) (at - memory >>> 3));
                int bytes = StoredPiece.size(p);
                OffHeap.copy(p, at, bytes);
                at += bytes;
            }
            ByteBuffer body = OffHeap.buffer(memory, (int) size);
            CRC32 sum = new CRC32();
            sum.update(body);
            body.rewind();
            ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
            header.putLong(MAGIC)
                    .putLong(maker)
                    .putLong(size)
                    .putInt((int) sum.getValue())
                    .putInt(slots)
                    .flip();
            write(to, header);
            write(to, body);
        } finally {
            OffHeap.free(memory);
        }
    }

    private static void write(WritableByteChannel to, ByteBuffer from) throws IOException {
        while (from.hasRemaining()) {
            if (to.write(from) <= 0) {
                throw new EOFException("nothing more can be written");
            }
        }
    }

    /** Frees off-heap memory; no processor may translate any more. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (image != 0) {
            OffHeap.free(image);
        }
        for (long chunk : chunks) {
            OffHeap.free(chunk);
        }
    }
}
