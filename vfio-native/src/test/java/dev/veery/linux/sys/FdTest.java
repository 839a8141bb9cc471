package dev.veery.linux.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Poll;
import dev.veery.memory.access.OffHeap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FdTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path dir;

    @Test
    void nativeLayerWorksHere() {
        assertEquals(Optional.empty(), NativeLayer.problem());
    }

    @Test
    void failureNamesCallObjectAndReason() {
        String path = dir.resolve("none").toString();
        SysException e = assertThrows(SysException.class, () -> Fd.open(path, Fcntl.O_RDONLY, 0));
        assertEquals("open '" + path + "': No such file or directory", e.getMessage());
        assertEquals(Errno.ENOENT, e.errno());
        assertEquals("open", e.operation());
    }

    @Test
    void bytesWrittenAreReadBackAtTheirOffset() throws Exception {
        Path file = dir.resolve("f");
        long buffer = OffHeap.allocate(8);
        try (Fd fd = Fd.open(file.toString(), Fcntl.O_RDWR | Fcntl.O_CREAT, 0600)) {
            fd.truncate(16);
            OffHeap.putLong(buffer, 0x0807_0605_0403_0201L);
            assertEquals(8, fd.pwrite(buffer, 8, 4));
            assertEquals(4, fd.pread(buffer, 4, 8));
            assertEquals(0x0807_0605, OffHeap.getInt(buffer));
            assertEquals(0, fd.pread(buffer, 8, 16));
            assertEquals(Fcntl.FD_CLOEXEC, fd.fcntl(Fcntl.F_GETFD, 0));
            assertFalse(fd.isTerminal());
        } finally {
            OffHeap.free(buffer);
        }
        assertEquals(16, Files.size(file));
    }

    @Test
    void eventfdIsReadableAfterASignal() {
        try (EventFd event = new EventFd("test");
                PollSet poll = new PollSet(new Fd[] {event.fd()}, new int[] {Poll.POLLIN})) {
            assertEquals(0, poll.await(0));
            event.signal();
            assertEquals(1, poll.await(-1));
            assertTrue((poll.ready(0) & Poll.POLLIN) != 0);
        }
    }

    @Test
    void closedDescriptorIsClosedOnce() {
        Fd fd = Fd.open("/dev/null", Fcntl.O_RDWR, 0);
        fd.close();
        fd.close();
        SysException e = assertThrows(SysException.class, () -> fd.fcntl(Fcntl.F_GETFD, 0));
        assertEquals(Errno.EBADF, e.errno());
    }
}
