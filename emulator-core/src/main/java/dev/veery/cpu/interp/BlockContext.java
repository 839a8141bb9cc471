package dev.veery.cpu.interp;

import dev.veery.cpu.decode.Insn;
import dev.veery.cpu.state.CpuEnv;
import dev.veery.cpu.state.CpuModel;
import dev.veery.cpu.state.CpuState;

/** What the lowering of an instruction may depend on besides its bytes; all of it is part of the block's key. */
public final class BlockContext {
    private final CpuModel model;
    private final CpuEnv env;
    private int mode;
    private int offset;

    BlockContext(CpuEnv env) {
        this.env = env;
        model = env.model();
    }

    void start(int blockMode) {
        mode = blockMode;
        offset = 0;
    }

    void advance(int length) {
        offset += length;
    }

    /** What the processor reaches outside itself; ops of this processor may keep it. */
    public CpuEnv env() {
        return env;
    }

    /** The processor's features. */
    public CpuModel model() {
        return model;
    }

    /** {@link CpuState#mode} of the block. */
    public int mode() {
        return mode;
    }

    /** Whether segments need no checks ({@link CpuState#MODE_FLAT}). */
    public boolean flat() {
        return (mode & CpuState.MODE_FLAT) != 0;
    }

    /** Offset of the instruction being lowered from the start of its block. */
    public int offset() {
        return offset;
    }

    /** Offset of the instruction after {@code i} from the start of the block. */
    public int nextOffset(Insn i) {
        return offset + i.length;
    }
}
