package dev.veery.config;

import org.jspecify.annotations.Nullable;

/**
 * What the machine boots.
 *
 * @param kernel path, or null for none
 * @param initrd path, for a multiboot kernel a comma-separated list of modules; or null for none
 * @param append the kernel's command line
 * @param order {@code -boot order=}: drive letters in the order in which firmware tries them, or empty
 * @param menu {@code -boot menu=}: whether firmware shows a menu
 */
public record BootOptions(
        @Nullable String kernel, @Nullable String initrd, String append, String order, boolean menu) {}
