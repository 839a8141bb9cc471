package dev.veery.q35;

import dev.veery.irq.IrqLine;
import java.util.List;

/** A wire with several drivers: high while any of them drives it high. */
final class SharedWire {
    private final List<IrqLine> ends;
    private int high;

    SharedWire(IrqLine... ends) {
        this.ends = List.of(ends);
    }

    /** One more driver. */
    IrqLine driver() {
        return new Driver();
    }

    private void change(int by) {
        high += by;
        if (by > 0 ? high == 1 : high == 0) {
            for (int i = 0; i < ends.size(); i++) {
                ends.get(i).set(by > 0);
            }
        }
    }

    private final class Driver implements IrqLine {
        private boolean level;

        @Override
        public void set(boolean newLevel) {
            if (newLevel != level) {
                level = newLevel;
                change(newLevel ? 1 : -1);
            }
        }
    }
}
