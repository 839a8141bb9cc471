package dev.veery.device.virtionet;

import dev.veery.base.Bits;
import dev.veery.base.ConfigException;
import dev.veery.dma.DmaVector;
import dev.veery.memory.access.OffHeap;
import dev.veery.model.DeviceCategory;
import dev.veery.model.DeviceConfig;
import dev.veery.model.DeviceType;
import dev.veery.model.Property;
import dev.veery.model.PropertyValues;
import dev.veery.net.FramePieces;
import dev.veery.net.IpFrame;
import dev.veery.net.MacAddresses;
import dev.veery.net.NetBackend;
import dev.veery.net.NetFrontend;
import dev.veery.net.NetSource;
import dev.veery.net.SendOffload;
import dev.veery.time.VirtualClock;
import dev.veery.time.VmTimer;
import dev.veery.virtio.DescriptorChain;
import dev.veery.virtio.VirtQueue;
import dev.veery.virtio.VirtioPciDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code -device virtio-net-pci}. */
public final class VirtioNetPci extends VirtioPciDevice implements NetFrontend {
    private static final int ID = 1;
    private static final int CLASS = 0x020000;
    private static final int MIN_QUEUE_SIZE = 64;
    private static final int MAX_QUEUE_SIZE = 1024;
    private static final int CONTROL_SIZE = 64;

    /** Vectors besides those of the pairs: configuration and control. */
    private static final int MORE_VECTORS = 2;

    /** 5.1.2: queues come in pairs, receive before transmit; the control queue is behind those that are negotiated. */
    private static final int PAIR = 2;

    /** 5.1.3 feature bits, as masks. */
    private static final long F_CSUM = 1;

    private static final long F_GUEST_CSUM = 1 << 1;
    private static final long F_MTU = 1 << 3;
    private static final long F_MAC = 1 << 5;
    private static final long F_HOST_TSO4 = 1 << 11;
    private static final long F_HOST_TSO6 = 1 << 12;
    private static final long F_HOST_ECN = 1 << 13;
    private static final long F_MRG_RXBUF = 1 << 15;
    private static final long F_STATUS = 1 << 16;
    private static final long F_CTRL_VQ = 1 << 17;
    private static final long F_CTRL_RX = 1 << 18;
    private static final long F_CTRL_RX_EXTRA = 1 << 20;
    private static final long F_MQ = 1 << 22;
    private static final long F_CTRL_MAC_ADDR = 1 << 23;

    /** 5.1.4 configuration layout. */
    private static final int CONFIG_MAC = 0;

    private static final int CONFIG_STATUS = 6;
    private static final int CONFIG_MAX_PAIRS = 8;
    private static final int CONFIG_MTU = 10;
    private static final int CONFIG_SIZE = 12;
    private static final int STATUS_LINK_UP = 1;

    /** 5.1.6: the header before each frame; its last field says over how many buffers a frame is spread. */
    private static final int HEADER = 12;

    private static final int HEADER_FLAGS = 0;
    private static final int HEADER_GSO_TYPE = 1;
    private static final int HEADER_GSO_SIZE = 4;
    private static final int HEADER_CSUM_START = 6;
    private static final int HEADER_CSUM_OFFSET = 8;
    private static final int HEADER_NUM_BUFFERS = 10;
    private static final int FLAG_NEEDS_CSUM = 1;
    private static final int FLAG_DATA_VALID = 2;
    private static final int GSO_NONE = 0;
    private static final int GSO_TCPV4 = 1;
    private static final int GSO_TCPV6 = 4;
    private static final int GSO_ECN = 0x80;
    private static final int MIN_FRAME = 14;

    private static final int MAX_PIECES = 1024;
    /** Frames sent in a row before others get the machine lock. */
    private static final int BURST = 256;

    /** 5.1.6.5.6: how many pairs the driver uses. */
    private static final int CLASS_MQ = 4;

    private static final int MQ_BYTES = 4;

