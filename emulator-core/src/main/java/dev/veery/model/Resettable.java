package dev.veery.model;

/** Anything with a power-on state. */
public interface Resettable {
    /** Returns to the state after a cold reset. Called with the machine lock held, vCPUs stopped; repeating it is harmless. */
    void reset();
}
