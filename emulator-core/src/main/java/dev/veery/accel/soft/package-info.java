/**
 * Software execution behind the accelerator SPI: one thread a vCPU, running the interpreter and, where the host allows it,
 * the translator. {@link dev.veery.accel.soft.CpuGroup} is what the vCPUs of one machine owe each other.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.accel.soft;
