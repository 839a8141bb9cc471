/**
 * A machine small enough to see through: RAM, a few chips at the addresses a PC has them, ports by which guest code ends
 * a test, and one vCPU of whatever accelerator is being tested. Suites written on it are contracts for every
 * accelerator; {@code -Dveery.accel} chooses which one they run on.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.testbench;
