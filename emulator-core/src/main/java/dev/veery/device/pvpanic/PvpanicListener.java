package dev.veery.device.pvpanic;

/** What the guest reports. Called with the machine lock held. */
public interface PvpanicListener {
    /** The guest's kernel panicked and handles it no further. */
    void guestPanicked();

    /** The guest's kernel panicked and its crash kernel takes over. */
    void guestCrashLoaded();
}
