package dev.veery.accel;

import dev.veery.base.MachineLock;
import dev.veery.cpu.state.CpuModel;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.GuestRam;
import dev.veery.time.VirtualClock;

/**
 * What a vCPU is made from.
 *
 * @param index from 0; processor 0 is the bootstrap processor
 * @param model identity and features
 * @param memory physical address space
 * @param ram the blocks behind it, for the engine to follow writes to code
 * @param io port space
 * @param clock the machine's time
 * @param lock the machine lock
 * @param listener who hears of what the processor cannot handle itself
 */
public record VcpuConfig(
        int index,
        CpuModel model,
        AddressSpace memory,
        GuestRam ram,
        AddressSpace io,
        VirtualClock clock,
        MachineLock lock,
        VcpuListener listener) {}
