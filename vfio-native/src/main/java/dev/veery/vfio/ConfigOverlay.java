package dev.veery.vfio;

import dev.veery.bus.pci.PciRegs;
import dev.veery.bus.pci.cap.MsiCapability;
import dev.veery.bus.pci.cap.MsixCapability;
import java.util.ArrayList;
import java.util.List;

/**
 * Which bits of a device's configuration space are the board's and not the device's own: base addresses, the interrupt line,
 * message capabilities, the links between capabilities, of which some are hidden. Made once from what the device shows.
 */
final class ConfigOverlay {
    private static final int MAX_CAPABILITIES = 48;
    private static final int MAX_EXTENDED = (PciRegs.EXPRESS_CONFIG_SIZE - PciRegs.CONFIG_SIZE) / 8;
    private static final int NEXT = 1;

    private static final int POWER_MANAGEMENT = 0x01;
    private static final int EXPRESS = 0x10;
    private static final int EXPRESS_FLAGS = 2;
    private static final int EXPRESS_CONTROL = 8;
    private static final int EXPRESS_CONTROL_RESET = 1 << 15;
    private static final int ADVANCED_FEATURES = 0x13;
    private static final int ADVANCED_CONTROL = 4;
    private static final int ADVANCED_CONTROL_RESET = 1;

    /** PCI Power Management 1.2, 3.2.4: PMCSR and its power state. */
    static final int PMCSR = 4;

    static final int PMCSR_STATE = 3;
    private static final int EXPRESS_TYPE = 0xf0;
    private static final int EXPRESS_LINK = 0xc;
    private static final int EXPRESS_LINK_LENGTH = 8;
    private static final int EXPRESS_LINK2 = 0x2c;
    private static final int EXPRESS_VERSION = 0xf;
    private static final int ENDPOINT = 0;
    private static final int LEGACY_ENDPOINT = 1;
    private static final int INTEGRATED_ENDPOINT = 9;

    /**
     * Extended capabilities that a guest must not see: ARI, ATS, SR-IOV, multi-root IOV, resizable BARs, page requests, PASID,
     * resizable BARs of virtual functions.
     */
    private static final List<Integer> HIDDEN = List.of(0x0e, 0x0f, 0x10, 0x11, 0x13, 0x15, 0x1b, 0x24);

    private static final int STATUS_OFFSET = PciRegs.STATUS;
    private static final int HEADER_NEXT_SHIFT = 20;

    private final byte[] device;
    private final byte[] ours;
    private final byte[] shown;
    private int msi;
    private int msix;
    private int power;
    private int express;
    private int advanced;

    /**
     * Looks at a device.
     *
     * @param device its configuration space, 256 or 4096 bytes
     * @param rootBus whether it will sit on a root bus, where a PCI Express function is part of the root complex
     */
    ConfigOverlay(byte[] device, boolean rootBus) {
        this.device = device.clone();
        ours = new byte[device.length];
        shown = device.clone();
        claim(PciRegs.VENDOR_ID, 4);
        claim(PciRegs.COMMAND, 2);
        claimBits(STATUS_OFFSET, PciRegs.STATUS_CAPABILITIES);
        claim(PciRegs.REVISION_ID, 4);
        claim(PciRegs.HEADER_TYPE, 1);
        claim(PciRegs.BAR0, 24);
        claim(PciRegs.SUBSYSTEM_VENDOR_ID, 4);
        claim(PciRegs.EXPANSION_ROM, 4);
        claim(PciRegs.CAPABILITIES, 1);
        claim(PciRegs.INTERRUPT_LINE, 2);
        walk(rootBus);
        if (device.length > PciRegs.CONFIG_SIZE) {
            walkExtended();
        }
    }

    private void claim(int offset, int bytes) {
        for (int i = 0; i < bytes && offset + i < ours.length; i++) {
            ours[offset + i] = -1;
        }
    }

