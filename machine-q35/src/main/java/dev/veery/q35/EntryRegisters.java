package dev.veery.q35;

import dev.veery.accel.Vcpu;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Seg;
import dev.veery.firmware.EntryState;
import java.util.List;

/** Gives a stopped processor, fresh from reset, the registers that a kernel is entered with. */
final class EntryRegisters {
    private EntryRegisters() {}

    static void apply(EntryState entry, Vcpu vcpu) {
        CpuState state = vcpu.state();
        state.cr0 = entry.cr0();
        state.rip = entry.eip();
        state.setGpr(CpuState.RAX, entry.eax());
        state.setGpr(CpuState.RBX, entry.ebx());
        state.setGpr(CpuState.RSI, entry.esi());
        state.setGpr(CpuState.RSP, entry.esp());
        state.setGpr(CpuState.RCX, 0);
        state.setGpr(CpuState.RDX, 0);
        state.setGpr(CpuState.RBP, 0);
        state.setGpr(CpuState.RDI, 0);
        state.gdtBase = entry.gdtBase();
        state.gdtLimit = entry.gdtLimit();
        List<EntryState.Segment> segments = entry.segments();
        for (int i = 0; i < segments.size(); i++) {
            set(state.seg[i], segments.get(i));
        }
        set(state.tr, entry.tr());
        state.cpl = 0;
        vcpu.stateChanged();
    }

    private static void set(Seg segment, EntryState.Segment value) {
        segment.set(value.selector(), value.base(), value.limit(), value.attributes());
    }
}
