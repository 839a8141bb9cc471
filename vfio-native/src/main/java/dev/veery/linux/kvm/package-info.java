/**
 * kvm(4), one class for each kind of descriptor: {@link dev.veery.linux.kvm.KvmSystem} for /dev/kvm,
 * {@link dev.veery.linux.kvm.KvmVm}, {@link dev.veery.linux.kvm.KvmVcpu} with its shared {@code kvm_run}, and
 * {@link dev.veery.linux.kvm.KvmDevice}. Written against Linux 6.1's Documentation/virt/kvm/api.rst; structures are read
 * and written by the offsets of {@link dev.veery.linux.abi.KvmLayout}.
 *
 * <p>Everything a running machine needs again and again (KVM_RUN, KVM_INTERRUPT, KVM_IRQ_LINE, KVM_SIGNAL_MSI) allocates
 * nothing. Not wrapped: nested and SEV guests, SMM, Hyper-V and Xen interfaces, the dirty ring, in-kernel PIT state.
 */
@NullMarked
package dev.veery.linux.kvm;

import org.jspecify.annotations.NullMarked;
