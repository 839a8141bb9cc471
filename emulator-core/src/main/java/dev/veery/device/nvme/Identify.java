package dev.veery.device.nvme;

import dev.veery.block.BlockImage;
import dev.veery.memory.access.OffHeap;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Identify (5.15): the structures that describe controller and namespaces, at their offsets in a page of host memory. */
final class Identify {
    /** 5.15.1 CNS: which structure. */
    static final int NAMESPACE = 0x00;

    static final int CONTROLLER = 0x01;
    static final int ACTIVE_LIST = 0x02;
    static final int DESCRIPTORS = 0x03;
    static final int ALLOCATED_LIST = 0x10;
    static final int ALLOCATED_NAMESPACE = 0x11;
    static final int NAMESPACE_CONTROLLERS = 0x12;
    static final int CONTROLLERS = 0x13;

    private static final int SERIAL_BYTES = 20;
    private static final int MODEL_BYTES = 40;
    private static final int FIRMWARE_BYTES = 8;
    private static final int NQN_BYTES = 256;

    /** ONCS: compare, dataset management, write zeroes, select in features, timestamp, verify. */
    private static final int OPTIONAL_COMMANDS = 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 7;
    /** OACS: format, doorbell buffers. */
    private static final int OPTIONAL_ADMIN = 1 << 1 | 1 << 8;
    /** OAES: namespace attributes. */
    private static final int OPTIONAL_EVENTS = 1 << 8;
    /** LPA: the effects page, and offsets into pages. */
    private static final int LOG_ATTRIBUTES = 1 << 1 | 1 << 2;

    private static final int DESCRIPTOR_EUI64 = 1;
    private static final int DESCRIPTOR_UUID = 3;
    private static final int LIST_ENTRIES = NvmeRegs.PAGE / 4;

    private final NvmePci owner;

    Identify(NvmePci owner) {
        this.owner = owner;
    }

    int get(NvmeCommand command) {
        long page = owner.cleanPage();
        int id = command.namespace();
        int status = NvmeRegs.OK;
        switch (command.word(10) & 0xff) {
            case CONTROLLER:
                controller(page);
                break;
            case NAMESPACE:
            case ALLOCATED_NAMESPACE:
                status = namespace(page, id);
                break;
            case ACTIVE_LIST:
            case ALLOCATED_LIST:
                status = list(page, id);
                break;
            case DESCRIPTORS:
                status = descriptors(page, id);
                break;
            case NAMESPACE_CONTROLLERS:
                status = owner.namespace(id) == null ? NvmeRegs.INVALID_FIELD : controllers(page, command);
                break;
            case CONTROLLERS:
                status = controllers(page, command);
                break;
            default:
                return NvmeRegs.INVALID_FIELD;
        }
        if (status == NvmeRegs.OK) {
            status = command.map(owner.memory(), NvmeRegs.PAGE, true);
        }
        if (status == NvmeRegs.OK) {
            command.data.put(0, page, NvmeRegs.PAGE);
        }
        return status;
    }

    private static void text(long at, int bytes, String value, char fill) {
        byte[] padded = new byte[bytes];
        Arrays.fill(padded, (byte) fill);
        byte[] given = value.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(given, 0, padded, 0, Math.min(bytes, given.length));
        OffHeap.copyIn(padded, 0, at, bytes);
    }

    static void firmware(long at) {
        text(at, FIRMWARE_BYTES, "1.0", ' ');
    }

    /** 5.15.2.2. */
    private void controller(long page) {
        OffHeap.putShort(page, (int) owner.config().get(0, 2));
        OffHeap.putShort(page + 2, (int) owner.config().get(0x2c, 2));
        text(page + 4, SERIAL_BYTES, owner.serial(), ' ');
        text(page + 24, MODEL_BYTES, "Veery NVMe Ctrl", ' ');
        firmware(page + 64);
        OffHeap.putByte(page + 72, 6);
        // IEEE OUI 52:54:00, locally administered.
        OffHeap.putByte(page + 74, 0x54);
        OffHeap.putByte(page + 75, 0x52);
        OffHeap.putByte(page + 77, owner.transferLog2());
        OffHeap.putInt(page + 80, NvmeRegs.VERSION);
        OffHeap.putInt(page + 92, OPTIONAL_EVENTS);
        // An I/O controller.
        OffHeap.putByte(page + 111, 1);
        OffHeap.putShort(page + 256, OPTIONAL_ADMIN);
        OffHeap.putByte(page + 258, 3);
        OffHeap.putByte(page + 259, owner.eventLimit() - 1);
        // One firmware slot, read-only.
        OffHeap.putByte(page + 260, 1 << 1 | 1);
        OffHeap.putByte(page + 261, LOG_ATTRIBUTES);
        OffHeap.putByte(page + 262, LogPages.ERROR_ENTRIES - 1);
        OffHeap.putShort(page + 266, LogPages.WARNING_TEMPERATURE);
        OffHeap.putShort(page + 268, LogPages.CRITICAL_TEMPERATURE);
        OffHeap.putByte(page + 512, NvmeRegs.IOSQES << 4 | NvmeRegs.IOSQES);
        OffHeap.putByte(page + 513, NvmeRegs.IOCQES << 4 | NvmeRegs.IOCQES);
        OffHeap.putInt(page + 516, NvmeRegs.MAX_NAMESPACES);
        OffHeap.putShort(page + 520, OPTIONAL_COMMANDS);
        // A volatile write cache, if the host has one; flush of all namespaces is one command.
        OffHeap.putByte(page + 525, owner.volatileCache() ? 3 << 1 | 1 : 0);
        // Scatter-gather lists without alignment.
        OffHeap.putInt(page + 536, 1);
        text(page + 768, NQN_BYTES, "nqn.2019-08.org.qemu:" + owner.serial(), '\0');
        // One power state: 25 W; microseconds to enter and leave.
        OffHeap.putShort(page + 2048, 2500);
        OffHeap.putInt(page + 2052, 16);
        OffHeap.putInt(page + 2056, 4);
    }

