/**
 * System Management BIOS tables: DMTF DSP0134 version 3.0, the 64-bit entry point and structure types 0, 1, 3, 4, 16, 17,
 * 19, 32 and 127. Not modelled: caches, slots, on-board devices, the 32-bit entry point.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.smbios;
