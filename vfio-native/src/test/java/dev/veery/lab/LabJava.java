package dev.veery.lab;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Java programs of the class path in the lab: the classes and jars of the classes named are shown in there. */
public final class LabJava {
    private final List<Path> entries = new ArrayList<>();

    /** Shows what holds these classes. */
    public LabJava(Class<?>... classes) throws URISyntaxException {
        for (Class<?> type : classes) {
            entries.add(Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI()));
        }
    }

    /** The script's options for it. */
    public List<String> options(String... others) {
        Set<Path> directories = new LinkedHashSet<>();
        for (Path entry : entries) {
            directories.add(Files.isDirectory(entry) ? entry : entry.getParent());
        }
        List<String> options = new ArrayList<>(List.of(others));
        for (Path directory : directories) {
            options.add("-s");
            options.add(directory.toString());
        }
        return options;
    }

    /** A shell's command that runs a class; the JVM is small and starts fast. */
    public String command(String mainClass, String arguments) {
        String path = entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        return "java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xmx300m -cp '" + path + "' " + mainClass
                + " " + arguments;
    }
}