    private static boolean valid(int id) {
        return id > 0 && id <= NvmeRegs.MAX_NAMESPACES;
    }

    /** 5.15.2.1; zeros for an id without a namespace. */
    private int namespace(long page, int id) {
        if (!valid(id)) {
            return NvmeRegs.INVALID_NAMESPACE;
        }
        NvmeNamespace of = owner.namespace(id);
        if (of == null) {
            return NvmeRegs.OK;
        }
        BlockImage image = of.disk().image();
        OffHeap.putLong(page, of.blocks());
        OffHeap.putLong(page + 8, of.blocks());
        OffHeap.putLong(page + 16, of.blocks());
        // DLFEAT: write zeroes may deallocate; what is deallocated by it reads as zeros.
        OffHeap.putByte(page + 33, image.discards() ? 1 | 1 << 3 : 0);
        OffHeap.putByte(page + 99, image.readOnly() ? 1 : 0);
        OffHeap.putLong(page + 120, Long.reverseBytes(of.eui64()));
        // LBA format 0, the only one: no metadata.
        OffHeap.putInt(page + 128, of.blockShift() << 16);
        return NvmeRegs.OK;
    }

    /** The ids above the one given; unsigned, so that all ones are above all. */
    private int list(long page, int above) {
        if (above == NvmeRegs.ALL_NAMESPACES || above == NvmeRegs.ALL_NAMESPACES - 1) {
            return NvmeRegs.INVALID_NAMESPACE;
        }
        int count = 0;
        int first = above < 0 || above > NvmeRegs.MAX_NAMESPACES ? NvmeRegs.MAX_NAMESPACES + 1 : above + 1;
        for (int id = first; id <= NvmeRegs.MAX_NAMESPACES && count < LIST_ENTRIES; id++) {
            if (owner.namespace(id) != null) {
                OffHeap.putInt(page + 4L * count, id);
                count++;
            }
        }
        return NvmeRegs.OK;
    }

    /** 5.15.2.3. */
    private int descriptors(long page, int id) {
        NvmeNamespace of = valid(id) ? owner.namespace(id) : null;
        if (of == null) {
            return valid(id) ? NvmeRegs.INVALID_FIELD : NvmeRegs.INVALID_NAMESPACE;
        }
        long at = page;
        UUID uuid = of.uuid();
        OffHeap.putByte(at, DESCRIPTOR_UUID);
        OffHeap.putByte(at + 1, 16);
        OffHeap.putLong(at + 4, Long.reverseBytes(uuid.getMostSignificantBits()));
        OffHeap.putLong(at + 12, Long.reverseBytes(uuid.getLeastSignificantBits()));
        at += 20;
        if (of.eui64() != 0) {
            OffHeap.putByte(at, DESCRIPTOR_EUI64);
            OffHeap.putByte(at + 1, 8);
            OffHeap.putLong(at + 4, Long.reverseBytes(of.eui64()));
        }
        return NvmeRegs.OK;
    }

    /** 5.15.2.10: controller 0 is the only one. */
    private static int controllers(long page, NvmeCommand command) {
        int from = command.word(10) >>> 16;
        OffHeap.putShort(page, from == 0 ? 1 : 0);
        return NvmeRegs.OK;
    }

    /** What a namespace is called whose user did not say. */
    static UUID uuid(@Nullable String serial, int id) {
        return UUID.nameUUIDFromBytes((serial + "/" + id).getBytes(StandardCharsets.UTF_8));
    }
}