    private static final int VLAN_TAG = 4;

    private static final int ACK_OK = 0;
    private static final int ACK_ERR = 1;

    private static final String NETDEV = "netdev";
    private static final String MAC = "mac";
    private static final String HOST_MTU = "host_mtu";
    private static final String MQ = "mq";
    private static final String RX_QUEUE_SIZE = "rx_queue_size";
    private static final String TX_QUEUE_SIZE = "tx_queue_size";

    /** Features that the user can switch off, by their properties. */
    private enum Switch {
        CSUM("csum", F_CSUM, "Offer to fill in checksums"),
        GUEST_CSUM("guest_csum", F_GUEST_CSUM, "Offer to check checksums"),
        HOST_TSO4("host_tso4", F_HOST_TSO4, "Offer to segment TCP over IPv4"),
        HOST_TSO6("host_tso6", F_HOST_TSO6, "Offer to segment TCP over IPv6"),
        HOST_ECN("host_ecn", F_HOST_ECN, "Offer to segment TCP with ECN"),
        MRG_RXBUF("mrg_rxbuf", F_MRG_RXBUF, "Offer to spread frames over buffers"),
        STATUS("status", F_STATUS, "Offer the state of the link"),
        CTRL_VQ("ctrl_vq", F_CTRL_VQ, "Offer a control queue"),
        CTRL_RX("ctrl_rx", F_CTRL_RX, "Offer receive modes"),
        CTRL_RX_EXTRA("ctrl_rx_extra", F_CTRL_RX_EXTRA, "Offer further receive modes"),
        CTRL_MAC_ADDR("ctrl_mac_addr", F_CTRL_MAC_ADDR, "Offer to change the address");

        final String property;
        final long feature;
        final String help;

        Switch(String property, long feature, String help) {
            this.property = property;
            this.feature = feature;
            this.help = help;
        }
    }

    /** 5.1.3.1: features that mean nothing without others. */
    private static final long NEED_CSUM = F_HOST_TSO4 | F_HOST_TSO6 | F_HOST_ECN;

    private static final long NEED_CTRL = F_CTRL_RX | F_CTRL_RX_EXTRA | F_CTRL_MAC_ADDR | F_MQ;

    private final NetSource nets;
    private final ReceiveFilter filter = new ReceiveFilter();
    private final VirtualClock clock;
    private final VmTimer again;
    private final long mac;

    private final DescriptorChain out = new DescriptorChain();
    private final DmaVector outBytes = new DmaVector(MAX_PIECES);
    private final FramePieces frame = new FramePieces();
    private final IpFrame packet = new IpFrame();
    private @Nullable SendOffload offload;

    /** {@link #out} was taken, and its frame or the rest of its segments could not be sent yet. */
    private boolean sending;

    /** The pair whose frame that is. */
    private int sendingPair;

    private final DescriptorChain command = new DescriptorChain();
    private final DmaVector commandBytes = new DmaVector(MAX_PIECES);
    private final DmaVector answer = new DmaVector(1);

    private final int pairs;
    private final ReceiveBuffers[] buffers;
    private final FlowSteering steering = new FlowSteering();

    /** How many pairs frames may arrive in. */
    private int activePairs = 1;

    private boolean multiqueue;
    private int controlIndex = PAIR;
    private int longestFrame = NetBackend.MAX_FRAME;
    private boolean merging;
    private boolean checking;
    private long header;
    private @Nullable NetBackend net;

    private VirtioNetPci(DeviceConfig config, VirtualClock clock, NetSource nets, MacAddresses addresses) {
        this(config, clock, nets, addresses, pairs(config.properties(), nets));
    }