    private void claimBits(int offset, int bits) {
        ours[offset] |= (byte) bits;
    }

    private int word(int offset) {
        return device[offset] & 0xff | (device[offset + 1] & 0xff) << 8;
    }

    private int dword(int offset) {
        return word(offset) | word(offset + 2) << 16;
    }

    /** The chain is the device's; a loop, or a link out of it, ends it. */
    private void walk(boolean rootBus) {
        int at = (device[STATUS_OFFSET] & PciRegs.STATUS_CAPABILITIES) == 0 ? 0 : device[PciRegs.CAPABILITIES] & 0xfc;
        int link = PciRegs.CAPABILITIES;
        for (int i = 0; i < MAX_CAPABILITIES && at >= PciRegs.HEADER_END && at <= PciRegs.CONFIG_SIZE - 4; i++) {
            int id = device[at] & 0xff;
            if (id == 0xff) {
                break;
            }
            shown[link] = (byte) at;
            claim(at, 2);
            if (id == MsiCapability.ID && msi == 0) {
                msi = at;
                claim(at, MsiCapability.length(msiWide(), msiMaskable()));
            } else if (id == MsixCapability.ID && msix == 0) {
                msix = at;
                claim(at, MsixCapability.LENGTH);
            } else if (id == POWER_MANAGEMENT && power == 0) {
                power = at;
            } else if (id == EXPRESS && express == 0) {
                express = at;
                if (rootBus) {
                    integrate(at);
                }
            } else if (id == ADVANCED_FEATURES && advanced == 0) {
                advanced = at;
            }
            link = at + NEXT;
            at = device[link] & 0xfc;
        }
        shown[link] = 0;
    }

    /** An endpoint on a root bus has no link: it is part of the root complex (PCI Express 5.0, 7.5.3.2). */
    private void integrate(int at) {
        int type = (device[at + EXPRESS_FLAGS] & EXPRESS_TYPE) >> 4;
        if (type != ENDPOINT && type != LEGACY_ENDPOINT) {
            return;
        }
        claimBits(at + EXPRESS_FLAGS, EXPRESS_TYPE);
        shown[at + EXPRESS_FLAGS] = (byte) (device[at + EXPRESS_FLAGS] & ~EXPRESS_TYPE | INTEGRATED_ENDPOINT << 4);
        blank(at + EXPRESS_LINK);
        if ((device[at + EXPRESS_FLAGS] & EXPRESS_VERSION) >= 2) {
            blank(at + EXPRESS_LINK2);
        }
    }

    private void blank(int offset) {
        int bytes = Math.min(EXPRESS_LINK_LENGTH, PciRegs.CONFIG_SIZE - offset);
        claim(offset, bytes);
        for (int i = 0; i < bytes; i++) {
            shown[offset + i] = 0;
        }
    }

    private void walkExtended() {
        List<Integer> visible = new ArrayList<>();
        int at = PciRegs.CONFIG_SIZE;
        for (int i = 0; i < MAX_EXTENDED && at >= PciRegs.CONFIG_SIZE && at <= device.length - 4; i++) {
            int header = dword(at);
            if (header == 0 || header == -1) {
                break;
            }
            if (!HIDDEN.contains(header & 0xffff)) {
                visible.add(at);
            }
            at = header >>> HEADER_NEXT_SHIFT & 0xffc;
        }
        // The chain begins at its first place, visible or not; a hidden one there becomes the null capability.
        claim(PciRegs.CONFIG_SIZE, 4);
        int first = visible.isEmpty() ? 0 : visible.get(0);
        if (first != PciRegs.CONFIG_SIZE) {
            put(PciRegs.CONFIG_SIZE, first << HEADER_NEXT_SHIFT);
        }
        for (int i = 0; i < visible.size(); i++) {
            int next = i + 1 < visible.size() ? visible.get(i + 1) : 0;
            claim(visible.get(i), 4);
            put(visible.get(i), dword(visible.get(i)) & 0xf_ffff | next << HEADER_NEXT_SHIFT);
        }
    }

