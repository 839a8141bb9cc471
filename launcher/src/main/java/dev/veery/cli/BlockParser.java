package dev.veery.cli;

import dev.veery.base.ConfigException;
import dev.veery.block.CacheMode;
import dev.veery.block.DiskSpec;
import dev.veery.model.DeviceDescriptor;
import dev.veery.model.PropertyParser;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code -drive} and {@code -blockdev}, from left to right. */
final class BlockParser {
    private static final long DEFAULT_NULL_SIZE = 1L << 30;

    private final Map<String, DiskSpec> disks = new LinkedHashMap<>();
    private int drives;

    /** The disks that are not part of others. */
    List<DiskSpec> disks() {
        return new ArrayList<>(disks.values());
    }

    /**
     * Reads {@code -drive}.
     *
     * @return the devices that it asks for
     */
    List<DeviceDescriptor> drive(String value) {
        OptionText text = new OptionText("-drive", value, null);
        String connection = text.take("if");
        boolean virtio = "virtio".equals(connection);
        if (!virtio && !"none".equals(connection)) {
            throw text.error("'if=" + (connection == null ? "ide" : connection)
                    + "' is not available in this version; use if=virtio, or if=none and a -device");
        }
        String given = text.take("id");
        String id = given == null ? (virtio ? "virtio" : "none") + drives : given;
        drives++;
        String media = text.take("media");
        if (media != null && !media.equals("disk")) {
            throw text.error("'media' can only be disk");
        }
        checkFormat(text, text.take("format"));
        text.takeOff("snapshot");
        require(text, "aio", "threads");
        require(text, "werror", "report");
        require(text, "rerror", "report");
        String file = text.require("file");
        boolean readOnly = text.takeFlag("read-only", false) | text.takeFlag("readonly", false);
        String mode = text.take("cache");
        CacheMode cache = cache(text, mode == null ? CacheMode.WRITEBACK : cacheWord(text, mode));
        boolean unmap = unmap(text);
        boolean locking = locking(text, "file.locking");
        text.finish();
        add(text, new DiskSpec(id, file, 0, readOnly, cache, unmap, locking));
        if (!virtio) {
            return List.of();
        }
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("drive", id);
        return List.of(DeviceDescriptor.of("virtio-blk-pci", properties, "-drive " + value));
    }

    /** Reads {@code -blockdev}, JSON or {@code driver,key=value}. */
    void blockdev(String value) {
        OptionText text = value.startsWith("{")
                ? new OptionText("-blockdev " + value, Json.object("-blockdev " + value, value))
                : new OptionText("-blockdev", value, "driver");
        String driver = text.require("driver");
        String name = text.require("node-name");
        switch (driver) {
            case "file":
            case "host_device":
                add(text, file(text, "", name));
                break;
            case "null-co":
            case "null-aio":
                text.takeFlag("read-zeroes", true);
                boolean readOnly = text.takeFlag("read-only", false);
                add(text, new DiskSpec(name, null, nullSize(text), readOnly, CacheMode.WRITEBACK, true, false));
                break;
            case "raw":
                raw(text, name);
                break;
            default:
                throw text.error("driver '" + driver + "' is not available in this version; use file, raw or null-co");
        }
        text.finish();
    }

    private static long nullSize(OptionText text) {
        String size = text.take("size");
        return size == null ? DEFAULT_NULL_SIZE : PropertyParser.size("size", size);
    }

    /** A raw node over a file node, named or written out in place: the same disk under another name. */
    private void raw(OptionText text, String name) {
        String below = text.take("file");
        DiskSpec base;
        if (below != null) {
            base = disks.remove(below);
            if (base == null) {
                throw text.error("there is no unused node '" + below + "'");
            }
        } else {
            String driver = text.require("file.driver");
            if (!driver.equals("file") && !driver.equals("host_device")) {
                throw text.error("'file.driver' can only be file");
            }
            text.take("file.node-name");
            base = file(text, "file.", name);
        }
        boolean readOnly = text.takeFlag("read-only", false) || base.readOnly();
        CacheMode cache = cache(text, base.cache());
        boolean unmap = unmap(text) && base.unmap();
        add(text, new DiskSpec(name, base.file(), base.length(), readOnly, cache, unmap, base.locking()));
    }

    private static DiskSpec file(OptionText text, String prefix, String name) {
        String path = text.require(prefix + "filename");
        require(text, prefix + "aio", "threads");
        boolean readOnly = text.takeFlag(prefix + "read-only", false);
        text.takeFlag(prefix + "auto-read-only", false);
        boolean direct = text.takeFlag(prefix + "cache.direct", false);
        boolean noFlush = text.takeFlag(prefix + "cache.no-flush", false);
        boolean unmap = prefix.isEmpty() ? unmap(text) : "unmap".equals(text.take(prefix + "discard"));
        boolean locking = locking(text, prefix + "locking");
        return new DiskSpec(name, path, 0, readOnly, new CacheMode(true, direct, noFlush), unmap, locking);
    }

    private void add(OptionText text, DiskSpec spec) {
        if (disks.put(spec.id(), spec) != null) {
            throw text.error("Duplicate ID '" + spec.id() + "'");
        }
    }

    private static CacheMode cacheWord(OptionText text, String word) {
        try {
            return CacheMode.parse(word);
        } catch (ConfigException e) {
            throw text.error(e.getMessage());
        }
    }

    private static CacheMode cache(OptionText text, CacheMode base) {
        return new CacheMode(
                text.takeFlag("cache.writeback", base.writeback()),
                text.takeFlag("cache.direct", base.direct()),
                text.takeFlag("cache.no-flush", base.noFlush()));
    }

    private static boolean unmap(OptionText text) {
        String discard = text.take("discard");
        if (discard == null || discard.equals("ignore") || discard.equals("off")) {
            return false;
        }
        if (discard.equals("unmap") || discard.equals("on")) {
            return true;
        }
        throw text.error("'discard' is ignore or unmap");
    }

    private static boolean locking(OptionText text, String key) {
        String locking = text.take(key);
        return locking == null || locking.equals("auto") || text.flag(key, locking);
    }

    private static void checkFormat(OptionText text, @Nullable String format) {
        if (format != null && !format.equals("raw")) {
            throw text.error("format '" + format + "' is not available in this version; only raw");
        }
    }

    private static void require(OptionText text, String key, String only) {
        String value = text.take(key);
        if (value != null && !value.equals(only)) {
            throw text.error("'" + key + "' can only be " + only);
        }
    }
}
