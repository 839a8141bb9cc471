package dev.veery.oracle;

import dev.veery.oracle.Form.Trait;

/** Writes one instruction of a form with random prefixes, registers, address form and immediate. */
final class Encoder {
    private static final int RSP = 4;

    private final Values v;

    // The instruction under construction.
    private boolean wide;
    private int rexBits;
    private boolean address32;
    private int segment;
    private final int[] tail = new int[8];
    private int tailLength;
    private boolean ripRelative;
    private long target;
    private int operandSize;
    private int vvvv;
    private boolean large;

    /** Where the memory operand has to be; 0: anywhere. */
    private long place;

    Encoder(Values v) {
        this.v = v;
    }

    /** An address for an operand of {@code size} bytes: mostly in the data, often at its edges, sometimes outside. */
    long pointer(int size, boolean aligned) {
        int span = Math.max(Layout.DATA_SIZE - size, 1);
        switch (v.below(24)) {
            case 0:
                return Layout.DATA + Layout.PAGE - 1 - v.below(Math.max(size - 1, 1));
            case 1:
                return Layout.DATA + Layout.DATA_SIZE - v.below(size + 2);
            case 2:
                return Layout.DATA - 1 - v.below(size);
            case 3:
                return Layout.READ_ONLY + v.below(Layout.PAGE);
            case 4:
                return outside();
            case 5:
            case 6:
            case 7:
                return Layout.DATA + v.below(span);
            default:
                int unit = aligned ? Math.min(Integer.highestOneBit(size), 16) : 1;
                return Layout.DATA + v.below(span) / unit * unit;
        }
    }

    private long outside() {
        switch (v.below(8)) {
            case 0:
                return Layout.CODE + v.below(Layout.CODE_SIZE);
            case 1:
                return v.below(0x1000);
            case 2:
                return 0xffff_8000_0000_0000L + v.below(0x1000_0000);
            case 3:
                return 0x8000_0000_0000L - 1 - v.below(32);
            case 4:
                return 0x8000_0000_0000L + v.below(32);
            case 5:
                return -1L - v.below(32);
            case 6:
                return 0x1_0000_0000_0000L * (1 + v.below(0x7ffe));
            default:
                return Layout.READ_ONLY - 1 - v.below(0x100);
        }
    }

    /** As {@link #write}, with the memory operand, if the form has one, at an address that is not 0. */
    void writeAt(OracleCase c, Form f, long address) {
        place = address;
        write(c, f);
        place = 0;
    }

    void write(OracleCase c, Form f) {
        tailLength = 0;
        rexBits = 0;
        ripRelative = false;
        segment = 0;
        wide = !c.compat && v.chance(35);
        address32 = v.chance(6);
        boolean lock = f.has(Trait.LOCK) && !f.register() && v.chance(30);
        boolean memory = f.modrm() && !f.register();
        boolean segmented = memory || f.has(Trait.STRING) || f.immediate().equals("moffs");
        if (segmented && v.chance(8)) {
            segment = c.compat ? 0x26 + 8 * v.below(4) : 0x64 + v.below(2);
            if (segment == 0x2e && f.has(Trait.FPU)) {
                // Whether the code segment may be written does not matter when an unmasked exception leaves the store
                // out.
                segment = 0;
            }
        }
        int immediateSize = immediateSize(c, f);
        boolean operand16 = f.has(Trait.OPERAND_SIZE) && v.chance(25);
        if (operand16 && (f.immediate().equals("iz") || f.immediate().equals("iv") && !wide)) {
            immediateSize = wide ? immediateSize : 2;
        }
        if (operand16 && f.immediate().equals("relz") && c.compat) {
            immediateSize = 2;
        }
        operandSize = wide ? 8 : operand16 ? 2 : 4;
        if (f.has(Trait.VEX)) {
            vexFields(c, f);
        }
        if (f.immediate().equals("far")) {
            immediateSize = operandSize + 2;
        }
        if (f.has(Trait.FRAME)) {
            frame(c, f);
        }
        if (f.immediate().equals("moffs")) {
            immediateSize = c.compat ? address32 ? 2 : 4 : address32 ? 4 : 8;
        }
        if (f.modrm()) {
            modrm(c, f, lock || f.has(Trait.LOCK) && isExchange(f));
        } else if (f.opcode().length == 1 || (f.opcode()[1] & 0xf8) == 0xc8) {
            rexBits |= !c.compat && v.chance(30) ? 1 : 0;
        }
        if (f.has(Trait.VEX)) {
            vex(c, f);
        } else {
            prefixes(c, f, lock, operand16);
            for (byte b : f.opcode()) {
                c.emit(b);
            }
        }
        for (int i = 0; i < tailLength; i++) {
            c.emit(tail[i]);
        }
        if (ripRelative) {
            long displacement = target - (c.here() + immediateSize);
            for (int i = 0; i < 4; i++) {
                c.code[c.codeLength - 4 + i] = (byte) (displacement >> 8 * i);
            }
        }
        immediate(c, f, immediateSize);
    }

