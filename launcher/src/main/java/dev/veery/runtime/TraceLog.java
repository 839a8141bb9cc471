package dev.veery.runtime;

import dev.veery.base.ConfigException;
import dev.veery.config.TraceOptions;
import dev.veery.config.TraceOptions.Item;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.ExecutionTrace;
import dev.veery.cpu.state.RegisterDump;
import dev.veery.cpu.state.Seg;
import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/** Writes what {@code -d} asks for, in the layout of QEMU's logs. */
final class TraceLog implements ExecutionTrace, AutoCloseable {
    private static final int RSP = 4;
    private static final int PAGE_FAULT = 14;

    /** Bytes of code in a line. */
    private static final int LINE_BYTES = 32;

    private final TraceOptions options;
    private final PrintStream out;
    private final boolean owned;
    private int exceptions;

    /** Opens the file, if there is one. */
    TraceLog(TraceOptions options, PrintStream standardError) {
        this.options = options;
        String file = options.file();
        owned = file != null;
        if (file == null) {
            out = standardError;
            return;
        }
        try {
            out = new PrintStream(
                    new BufferedOutputStream(new FileOutputStream(file), 1 << 16), false, StandardCharsets.UTF_8);
        } catch (FileNotFoundException e) {
            throw new ConfigException("could not open log file '" + file + "': " + HostErrors.reason(e, file));
        }
    }

    /** Where the lines go. */
    PrintStream stream() {
        return out;
    }

    @Override
    public void exception(CpuState s, int vector, int errorCode, long address) {
        if (!options.has(Item.INT)) {
            return;
        }
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "%6d: v=%02x e=%04x cpl=%d IP=%04x:%016x pc=%016x SP=%04x:%016x",
                exceptions++,
                vector,
                errorCode,
                s.cpl,
                s.seg[Seg.CS].selector,
                s.rip,
                s.seg[Seg.CS].base() + s.rip,
                s.seg[Seg.SS].selector,
                s.gpr(RSP)));
        if (vector == PAGE_FAULT) {
            line.append(String.format(Locale.ROOT, " CR2=%016x", address));
        }
        print(line.append('\n').append(RegisterDump.format(s)).toString());
    }

    @Override
    public void interrupt(CpuState s, int vector) {
        if (options.has(Item.INT)) {
            print(String.format(Locale.ROOT, "Servicing hardware INT=0x%02x%n", vector));
        }
    }

    @Override
    public void reset(CpuState s) {
        if (options.has(Item.CPU_RESET)) {
            print("CPU Reset (CPU " + s.index + ")\n" + RegisterDump.format(s));
        }
    }

    @Override
    public boolean wantsBlocks() {
        return options.has(Item.IN_ASM);
    }

    @Override
    public void block(CpuState s, long linear, byte[] code, int[] offsets) {
        StringBuilder text = new StringBuilder("----------------\nIN:\n");
        for (int n = 0; n < offsets.length; n++) {
            int end = n + 1 < offsets.length ? offsets[n + 1] : code.length;
            text.append(String.format(Locale.ROOT, "0x%08x:  ", linear + offsets[n]))
                    .append(HexFormat.ofDelimiter(" ").formatHex(code, offsets[n], end))
                    .append('\n');
        }
        print(text.append('\n').toString());
    }

    @Override
    public boolean wantsExecution() {
        return options.has(Item.EXEC) || options.has(Item.CPU);
    }

    @Override
    public void executing(CpuState s, long code) {
        StringBuilder text = new StringBuilder();
        if (options.has(Item.EXEC)) {
            text.append(String.format(
                    Locale.ROOT,
                    "Trace %d: 0x%x [%016x/%016x/%08x]%n",
                    s.index,
                    code,
                    s.seg[Seg.CS].base(),
                    s.rip,
                    s.mode));
        }
        if (options.has(Item.CPU)) {
            text.append(RegisterDump.format(s));
        }
        print(text.toString());
    }

    @Override
    public boolean chains() {
        return !options.has(Item.NOCHAIN);
    }

    @Override
    public boolean wantsTranslations() {
        return options.has(Item.OUT_ASM);
    }

    @Override
    public void translated(CpuState s, long rip, int guestBytes, int instructions, long code, byte[] host) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "OUT: [size=%d]%n  -- guest addr 0x%016x, %d bytes, %d instructions%n0x%x:  ",
                host.length,
                rip,
                guestBytes,
                instructions,
                code));
        HexFormat hex = HexFormat.of();
        for (int from = 0; from < host.length; from += LINE_BYTES) {
            text.append("\nOBJD-H: ").append(hex.formatHex(host, from, Math.min(from + LINE_BYTES, host.length)));
        }
        print(text.append("\n\n").toString());
    }

    private void print(String text) {
        synchronized (out) {
            out.print(text);
        }
    }

    @Override
    public void close() {
        out.flush();
        if (owned) {
            out.close();
        }
    }
}