    private VirtioNetPci(DeviceConfig config, VirtualClock clock, NetSource nets, MacAddresses addresses, int pairs) {
        super(config, ID, CLASS, CONFIG_SIZE, queues(config.properties(), pairs), PAIR * pairs + MORE_VECTORS);
        this.pairs = pairs;
        this.nets = nets;
        this.clock = clock;
        mac = addresses.next("virtio-net-pci." + MAC, config.properties().string(MAC));
        again = clock.newTimer("virtio-net", this::sendable);
        buffers = new ReceiveBuffers[pairs];
        for (int i = 0; i < pairs; i++) {
            buffers[i] = new ReceiveBuffers(MAX_PIECES);
        }
        deviceConfig()
                .declare(CONFIG_MAC, MacAddresses.BYTES, mac, 0)
                .declare(CONFIG_STATUS, 2, STATUS_LINK_UP, 0)
                .declare(CONFIG_MAX_PAIRS, 2, pairs, 0)
                .declare(CONFIG_MTU, 2, properties().integer(HOST_MTU), 0);
    }

    /**
     * The type.
     *
     * @param nets where the network of a name is, and how many queues it has
     * @param addresses for cards without one
     */
    public static DeviceType type(VirtualClock clock, NetSource nets, MacAddresses addresses) {
        List<Property> features = new ArrayList<>();
        for (Switch feature : Switch.values()) {
            features.add(Property.bool(feature.property, true, feature.help));
        }
        return DeviceType.named("virtio-net-pci")
                .description("Network card")
                .alias("virtio-net")
                .bus("PCI")
                .category(DeviceCategory.NETWORK)
                .hotpluggable()
                .properties(virtioProperties())
                .properties(features)
                .property(Property.string(NETDEV, "ID of a netdev to use as a backend"))
                .property(Property.string(MAC, "Ethernet 6-byte MAC Address, example: 52:54:00:12:34:56"))
                .property(Property.bool(MQ, false, "Offer as many pairs of queues as the netdev has"))
                .property(
                        Property.uint16(HOST_MTU, 0, "Longest packet of the network, for the driver; 0 to say nothing"))
                .property(Property.uint16(RX_QUEUE_SIZE, 256, "Length of the receive queue, a power of two"))
                .property(Property.uint16(TX_QUEUE_SIZE, 256, "Length of the transmit queue, a power of two"))
                .build(config -> new VirtioNetPci(config, clock, nets, addresses));
    }

    private static int pairs(PropertyValues properties, NetSource nets) {
        String name = properties.string(NETDEV);
        return name == null ? 1 : nets.queues(name);
    }

    private static int[] queues(PropertyValues properties, int pairs) {
        int[] sizes = new int[PAIR * pairs + 1];
        for (int pair = 0; pair < pairs; pair++) {
            sizes[PAIR * pair] = queueSize(properties, RX_QUEUE_SIZE);
            sizes[PAIR * pair + 1] = queueSize(properties, TX_QUEUE_SIZE);
        }
        sizes[PAIR * pairs] = CONTROL_SIZE;
        return sizes;
    }

    private static int queueSize(PropertyValues properties, String property) {
        int size = properties.integer(property);
        if (size < MIN_QUEUE_SIZE || size > MAX_QUEUE_SIZE || !Bits.isPowerOfTwo(size)) {
            throw new ConfigException("Property 'virtio-net-pci." + property + "' takes a power of two from "
                    + MIN_QUEUE_SIZE + " to " + MAX_QUEUE_SIZE);
        }
        return size;
    }

    private NetBackend net() {
        return Objects.requireNonNull(net, "not realized");
    }

    @Override
    protected void onRealize() {
        String name = properties().string(NETDEV);
        if (name == null) {
            throw new ConfigException("netdev property not set");
        }
        header = OffHeap.allocate(HEADER);
        offload = new SendOffload();
        net = nets.connect(name);
    }

    @Override
    protected void onPciCommit() {
        filter.reset(mac);
        net().connect(this);
    }

    @Override
    protected void onUnrealize() {
        again.cancel();
        if (net != null) {
            net.close();
            net = null;
        }
        if (offload != null) {
            offload.close();
            offload = null;
        }
        if (header != 0) {
            OffHeap.free(header);
            header = 0;
        }
    }

