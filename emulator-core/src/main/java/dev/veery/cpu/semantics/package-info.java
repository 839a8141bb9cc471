/**
 * What instructions compute, one static method per operation, shared by every engine.
 *
 * <p>Floating point follows the Intel SDM vol. 1 (edition 2023-12), chapters 4, 8 and 11, down to the last bit and flag:
 * {@link dev.veery.cpu.semantics.SoftF32} and {@link dev.veery.cpu.semantics.SoftF64} for SSE. Rounding, masks and raised
 * exceptions are in {@link dev.veery.cpu.state.FloatEnv}.
 */
@NullMarked
package dev.veery.cpu.semantics;

import org.jspecify.annotations.NullMarked;
