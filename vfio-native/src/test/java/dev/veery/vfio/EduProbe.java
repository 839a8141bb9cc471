package dev.veery.vfio;

import dev.veery.base.ConfigException;
import dev.veery.bus.pci.PciRegs;
import dev.veery.linux.vfio.VfioGroup;
import dev.veery.memory.access.OffHeap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Drives QEMU's edu device (docs/specs/edu.rst), assigned by VFIO, inside the lab: {@code EduProbe BDF WHAT}. Prints a line for
 * each thing that was seen and ends with {@code passed}.
 */
final class EduProbe {
    private static final int ID = 0x00;
    private static final int LIVENESS = 0x04;
    private static final int STATUS = 0x24;
    private static final int RAISE = 0x60;
    private static final int ACKNOWLEDGE = 0x64;
    private static final int SOURCE = 0x80;
    private static final int DESTINATION = 0x88;
    private static final int COUNT = 0x90;
    private static final int COMMAND = 0x98;
    private static final int DMA_STATUS = 0x100;
    private static final long BUFFER = 0x4_0000;
    private static final int BYTES = 2048;
    private static final int MSI_CAPABILITY = 5;
    private static final int MESSAGE = 0x4041;
    private static final long GUEST = 0x5000;
    private static final int RW = 3;

    private final ProbeBench bench;

    /** Whether registers are to be reached without us. */
    private final boolean mapping;

    private EduProbe(ProbeBench bench) {
        this(bench, true);
    }

    private EduProbe(ProbeBench bench, boolean mapping) {
        this.bench = bench;
        this.mapping = mapping;
    }

    /** Arguments: address of the device, then {@code legacy}, {@code iommufd}, {@code failure}, or {@code fd} and a number. */
    public static void main(String[] args) throws Exception {
        String bdf = args[0];
        if (args[1].equals("failure")) {
            failure(bdf, args.length > 2 ? args[2] : null);
        } else if (args[1].equals("fd")) {
            passed(bdf, args[2], args.length > 3);
        } else {
            boolean iommufd = args[1].equals("iommufd");
            for (boolean unitFirst : new boolean[] {true, false}) {
                try (ProbeBench bench = new ProbeBench(iommufd)) {
                    bench.build(properties(bdf, iommufd), true, unitFirst);
                    new EduProbe(bench).translated();
                }
                System.out.println("translated, IOMMU named " + (unitFirst ? "first" : "last") + ": as it should be");
            }
            try (ProbeBench bench = new ProbeBench(iommufd)) {
                bench.build(properties(bdf, iommufd), false, false);
                new EduProbe(bench).identity();
            }
            System.out.println("without IOMMU: as it should be");
            try (ProbeBench bench = new ProbeBench(iommufd)) {
                Map<String, String> trapping = properties(bdf, iommufd);
                trapping.put("x-no-mmap", "on");
                bench.build(trapping, false, false);
                new EduProbe(bench, false).identity();
            }
            System.out.println("with registers trapped: as it should be");
            try (ProbeBench bench = new ProbeBench(iommufd)) {
                bench.build(properties(bdf, iommufd), false, false);
                new EduProbe(bench).removal(bdf);
            }
            System.out.println("taken back by the host: as it should be");
        }
        System.out.println("passed");
    }

    /** With a descriptor that the shell has opened: of the group, or of the device's own file, which names the device. */
    private static void passed(String bdf, String descriptor, boolean iommufd) throws InterruptedException {
        try (ProbeBench bench = new ProbeBench(iommufd)) {
            bench.build(
                    iommufd ? Map.of("fd", descriptor, "iommufd", "fd0") : Map.of("fd", descriptor, "host", bdf),
                    false,
                    false);
            new EduProbe(bench).identity();
        }
    }

    private static Map<String, String> properties(String bdf, boolean iommufd) {
        Map<String, String> properties = new HashMap<>();
        properties.put("host", bdf);
        if (iommufd) {
            properties.put("iommufd", "fd0");
        }
        return properties;
    }

