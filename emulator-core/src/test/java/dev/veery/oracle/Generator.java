package dev.veery.oracle;

import dev.veery.oracle.Form.Trait;
import java.util.List;
import java.util.SplittableRandom;

/** Makes random cases: one instruction, a few in a row, or random bytes. */
final class Generator implements Oracle.Source {
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RBX = 3;
    private static final int RSP = 4;
    private static final int RBP = 5;
    private static final int RSI = 6;
    private static final int RDI = 7;

    private static final int FLAGS_STATUS = 0x8d5;
    private static final int FLAG_DF = 0x400;
    private static final int FLAG_AC = 0x4_0000;
    private static final int DATA_WINDOW = Layout.DATA_SIZE;

    /** Results that may differ in the last place, faults that may differ, pointers that are stored. */
    private static final String NOT_IN_PROGRAMS = Quirks.TRANSCENDENTAL + "|.* 0FF7 .*|D[9D] /6 mem";

    private final Values v;
    private final List<Form> forms;
    private final Encoder encoder;

    /** Whether there are forms that use the upper halves of vector registers. */
    private final boolean upper;

    private int turn;

    Generator(long seed, List<Form> forms) {
        upper = forms.stream().anyMatch(f -> f.key().startsWith("VEX") && f.size() == 32);
        v = new Values(new SplittableRandom(seed));
        this.forms = forms;
        encoder = new Encoder(v);
    }

    /** A new set of contents of the data pages. */
    @Override
    public void image(byte[] to) {
        int at = 0;
        while (at < to.length) {
            int run = Math.min(to.length - at, 64 << v.below(3));
            v.fill(to, at, run, v.anyType());
            at += run;
        }
    }

    /** The next case: forms in turn, so that each is tried equally often, with programs and random bytes in between. */
    @Override
    public void next(OracleCase c) {
        c.clear();
        c.compat = v.chance(25);
        registers(c);
        int kind = v.below(16);
        if (kind == 0) {
            wild(c);
        } else if (kind < 4) {
            program(c);
        } else {
            Form f = nextForm();
            c.compat = f.has(Trait.ONLY32) || c.compat && !f.has(Trait.ONLY64);
            one(c, f);
        }
        finish(c);
    }

    private void one(OracleCase c, Form f) {
        start(c);
        prepare(c, f);
        encoder.write(c, f);
        c.forms.add(f);
    }

    private static void finish(OracleCase c) {
        if (c.compat) {
            // What is above ESP does not survive outside 64-bit code (SDM vol. 1, section 3.4.1.1).
            c.gpr[RSP] &= 0xffff_ffffL;
        }
    }

    private Form nextForm() {
        Form f = forms.get(turn);
        turn = (turn + 1) % forms.size();
        return f;
    }

    /** One case of one form, for a table of all forms. */
    void single(OracleCase c, Form f) {
        c.clear();
        registers(c);
        c.compat = f.has(Trait.ONLY32) || v.chance(25) && !f.has(Trait.ONLY64);
        one(c, f);
        finish(c);
    }

    /** One case of one form with its operand in memory at an address: that of ModRM, of a string instruction or of the stack. */
    void at(OracleCase c, Form f, long address) {
        c.clear();
        registers(c);
        c.compat = f.has(Trait.ONLY32) || v.chance(25) && !f.has(Trait.ONLY64);
        start(c);
        prepare(c, f);
        if (f.has(Trait.STRING)) {
            c.gpr[v.chance(50) ? RSI : RDI] = address;
        } else if (!f.modrm() || f.register()) {
            c.gpr[RSP] = address;
        }
        encoder.writeAt(c, f, address);
        c.forms.add(f);
        finish(c);
    }

    private void program(OracleCase c) {
        int n = 2 + v.below(5);
        start(c);
        if (c.codeAddress >= Layout.CODE + Layout.PAGE) {
            // A fetch fault in the middle would show what an instruction left undefined.
            c.codeAddress -= Layout.PAGE;
        }
        int last = 0;
        while (last < n) {
            Form f = forms.get(v.below(forms.size()));
            if (f.has(Trait.BRANCH) && last < n - 1
                    || f.has(Trait.ONLY32) && !c.compat
                    || f.has(Trait.ONLY64) && c.compat
                    || f.size() > 64
                    || f.key().matches(NOT_IN_PROGRAMS)) {
                continue;
            }
            if (last == 0) {
                prepare(c, f);
            }
            encoder.write(c, f);
            c.forms.add(f);
            last++;
            if (last < n && UndefinedFlags.of(f) != 0) {
                // CMP EAX, ECX defines every flag, so that nothing undefined reaches a later instruction.
                c.emit(0x39, 0xc8);
            }
        }
    }

    private void wild(OracleCase c) {
        c.wild = true;
        start(c);
        int n = 16;
        for (int i = 0; i < n; i++) {
            c.emit((int) v.random());
        }
        if (v.chance(50)) {
            c.code[0] = (byte) 0x0f;
        }
        for (int i = 0; i < 8; i++) {
            int r = v.below(16);
            c.gpr[r] = encoder.pointer(8, true);
        }
    }

    private void start(OracleCase c) {
        int where = v.below(20);
        if (where == 0) {
            c.codeAddress = Layout.CODE + Layout.PAGE - v.below(16);
        } else if (where == 1) {
            c.codeAddress = Layout.CODE + Layout.CODE_SIZE - 1 - v.below(16);
        } else {
            c.codeAddress = Layout.CODE + 0x800 + v.below(64);
        }
    }

    // ---- registers

