package dev.veery.bench;

import dev.veery.base.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One run of a guest with devices: their options, and what is behind them. */
final class DeviceRun {
    private DeviceRun() {}

    /**
     * Runs one.
     *
     * @param work names for the guest's program, separated by commas, or empty for all
     * @param tenths of a second for each
     */
    static void run(Contender contender, Guest guest, Group group, String work, int tenths) {
        // Where QEMU gets little of a busy host, the kernel finds that its timer does not work, and panics.
        String words = " no_timer_check expect=" + group.devices() + " tenths=" + tenths;
        words += group.prefix().isEmpty() ? "" : " label=" + group.prefix();
        words += work.isEmpty() ? "" : " run=" + work;
        words += group == Group.IOMMU ? " intel_iommu=on,strict iommu=nopt" : "";
        try {
            if (group.disks()) {
                makeOnce(image(guest, "blk"));
                makeOnce(image(guest, "nvme"));
            }
            if (!group.net()) {
                contender.run(guest, devices(guest, group), words);
                return;
            }
            try (FramePeer peer = new FramePeer(socket(guest))) {
                contender.run(guest, devices(guest, group), words);
            }
        } catch (IOException e) {
            throw new ConfigException("bench: cannot make what is behind the guest's devices: " + e.getMessage());
        }
    }

    /** Runs write what was there before; later ones find an image that the host has done with writing. */
    private static void makeOnce(Path file) throws IOException {
        if (!Files.exists(file)) {
            DiskFile.make(file);
        }
    }

    private static Path image(Guest guest, String name) {
        return guest.directory().resolve(name + ".img");
    }

    private static Path socket(Guest guest) {
        return guest.directory().resolve("net");
    }

    /** Everything as it is when nothing else is asked for, but virtio without its legacy, which not both have. */
    private static List<String> devices(Guest guest, Group group) {
        String virtio = ",disable-legacy=on" + (group == Group.IOMMU ? ",iommu_platform=on" : "");
        List<String> all = new ArrayList<>(List.of("-nodefaults", "-display", "none", "-serial", "stdio"));
        if (group == Group.IOMMU) {
            all.addAll(List.of("-device", "intel-iommu,intremap=on"));
            // For the guest's VFIO, which needs a device to map memory for.
            all.addAll(List.of("-device", "edu"));
        }
        if (group.disks()) {
            all.addAll(List.of("-drive", "if=none,id=b,format=raw,file=" + image(guest, "blk")));
            all.addAll(List.of("-device", "virtio-blk-pci,drive=b" + virtio));
            all.addAll(List.of("-drive", "if=none,id=n,format=raw,file=" + image(guest, "nvme")));
            all.addAll(List.of("-device", "nvme,drive=n,serial=bench"));
        }
        if (group.net()) {
            all.addAll(List.of("-netdev", "stream,id=s,addr.type=unix,addr.path=" + socket(guest)));
            all.addAll(List.of("-device", "virtio-net-pci,netdev=s" + virtio));
        }
        return all;
    }
}
