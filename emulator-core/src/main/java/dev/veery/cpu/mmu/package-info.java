/**
 * Segmentation and paging of one processor (SDM vol. 3, chapters 3 to 5) in front of the machine's address space.
 *
 * <p>Modelled: segment limits and rights, no paging, 32-bit with PSE and PSE-36, PAE, 4-level with 2 MiB and 1 GiB pages,
 * NX, SMEP, SMAP, write protection, global pages, accessed and dirty bits, A20, alignment checks, data breakpoints. Not
 * modelled: 5-level paging, protection keys, memory types other than as attributes the guest can read back.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.cpu.mmu;