    @Override
    protected long deviceFeatures() {
        long features = F_MAC;
        for (Switch feature : Switch.values()) {
            features |= properties().bool(feature.property) ? feature.feature : 0;
        }
        features |= properties().bool(MQ) ? F_MQ : 0;
        features |= properties().integer(HOST_MTU) != 0 ? F_MTU : 0;
        features &= (features & F_CSUM) == 0 ? ~NEED_CSUM : -1L;
        return features & ((features & F_CTRL_VQ) == 0 ? ~NEED_CTRL : -1L);
    }

    @Override
    protected void onDriverOk(long features) {
        merging = (features & F_MRG_RXBUF) != 0;
        checking = (features & F_GUEST_CSUM) != 0;
        multiqueue = (features & F_MQ) != 0;
        controlIndex = multiqueue ? PAIR * pairs : PAIR;
        longestFrame = (features & F_MTU) != 0
                ? Math.min(properties().integer(HOST_MTU) + IpFrame.ETHERNET_HEADER + VLAN_TAG, NetBackend.MAX_FRAME)
                : NetBackend.MAX_FRAME;
        net().resume();
    }

    @Override
    protected void onDeviceReset() {
        again.cancel();
        sending = false;
        for (ReceiveBuffers each : buffers) {
            each.reset();
        }
        activePairs = 1;
        steering.reset();
        filter.reset(mac);
        // A frame that waits for room must not keep the network waiting.
        net().resume();
    }

    @Override
    protected void onNotify(VirtQueue queue) {
        int index = queue.index();
        if (index == controlIndex) {
            control(queue);
        } else if (index < PAIR * pairs) {
            if (index % PAIR == 0) {
                net().resume();
            } else {
                transmit(index / PAIR);
            }
        }
    }

    // To the network.

    @Override
    public void sendable() {
        if (running()) {
            // Who was stopped goes on first: no other pair can send before.
            int first = sendingPair;
            transmit(first);
            for (int pair = 0; pair < sendingPairs() && !sending; pair++) {
                if (pair != first) {
                    transmit(pair);
                }
            }
        }
    }

    /** Without multiqueue, what would be the second pair's is the control queue. */
    private int sendingPairs() {
        return controlIndex / PAIR;
    }

    private void transmit(int pair) {
        if (sending && pair != sendingPair || pair >= sendingPairs()) {
            // Its turn comes when the network takes frames again.
            return;
        }
        VirtQueue queue = queue(PAIR * pair + 1);
        int left = BURST;
        while (left > 0 && (sending || queue.pop(out))) {
            if (!sending && !takeFrame()) {
                fail();
                return;
            }
            if (!sending && activePairs > 1) {
                steering.learn(frame, pair);
            }
            sending = true;
            sendingPair = pair;
            if (!sendFrame(pair)) {
                break;
            }
            sending = false;
            queue.push(out, 0);
            left--;
        }
        queue.interrupt();
        if (left == 0) {
            again.arm(clock.nanos());
        }
    }

    /** Sends what is left of a frame; false if the network does not take it now. */
    private boolean sendFrame(int pair) {
        SendOffload from = offload();
        while (frame.length() != 0) {
            if (!net().send(pair, from.current())) {
                return false;
            }
            if (!from.next()) {
                frame.clear();
            }
        }
        return true;
    }

    private SendOffload offload() {
        return Objects.requireNonNull(offload, "not realized");
    }

    /** Finds the frame behind the header; one that no Ethernet carries, or whose header is nonsense, is left empty. */
    private boolean takeFrame() {
        outBytes.clear();
        frame.clear();
        if (!out.mapReadable(dma(), outBytes) || outBytes.length() < HEADER) {
            return false;
        }
        long length = outBytes.length() - HEADER;
        if (length < MIN_FRAME || length > NetBackend.MAX_FRAME) {
            return true;
        }
        long skip = HEADER;
        for (int i = 0; i < outBytes.count(); i++) {
            long here = Math.min(skip, outBytes.length(i));
            frame.add(outBytes.host(i) + here, (int) (outBytes.length(i) - here));
            skip -= here;
        }
        offload().begin(frame);
        if (!prepare()) {
            frame.clear();
        }
        return true;
    }

