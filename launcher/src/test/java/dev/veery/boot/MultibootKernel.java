package dev.veery.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kernels of a few instructions. */
public final class MultibootKernel {
    private static final int HEADER = 32;

    private MultibootKernel() {}

    /** Writes a header with addresses (Multiboot 0.6.96, section 3.1), and {@code code} that is entered at 1 MiB + 20h. */
    public static Path write(Path file, int... code) throws IOException {
        int[] header = {0x1badb002, 0x1_0000, -(0x1badb002 + 0x1_0000), 0x10_0000, 0x10_0000, 0, 0, 0x10_0020};
        byte[] image = new byte[HEADER + code.length];
        for (int n = 0; n < HEADER; n++) {
            image[n] = (byte) (header[n / 4] >>> 8 * (n % 4));
        }
        for (int n = 0; n < code.length; n++) {
            image[HEADER + n] = (byte) code[n];
        }
        return Files.write(file, image);
    }
}
