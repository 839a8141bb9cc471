package dev.veery.runtime;

import dev.veery.config.AccelOption;
import dev.veery.cpu.jit.TranslationCache;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.CodeSource;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The file that translations are kept in from run to run: {@code translations} in {@code $XDG_CACHE_HOME/veery} or {@code
 * ~/.cache/veery}, or one that the user names. It holds code for this process to run, so it is only taken if nobody else could have
 * written it.
 */
final class TranslationFile implements AutoCloseable {
    private static final String REMEDY = " (cache=off does without)";
    private static final Set<PosixFilePermission> WRITTEN_BY_OTHERS =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private final Consumer<String> warnings;
    private @Nullable Path file;
    private @Nullable TranslationCache cache;
    private @Nullable Thread loader;
    private long maker;

    /** {@link #maker} has been found. */
    private boolean known;

    /**
     * Makes one that is not open.
     *
     * @param warnings told when the file cannot be used
     */
    TranslationFile(Consumer<String> warnings) {
        this.warnings = warnings;
    }

    /**
     * Opens it. What is in it and cannot be used is left aside.
     *
     * @param wanted {@link AccelOption#ON}, {@link AccelOption#OFF} or a path
     * @return null if nothing is to be kept
     */
    @Nullable
    TranslationCache open(String wanted) {
        if (wanted.equals(AccelOption.OFF)) {
            return null;
        }
        Path path = wanted.equals(AccelOption.ON) ? usual() : Path.of(wanted);
        TranslationCache opened = new TranslationCache();
        file = path;
        cache = opened;
        // While the machine is made. The cache makes its users wait for what is being read.
        Thread thread = new Thread(() -> read(path, opened), "translations");
        thread.setDaemon(true);
        thread.start();
        loader = thread;
        return opened;
    }

    private void read(Path path, TranslationCache into) {
        try {
            maker = build();
            known = true;
            load(path, into);
        } catch (NoSuchFileException e) {
            // The first run.
        } catch (IOException | URISyntaxException e) {
            warnings.accept("ignoring the translations in '" + path + "': " + e.getMessage());
        }
    }

    private static Path usual() {
        String base = System.getenv("XDG_CACHE_HOME");
        Path caches =
                base == null || base.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(base);
        return caches.resolve("veery").resolve("translations");
    }

    private void load(Path path, TranslationCache into) throws IOException {
        try (FileChannel in = FileChannel.open(path, StandardOpenOption.READ)) {
            Object owner = Files.getAttribute(path, "unix:uid");
            if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))
                    || Files.getPosixFilePermissions(path).stream().anyMatch(WRITTEN_BY_OTHERS::contains)) {
                throw new TranslationCache.ForeignException("others may write it");
            }
            into.load(in, maker);
        }
    }

    /** What tells this program from any other: where its classes are, and when and how large they were made. */
    private static long build() throws IOException, URISyntaxException {
        CodeSource source = TranslationCache.class.getProtectionDomain().getCodeSource();
        Path classes = Path.of(source.getLocation().toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            long hash = 1;
            for (Path p : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                hash = 31 * (31 * hash + Files.size(p))
                        + Files.getLastModifiedTime(p).toMillis();
            }
            return hash;
        }
    }

    /** Saves what is new if there is enough of it; the processors are gone. */
    @Override
    public void close() {
        TranslationCache c = cache;
        Path to = file;
        if (c == null || to == null) {
            return;
        }
        cache = null;
        awaitLoader();
        try (c) {
            if (known && c.worthSaving()) {
                save(c, to.toAbsolutePath());
            }
        } catch (IOException e) {
            warnings.accept(
                    "cannot keep translations in '" + to + "': " + HostErrors.reason(e, to.toString()) + REMEDY);
        }
    }

    private void awaitLoader() {
        Thread thread = loader;
        boolean interrupted = false;
        while (thread != null && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void save(TranslationCache c, Path to) throws IOException {
        Path directory = to.getParent();
        Files.createDirectories(directory);
        // Another process may be doing the same; the last one's file stays.
        Path made = Files.createTempFile(
                directory,
                "translations",
                ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            try (FileChannel out = FileChannel.open(made, StandardOpenOption.WRITE)) {
                c.save(out, maker);
            }
            Files.move(made, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(made);
        }
    }
}
