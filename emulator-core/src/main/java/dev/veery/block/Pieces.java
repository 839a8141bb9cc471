package dev.veery.block;

/** Pieces of host memory that one transfer moves from or to, in their order. */
public interface Pieces {
    /** How many there are. */
    int count();

    /** Address of the first byte of piece {@code i}. */
    long host(int i);

    /** Bytes of piece {@code i}, at least 1. */
    long length(int i);
}
