package dev.veery.config;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who the machine is.
 *
 * @param name the user's name for it, or empty
 * @param uuid what SMBIOS shows, or null for none
 */
public record Identity(String name, @Nullable UUID uuid) {}