    private static boolean isExchange(Form f) {
        return f.opcode().length == 1 && (f.opcode()[0] & 0xfe) == 0x86;
    }

    /** What POP of a segment, RETF and IRET find. */
    private void frame(OracleCase c, Form f) {
        int size = f.has(Trait.BRANCH) || c.compat ? operandSize : operandSize == 2 ? 2 : 8;
        long last = Layout.DATA + Layout.DATA_SIZE - Layout.PATCH_SIZE;
        c.patchAddress = Math.max(Layout.DATA, Math.min(last, c.gpr[RSP]));
        if (!f.has(Trait.BRANCH)) {
            c.putPatch(0, 8, v.selector() | v.random() << 16);
            return;
        }
        c.putPatch(0, size, farOffset());
        c.putPatch(size, size, v.codeSelector());
        if (f.opcode()[0] == (byte) 0xcf) {
            c.putPatch(2 * size, size, OracleCase.RFLAGS_FIXED | v.random() & 0xfd5);
            c.putPatch(3 * size, size, Layout.DATA + 0x800 + v.below(0x1000));
            c.putPatch(4 * size, size, v.stackSelector());
        }
    }

    private long farOffset() {
        long offset = Layout.CODE + v.below(Layout.CODE_SIZE);
        return v.chance(10) ? offset | v.random() << 32 : offset;
    }

    // ---- prefixes

    private void prefixes(OracleCase c, Form f, boolean lock, boolean operand16) {
        int[] p = new int[6];
        int n = 0;
        if (f.mandatory() > 0) {
            p[n++] = f.mandatory();
        }
        if (operand16) {
            p[n++] = 0x66;
        }
        if (address32) {
            p[n++] = 0x67;
        }
        if (segment != 0) {
            p[n++] = segment;
        }
        if (lock) {
            p[n++] = 0xf0;
        }
        if (f.has(Trait.REPEAT) && v.chance(70)) {
            p[n++] = v.chance(50) ? 0xf2 : 0xf3;
        }
        for (int i = n - 1; i > 0; i--) {
            int j = v.below(i + 1);
            int t = p[i];
            p[i] = p[j];
            p[j] = t;
        }
        for (int i = 0; i < n; i++) {
            c.emit(p[i]);
        }
        if (!c.compat && (wide || rexBits != 0 || v.chance(10))) {
            c.emit(0x40 | (wide ? 8 : 0) | rexBits);
        }
    }

    // ---- VEX

    /** What VEX says besides the registers of ModRM; now and then what it must not say. */
    private void vexFields(OracleCase c, Form f) {
        boolean free = f.has(Trait.VVVV) || v.chance(2);
        vvvv = free ? anyRegister(c) : 0;
        if (f.has(Trait.FIELD) && vvvv != RSP && v.chance(60)) {
            c.gpr[vvvv] = v.below(80) | (long) v.below(80) << 8 | v.random() << 16;
        }
        boolean any = f.has(Trait.L_FREE) || !f.has(Trait.L0) && !f.has(Trait.L1) || v.chance(2);
        large = any ? v.chance(50) : f.has(Trait.L1);
        wide = !f.has(Trait.W0) && !f.has(Trait.W1) || v.chance(2) ? v.chance(50) : f.has(Trait.W1);
    }

