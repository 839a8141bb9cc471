package dev.veery.chardev;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamChardevTest {
    private final MachineLock lock = new MachineLock();
    private final List<String> warnings = new CopyOnWriteArrayList<>();

    /** Input from an array, output to another; writes wait for a permit each. */
    private static final class ScriptedStream implements ByteStream {
        private final byte[] input;
        private final Semaphore permits;
        private final ByteArrayOutputStream output = new ByteArrayOutputStream();
        private final CountDownLatch writing = new CountDownLatch(1);
        private int at;
        private boolean failing;

        ScriptedStream(byte[] input, int permits) {
            this.input = input;
            this.permits = new Semaphore(permits);
        }

        @Override
        public int read(byte[] into) {
            int length = Math.min(into.length, input.length - at);
            System.arraycopy(input, at, into, 0, length);
            at += length;
            return length == 0 ? -1 : length;
        }

        @Override
        public void write(byte[] data, int offset, int length) throws IOException {
            writing.countDown();
            permits.acquireUninterruptibly();
            if (failing) {
                throw new IOException("no space left");
            }
            output.write(data, offset, length);
        }

        @Override
        public void close() {
            permits.release(1000);
        }
    }

    private StreamChardev start(ByteStream stream) {
        return new StreamChardev("test", stream, lock, warnings::add);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    @Test
    void inputSurvivesADeviceThatTakesOneByteAtATime() throws Exception {
        byte[] pasted = random(16384);
        StreamChardev chardev = start(new ScriptedStream(pasted, 1000));
        RecordingFrontend device = new RecordingFrontend(0, pasted.length);
        chardev.attach(device);
        while (device.size() < pasted.length) {
            lock.lock();
            try {
                device.makeRoom(device.canReceive() == 0 ? 1 : 0);
                chardev.acceptInput();
            } finally {
                lock.unlock();
            }
            Thread.onSpinWait();
        }
        assertArrayEquals(pasted, device.bytes());
        chardev.close();
    }

    @Test
    void inputWaitsForADeviceToBeAttached() throws Exception {
        StreamChardev chardev = start(new ScriptedStream("early".getBytes(StandardCharsets.US_ASCII), 1000));
        RecordingFrontend device = new RecordingFrontend(100, 5);
        chardev.attach(device);
        assertTrue(device.awaitComplete());
        assertEquals("early", device.text());
        chardev.close();
    }

    @Test
    void closeWritesWhatIsBuffered() {
        ScriptedStream stream = new ScriptedStream(new byte[0], 1000);
        StreamChardev chardev = start(stream);
        byte[] sent = random(100_000);
        for (byte value : sent) {
            chardev.write(value);
        }
        chardev.close();
        assertArrayEquals(sent, stream.output.toByteArray());
    }

    @Test
    void outputWithoutALineEndIsWrittenSoon() throws Exception {
        ScriptedStream stream = new ScriptedStream(new byte[0], 1000);
        StreamChardev chardev = start(stream);
        chardev.write('$');
        assertTrue(stream.writing.await(20, TimeUnit.SECONDS));
        chardev.close();
    }

    @Test
    void slowHostMakesTheBackEndUnwritableAndLosesNothing() throws Exception {
        ScriptedStream stream = new ScriptedStream(new byte[0], 0);
        StreamChardev chardev = start(stream);
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        chardev.write('\n');
        sent.write('\n');
        assertTrue(stream.writing.await(20, TimeUnit.SECONDS));
        while (chardev.writable()) {
            chardev.write(sent.size());
            sent.write(sent.size());
        }
        assertEquals(OutputQueue.CAPACITY + 1, sent.size());
        stream.permits.release(1000);
        chardev.close();
        assertArrayEquals(sent.toByteArray(), stream.output.toByteArray());
    }

    @Test
    void stalledHostHoldsADeviceUpForALimitedTime() throws Exception {
        ScriptedStream stream = new ScriptedStream(new byte[0], 0);
        StreamChardev chardev = start(stream);
        chardev.write('\n');
        assertTrue(stream.writing.await(20, TimeUnit.SECONDS));
        for (int i = 0; i < OutputQueue.CAPACITY + 10_000; i++) {
            chardev.write('x');
        }
        assertFalse(chardev.writable());
        chardev.close();
    }

    @Test
    void failureOfTheHostIsReportedOnce() throws Exception {
        ScriptedStream stream = new ScriptedStream(new byte[0], 1000);
        stream.failing = true;
        StreamChardev chardev = start(stream);
        chardev.write('\n');
        while (warnings.isEmpty()) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < 2 * OutputQueue.CAPACITY; i++) {
            chardev.write('\n');
        }
        chardev.close();
        assertEquals(List.of("test: output is lost from here on: no space left"), warnings);
    }
}
