package dev.veery.config;

/**
 * A property for every device of a type.
 *
 * @param driver the type
 * @param property its name
 * @param value as the user wrote it
 */
public record GlobalProperty(String driver, String property, String value) {}
