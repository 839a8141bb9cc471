/**
 * The host's KVM behind the accelerator SPI, after Linux 6.1's Documentation/virt/kvm/api.rst.
 *
 * <p>Modelled: one virtual machine for all processors; memory slots from the flat view, read-only for ROM, with dirty
 * logging; interrupt controllers in the kernel, split, or in user space. There, injection is by KVM_INTERRUPT, and the TSC-deadline
 * timer and x2APIC registers are reached through MSR exits; CPUID filtered by what the host supports, with kvmclock; the whole register state in both directions.
 *
 * <p>Not modelled: A20 (KVM has none), SMM, performance counters, nested virtualization, Hyper-V interfaces.
 */
@NullMarked
package dev.veery.accel.kvm;

import org.jspecify.annotations.NullMarked;
