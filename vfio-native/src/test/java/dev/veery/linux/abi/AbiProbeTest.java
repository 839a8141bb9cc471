package dev.veery.linux.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares every constant with what the C compiler makes of the installed headers. */
class AbiProbeTest {
    private static final List<Class<?>> CLASSES = List.of(
            Errno.class,
            Epolls.class,
            Eventfd.class,
            Fcntl.class,
            Kvm.class,
            KvmLayout.class,
            Mman.class,
            Poll.class,
            SignalNumbers.class,
            Sockets.class,
            Termios.class,
            Ttys.class,
            Tun.class,
            Unistd.class,
            Vfio.class);

    private static final List<String> HEADERS = List.of(
            "errno.h",
            "sys/epoll.h",
            "sys/eventfd.h",
            "fcntl.h",
            "sys/mman.h",
            "poll.h",
            "signal.h",
            "sys/socket.h",
            "sys/un.h",
            "termios.h",
            "sys/ioctl.h",
            "sys/syscall.h",
            "sys/uio.h",
            "net/if.h",
            "linux/if_tun.h",
            "linux/kvm.h",
            "linux/vfio.h",
            "unistd.h",
            "stddef.h",
            "stdio.h",
            "string.h");

    /** C expressions of the constants that are not names in C. */
    private static final Map<String, String> EXPRESSIONS = Map.of(
            "SIZEOF_POLLFD", "sizeof(struct pollfd)",
            "POLLFD_EVENTS", "offsetof(struct pollfd, events)",
            "POLLFD_REVENTS", "offsetof(struct pollfd, revents)",
            "SIZEOF_TERMIOS", "sizeof(struct termios)",
            "TERMIOS_IFLAG", "offsetof(struct termios, c_iflag)",
            "TERMIOS_OFLAG", "offsetof(struct termios, c_oflag)",
            "TERMIOS_CFLAG", "offsetof(struct termios, c_cflag)",
            "TERMIOS_LFLAG", "offsetof(struct termios, c_lflag)",
            "TERMIOS_CC", "offsetof(struct termios, c_cc)");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path dir;

    @Test
    void constantsEqualTheHeaders() throws Exception {
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "the constants are those of x86-64");
        assumeTrue(onPath("gcc"), "gcc is not installed, so there are no headers to compare with");
        Map<String, String> ours = new LinkedHashMap<>();
        StringBuilder source = new StringBuilder("#define _GNU_SOURCE\n");
        HEADERS.forEach(header -> source.append("#include <").append(header).append(">\n"));
        source.append("int main(void) {\n");
        for (Class<?> type : CLASSES) {
            for (Field field : type.getFields()) {
                if (!Modifier.isStatic(field.getModifiers())) {
                    continue;
                }
                String name = field.getName();
                boolean wide = field.getType() == long.class;
                CExpression written = field.getAnnotation(CExpression.class);
                String expression = written == null ? EXPRESSIONS.getOrDefault(name, name) : written.value();
                source.append("printf(\"")
                        .append(name)
                        .append(wide ? "=%ld\\n\", (long)" : "=%d\\n\", (int)(long)")
                        .append(expression)
                        .append(");\n");
                ours.put(name, String.valueOf(field.get(null)));
                if (type == Errno.class) {
                    String key = "strerror(" + name + ")";
                    source.append("printf(\"")
                            .append(key)
                            .append("=%s\\n\", ")
                            .append(key)
                            .append(");\n");
                    ours.put(key, Errno.describe(field.getInt(null)));
                }
            }
        }
        source.append("return 0; }\n");

        assertEquals(compileAndRun(source.toString()), ours);
    }

    private Map<String, String> compileAndRun(String source) throws IOException, InterruptedException {
        Path program = dir.resolve("probe");
        Path text = Files.writeString(dir.resolve("probe.c"), source);
        run("gcc", "-o", program.toString(), text.toString());
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : run(program.toString()).lines().toList()) {
            int equals = line.indexOf('=');
            values.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return values;
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static boolean onPath(String program) {
        String path = System.getenv("PATH");
        for (String entry : path == null ? new String[0] : path.split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(entry, program))) {
                return true;
            }
        }
        return false;
    }
}
