package dev.veery.linux.tty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.base.MachineLock;
import dev.veery.chardev.ByteStream;
import dev.veery.chardev.CharFrontend;
import dev.veery.chardev.StreamChardev;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.sys.Fd;
import dev.veery.memory.access.OffHeap;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FdStreamTest {
    /** Takes up to 16 bytes, as a UART's FIFO does, when the test lets it. */
    private static final class Fifo implements CharFrontend {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private int room;

        @Override
        public int canReceive() {
            return room;
        }

        @Override
        public void receive(byte[] data, int offset, int length) {
            received.write(data, offset, length);
            room -= length;
        }
    }

    @Test
    void pasteIntoATerminalLosesNothing() throws Exception {
        byte[] pasted = new byte[16384];
        new Random(3).nextBytes(pasted);
        Pty pty = Pty.openTransparent();
        Fd slave = pty.openSlave();
        MachineLock lock = new MachineLock();
        StreamChardev chardev =
                new StreamChardev("serial0", new FdStream("pty", slave, slave, false), lock, line -> {});
        Fifo fifo = new Fifo();
        chardev.attach(fifo);
        Thread typist = new Thread(() -> writeAll(pty.master(), pasted));
        typist.start();
        for (int size = 0; size < pasted.length; ) {
            lock.lock();
            try {
                if (fifo.room == 0) {
                    fifo.room = 16;
                    chardev.acceptInput();
                }
                size = fifo.received.size();
            } finally {
                lock.unlock();
            }
            Thread.onSpinWait();
        }
        typist.join();
        chardev.close();
        pty.master().close();
        assertArrayEquals(pasted, fifo.received.toByteArray());
    }

    private static void writeAll(Fd fd, byte[] data) {
        long buffer = OffHeap.allocate(data.length);
        OffHeap.copyIn(data, 0, buffer, data.length);
        int done = 0;
        while (done < data.length) {
            done += (int) fd.write(buffer + done, data.length - done);
        }
        OffHeap.free(buffer);
    }

    @Test
    void endOfInputIsReported() throws IOException {
        Fd nothing = Fd.open("/dev/null", Fcntl.O_RDWR, 0);
        try (FdStream stream = new FdStream("null", nothing, nothing, false)) {
            assertEquals(-1, stream.read(new byte[1]));
        }
    }

    @Test
    void closeEndsAPendingRead() throws Exception {
        Pty pty = Pty.openTransparent();
        Fd slave = pty.openSlave();
        FdStream stream = new FdStream("pty", slave, slave, false);
        List<Object> results = new CopyOnWriteArrayList<>();
        Thread reader = new Thread(() -> {
            try {
                results.add(stream.read(new byte[1]));
            } catch (IOException e) {
                results.add(e);
            }
        });
        reader.start();
        stream.close();
        reader.join();
        assertEquals(List.of(-1), results);
        pty.master().close();
    }

    @Test
    void pseudoTerminalServesOnePeerAfterTheOther() throws Exception {
        List<String> paths = new CopyOnWriteArrayList<>();
        try (ByteStream stream = new LinuxStreams().pty(paths::add)) {
            stream.write(new byte[] {'?'}, 0, 1);
            for (byte key : new byte[] {'1', '2'}) {
                long buffer = OffHeap.allocate(8);
                try (Fd peer = Fd.open(paths.get(0), Fcntl.O_RDWR | Fcntl.O_NOCTTY, 0)) {
                    OffHeap.putByte(buffer, key);
                    peer.write(buffer, 1);
                    byte[] got = new byte[8];
                    int length = stream.read(got);
                    assertArrayEquals(new byte[] {key}, Arrays.copyOf(got, length));
                    stream.write(new byte[] {'\n', key}, 0, 2);
                    assertEquals(2, peer.read(buffer, 8));
                    assertEquals(key, OffHeap.getByte(buffer + 1));
                }
                OffHeap.free(buffer);
            }
        }
    }
}
