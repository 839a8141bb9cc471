package dev.veery.oracle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Everything a case starts from. Reused: {@link #clear} makes it blank. */
final class OracleCase {
    static final int RFLAGS_FIXED = 0x202;
    static final int MXCSR_DEFAULT = 0x1f80;
    static final int FCW_DEFAULT = 0x37f;

    // Offsets in the FXSAVE image, SDM vol. 1, table 10-2 and vol. 2, table 3-56.
    static final int FX_FCW = 0;
    static final int FX_FSW = 2;
    static final int FX_FTW = 4;
    static final int FX_FOP = 6;
    static final int FX_FIP = 8;
    static final int FX_FDP = 16;
    static final int FX_MXCSR = 24;
    static final int FX_ST = 32;
    static final int FX_XMM = 160;

    /** XSTATE_BV, SDM vol. 1, section 13.4.2. */
    static final int FX_XSTATE_BV = 512;

    /** Upper halves of the YMM registers. */
    static final int FX_UPPER = 576;

    private static final int XSTATE_ALL = 7;

    final long[] gpr = new long[16];
    long rflags;
    final byte[] code = new byte[Layout.CODE_BYTES_SIZE];
    int codeLength;
    long codeAddress;

    /** Runs as 32-bit code of compatibility mode. */
    boolean compat;

    /** The bytes are random: they may be anything. */
    boolean wild;

    int image;
    long patchAddress;
    final byte[] patch = new byte[Layout.PATCH_SIZE];
    final byte[] fx = new byte[Layout.FX_SIZE];
    final ByteBuffer fxView = ByteBuffer.wrap(fx).order(ByteOrder.LITTLE_ENDIAN);

    /** The forms that the code consists of, empty for random bytes. */
    final List<Form> forms = new ArrayList<>();

    void clear() {
        Arrays.fill(gpr, 0);
        rflags = RFLAGS_FIXED;
        Arrays.fill(code, (byte) 0xcc);
        codeLength = 0;
        codeAddress = Layout.CODE + 0x800;
        compat = false;
        wild = false;
        image = 0;
        patchAddress = Layout.DATA;
        Arrays.fill(patch, (byte) 0);
        Arrays.fill(fx, (byte) 0);
        fxView.putShort(FX_FCW, (short) FCW_DEFAULT);
        fxView.putInt(FX_MXCSR, MXCSR_DEFAULT);
        fxView.putLong(FX_XSTATE_BV, XSTATE_ALL);
        forms.clear();
    }

    void emit(int... bytes) {
        for (int b : bytes) {
            code[codeLength++] = (byte) b;
        }
    }

    /** Eight bytes of the patch. */
    long view(int offset) {
        return ByteBuffer.wrap(patch).order(ByteOrder.LITTLE_ENDIAN).getLong(offset);
    }

    /** Puts the low bytes of a value into the patch. */
    void putPatch(int offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            patch[offset + i] = (byte) (value >> 8 * i);
        }
    }

    /** Address of the next byte that {@link #emit} writes. */
    long here() {
        return codeAddress + codeLength;
    }

    /** Writes the inputs into a slot of the shared file. */
    void store(ByteBuffer shared, int slot) {
        shared.put(slot + Layout.PATCH, patch);
        for (int r = 0; r < 16; r++) {
            shared.putLong(slot + Layout.GPRS + 8 * r, gpr[r]);
        }
        shared.putLong(slot + Layout.RFLAGS, rflags);
        shared.putLong(slot + Layout.CODE_ADDRESS, codeAddress);
        shared.putLong(slot + Layout.CODE_SELECTOR, compat ? Layout.CS32 : Layout.CS64);
        shared.putLong(slot + Layout.IMAGE_OFFSET, Layout.BATCH_IMAGES + (long) image * Layout.DATA_SIZE);
        shared.putLong(slot + Layout.PATCH_ADDRESS, patchAddress);
        shared.put(slot + Layout.CODE_BYTES, code);
        shared.put(slot + Layout.FX, fx);
    }

    /** The code as hexadecimal digits. */
    String hex() {
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < codeLength; i++) {
            b.append(String.format("%02x", code[i]));
        }
        return b.toString();
    }
}
