package dev.veery.device.fwcfg;

import dev.veery.base.ConfigException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** The named files and the directory item that lists them. Keys follow the order of names, so they depend on nothing else. */
final class FwCfgDirectory {
    /** Bytes of a name in the directory, the final zero included. */
    private static final int NAME_BYTES = 56;

    /** Size, key, a reserved word and the name. */
    private static final int ENTRY_BYTES = 8 + NAME_BYTES;

    /** Keys below {@link FwCfgKeys#WRITE_CHANNEL} that files can have. */
    private static final int MAX_FILES = FwCfgKeys.WRITE_CHANNEL - FwCfgKeys.FILE_FIRST;

    private final Map<String, FwCfgItem> files = new TreeMap<>();
    private FwCfgItem[] byKey = {};
    private FwCfgItem listing = FwCfgItem.EMPTY;

    FwCfgDirectory() {
        rebuild();
    }

    /**
     * Adds a file.
     *
     * @throws ConfigException for a name that is taken, too long or not plain ASCII, or when there are too many files
     */
    void add(String name, FwCfgItem item) {
        if (name.isEmpty() || name.length() >= NAME_BYTES) {
            throw new ConfigException(
                    "fw_cfg: file name '" + name + "' must have 1 to " + (NAME_BYTES - 1) + " characters");
        }
        if (!name.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new ConfigException("fw_cfg: file name '" + name + "' must be printable ASCII without spaces");
        }
        if (files.containsKey(name)) {
            throw new ConfigException("fw_cfg: file '" + name + "' exists already");
        }
        if (files.size() == MAX_FILES) {
            throw new ConfigException("fw_cfg: file '" + name + "' is one too many, the limit is " + MAX_FILES);
        }
        files.put(name, item);
        rebuild();
    }

    /** The directory: all numbers are big-endian. */
    FwCfgItem listing() {
        return listing;
    }

    /** The file whose key is {@code index} above {@link FwCfgKeys#FILE_FIRST}; an empty item if there is none. */
    FwCfgItem file(int index) {
        return index >= 0 && index < byKey.length ? byKey[index] : FwCfgItem.EMPTY;
    }

    private void rebuild() {
        byKey = files.values().toArray(new FwCfgItem[0]);
        ByteBuffer list = ByteBuffer.allocate(4 + ENTRY_BYTES * byKey.length);
        list.putInt(byKey.length);
        int key = FwCfgKeys.FILE_FIRST;
        for (Map.Entry<String, FwCfgItem> file : files.entrySet()) {
            int start = list.position();
            list.putInt(file.getValue().size());
            list.putShort((short) key++);
            list.putShort((short) 0);
            list.put(file.getKey().getBytes(StandardCharsets.US_ASCII));
            list.position(start + ENTRY_BYTES);
        }
        listing = new FwCfgItem(list, null, null);
    }
}
