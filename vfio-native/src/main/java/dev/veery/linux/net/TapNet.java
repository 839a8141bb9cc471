package dev.veery.linux.net;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Poll;
import dev.veery.linux.abi.Tun;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.PollSet;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.FramePieces;
import dev.veery.net.NetBackend;
import dev.veery.net.NetFrontend;
import dev.veery.net.NetSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A tap interface: what the guest sends arrives at the host as if from a cable. A thread reads, as frames come. */
public final class TapNet implements NetBackend {
    private static final Logger LOG = LoggerFactory.getLogger("dev.veery.net");

    private final String id;
    private final MachineLock lock;
    private final Fd tap;
    private final EventFd wake;
    private final Thread thread;

    /** Two frames: one being received, one being put together for sending. */
    private final long memory;

    /** Guards {@link #roomAgain}. */
    private final Object monitor = new Object();

    private boolean roomAgain;
    private volatile boolean closed;
    private boolean released;
    private @Nullable NetFrontend frontend;

    private TapNet(String id, Fd tap, MachineLock lock) {
        this.id = id;
        this.tap = tap;
        this.lock = lock;
        wake = new EventFd("tap " + id);
        memory = OffHeap.allocateUninitialized(2 * MAX_FRAME, 64);
        thread = new Thread(this::run, "veery-tap-" + id);
        thread.setDaemon(true);
    }

    /**
     * Opens the interface of that name, or makes a new one, or takes over descriptors of one; several queues of it if the
     * user wants them.
     *
     * @throws ConfigException if the host does not allow it
     */
    public static NetBackend open(NetSpec spec, MachineLock lock) {
        byte[] name = spec.name().getBytes(StandardCharsets.ISO_8859_1);
        if (name.length >= Tun.IFNAMSIZ) {
            throw new ConfigException("netdev '" + spec.id() + "': '" + spec.name() + "' is too long for an interface");
        }
        // The kernel chooses a name for the first queue, and the others ask for the same.
        byte[] interfaceName = Arrays.copyOf(name, Tun.IFNAMSIZ);
        List<NetBackend> queues = new ArrayList<>();
        try {
            for (int queue = 0; queue < spec.queues(); queue++) {
                queues.add(openQueue(spec, queue, interfaceName, lock));
            }
        } catch (ConfigException e) {
            queues.forEach(NetBackend::close);
            throw e;
        }
        return queues.size() == 1 ? queues.get(0) : new TapQueues(queues);
    }

    private static NetBackend openQueue(NetSpec spec, int queue, byte[] name, MachineLock lock) {
        int given = spec.fds().isEmpty() ? -1 : spec.fds().get(queue);
        Fd tap = null;
        boolean done = false;
        try {
            tap = given >= 0 ? Fd.inherited(given) : Fd.open("/dev/net/tun", Fcntl.O_RDWR | Fcntl.O_NONBLOCK, 0);
            if (given >= 0) {
                tap.fcntl(Fcntl.F_SETFL, tap.fcntl(Fcntl.F_GETFL, 0) | Fcntl.O_NONBLOCK);
            } else {
                attach(tap, name, spec.queues() > 1);
            }
            TapNet net = new TapNet(spec.id(), tap, lock);
            done = true;
            return net;
        } catch (SysException e) {
            String which = given >= 0 ? "descriptor " + given : "tap interface '" + spec.name() + "'";
            throw new ConfigException("netdev '" + spec.id() + "': cannot use " + which + ": " + e.getMessage()
                    + "; make an interface with 'ip tuntap add" + (spec.queues() > 1 ? " ... multi_queue" : "")
                    + "' for this user first");
        } finally {
            if (!done && tap != null) {
                tap.close();
            }
        }
    }

    private static void attach(Fd tap, byte[] name, boolean several) {
        long request = OffHeap.allocate(Tun.SIZEOF_IFREQ);
        try {
            OffHeap.copyIn(name, 0, request, name.length);
            int queues = several ? Tun.IFF_MULTI_QUEUE : 0;
            OffHeap.putShort(request + Tun.IFREQ_FLAGS, Tun.IFF_TAP | Tun.IFF_NO_PI | queues);
            tap.ioctl("TUNSETIFF", Tun.TUNSETIFF, request);
            OffHeap.copyOut(request, name, 0, name.length);
        } finally {
            OffHeap.free(request);
        }
    }

    @Override
    public void connect(NetFrontend to) {
        frontend = to;
        thread.start();
    }

    private void run() {
        Fd[] fds = {tap, wake.fd()};
        try (PollSet poll = new PollSet(fds, new int[] {Poll.POLLIN, Poll.POLLIN})) {
            while (!closed) {
                poll.await(-1);
                if (!closed && poll.ready(0) != 0) {
                    receive();
                }
            }
        } catch (SysException e) {
            LOG.warn("network '{}' ends: {}", id, e.getMessage());
        } finally {
            release();
        }
    }

    private void receive() {
        long length;
        try {
            length = tap.read(memory, MAX_FRAME);
        } catch (SysException e) {
            if (e.errno() != Errno.EAGAIN) {
                throw e;
            }
            return;
        }
        deliver((int) length);
    }

    private void deliver(int length) {
        while (!closed) {
            lock.lock();
            try {
                synchronized (monitor) {
                    roomAgain = false;
                }
                NetFrontend to = frontend;
                if (to == null || to.receive(memory, length)) {
                    return;
                }
            } finally {
                lock.unlock();
            }
            awaitRoom();
        }
    }

    private void awaitRoom() {
        synchronized (monitor) {
            while (!roomAgain && !closed) {
                try {
                    monitor.wait();
                } catch (InterruptedException e) {
                    closed = true;
                }
            }
        }
    }

    @Override
    public boolean send(FramePieces frame) {
        if (released) {
            return true;
        }
        int length = frame.copyTo(memory + MAX_FRAME, MAX_FRAME);
        try {
            tap.write(memory + MAX_FRAME, length);
        } catch (SysException e) {
            // The interface is down or its queue is full: the frame is lost, as on any Ethernet.
            if (e.errno() != Errno.EAGAIN) {
                LOG.debug("network '{}': {}", id, e.getMessage());
            }
        }
        return true;
    }

    @Override
    public void resume() {
        synchronized (monitor) {
            roomAgain = true;
            monitor.notifyAll();
        }
    }

    @Override
    public void close() {
        closed = true;
        resume();
        if (thread.isAlive()) {
            wake.signal();
        } else {
            release();
        }
    }

    private void release() {
        lock.lock();
        try {
            if (!released) {
                released = true;
                tap.close();
                wake.close();
                OffHeap.free(memory);
            }
        } finally {
            lock.unlock();
        }
    }
}