    /** Prints the line that the user would see; with a group number, while another has that group open. */
    private static void failure(String bdf, @Nullable String group) {
        VfioGroup other = group == null ? null : VfioGroup.open(group);
        try (ProbeBench bench = new ProbeBench(false)) {
            bench.build(properties(bdf, false), false, false);
            throw new AssertionError("it was given to us");
        } catch (ConfigException e) {
            System.out.println("failure: " + e.getMessage());
        } finally {
            if (other != null) {
                other.close();
            }
        }
    }

    private static void check(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }

    private long read(int register) {
        bench.lock.lock();
        try {
            return bench.memory.read(ProbeBench.BAR0 + register, 4);
        } finally {
            bench.lock.unlock();
        }
    }

    private void write(int register, int size, long value) {
        bench.lock.lock();
        try {
            bench.memory.write(ProbeBench.BAR0 + register, size, value);
        } finally {
            bench.lock.unlock();
        }
    }

    private void registers() {
        check(!bench.mapped(), "registers are mapped while decoding is off");
        bench.enable();
        check(bench.mapped() == mapping, "registers are " + (mapping ? "not " : "") + "mapped while decoding is on");
        check(read(ID) == 0x010000edL, "identification " + Long.toHexString(read(ID)));
        write(LIVENESS, 4, 0x1234_5678);
        check(read(LIVENESS) == (~0x1234_5678 & 0xffff_ffffL), "liveness");
        bench.config(PciRegs.COMMAND, 2, PciRegs.COMMAND_MASTER);
        check(read(ID) == 0xffff_ffffL, "registers answer while decoding is off");
        check(!bench.mapped(), "registers are mapped while decoding is off again");
        bench.config(PciRegs.COMMAND, 2, PciRegs.COMMAND_MEMORY | PciRegs.COMMAND_MASTER);
    }

    private void pin() throws InterruptedException {
        write(RAISE, 4, 1);
        check(bench.level(), "the pin falls first");
        // Not served: it comes again at once.
        bench.endInterrupt();
        check(!bench.level(), "the end of interrupt does not lower the pin");
        check(bench.level(), "a level that stays does not come again");
        write(ACKNOWLEDGE, 4, 1);
        bench.endInterrupt();
        check(!bench.level(), "the end of interrupt does not lower the pin");
        check(read(STATUS) == 0 && bench.quiet(), "an interrupt is left");
    }

    private void messages() throws InterruptedException {
        int at = bench.capability(MSI_CAPABILITY);
        bench.config(at + 4, 4, 0xfee0_0000L);
        bench.config(at + 8, 4, 0);
        bench.config(at + 12, 2, MESSAGE);
        bench.config(at + 2, 2, bench.config(at + 2, 2) | 1);
        write(RAISE, 4, 2);
        check(bench.message() == MESSAGE, "another message");
        write(ACKNOWLEDGE, 4, 2);
        check(bench.quiet(), "the pin changes beside a message");
    }

    /** Bytes from memory to the device and back behind themselves, each time with an interrupt at the end. */
    private void dma(long from, long to) throws InterruptedException {
        transfer(from, BUFFER, 1 | 4);
        transfer(BUFFER, to, 1 | 2 | 4);
    }

    private void transfer(long source, long destination, int command) throws InterruptedException {
        write(SOURCE, 4, source);
        write(DESTINATION, 4, destination);
        write(COUNT, 4, BYTES);
        write(COMMAND, 4, command);
        bench.message();
        check((read(STATUS) & DMA_STATUS) != 0, "no DMA interrupt");
        write(ACKNOWLEDGE, 4, DMA_STATUS);
    }

    private long host(long guest) {
        return bench.ram.host() + guest;
    }

    private void pattern(long guest) {
        for (int i = 0; i < BYTES; i += 4) {
            OffHeap.putInt(host(guest) + i, i * 0x9e37_79b1 + 1);
        }
    }