    /** 5.1.6.2: what the header asks for, each field read once. */
    private boolean prepare() {
        int flags = (int) outBytes.get(HEADER_FLAGS, 1);
        int segments = (int) outBytes.get(HEADER_GSO_TYPE, 1) & ~GSO_ECN;
        int start = (int) outBytes.get(HEADER_CSUM_START, 2);
        if ((flags & FLAG_NEEDS_CSUM) == 0) {
            return segments == GSO_NONE;
        }
        if (segments == GSO_NONE) {
            int field = start + (int) outBytes.get(HEADER_CSUM_OFFSET, 2);
            return offload().checksum(start, frame.length(), field);
        }
        boolean tcp = segments == GSO_TCPV4 || segments == GSO_TCPV6;
        return tcp && offload().segmentBehindEthernet(start, (int) outBytes.get(HEADER_GSO_SIZE, 2));
    }

    // From the network.

    @Override
    public boolean receive(long host, int length) {
        if (!running() || length < MIN_FRAME || length > longestFrame || !filter.wants(host)) {
            return true;
        }
        int pair = activePairs == 1 ? 0 : Math.min(steering.pairOf(host, length), activePairs - 1);
        VirtQueue queue = queue(PAIR * pair);
        ReceiveBuffers into = buffers[pair];
        ReceiveBuffers.Room room = into.collect(queue, dma(), (long) length + HEADER, HEADER, merging);
        if (room == ReceiveBuffers.Room.BROKEN) {
            fail();
        }
        if (room != ReceiveBuffers.Room.ENOUGH) {
            // Without merging, a frame that does not fit into a buffer is lost; otherwise there is no room now.
            return !running() || !merging && into.any();
        }
        OffHeap.putShort(header + HEADER_NUM_BUFFERS, into.countFor((long) length + HEADER));
        OffHeap.putByte(header + HEADER_FLAGS, checking && intact(host, length) ? FLAG_DATA_VALID : 0);
        into.fill(queue, header, HEADER, host, length);
        queue.interrupt();
        return true;
    }

    /** Whether TCP's or UDP's checksum is right, which saves the driver looking. */
    private boolean intact(long host, int length) {
        packet.parse(host, length);
        return packet.protocol() != 0 && packet.transportIntact();
    }

    // Control.

    private void control(VirtQueue queue) {
        int left = CONTROL_SIZE;
        while (left > 0 && queue.pop(command)) {
            commandBytes.clear();
            answer.clear();
            boolean mapped = command.mapReadable(dma(), commandBytes) && command.mapWritable(dma(), answer);
            if (!mapped || answer.length() < 1) {
                fail();
                return;
            }
            answer.putByte(0, setPairs() || filter.command(commandBytes) ? ACK_OK : ACK_ERR);
            deviceConfig().set(CONFIG_MAC, MacAddresses.BYTES, filter.own());
            queue.push(command, 1);
            left--;
        }
        queue.interrupt();
    }

    /** VQ_PAIRS_SET; false if the command is another, or asks for pairs that are not there. */
    private boolean setPairs() {
        boolean valid = multiqueue
                && commandBytes.length() == MQ_BYTES
                && commandBytes.get(0, 1) == CLASS_MQ
                && commandBytes.get(1, 1) == 0;
        int count = valid ? (int) commandBytes.get(2, 2) : 0;
        if (count < 1 || count > pairs) {
            return false;
        }
        activePairs = count;
        // A frame that waits for room may now belong elsewhere.
        net().resume();
        return true;
    }
}