    private void registers(OracleCase c) {
        for (int r = 0; r < 16; r++) {
            c.gpr[r] = v.integer();
        }
        c.gpr[RSP] = Layout.DATA + 0x800 + 8L * v.below(0x100);
        if (v.chance(10)) {
            c.gpr[RSP] = encoder.pointer(8, false);
        }
        if (v.chance(30)) {
            c.gpr[RBP] = Layout.DATA + 0x800 + 8L * v.below(0x100);
        }
        c.rflags = OracleCase.RFLAGS_FIXED | v.random() & FLAGS_STATUS;
        if (v.chance(20)) {
            c.rflags |= FLAG_DF;
        }
        if (v.chance(4)) {
            c.rflags |= FLAG_AC;
        }
        c.image = v.below(Layout.IMAGES);
        floats(c, v.anyType());
    }

    private void floats(OracleCase c, char type) {
        int mxcsr = OracleCase.MXCSR_DEFAULT;
        int fcw = OracleCase.FCW_DEFAULT;
        int fsw = v.below(8) << 11 | (int) v.random() & 0x4700;
        int ftw = v.chance(50) ? 0xff : v.chance(30) ? 0 : v.below(256);
        if (v.chance(50)) {
            // Rounding, FTZ, DAZ, flags already there.
            mxcsr = mxcsr & ~0x6000 | (int) v.random() & 0xe07f;
            fcw = fcw & ~0xf00 | (int) v.random() & 0xf00;
            fsw |= (int) v.random() & 0x7f;
        }
        if (v.chance(20)) {
            mxcsr = mxcsr & ~0x1f80 | (int) v.random() & 0x1f80;
        }
        if (v.chance(20)) {
            fcw = fcw & ~0x3f | (int) v.random() & 0x3f;
            if (v.chance(80)) {
                fsw &= ~(0x3f & ~fcw);
            }
        }
        if ((fsw & ~fcw & 0x3f) != 0) {
            fsw |= 0x8080;
        }
        c.fxView.putInt(OracleCase.FX_MXCSR, mxcsr);
        c.fxView.putShort(OracleCase.FX_FCW, (short) fcw);
        c.fxView.putShort(OracleCase.FX_FSW, (short) fsw);
        c.fxView.put(OracleCase.FX_FTW, (byte) ftw);
        c.fxView.putShort(OracleCase.FX_FOP, (short) v.below(0x800));
        c.fxView.putLong(OracleCase.FX_FIP, v.random() >> 16);
        c.fxView.putLong(OracleCase.FX_FDP, v.random() >> 16);
        for (int i = 0; i < 8; i++) {
            int at = OracleCase.FX_ST + 16 * i;
            v.fill(c.fx, at, 10, v.chance(80) ? 'x' : 'i');
        }
        vectors(c, type);
    }

    private void vectors(OracleCase c, char type) {
        for (int i = 0; i < 16; i++) {
            v.fill(c.fx, OracleCase.FX_XMM + 16 * i, 16, type);
        }
        boolean clean = !upper || v.chance(25);
        c.fxView.putLong(OracleCase.FX_XSTATE_BV, clean ? 3 : 7);
        for (int i = 0; !clean && i < 16; i++) {
            v.fill(c.fx, OracleCase.FX_UPPER + 16 * i, 16, type);
        }
    }

    /** Gives an instruction operands for which it does something. */
    private void prepare(OracleCase c, Form f) {
        boolean far =
                f.has(Trait.FRAME) || f.has(Trait.FAR_POINTER) || f.immediate().equals("far");
        if (far) {
            // A stack at the end of the address space is a matter of the mode that is left and of the one that is
            // entered.
            c.gpr[RSP] = Layout.DATA + 0x800 + 8L * v.below(0x100);
        }
        if (f.type() == 's' || f.type() == 'd') {
            vectors(c, f.type());
        }
        if (f.has(Trait.STRING)) {
            strings(c);
        }
        if (f.has(Trait.COUNT) && v.chance(80)) {
            c.gpr[RCX] = v.below(80);
        }
        if (f.has(Trait.DIVIDE) && v.chance(80)) {
            c.gpr[RDX] = v.chance(50) ? 0 : v.chance(50) ? -1 : v.integer() >> 33;
            if (v.chance(30)) {
                c.gpr[0] = v.below(256);
            }
        }
        if (f.opcode()[0] == (byte) 0xd7 && v.chance(90)) {
            c.gpr[RBX] = encoder.pointer(256, false);
        }
        boolean mask = f.opcode().length == 2 && f.opcode()[1] == (byte) 0xf7 && f.opcode()[0] == 0x0f;
        if (mask && v.chance(90)) {
            c.gpr[RDI] = encoder.pointer(16, false);
            vectors(c, 'i');
        }
        if (f.modrm() && f.register() && f.has(Trait.BRANCH) && v.chance(50)) {
            for (int r = 0; r < 16; r++) {
                c.gpr[r] = r == RSP ? c.gpr[r] : Layout.CODE + v.below(Layout.CODE_SIZE);
            }
        }
        long opcode = f.opcode()[0] & 0xff;
        if ((opcode == 0xc8 || opcode == 0xc9) && v.chance(90)) {
            c.gpr[RBP] = encoder.pointer(8, true);
        }
    }

    private void strings(OracleCase c) {
        if (v.chance(90)) {
            c.gpr[RSI] = encoder.pointer(16, true);
            c.gpr[RDI] = v.chance(20) ? c.gpr[RSI] : encoder.pointer(16, true);
        }
        if (v.chance(20)) {
            c.gpr[RDI] = c.gpr[RSI] + v.below(33) - 16;
        }
        c.gpr[RCX] = v.chance(90) ? v.below(24) : v.below(DATA_WINDOW);
        if (v.chance(10)) {
            // Not seen by 32-bit addresses.
            c.gpr[RCX] |= v.random() << 32;
        }
        if (v.chance(50)) {
            // Something to find: AL is what memory holds most.
            c.gpr[0] = 0;
        }
    }
}
