package dev.veery.model;

/** The headings under which help lists device types, in its order. */
public enum DeviceCategory {
    BRIDGE("Controller/Bridge/Hub"),
    USB("USB"),
    STORAGE("Storage"),
    NETWORK("Network"),
    INPUT("Input"),
    DISPLAY("Display"),
    SOUND("Sound"),
    MISC("Misc"),
    CPU("CPU"),
    WATCHDOG("Watchdog"),
    UNCATEGORIZED("Uncategorized");

    private final String title;

    DeviceCategory(String title) {
        this.title = title;
    }

    /** The heading. */
    public String title() {
        return title;
    }
}
