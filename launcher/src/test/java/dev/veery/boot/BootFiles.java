package dev.veery.boot;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A kernel and an initial RAM disk, named by the environment. */
public record BootFiles(String kernel, String initrd) {
    /** Debian's kernel for clouds. */
    public static BootFiles cloud() {
        return named("VEERY_TEST_KERNEL", "VEERY_TEST_INITRD");
    }

    /** Debian's kernel of ordinary installations, which has drivers of more devices. */
    static BootFiles generic() {
        return named("VEERY_TEST_GENERIC_KERNEL", "VEERY_TEST_GENERIC_INITRD");
    }

    private static BootFiles named(String kernelName, String initrdName) {
        String kernel = System.getenv(kernelName);
        String initrd = System.getenv(initrdName);
        assumeTrue(
                kernel != null && initrd != null,
                kernelName + " and " + initrdName + " name nothing to boot: launcher/bin/check sets them");
        return new BootFiles(kernel, initrd);
    }

    /** Puts {@code vmlinuz} and {@code initrd}, whose first process is the script {@code init}, into a new directory. */
    Path copyTo(Path guest, String init) throws IOException {
        Files.createDirectory(guest);
        Files.copy(Path.of(kernel), guest.resolve("vmlinuz"));
        return Files.write(guest.resolve("initrd"), InitialRamDisk.withInit(Files.readAllBytes(Path.of(initrd)), init));
    }
}
