package dev.veery.oracle;

import dev.veery.cpu.interp.NativeTier;
import dev.veery.cpu.mmu.SoftMmu;
import dev.veery.cpu.state.CpuState;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs cases on both sides, the host one batch ahead of the guest. A case that differs has the host run it again: a virtual
 * machine that is interrupted in it loses what its own host does not keep, such as AMD's x87 pointers.
 */
final class Oracle implements AutoCloseable {
    private static final int PAGE_FAULT = 14;

    /** Makes cases. */
    interface Source {
        /** Fills in the contents of the data pages that cases may start from. */
        void image(byte[] to);

        /** Fills in the next case. */
        void next(OracleCase c);
    }

    /** Hears of every case, in order. */
    interface Sink {
        /**
         * A case has run.
         *
         * @param same nothing differs that is defined
         */
        void result(OracleCase c, byte[] image, Outcome host, Outcome guest, boolean same);
    }

    private final NativeChild child;
    private final GuestMachine guest;
    private final boolean amd;
    private final OracleCase[][] cases = new OracleCase[Layout.BATCHES][Layout.SLOTS];
    private final byte[][][] images = new byte[Layout.BATCHES][Layout.IMAGES][Layout.DATA_SIZE];
    private final Outcome onHost = new Outcome();
    private final Outcome onGuest = new Outcome();

    /** What {@link #onGuest} was before known differences were taken out of it. */
    private final Outcome asRun = new Outcome();

    /** The batch that the child is running, or -1. */
    private int running = -1;

    Oracle(HostInfo host) {
        this(host, null);
    }

    /** With an engine of the caller's for blocks of code. */
    Oracle(HostInfo host, @Nullable BiFunction<CpuState, SoftMmu, NativeTier> tier) {
        child = new NativeChild(host);
        guest = new GuestMachine(host, tier);
        amd = host.amd();
        for (OracleCase[] batch : cases) {
            for (int i = 0; i < batch.length; i++) {
                batch[i] = new OracleCase();
            }
        }
    }

    @Override
    public void close() {
        child.close();
        guest.close();
    }

    /** Runs {@code count} cases. */
    void run(Source source, long count, Sink sink) {
        long left = count;
        int batch = 0;
        int size = fill(source, batch, left);
        submit(batch);
        while (size > 0) {
            left -= size;
            int next = fill(source, 1 - batch, left);
            await();
            if (next > 0) {
                submit(1 - batch);
            }
            compare(batch, size, sink);
            batch = 1 - batch;
            size = next;
        }
    }

    private void submit(int batch) {
        child.submit(batch);
        running = batch;
    }

    private void await() {
        int batch = running;
        if (batch >= 0) {
            int died = child.await(batch);
            if (died >= 0) {
                throw new AssertionError("the oracle's child died in: " + cases[batch][died].hex());
            }
            running = -1;
        }
    }

    private int fill(Source source, int batch, long left) {
        int n = (int) Math.min(left, Layout.SLOTS);
        if (n == 0) {
            return 0;
        }
        for (int i = 0; i < Layout.IMAGES; i++) {
            source.image(images[batch][i]);
            int at = Layout.batch(batch) + Layout.BATCH_IMAGES + i * Layout.DATA_SIZE;
            child.shared.put(at, images[batch][i]);
        }
        for (int i = 0; i < n; i++) {
            source.next(cases[batch][i]);
            cases[batch][i].store(child.shared, Layout.slot(batch, i));
        }
        child.shared.putLong(Layout.batch(batch) + Layout.BATCH_COUNT, n);
        return n;
    }

    private void compare(int batch, int size, Sink sink) {
        for (int i = 0; i < size; i++) {
            OracleCase c = cases[batch][i];
            byte[] image = images[batch][c.image];
            guest.run(c, image, asRun);
            onGuest.set(asRun);
            Comparison.read(child.shared, Layout.slot(batch, i), onHost);
            boolean same = same(c);
            if (!same && (onGuest.tainted || touchesTheChild(onGuest) || runsItself(c))) {
                onGuest.vector = Outcome.EXCLUDED;
            }
            if (!same && onGuest.vector != Outcome.EXCLUDED) {
                same = again(batch, c);
            }
            sink.result(c, image, onHost, onGuest, same);
        }
    }

    /** The host's second run, in the batch's first slot, whose result has been read. */
    private boolean again(int batch, OracleCase c) {
        await();
        c.store(child.shared, Layout.slot(batch, 0));
        child.shared.putLong(Layout.batch(batch) + Layout.BATCH_COUNT, 1);
        submit(batch);
        await();
        onGuest.set(asRun);
        Comparison.read(child.shared, Layout.slot(batch, 0), onHost);
        return same(c);
    }

    /** The child has memory of its own that the guest has not. */
    private static boolean touchesTheChild(Outcome guest) {
        return guest.vector == PAGE_FAULT && guest.cr2 >= Layout.VARS && guest.cr2 < Layout.SHARED_END;
    }

    /** A far jump into its own bytes, which are random instructions then. */
    private boolean runsItself(OracleCase c) {
        boolean flagsChanged = ((onHost.rflags ^ c.rflags) & UndefinedFlags.ALL) != 0;
        return flagsChanged && c.forms.size() == 1 && c.forms.get(0).key().equals("EA");
    }

    private boolean same(OracleCase c) {
        int undefined = undefined(c);
        if (!amd) {
            return Comparison.same(c, onHost, onGuest, undefined);
        }
        AmdQuirks.alignPointers(onHost, onGuest);
        return Comparison.same(c, onHost, onGuest, undefined)
                || AmdQuirks.explain(c, onHost, onGuest) && Comparison.same(c, onHost, onGuest, undefined);
    }

    /** Flags that the last instruction leaves undefined. */
    static int undefined(OracleCase c) {
        return c.forms.isEmpty() ? 0 : UndefinedFlags.of(c.forms.get(c.forms.size() - 1));
    }

    /** A source that calls {@code filler} for every case, with data pages of zeros. */
    static Source of(Consumer<OracleCase> filler) {
        return new Source() {
            @Override
            public void image(byte[] to) {}

            @Override
            public void next(OracleCase c) {
                filler.accept(c);
            }
        };
    }
}
