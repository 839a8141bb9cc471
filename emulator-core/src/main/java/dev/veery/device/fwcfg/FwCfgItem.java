package dev.veery.device.fwcfg;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One item: its bytes, and who wants to know of accesses. Positions in the buffer are absolute. */
final class FwCfgItem {
    static final FwCfgItem EMPTY = new FwCfgItem(ByteBuffer.allocate(0), null, null);

    final ByteBuffer data;
    final @Nullable Runnable onSelect;
    final @Nullable FwCfgWriteListener onWrite;

    FwCfgItem(ByteBuffer data, @Nullable Runnable onSelect, @Nullable FwCfgWriteListener onWrite) {
        this.data = data;
        this.onSelect = onSelect;
        this.onWrite = onWrite;
    }

    int size() {
        return data.limit();
    }
}
