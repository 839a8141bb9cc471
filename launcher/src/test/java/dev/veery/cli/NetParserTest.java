package dev.veery.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.model.DeviceDescriptor;
import dev.veery.net.NetDump;
import dev.veery.net.NetSpec;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetParserTest {
    private final NetParser parser = new NetParser();

    private NetSpec netdev(String value) {
        parser.netdev(value);
        return parser.nets().get(parser.nets().size() - 1);
    }

    @Test
    void streamsListenOrConnect() {
        UnixDomainSocketAddress path = UnixDomainSocketAddress.of("/tmp/s");
        assertEquals(
                new NetSpec("n", NetSpec.Kind.STREAM, path, null),
                netdev("stream,id=n,server=on,addr.type=unix,addr.path=/tmp/s"));
        assertEquals(
                new NetSpec("n", NetSpec.Kind.STREAM, null, path),
                netdev("{'type':'stream','id':'n','addr':{'type':'unix','path':'/tmp/s'}}"));
        assertEquals(
                new NetSpec("m", NetSpec.Kind.STREAM, new InetSocketAddress("0.0.0.0", 1234), null),
                netdev("socket,id=m,listen=:1234"));
        assertEquals(
                new NetSpec("m", NetSpec.Kind.STREAM, null, new InetSocketAddress("127.0.0.1", 80)),
                netdev("socket,id=m,connect=127.0.0.1:80"));
    }

    @Test
    void datagramsAndTaps() {
        InetSocketAddress local = new InetSocketAddress("127.0.0.1", 1);
        InetSocketAddress remote = new InetSocketAddress("127.0.0.1", 2);
        assertEquals(
                new NetSpec("n", NetSpec.Kind.DATAGRAM, local, remote),
                netdev(
                        "dgram,id=n,local.type=inet,local.host=127.0.0.1,local.port=1,remote.type=inet,remote.host=127.0.0.1,"
                                + "remote.port=2"));
        assertEquals(
                new NetSpec("n", NetSpec.Kind.TAP, null, null, "tap3", List.of(), 1),
                netdev("tap,id=n,ifname=tap3,script=no,downscript=no"));
        assertEquals(new NetSpec("n", NetSpec.Kind.TAP, null, null, "", List.of(7), 1), netdev("tap,id=n,fd=7"));
        assertEquals(
                new NetSpec(
                        "n",
                        NetSpec.Kind.DATAGRAM,
                        UnixDomainSocketAddress.of("/tmp/a"),
                        UnixDomainSocketAddress.of("/tmp/b")),
                netdev("dgram,id=n,local.type=unix,local.path=/tmp/a,remote.type=unix,remote.path=/tmp/b"));
    }

    @Test
    void socketsMayBeGiven() {
        assertEquals(NetSpec.given("n", NetSpec.Kind.STREAM, 7), netdev("stream,id=n,addr.type=fd,addr.str=7"));
        assertEquals(NetSpec.given("n", NetSpec.Kind.DATAGRAM, 8), netdev("dgram,id=n,local.type=fd,local.str=8"));
        assertEquals(NetSpec.given("n", NetSpec.Kind.DESCRIPTOR, 9), netdev("socket,id=n,fd=9"));
    }

    @Test
    void networksHaveSeveralQueues() {
        assertEquals(
                new NetSpec("n", NetSpec.Kind.TAP, null, null, "tap3", List.of(), 4),
                netdev("tap,id=n,ifname=tap3,queues=4"));
        assertEquals(new NetSpec("n", NetSpec.Kind.TAP, null, null, "", List.of(7, 9), 2), netdev("tap,id=n,fds=7:9"));
        assertEquals(3, netdev("null,id=n,queues=3").queues());
    }

    @Test
    void streamsConnectAgain() {
        assertEquals(
                5,
                netdev("stream,id=n,addr.type=unix,addr.path=/tmp/s,reconnect=5")
                        .reconnectSeconds());
    }

    @Test
    void nicIsANetworkWithItsCard() {
        DeviceDescriptor card =
                parser.nic("null,model=virtio-net-pci,mac=52:54:00:00:00:07").get(0);
        assertEquals("virtio-net-pci", card.driver());
        assertEquals(Map.of("netdev", "nic0", "mac", "52:54:00:00:00:07"), card.properties());
        assertEquals(Map.of("netdev", "nic1"), parser.nic("null").get(0).properties());
        assertEquals(List.of(), parser.nic("none"));
        assertEquals("nic1", parser.nets().get(1).id());
    }

    @Test
    void aDumpNamesItsNetwork() {
        parser.dump(new OptionText("-object", "id=d,netdev=n,file=x.pcap,maxlen=96", null));
        assertEquals(List.of(new NetDump("d", "n", "x.pcap", 96)), parser.dumps());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "user,id=n                        | passt",
                "vde,id=n                         | 'vde'",
                "stream,id=n                      | addr.type",
                "socket,id=n                      | 'listen'",
                "socket,id=n,mcast=230.0.0.1:1    | 'listen'",
                "socket,id=n,listen=:99999        | '99999'",
                "tap,id=n,script=/etc/up          | 'script'",
                "tap,id=n,fd=x                    | 'fd=x'",
                "tap,id=n,fds=3:x                 | 'fds=x'",
                "tap,id=n,fds=3:4,queues=2        | 'fds'",
                "stream,id=n,addr.type=unix,addr.path=/s,reconnect=x | 'reconnect=x'",
                "stream,id=n,addr.type=unix,addr.path=/s,server=on,reconnect=1 | 'reconnect'",
                "stream,id=n,addr.type=fd,addr.str=x | 'addr.str=x'",
                "stream,id=n,addr.type=fd | 'addr.str'",
                "socket,id=n,fd=3,listen=:1 | 'fd'",
                "dgram,id=n,remote.type=unix,remote.path=/b | 'local.type'",
                "dgram,id=n,local.type=unix,local.path=/a,remote.type=inet,remote.host=::1,remote.port=1 | 'local.type'",
                "tap,id=n,queues=0                | 'queues=0'",
                "tap,id=n,vhost=on                | 'vhost=on'",
                "null                             | 'id'",
                "null,id=n,colour=red             | 'colour'",
            })
    void whatIsNotAvailableIsRefusedByName(String value, String part) {
        ConfigException refused = assertThrows(ConfigException.class, () -> parser.netdev(value));
        assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }
}
