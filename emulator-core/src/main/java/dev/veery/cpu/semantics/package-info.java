/**
 * What instructions compute, one static method per operation, shared by every engine.
 *
 * <p>Floating point follows the Intel SDM vol. 1 (edition 2023-12), chapters 4, 8 and 11, down to the last bit and flag:
 * {@link dev.veery.cpu.semantics.SoftF32} and {@link dev.veery.cpu.semantics.SoftF64} for SSE, {@link
 * dev.veery.cpu.semantics.SoftF80} and the classes named Fpu for x87. Rounding, masks and raised exceptions are in {@link
 * dev.veery.cpu.state.FloatEnv}. Where the manual leaves x87 results open they are those of an Intel Xeon, except that the
 * transcendental functions are rounded correctly where the processor is only within one unit in the last place. The
 * pointers of the last x87 instruction are kept up after every one, not only after an exception (CPUID would say
 * FDP_EXCPTN_ONLY otherwise), and FERR# is not modelled.
 *
 * <p>System operations follow the SDM (edition 083, March 2024) vol. 2 and vol. 3, chapters 5 to 8, 18 and 21:
 * descriptors, transfers of control in every mode, tasks, delivery of interrupts and exceptions, control, debug and
 * model-specific registers. They raise their fault before they change anything; those that transfer control set RIP. Not
 * modelled: SMM, VMX, control-flow enforcement, five-level paging, branch records, and process-context tags in the TLB,
 * which a CR3 load always empties of all but global entries.
 */
@NullMarked
package dev.veery.cpu.semantics;

import org.jspecify.annotations.NullMarked;
