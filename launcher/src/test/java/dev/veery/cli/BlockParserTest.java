package dev.veery.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.ConfigException;
import dev.veery.block.CacheMode;
import dev.veery.block.DiskSpec;
import dev.veery.model.DeviceDescriptor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockParserTest {
    private final BlockParser parser = new BlockParser();

    @Test
    void driveDescribesADiskForADeviceToFind() {
        List<DeviceDescriptor> devices =
                parser.drive("file=a,,b.img,if=none,id=d,format=raw,readonly=on,cache=none,discard=unmap");
        CacheMode cache = new CacheMode(true, true, false);
        assertEquals(List.of(new DiskSpec("d", "a,b.img", 0, true, cache, true, true)), parser.disks());
        assertEquals(List.of(), devices);
    }

    @Test
    void driveOfVirtioBringsItsDevice() {
        parser.drive("file=x,if=virtio,cache=unsafe,file.locking=off");
        DeviceDescriptor device = parser.drive("file=y,if=virtio").get(0);
        assertEquals("virtio-blk-pci", device.driver());
        assertEquals(Map.of("drive", "virtio1"), device.properties());
        CacheMode unsafe = new CacheMode(true, false, true);
        assertEquals(
                new DiskSpec("virtio0", "x", 0, false, unsafe, false, false),
                parser.disks().get(0));
    }

    @Test
    void aRawNodeStandsForTheFileBelow() {
        parser.blockdev("driver=file,node-name=f,filename=x,cache.direct=on");
        parser.blockdev("raw,node-name=r,file=f,read-only=on");
        parser.blockdev("{'driver':'raw','node-name':'s','file':{'driver':'file','filename':'y','locking':'off'}}");
        parser.blockdev("{\"driver\":\"null-co\",\"node-name\":\"n\",\"size\":1048576}");
        assertEquals(
                List.of(
                        new DiskSpec("r", "x", 0, true, new CacheMode(true, true, false), false, true),
                        new DiskSpec("s", "y", 0, false, CacheMode.WRITEBACK, false, false),
                        new DiskSpec("n", null, 1 << 20, false, CacheMode.WRITEBACK, true, false)),
                parser.disks());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file=x",
                "file=x,if=ide",
                "if=none,id=d",
                "file=x,if=none,format=qcow2",
                "file=x,if=none,cache=maybe",
                "file=x,if=none,snapshot=on",
                "file=x,if=none,discard=perhaps",
                "file=x,if=none,aio=native",
                "file=x,if=none,throttling.iops-total=1"
            })
    void whatIsNotAvailableIsRefusedByName(String value) {
        ConfigException refused = assertThrows(ConfigException.class, () -> parser.drive(value));
        assertTrue(refused.isUsage());
        assertTrue(refused.getMessage().startsWith("-drive " + value), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "driver=qcow2,node-name=n,file=f",
                "driver=raw,node-name=n,file=missing",
                "driver=file,filename=x",
                "driver=file,node-name=n,filename=x,unknown=1"
            })
    void unknownNodesAreRefusedByName(String value) {
        ConfigException refused = assertThrows(ConfigException.class, () -> parser.blockdev(value));
        assertTrue(refused.getMessage().startsWith("-blockdev " + value), refused.getMessage());
    }
}