    private void vex(OracleCase c, Form f) {
        if (v.chance(1)) {
            int[] wrong = {0x66, 0xf2, 0xf3, 0xf0, 0x48};
            c.emit(wrong[v.below(c.compat ? 4 : 5)]);
        }
        if (address32) {
            c.emit(0x67);
        }
        if (segment != 0) {
            c.emit(segment);
        }
        byte[] o = f.opcode();
        int map = o.length == 2 ? 1 : o[1] == 0x38 ? 2 : 3;
        int pp = f.mandatory() == 0x66 ? 1 : f.mandatory() == 0xf3 ? 2 : f.mandatory() == 0xf2 ? 3 : 0;
        int last = (~vvvv & 15) << 3 | (large ? 4 : 0) | pp;
        if (map == 1 && !wide && (rexBits & 3) == 0 && v.chance(60)) {
            c.emit(0xc5, (~rexBits & 4) << 5 | last);
        } else {
            c.emit(0xc4, (~rexBits & 7) << 5 | map, (wide ? 0x80 : 0) | last);
        }
        c.emit(o[o.length - 1]);
    }

    // ---- ModRM

    private void modrm(OracleCase c, Form f, boolean whole) {
        int reg = f.digit() >= 0 ? f.digit() : v.below(8);
        if (f.digit() < 0 && !c.compat && v.chance(40)) {
            rexBits |= 4;
        }
        if (f.has(Trait.BIT_OFFSET) && v.chance(80)) {
            int r = reg | (rexBits & 4) << 1;
            c.gpr[r] = r == RSP ? c.gpr[r] : v.below(512) - 256;
        }
        if (f.register()) {
            rexBits |= !c.compat && v.chance(40) ? 1 : 0;
            int rm = v.below(8);
            tail[tailLength++] = 0xc0 | reg << 3 | rm;
            if (f.has(Trait.SELECTOR)) {
                c.gpr[rm | (rexBits & 1) << 3] = v.selector() | v.random() << 16;
            }
            return;
        }
        memory(c, f, reg, whole);
    }

    private void memory(OracleCase c, Form f, int reg, boolean whole) {
        int size = f.size();
        boolean aligned = f.has(Trait.ALIGNED) || whole || v.chance(50);
        target = place != 0 ? place : pointer(size, aligned);
        if (place == 0 && f.has(Trait.ALIGNED) && v.chance(90)) {
            target &= f.has(Trait.VEX) && large ? -32 : -16;
        } else if (whole) {
            // Locked accesses that cross a cache line stall the whole machine, or trap where the host forbids them.
            target &= -Integer.highestOneBit(size);
        }
        patch(c, f);
        if (place == 0 && f.has(Trait.GATHER) && !(c.compat && address32) && v.chance(97)) {
            gather(c, f, reg);
            return;
        }
        if (!c.compat && segment != 0) {
            target -= segment == 0x64 ? Layout.FS_BASE : Layout.GS_BASE;
        }
        if (c.compat && address32) {
            address16(c, reg);
            return;
        }
        if (address32) {
            target &= 0xffff_ffffL;
        }
        switch (v.below(12)) {
            case 0:
                absolute(c, reg);
                break;
            case 1:
                if (!c.compat) {
                    tail[tailLength++] = reg << 3 | 5;
                    tailLength += 4;
                    ripRelative = true;
                } else {
                    absolute(c, reg);
                }
                break;
            case 2:
                index(c, reg, false);
                break;
            case 3:
            case 4:
            case 5:
                index(c, reg, true);
                break;
            default:
                base(c, reg);
                break;
        }
    }

