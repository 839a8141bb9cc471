/**
 * Booting a kernel without a firmware image: what a BIOS and a boot loader would have left in memory, and the registers
 * the kernel starts with.
 *
 * <p>Modelled: the 32-bit entry of the Linux/x86 boot protocol 2.06 and later (Documentation/arch/x86/boot.rst), PVH
 * (xen/include/public/arch-x86/hvm/start_info.h, start info version 1), the Multiboot specification 0.6.96 for ELF32,
 * ELF64 and address-field images, and the BIOS data area. Not modelled: real-mode entry (zImage), EFI, Multiboot 2, BIOS
 * services.
 *
 * <p>Files come from the user and may be anything: every length and offset in them is checked before use, and whatever is
 * wrong becomes one {@link dev.veery.base.ConfigException} that names the file.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.firmware;
