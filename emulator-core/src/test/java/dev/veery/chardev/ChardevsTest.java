package dev.veery.chardev;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ChardevsTest {
    private final List<String> notices = new CopyOnWriteArrayList<>();
    private final Chardevs chardevs = new Chardevs(new MachineLock(), new NoHost(), () -> {}, () -> 0, notices::add);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path dir;

    /** A host whose standard input is at its end. */
    private static final class NoHost implements HostStreams {
        private static final class Nothing implements ByteStream {
            @Override
            public int read(byte[] into) {
                return -1;
            }

            @Override
            public void write(byte[] data, int offset, int length) {}

            @Override
            public void close() {}
        }

        @Override
        public ByteStream stdio(boolean signals) {
            return new Nothing();
        }

        @Override
        public ByteStream pty(Consumer<String> path) {
            path.accept("/dev/pts/9");
            return new Nothing();
        }
    }

    @AfterEach
    void close() {
        chardevs.close();
    }

    private Optional<CharBackend> serial(String value) {
        return chardevs.connect(ChardevParser.legacy("-serial", value, "serial0"));
    }

    private ConfigException refused(String value) {
        return assertThrows(ConfigException.class, () -> serial(value));
    }

    private static void print(CharBackend backend, String text) {
        text.chars().forEach(backend::write);
    }

    @Test
    void fileHoldsTheOutput() throws IOException {
        Path file = Files.writeString(dir.resolve("out"), "old");
        print(serial("file:" + file).orElseThrow(), "new\n");
        chardevs.close();
        assertEquals("new\n", Files.readString(file));
    }

    @Test
    void appendKeepsTheFile() throws IOException {
        Path file = Files.writeString(dir.resolve("out"), "old ");
        chardevs.define(ChardevParser.chardev("file,id=f,append=on,path=" + file));
        print(chardevs.connect("f"), "new\n");
        chardevs.close();
        assertEquals("old new\n", Files.readString(file));
    }

    @Test
    void unixServerServesOneClientAfterTheOther() throws Exception {
        Path path = dir.resolve("s");
        CharBackend backend = serial("unix:" + path + ",server=on,wait=off").orElseThrow();
        RecordingFrontend device = new RecordingFrontend(100, 6);
        backend.attach(device);
        for (String word : List.of("one", "two")) {
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                client.write(ByteBuffer.wrap(word.getBytes(StandardCharsets.US_ASCII)));
            }
        }
        assertTrue(device.awaitComplete());
        assertEquals("onetwo", device.text());
        chardevs.close();
        assertFalse(Files.exists(path));
    }

    @Test
    void socketLeftBehindIsReplaced() throws Exception {
        Path path = dir.resolve("s");
        try (var stale = java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(path));
        }
        assertTrue(serial("unix:" + path + ",server=on,wait=off").isPresent());
    }

    @Test
    void tcpClientCarriesBothWays() throws Exception {
        byte[] pasted = new byte[16384];
        new Random(2).nextBytes(pasted);
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CharBackend backend = serial("tcp:127.0.0.1:" + server.getLocalPort() + ",nodelay")
                    .orElseThrow();
            RecordingFrontend device = new RecordingFrontend(pasted.length, pasted.length);
            backend.attach(device);
            try (Socket peer = server.accept()) {
                print(backend, "login: ");
                assertEquals("login: ", new String(peer.getInputStream().readNBytes(7), StandardCharsets.US_ASCII));
                peer.getOutputStream().write(pasted);
                assertTrue(device.awaitComplete());
                assertArrayEquals(pasted, device.bytes());
            }
        }
    }

    @Test
    void serverWithWaitStartsWhenTheClientIsThere() throws Exception {
        Path path = dir.resolve("s");
        Thread client = new Thread(() -> {
            while (!notices.contains("info: waiting for connection on unix:" + path + ",server=on")) {
                Thread.onSpinWait();
            }
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                channel.write(ByteBuffer.wrap(new byte[] {'!'}));
            } catch (IOException e) {
                notices.add(e.toString());
            }
        });
        client.start();
        CharBackend backend = serial("unix:" + path + ",server=on").orElseThrow();
        RecordingFrontend device = new RecordingFrontend(1, 1);
        backend.attach(device);
        assertTrue(device.awaitComplete());
        client.join();
    }

    @Test
    void portInUseIsSaid() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String value = "tcp:127.0.0.1:" + server.getLocalPort();
            assertEquals(
                    "chardev 'serial0': cannot listen on " + value
                            + ": the port is in use; choose another, or end the program that has it",
                    refused(value + ",server=on,wait=off").getMessage());
        }
    }

    @Test
    void missingListenerIsSaid() throws Exception {
        int port;
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = server.getLocalPort();
        }
        assertTrue(refused("tcp:127.0.0.1:" + port).getMessage().contains("nobody listens there"));
        assertTrue(refused("unix:" + dir.resolve("none")).getMessage().contains("no such socket"));
    }

    @Test
    void badPathsNameTheRemedy() throws Exception {
        Path plain = Files.writeString(dir.resolve("plain"), "");
        Path missing = dir.resolve("missing");
        assertEquals(
                "chardev 'serial0': cannot write to '" + missing + "/f': directory '" + missing
                        + "' does not exist; create it first",
                refused("file:" + missing + "/f").getMessage());
        assertTrue(refused("file:" + dir).getMessage().contains("choose another path"));
        assertTrue(refused("unix:" + missing + "/s,server=on")
                .getMessage()
                .endsWith("directory '" + missing + "' does not exist; create it first"));
        assertTrue(refused("unix:" + plain + ",server=on").getMessage().contains("is not a socket"));
        assertTrue(refused("unix:/" + "x".repeat(200)).getMessage().contains("longer than 107 bytes"));
        assertFalse(refused("file:" + missing + "/f").isUsage());
    }

    @Test
    void standardInputHasOneOwner() {
        serial("stdio");
        ConfigException e =
                assertThrows(ConfigException.class, () -> chardevs.define(ChardevParser.chardev("stdio,id=second")));
        assertTrue(e.getMessage().contains("'serial0' has the standard input"), e.getMessage());
    }

    @Test
    void onlyAMuxIsShared() {
        chardevs.define(ChardevParser.chardev("null,id=single"));
        chardevs.define(ChardevParser.chardev("stdio,id=shared,mux=on"));
        chardevs.connect("single");
        chardevs.connect("shared");
        chardevs.connect("shared");
        assertThrows(ConfigException.class, () -> chardevs.connect("single"));
        assertThrows(ConfigException.class, () -> serial("chardev:nosuch"));
        assertThrows(ConfigException.class, () -> chardevs.define(ChardevParser.chardev("null,id=single")));
    }

    @Test
    void ptyTellsItsName() {
        assertTrue(serial("pty").isPresent());
        assertEquals(List.of("info: char device redirected to /dev/pts/9 (label serial0)"), notices);
    }

    @Test
    void noneIsNoPort() {
        assertTrue(serial("none").isEmpty());
    }
}
