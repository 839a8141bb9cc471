/** Software execution behind the accelerator SPI: one thread a vCPU, running the interpreter. */
@org.jspecify.annotations.NullMarked
package dev.veery.accel.soft;
