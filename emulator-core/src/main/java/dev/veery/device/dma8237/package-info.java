/**
 * The two 8237A DMA controllers of a PC and their page registers, as registers only.
 *
 * <p>Source: Intel 8237A data sheet (231466); Intel I/O Controller Hub 9 data sheet 13.2 for the page registers. Modelled:
 * every register that can be read back, the byte pointer flip-flop, master clear, the mask commands and the software
 * request bits, which is what firmware and kernels program and probe. Not modelled: transfers. No device here asks for
 * one, so no channel ever reaches terminal count and the temporary register stays 0.
 */
@NullMarked
package dev.veery.device.dma8237;

import org.jspecify.annotations.NullMarked;
