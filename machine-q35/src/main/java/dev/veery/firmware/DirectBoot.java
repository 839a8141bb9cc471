package dev.veery.firmware;

import dev.veery.memory.AddressSpace;

/** Recognises a kernel's format and loads it. */
public final class DirectBoot {
    private DirectBoot() {}

    /**
     * Loads the kernel and what belongs to it into guest memory.
     *
     * @return the registers to enter it with
     * @throws dev.veery.base.ConfigException when a file cannot be read, is damaged, has an unknown format or does not fit
     */
    public static EntryState load(BootRequest request, AddressSpace memory) {
        try (ImageFile file = ImageFile.open("kernel", request.kernel())) {
            if (LinuxLoader.recognises(file)) {
                return LinuxLoader.load(file, request, memory);
            }
            int multiboot = MultibootLoader.header(file);
            if (multiboot >= 0) {
                return MultibootLoader.load(file, multiboot, request, memory);
            }
            if (ElfImage.recognises(file)) {
                ElfImage elf = ElfImage.parse(file);
                long entry = PvhLoader.entry(file, elf);
                if (entry < 0) {
                    throw file.bad("it is an ELF file with neither a PVH note nor a Multiboot header");
                }
                return PvhLoader.load(file, elf, entry, request, memory);
            }
            throw file.bad("it is neither a Linux bzImage, nor an ELF file with a PVH note, nor a Multiboot image");
        }
    }
}
