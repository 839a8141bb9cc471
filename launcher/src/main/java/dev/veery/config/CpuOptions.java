package dev.veery.config;

/**
 * The processors.
 *
 * @param model the argument of {@code -cpu}: a model, then features
 * @param topology how many
 */
public record CpuOptions(String model, Topology topology) {}
