package dev.veery.oracle;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Every form with its memory operand at every place around the edges of pages: before pages that are not mapped, behind them,
 * across the border of two pages, and where a read-only page begins and ends.
 */
final class FaultPositions implements Oracle.Source {
    private static final long[] EDGES = {
        Layout.DATA,
        Layout.DATA + Layout.PAGE,
        Layout.DATA + Layout.DATA_SIZE,
        Layout.READ_ONLY,
        Layout.READ_ONLY + Layout.PAGE
    };

    /** What the stack and strings need at most: no form without ModRM says its size. */
    private static final int IMPLIED_SIZE = 8;

    private final Generator generator;
    private final List<Form> forms;
    private final Iterator<Place> places;

    private record Place(Form form, long address) {}

    FaultPositions(long seed, List<Form> all) {
        generator = new Generator(seed, all);
        forms = all.stream().filter(FaultPositions::accessesMemory).toList();
        places = places().iterator();
    }

    /** Returns from interrupts and other modes look at more of the stack than what is at one place. */
    private static boolean accessesMemory(Form f) {
        return f.modrm() && !f.register()
                || f.has(Form.Trait.STRING)
                || f.modrm() && f.opcode()[0] == (byte) 0xff
                || !f.modrm() && !f.has(Form.Trait.FRAME) && f.opcode().length == 1;
    }

    private List<Place> places() {
        List<Place> all = new ArrayList<>();
        for (Form f : forms) {
            int size = f.modrm() && !f.register() ? f.size() : IMPLIED_SIZE;
            for (long edge : EDGES) {
                for (int before = 0; before <= size; before++) {
                    all.add(new Place(f, edge - before));
                }
            }
        }
        return all;
    }

    /** How many cases there are. */
    long count() {
        return places().size();
    }

    @Override
    public void image(byte[] to) {
        generator.image(to);
    }

    @Override
    public void next(OracleCase c) {
        Place place = places.next();
        generator.at(c, place.form, place.address);
    }
}