    private void put(int offset, int value) {
        for (int i = 0; i < 4; i++) {
            shown[offset + i] = (byte) (value >>> 8 * i);
        }
    }

    /** The bits of {@code size} bytes that are ours. */
    long ours(int offset, int size) {
        long mask = 0;
        for (int i = 0; i < size; i++) {
            mask |= (ours[offset + i] & 0xffL) << 8 * i;
        }
        return mask;
    }

    /** How many bytes of configuration space there are. */
    int size() {
        return device.length;
    }

    /** What ours reads as after a reset, byte by byte; for others what the device showed. */
    int shown(int offset) {
        return shown[offset] & 0xff;
    }

    /** Offset of MSI, or 0. */
    int msi() {
        return msi;
    }

    /** Whether MSI has a 64-bit address. */
    boolean msiWide() {
        return (word(msi + 2) & 1 << 7) != 0;
    }

    /** Whether MSI has masks. */
    boolean msiMaskable() {
        return (word(msi + 2) & 1 << 8) != 0;
    }

    /** How many vectors MSI has. */
    int msiVectors() {
        return 1 << Math.min(word(msi + 2) >> 1 & 7, 5);
    }

    /** Offset of MSI-X, or 0. */
    int msix() {
        return msix;
    }

    /** How many vectors MSI-X has. */
    int msixVectors() {
        return (word(msix + 2) & 0x7ff) + 1;
    }

    /** The BAR with MSI-X's table. */
    int tableBar() {
        return dword(msix + 4) & 7;
    }

    /** Where in it. */
    int tableOffset() {
        return dword(msix + 4) & ~7;
    }

    /** The BAR with MSI-X's pending bits. */
    int pendingBar() {
        return dword(msix + 8) & 7;
    }

    /** Where in it. */
    int pendingOffset() {
        return dword(msix + 8) & ~7;
    }

    /** Offset of the power management capability, or 0. */
    int power() {
        return power;
    }

    /**
     * Whether the device may stop to answer accesses to memory when {@code size} bytes at {@code offset} are written: it leaves
     * D0, or resets itself.
     */
    boolean takesAway(int offset, int size, long value) {
        return power != 0 && sets(power + PMCSR, PMCSR_STATE, offset, size, value)
                || express != 0 && sets(express + EXPRESS_CONTROL, EXPRESS_CONTROL_RESET, offset, size, value)
                || advanced != 0 && sets(advanced + ADVANCED_CONTROL, ADVANCED_CONTROL_RESET, offset, size, value);
    }

    /** Whether {@code size} bytes at {@code offset} decide what messages are sent: bus mastering, MSI, MSI-X. */
    boolean concernsMessages(int offset, int size) {
        return overlaps(PciRegs.COMMAND, 2, offset, size)
                || msi != 0 && overlaps(msi, MsiCapability.length(msiWide(), msiMaskable()), offset, size)
                || msix != 0 && overlaps(msix, MsixCapability.LENGTH, offset, size);
    }

    private static boolean overlaps(int start, int length, int offset, int size) {
        return offset < start + length && offset + size > start;
    }

    /** Whether a write sets one of the bits of the word at a place. */
    private static boolean sets(int word, int bits, int offset, int size, long value) {
        for (int i = 0; i < 2; i++) {
            int at = word + i - offset;
            if (at >= 0 && at < size && (value >>> 8 * at & bits >>> 8 * i & 0xff) != 0) {
                return true;
            }
        }
        return false;
    }

    /** A base address register as the device shows it; its low bits say of which kind it is. */
    int bar(int index) {
        return dword(PciRegs.BAR0 + 4 * index);
    }

    /** The interrupt pin, 0 for none. */
    int pin() {
        return device[PciRegs.INTERRUPT_PIN] & 7;
    }
}
