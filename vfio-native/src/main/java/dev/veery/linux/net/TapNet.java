package dev.veery.linux.net;

import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Fcntl;
import dev.veery.linux.abi.Tun;
import dev.veery.linux.sys.Fd;
import dev.veery.linux.sys.SysException;
import dev.veery.memory.access.OffHeap;
import dev.veery.net.FramePieces;
import dev.veery.net.NetBackend;
import dev.veery.net.NetSpec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A tap interface: what the guest sends arrives at the host as if from a cable. A thread reads, as frames come. */
final class TapNet extends DescriptorNet {
    /** With memory for two frames: one being received, one being put together for sending. */
    private TapNet(String id, Fd tap, MachineLock lock) {
        super(id, tap, 2 * MAX_FRAME, lock);
    }

    /**
     * Opens the interface of that name, or makes a new one, or takes over descriptors of one; several queues of it if the
     * user wants them.
     *
     * @throws ConfigException if the host does not allow it
     */
    static NetBackend open(NetSpec spec, MachineLock lock) {
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
    boolean received() {
        long length = read(memory, MAX_FRAME);
        if (length > 0) {
            deliver(memory, (int) length);
        }
        return true;
    }

    @Override
    public boolean send(FramePieces frame) {
        if (released()) {
            return true;
        }
        int length = frame.copyTo(memory + MAX_FRAME, MAX_FRAME);
        try {
            fd.write(memory + MAX_FRAME, length);
        } catch (SysException e) {
            // The interface is down or its queue is full: the frame is lost, as on any Ethernet.
            if (e.errno() != Errno.EAGAIN) {
                LOG.debug("network '{}': {}", id, e.getMessage());
            }
        }
        return true;
    }
}