    private boolean copied(long from, long to) {
        for (int i = 0; i < BYTES; i += 4) {
            if (OffHeap.getInt(host(from) + i) != OffHeap.getInt(host(to) + i)) {
                return false;
            }
        }
        return true;
    }

    private void translated() throws InterruptedException {
        registers();
        pin();
        messages();
        check(bench.totals().mappings() == 1, "before the guest translates all memory is mapped: " + bench.totals());
        bench.guest(guest -> guest.identity(false));
        check(bench.totals().mappings() == 0, "mappings are left when the guest translates: " + bench.totals());
        long iova = 0x10_0000;
        bench.guest(guest -> guest.map(iova, GUEST, 0x2000, RW));
        check(bench.totals().bytes() == 0x2000, "other than mapped: " + bench.totals());
        bench.guest(guest -> guest.map(2 * iova, GUEST, 0x1000, RW));
        check(bench.host.agrees(), "the kernel counts other than two mappings");
        bench.guest(guest -> guest.unmap(2 * iova, 0x1000));
        check(bench.host.agrees(), "the kernel counts other than one mapping");
        pattern(GUEST);
        dma(iova, iova + 0x1000);
        check(copied(GUEST, GUEST + 0x1000), "DMA through the mapping did not arrive");
        bench.guest(guest -> guest.unmap(iova, 0x2000));
        check(bench.totals().mappings() == 0, "an unmapped mapping is left: " + bench.totals());
        OffHeap.fill(host(GUEST + 0x1000), BYTES, 0x5a);
        transfer(BUFFER, iova + 0x1000, 1 | 2 | 4);
        check(OffHeap.getByte(host(GUEST + 0x1000)) == 0x5a, "DMA after the unmapping reached memory");
        bench.guest(guest -> guest.map(iova, GUEST, 0x1000, 1));
        OffHeap.fill(host(GUEST), BYTES, 0x5a);
        transfer(BUFFER, iova, 1 | 2 | 4);
        check(OffHeap.getByte(host(GUEST)) == 0x5a, "a write through a read-only mapping reached memory");
        check(bench.warnings.stream().allMatch(line -> line.contains("cannot be reset")), "warnings " + bench.warnings);
        end();
    }

    private void identity() throws InterruptedException {
        registers();
        messages();
        check(bench.totals().bytes() == bench.ram.size(), "not all memory is mapped: " + bench.totals());
        check(bench.host.agrees(), "the kernel counts other mappings");
        pattern(GUEST);
        dma(GUEST, GUEST + 0x1000);
        check(copied(GUEST, GUEST + 0x1000), "DMA did not arrive");
        bench.reset();
        check(!bench.mapped(), "registers are mapped after a reset");
        bench.enable();
        check(read(ID) == 0x010000edL, "no registers after a reset");
        check(bench.totals().bytes() == bench.ram.size(), "a reset changed mappings: " + bench.totals());
        end();
    }

    /** The host's unbinding returns, and nothing answers any more. */
    private void removal(String bdf) throws IOException {
        bench.enable();
        Path driver = Path.of("/sys/bus/pci/drivers/vfio-pci");
        Files.writeString(driver.resolve("unbind"), bdf);
        check(read(ID) == 0xffff_ffffL, "registers answer");
        check(bench.config(PciRegs.VENDOR_ID, 4) == 0xffff_ffffL, "configuration space answers");
        check(bench.totals().mappings() == 0, "mappings are left: " + bench.totals());
        check(bench.warnings.stream().anyMatch(line -> line.contains("takes back " + bdf)), "" + bench.warnings);
        Files.writeString(driver.resolve("bind"), bdf);
        end();
    }

    private void end() {
        VfioHost.Totals left = bench.unplug();
        check(left.spaces() == 0 && left.mappings() == 0 && left.bytes() == 0, "left after the end: " + left);
    }
}