    /** Indices that mostly reach the data, and registers that mostly differ. */
    private void gather(OracleCase c, Form f, int reg) {
        int x = anyRegister(c);
        int number = reg | (rexBits & 4) << 1;
        while ((x == number || x == vvvv || number == vvvv) && !v.chance(2)) {
            x = anyRegister(c);
            vvvv = anyRegister(c);
        }
        int scale = v.below(4);
        int b = anyRegister(c);
        if (b == RSP) {
            b = 3;
        }
        long base = Layout.DATA + v.below(Layout.PAGE);
        if (!c.compat && segment != 0) {
            base -= segment == 0x64 ? Layout.FS_BASE : Layout.GS_BASE;
        }
        long displacement = displacement(b);
        set(c, b, base - displacement);
        int indexSize = (f.opcode()[2] & 1) == 0 ? 4 : 8;
        for (int at = 0; at < 32; at += indexSize) {
            int place = (at < 16 ? OracleCase.FX_XMM : OracleCase.FX_UPPER - 16) + 16 * x + at;
            long value = v.chance(97) ? v.below(Layout.PAGE >> scale) : v.integer();
            if (indexSize == 4) {
                c.fxView.putInt(place, (int) value);
            } else {
                c.fxView.putLong(place, value);
            }
        }
        rexBits |= x >> 3 << 1 | b >> 3;
        int mod = mod(displacement, b);
        tail[tailLength++] = mod << 6 | reg << 3 | 4;
        tail[tailLength++] = scale << 6 | (x & 7) << 3 | b & 7;
        displacementBytes(mod, displacement);
    }

    /** Puts operands of the right type where the instruction will look. */
    private void patch(OracleCase c, Form f) {
        char type = f.type() == 'i' && v.chance(30) ? v.anyType() : f.type();
        v.fill(c.patch, 0, Layout.PATCH_SIZE, type);
        long last = Layout.DATA + Layout.DATA_SIZE - Layout.PATCH_SIZE;
        c.patchAddress = target >= Layout.DATA && target <= last ? target : Layout.DATA;
        if (f.has(Trait.COMPARE_EXCHANGE) && v.chance(60)) {
            long first = c.view(0);
            c.gpr[0] = wide || c.compat || f.opcode()[1] != (byte) 0xc7 ? first : first & 0xffff_ffffL;
            c.gpr[2] = wide ? c.view(8) : first >>> 32;
        }
        if (f.has(Trait.SELECTOR)) {
            c.putPatch(0, 2, v.selector());
        }
        if (f.has(Trait.FAR_POINTER)) {
            c.putPatch(0, operandSize, farOffset());
            c.putPatch(operandSize, 2, f.has(Trait.BRANCH) ? v.codeSelector() : v.selector());
        }
        if (f.has(Trait.FXRSTOR)) {
            System.arraycopy(c.fx, 0, c.patch, 0, 32);
            v.fill(c.patch, 32, 32, 'x');
            if (v.chance(10)) {
                c.patch[26] = 1;
            }
        }
        if (f.has(Trait.LDMXCSR)) {
            c.patch[0] = (byte) v.random();
            c.patch[1] = (byte) v.random();
            c.patch[2] = (byte) (v.chance(10) ? 1 : 0);
            c.patch[3] = 0;
        }
    }

    private void tail32(long value) {
        for (int i = 0; i < 4; i++) {
            tail[tailLength++] = (int) (value >> 8 * i);
        }
    }

    private void absolute(OracleCase c, int reg) {
        if (c.compat) {
            tail[tailLength++] = reg << 3 | 5;
        } else {
            tail[tailLength++] = reg << 3 | 4;
            tail[tailLength++] = 0x25;
        }
        tail32(target);
    }

    private int anyRegister(OracleCase c) {
        return v.below(c.compat ? 8 : 16);
    }

    private void set(OracleCase c, int r, long value) {
        // The upper half of an address register is ignored with 32-bit addresses.
        c.gpr[r] = c.compat || address32 && v.chance(50) ? value & 0xffff_ffffL | v.random() << 32 : value;
    }

