/**
 * The seam between a board and what executes guest code. A board makes an {@link dev.veery.accel.Accelerator}'s vCPUs,
 * wires their APICs and starts them; it never knows which engine runs. Registers are read and changed, and a debugger's wishes
 * ({@link dev.veery.accel.GuestDebug}) set, while a vCPU is stopped.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.accel;
