package dev.veery.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.veery.accel.Accelerator;
import dev.veery.accel.Vcpu;
import dev.veery.accel.soft.InterpreterAccelerator;
import dev.veery.accel.soft.JitAccelerator;
import dev.veery.base.ConfigException;
import dev.veery.base.MachineLock;
import dev.veery.base.Units;
import dev.veery.block.CacheMode;
import dev.veery.block.DiskSpec;
import dev.veery.block.Disks;
import dev.veery.chardev.CharBackend;
import dev.veery.chardev.CharFrontend;
import dev.veery.cpu.state.CpuModels;
import dev.veery.hostcode.linux.LinuxHostCode;
import dev.veery.linux.file.LinuxDiskFile;
import dev.veery.linux.sys.MappedRamAllocator;
import dev.veery.model.Device;
import dev.veery.model.DeviceDescriptor;
import dev.veery.net.NullNet;
import dev.veery.q35.HostDevices;
import dev.veery.q35.MachineEvents;
import dev.veery.q35.Q35Backends;
import dev.veery.q35.Q35Machine;
import dev.veery.q35.Q35Options;
import dev.veery.q35.Q35Settings;
import dev.veery.time.HostClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A disk comes while Debian's kernel runs, is read, and goes again: by ACPI, and by the port. */
@Tag("boot")
class HotPlugBootTest {
    private static final int DISK = 1 << 20;
    private static final long DEADLINE = TimeUnit.MINUTES.toNanos(4);

    private final MachineLock lock = new MachineLock();

    /** The serial port, and what the machine says of itself: lines between hashes. */
    private final class Console implements CharBackend, MachineEvents {
        private final StringBuilder text = new StringBuilder();
        private @Nullable CharFrontend port;
        private int seen;

        @Override
        public void attach(CharFrontend frontend) {
            port = frontend;
        }

        @Override
        public void write(int value) {
            say(String.valueOf((char) (value & 0xff)));
        }

        private synchronized void say(String more) {
            text.append(more);
            notifyAll();
        }

        @Override
        public synchronized void acceptInput() {
            notifyAll();
        }

        @Override
        public void close() {
            // Nothing is held.
        }

        void type(String line) throws InterruptedException {
            byte[] bytes = (line + "\n").getBytes(StandardCharsets.US_ASCII);
            int sent = 0;
            while (sent < bytes.length) {
                lock.lock();
                try {
                    CharFrontend to = port;
                    int room = to == null ? 0 : Math.min(to.canReceive(), bytes.length - sent);
                    if (to != null && room > 0) {
                        to.receive(bytes, sent, room);
                        sent += room;
                    }
                } finally {
                    lock.unlock();
                }
                synchronized (this) {
                    // A lost wake-up costs a moment.
                    wait(10);
                }
            }
        }

        synchronized Matcher await(String regex) throws InterruptedException {
            Pattern pattern = Pattern.compile(regex);
            long start = System.nanoTime();
            while (System.nanoTime() - start < DEADLINE) {
                Matcher matcher = pattern.matcher(text);
                if (matcher.find(seen)) {
                    seen = matcher.end();
                    return matcher;
                }
                wait(1000);
            }
            throw new AssertionError("no '" + regex + "' in: " + text);
        }

        @Override
        public void poweredOff() {
            say("#off#");
        }

        @Override
        public void resetRequested() {
            say("#reset#");
        }

        @Override
        public void debugExit(int status) {
            say("#exit#");
        }

        @Override
        public void guestPanicked() {
            say("#panicked#");
        }

        @Override
        public void deviceDeleted(Device device) {
            say("#deleted " + device.id() + "#");
        }

        @Override
        public void tripleFault(Vcpu vcpu) {
            say("#triple fault#");
        }

        @Override
        public void engineFailed(Vcpu vcpu, Throwable cause) {
            say("#failed " + cause + "#");
        }
    }

    private Q35Machine machine(HostClock clock, Disks disks, Console console, boolean acpi) {
        BootFiles files = BootFiles.cloud();
        LinuxHostCode host = new LinuxHostCode();
        Accelerator accelerator = host.problem().isEmpty() ? new JitAccelerator(host) : new InterpreterAccelerator();
        return new Q35Machine(new Q35Settings(
                lock,
                clock,
                () -> 0,
                new MappedRamAllocator(),
                accelerator,
                CpuModels.parse("max", accelerator.cpuSupport(), warning -> {}),
                1,
                256 * Units.MIB,
                Q35Options.parse(Map.of()),
                new Q35Settings.Boot(
                        files.kernel(),
                        files.initrd(),
                        "console=ttyS0 quiet no_timer_check intel_iommu=on,strict iommu=nopt"),
                List.of(console),
                id -> {
                    throw new ConfigException("chardev '" + id + "' not found");
                },
                new Q35Backends(disks::connect, id -> new NullNet(), bytes -> {}, HostDevices.NONE),
                List.of(
                        DeviceDescriptor.of("pcie-root-port", Map.of("id", "rp", "chassis", "1"), ""),
                        DeviceDescriptor.of("intel-iommu", Map.of(), "")),
                List.of(new Q35Settings.Global(
                        "ICH9-LPC", "acpi-pci-hotplug-with-bridge-support", acpi ? "on" : "off")),
                new UUID(0, 0),
                "1",
                new byte[32],
                console,
                warning -> {}));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDiskComesIsReadAndGoes(boolean acpi, @TempDir Path directory)
            throws IOException, InterruptedException, NoSuchAlgorithmException {
        byte[] content = new byte[DISK];
        new Random(22).nextBytes(content);
        Path image = Files.write(directory.resolve("disk"), content);
        String sum =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        Console console = new Console();
        try (HostClock clock = HostClock.start(lock, (thread, cause) -> console.say("#failed " + cause + "#"));
                Disks disks = new Disks(lock, LinuxDiskFile::open)) {
            disks.define(new DiskSpec("d", image.toString(), 0, false, CacheMode.WRITEBACK, false, true));
            try (Q35Machine machine = machine(clock, disks, console, acpi)) {
                machine.reset();
                machine.start();
                try {
                    comeAndGo(machine, console, sum);
                } finally {
                    machine.stop();
                }
            }
        }
    }

    private static void comeAndGo(Q35Machine machine, Console console, String sum) throws InterruptedException {
        console.await("Leave with 'poweroff -f'");
        console.type("PS1='ready'\"> \"");
        console.await("ready> ");
        machine.deviceAdd(DeviceDescriptor.of(
                "nvme", Map.of("id", "hot", "bus", "rp", "drive", "d", "serial", "1"), "device_add"));
        console.type("until [ -b /dev/nvme0n1 ]; do usleep 200000; done; sha256sum /dev/nvme0n1");
        assertEquals(sum, console.await("([0-9a-f]{64})  /dev/nvme0n1").group(1));

        machine.deviceDel("hot");
        assertEquals("hot", console.await("#deleted (.*)#").group(1));
        console.type("until [ ! -b /dev/nvme0n1 ]; do usleep 200000; done; echo com''plaints"
                + " $(dmesg | grep -c -E 'DMAR.*fault|Call Trace|WARNING:|ACPI.*Error')");
        assertEquals("0", console.await("complaints ([0-9]+)").group(1));
    }
}