    private void base(OracleCase c, int reg) {
        int b = anyRegister(c);
        if (b == RSP && v.chance(70)) {
            b = 3;
        }
        long displacement = displacement(b);
        set(c, b, target - displacement);
        rexBits |= b >> 3;
        int mod = mod(displacement, b);
        tail[tailLength++] = mod << 6 | reg << 3 | b & 7;
        if ((b & 7) == RSP) {
            tail[tailLength++] = 0x24;
        }
        displacementBytes(mod, displacement);
    }

    private void index(OracleCase c, int reg, boolean withBase) {
        int x = anyRegister(c);
        int b = anyRegister(c);
        if (x == RSP) {
            x = 6;
        }
        if (b == x || b == RSP) {
            b = x ^ 1;
            b = b == RSP ? 7 : b;
        }
        int scale = v.below(4);
        if (!withBase) {
            long displacement = (int) v.random();
            if (v.chance(80)) {
                displacement = target - ((target - displacement) >> scale << scale);
            }
            set(c, x, target - displacement >> scale);
            rexBits |= x >> 3 << 1;
            tail[tailLength++] = reg << 3 | 4;
            tail[tailLength++] = scale << 6 | (x & 7) << 3 | 5;
            tail32(displacement);
            return;
        }
        long displacement = displacement(b);
        long value = v.integer();
        set(c, x, value);
        set(c, b, target - displacement - (value << scale));
        rexBits |= x >> 3 << 1 | b >> 3;
        int mod = mod(displacement, b);
        tail[tailLength++] = mod << 6 | reg << 3 | 4;
        tail[tailLength++] = scale << 6 | (x & 7) << 3 | b & 7;
        displacementBytes(mod, displacement);
    }

    private long displacement(int base) {
        switch (v.below(3)) {
            case 0:
                return (base & 7) == 5 ? (byte) v.random() : 0;
            case 1:
                return (byte) v.random();
            default:
                return (int) v.random();
        }
    }

    private static int mod(long displacement, int base) {
        if (displacement == 0 && (base & 7) != 5) {
            return 0;
        }
        return displacement == (byte) displacement ? 1 : 2;
    }

    private void displacementBytes(int mod, long displacement) {
        if (mod == 1) {
            tail[tailLength++] = (int) displacement;
        } else if (mod == 2) {
            tail32(displacement);
        }
    }

    /** 16-bit addressing reaches nothing that is mapped: it shows in the address of the fault. */
    private void address16(OracleCase c, int reg) {
        int mod = v.below(3);
        int rm = v.below(8);
        tail[tailLength++] = mod << 6 | reg << 3 | rm;
        int bytes = mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;
        for (int i = 0; i < bytes; i++) {
            tail[tailLength++] = (int) v.random();
        }
    }

    // ---- immediates

    private int immediateSize(OracleCase c, Form f) {
        switch (f.immediate()) {
            case "ib":
            case "rel8":
                return 1;
            case "iw":
                return 2;
            case "enter":
                return 3;
            case "iz":
            case "relz":
                return 4;
            case "iv":
                return wide ? 8 : 4;
            default:
                return 0;
        }
    }

    private void immediate(OracleCase c, Form f, int size) {
        long value;
        switch (f.immediate()) {
            case "far":
                for (int i = 0; i < operandSize; i++) {
                    c.emit((int) (Layout.CODE + v.below(Layout.CODE_SIZE) >> 8 * i));
                }
                int selector = v.codeSelector();
                c.emit(selector, selector >> 8);
                return;
            case "moffs":
                value = pointer(8, true)
                        - (c.compat || segment == 0 ? 0 : segment == 0x64 ? Layout.FS_BASE : Layout.GS_BASE);
                break;
            case "relz":
                value = v.chance(95) ? v.below(0x1000) - 0x800 : v.random();
                break;
            case "rel8":
                // Backwards may be an endless loop, which takes the child's timer to end.
                value = v.chance(98) ? v.below(128) : v.random();
                break;
            case "enter":
                value = v.below(64) | (v.chance(80) ? v.below(4) : v.below(256)) << 16;
                break;
            case "ib":
                value = v.random();
                break;
            default:
                value = v.integer();
                break;
        }
        for (int i = 0; i < size; i++) {
            c.emit((int) (value >> 8 * i));
        }
    }
}
