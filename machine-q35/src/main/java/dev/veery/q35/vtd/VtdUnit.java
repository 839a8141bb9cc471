package dev.veery.q35.vtd;

import dev.veery.base.ConfigException;
import dev.veery.dma.DmaDomainLease;
import dev.veery.dma.DmaStatus;
import dev.veery.dma.MappingListener;
import dev.veery.dma.Translation;
import dev.veery.dma.TranslationUnit;
import dev.veery.irq.InterruptBus;
import dev.veery.irq.MsiSink;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.MmioHandler;
import dev.veery.model.Resettable;
import dev.veery.register.RegisterBank;
import java.util.function.Consumer;

/** The remapping hardware unit. As a {@link MmioHandler} it is its register window. */
public final class VtdUnit implements TranslationUnit, MmioHandler, Resettable, Invalidations {
    private static final int CONTEXTS = 256;
    private static final int STICKY = VtdRegs.GCMD_TE | VtdRegs.GCMD_QIE | VtdRegs.GCMD_IRE | VtdRegs.GCMD_CFI;

    private final String name;
    private final VtdConfig config;
    private final Consumer<String> warnings;
    private final RegisterBank bank = new RegisterBank(VtdRegs.WINDOW);
    private final TableMemory tables;
    private final ContextTables contextTables;
    private final PageWalk walk;
    private final Iotlb iotlb = new Iotlb();
    private final VtdContext[] contexts = new VtdContext[CONTEXTS];
    private final ProtectedMemory protectedMemory;
    private final EventRegisters faultEvent;
    private final EventRegisters invalidationEvent;
    private final FaultLog faults;
    private final InvalidationQueue queue;
    private final InterruptRemapper remapper;
    private final Mirrors mirrors;

    /** GSTS. */
    private int status;

    /** RTADDR as SRTP took it over. */
    private long rootTable;

    private boolean cachingMode;

    /** Whether the guest may have read the capabilities already. */
    private boolean running;

    /**
     * Makes a unit in its power-on state.
     *
     * @param name what errors call it
     * @param memory guest physical memory
     * @param bus delivers interrupts
     * @param warnings takes lines for the user
     */
    VtdUnit(String name, VtdConfig config, AddressSpace memory, InterruptBus bus, Consumer<String> warnings) {
        this.name = name;
        this.config = config;
        this.warnings = warnings;
        tables = new TableMemory(memory);
        contextTables = new ContextTables(config, tables);
        walk = new PageWalk(config, tables);
        for (int i = 0; i < CONTEXTS; i++) {
            contexts[i] = new VtdContext();
        }
        cachingMode = config.cachingMode();
        declare();
        protectedMemory = new ProtectedMemory(bank, config.hostWidth());
        faultEvent = new EventRegisters(bank, VtdRegs.FECTL, bus, this::extendedInterrupts);
        invalidationEvent = new EventRegisters(bank, VtdRegs.IECTL, bus, this::extendedInterrupts);
        faults = new FaultLog(bank, faultEvent);
        queue = new InvalidationQueue(config, bank, tables, this, faults, invalidationEvent);
        remapper = new InterruptRemapper(tables, bus, bus, faults);
        mirrors = new Mirrors(this::lookUp, walk, tables, this::refused);
        reset();
    }

    private void declare() {
        long address = (1L << config.hostWidth()) - 1 & ~0xfffL;
        bank.declare(VtdRegs.VER, 4, VtdRegs.VER_1_0, 0);
        bank.declare(VtdRegs.CAP, 8, config.capabilities(cachingMode), 0);
        bank.declare(VtdRegs.ECAP, 8, config.extendedCapabilities(), 0);
        bank.declare(VtdRegs.RTADDR, 8, 0, address | (config.scalable() ? VtdRegs.RTADDR_SCALABLE : 0));
        bank.declare(VtdRegs.CCMD, 8, 0, 0xe000_0003_ffff_ffffL);
        bank.declare(VtdRegs.IVA, 8, 0, ~0xfffL | 0x7f);
        bank.declare(VtdRegs.IOTLB, 8, 0, 0xb003_ffff_0000_0000L);
        if (config.interruptRemapping()) {
            bank.declare(VtdRegs.IRTA, 8, 0, address | 0xf | (config.extendedInterrupts() ? VtdRegs.IRTA_EIME : 0));
        }
    }

    private boolean extendedInterrupts() {
        return config.extendedInterrupts() && remapper.extended();
    }

    @Override
    public void reset() {
        bank.reset();
        status = 0;
        rootTable = 0;
        faults.reset();
        protectedMemory.update();
        queue.enable(false);
        remapper.configure(false, false);
        remapper.setTable(0);
        remapper.changed();
        contexts();
        translations();
    }

    // ---- registers

    @Override
    public long read(long offset, int size) {
        running = true;
        return bank.read((int) offset, size);
    }

    @Override
    public void write(long offset, int size, long value) {
        int at = (int) offset;
        if (at == VtdRegs.GCMD) {
            command((int) value);
            return;
        }
        bank.write(at, size, value);
        int last = at + size - 1;
        if (at <= VtdRegs.CCMD + 7 && last == VtdRegs.CCMD + 7) {
            contextCommand();
        } else if (at <= VtdRegs.IOTLB + 7 && last == VtdRegs.IOTLB + 7) {
            iotlbCommand();
        } else if (at == VtdRegs.IQT) {
            queue.process();
        } else if (at >= VtdRegs.FECTL && at < VtdRegs.FECTL + 16) {
            faultEvent.written();
        } else if (at >= VtdRegs.IECTL && at < VtdRegs.IECTL + 16) {
            invalidationEvent.written();
        } else if (at <= VtdRegs.PMEN && last >= VtdRegs.PMEN) {
            protectedMemory.update();
            translations();
        } else {
            statusWritten(at, last);
        }
    }

    private void statusWritten(int at, int last) {
        if (at <= VtdRegs.FSTS && last >= VtdRegs.FSTS || at >= VtdRegs.FRCD) {
            faults.written();
            queue.process();
        }
        if (at <= VtdRegs.ICS && last >= VtdRegs.ICS) {
            queue.statusWritten();
        }
    }

    /** GCMD: four bits are states, the others happen once (11.4.4). */
    private void command(int value) {
        int supported = VtdRegs.GCMD_TE | VtdRegs.GCMD_QIE;
        if (config.interruptRemapping()) {
            supported |= VtdRegs.GCMD_IRE | VtdRegs.GCMD_CFI;
        }
        int before = status;
        status = status & ~STICKY | value & supported;
        if ((value & VtdRegs.GCMD_SRTP) != 0) {
            rootTable = bank.get(VtdRegs.RTADDR, 8);
            status |= VtdRegs.GCMD_SRTP;
            contexts();
            translations();
        }
        if ((value & VtdRegs.GCMD_SIRTP) != 0 && config.interruptRemapping()) {
            remapper.setTable(bank.get(VtdRegs.IRTA, 8));
            status |= VtdRegs.GCMD_SIRTP;
        }
        bank.set(VtdRegs.GSTS, 4, status);
        remapper.configure((status & VtdRegs.GCMD_IRE) != 0, (status & VtdRegs.GCMD_CFI) != 0);
        remapper.changed();
        if (((status ^ before) & VtdRegs.GCMD_TE) != 0) {
            contexts();
            translations();
        }
        queue.enable((status & VtdRegs.GCMD_QIE) != 0);
    }

    /** Register-based invalidation is for when there is no queue; otherwise nothing is done, and CAIG says so. */
    private void contextCommand() {
        long command = bank.get(VtdRegs.CCMD, 8);
        if (command >= 0) {
            return;
        }
        int granularity = queue.enabled() ? 0 : (int) (command >>> VtdRegs.CCMD_CIRG_SHIFT) & 3;
        switch (granularity) {
            case 1 -> contexts();
            case 2 -> contextsOfDomain((int) command & 0xffff);
            case 3 -> contextsOfDevice((int) (command >>> 16) & 0xffff, (int) (command >>> 32) & 3);
            default -> granularity = 0;
        }
        bank.set(
                VtdRegs.CCMD,
                8,
                command & ~(1L << VtdRegs.COMMAND_BIT | 3L << VtdRegs.CCMD_CAIG_SHIFT)
                        | (long) granularity << VtdRegs.CCMD_CAIG_SHIFT);
    }

    private void iotlbCommand() {
        long command = bank.get(VtdRegs.IOTLB, 8);
        if (command >= 0) {
            return;
        }
        int granularity = queue.enabled() ? 0 : (int) (command >>> VtdRegs.IOTLB_IIRG_SHIFT) & 3;
        int domain = (int) (command >>> 32) & 0xffff;
        long address = bank.get(VtdRegs.IVA, 8);
        int mask = (int) address & 0x3f;
        if (granularity == 3 && mask > VtdRegs.MAX_ADDRESS_MASK) {
            granularity = 2;
        }
        switch (granularity) {
            case 1 -> translations();
            case 2 -> translationsOfDomain(domain);
            case 3 -> translationsOfPages(domain, address & ~0xfffL, mask);
            default -> granularity = 0;
        }
        bank.set(
                VtdRegs.IOTLB,
                8,
                command & ~(1L << VtdRegs.COMMAND_BIT | 3L << VtdRegs.IOTLB_IAIG_SHIFT)
                        | (long) granularity << VtdRegs.IOTLB_IAIG_SHIFT);
    }

    // ---- invalidation

    @Override
    public void contexts() {
        for (VtdContext context : contexts) {
            context.valid = false;
        }
        mirrors.synchronize();
    }

    @Override
    public void contextsOfDomain(int domain) {
        for (VtdContext context : contexts) {
            context.valid &= context.domain != domain;
        }
        mirrors.synchronize();
    }

    @Override
    public void contextsOfDevice(int source, int functionMask) {
        // FM: none, the third, the third and second, or the three lowest bits of the function do not count.
        int ignored = 0x7640 >>> 4 * functionMask & 7;
        for (VtdContext context : contexts) {
            context.valid &= ((context.source ^ source) & ~ignored) != 0;
        }
        mirrors.synchronize();
    }

    @Override
    public void translations() {
        iotlb.clear();
        mirrors.synchronize();
    }

    @Override
    public void translationsOfDomain(int domain) {
        iotlb.clear(domain);
        mirrors.synchronize(domain);
    }

    @Override
    public void translationsOfPages(int domain, long iova, int mask) {
        iotlb.clear(domain, iova, mask);
        mirrors.synchronize(domain, iova, mask);
    }

    /** The unit itself reads entries anew each time; what others have made of them is to be made again. */
    @Override
    public void interruptEntries() {
        remapper.changed();
    }

    // ---- translation

    private boolean translating() {
        return (status & VtdRegs.GCMD_TE) != 0;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int translate(int requesterId, int pasid, long iova, int access, Translation out) {
        if (!translating()) {
            return finish(iova, -1L, out);
        }
        VtdContext context = slot(requesterId, pasid);
        int reason = fill(context, requesterId, pasid);
        if (reason == VtdFault.NONE && context.kind == VtdContext.PASS_THROUGH) {
            return finish(iova, -1L, out);
        }
        if (reason == VtdFault.NONE) {
            int hit = iotlb.find(context.domain, context.tag, iova, access);
            if (hit >= 0) {
                return finish(iotlb.address(hit, iova), iotlb.length(hit, iova), out);
            }
            reason = walk(context, iova, access);
            if (reason == VtdFault.NONE) {
                iotlb.add(context.domain, context.tag, iova, walk);
                long within = iova & (1L << walk.shift) - 1;
                return finish(walk.page + within, (1L << walk.shift) - within, out);
            }
        }
        faults.dma(context, iova, access, reason);
        return DmaStatus.FAULT;
    }

    private int walk(VtdContext context, long iova, int access) {
        if (context.kind == VtdContext.FIRST_STAGE) {
            return walk.first(context.root, iova, access);
        }
        int reason = walk.second(context.root, context.levels, iova, access);
        return context.scalable ? VtdFault.scalable(reason) : reason;
    }

    /** The last step: protected memory, which is refused without a record (VT-d 3.15). */
    private int finish(long address, long length, Translation out) {
        if (protectedMemory.covers(address)) {
            return DmaStatus.FAULT;
        }
        out.set(address, protectedMemory.run(address, length));
        return DmaStatus.OK;
    }

    private VtdContext slot(int source, int pasid) {
        return contexts[(source ^ source >>> 8 ^ (pasid + 1) * 0x9d) & CONTEXTS - 1];
    }

    /** Makes sure that a slot speaks of a source; a {@link VtdFault}. */
    private int fill(VtdContext context, int source, int pasid) {
        if (context.valid && context.source == source && context.pasid == pasid) {
            return VtdFault.NONE;
        }
        context.source = source;
        context.pasid = pasid;
        int reason = contextTables.resolve(rootTable, context);
        context.valid = reason == VtdFault.NONE;
        return reason;
    }

    /** What a source's transactions meet now, for mirrors; null while they are refused. */
    private Mirrors.View lookUp(int source) {
        if (!translating()) {
            return Mirrors.View.IDENTITY;
        }
        VtdContext context = new VtdContext();
        boolean known = fill(context, source, NO_PASID) == VtdFault.NONE;
        if (!known || context.kind == VtdContext.FIRST_STAGE) {
            return Mirrors.View.NOTHING;
        }
        return context.kind == VtdContext.PASS_THROUGH
                ? Mirrors.View.IDENTITY
                : new Mirrors.View(false, context.domain, context.root, context.levels);
    }

    /**
     * An assigned device cannot be given what the guest maps. It will meet a page that is not there, in the host's IOMMU; the
     * guest, which cannot see that one, learns of it here, as of an access that its own tables refuse.
     */
    private void refused(int source, long iova, int access) {
        VtdContext context = new VtdContext();
        if (fill(context, source, NO_PASID) != VtdFault.NONE) {
            return;
        }
        int reason = (access & WRITE) != 0 ? VtdFault.NO_WRITE : VtdFault.NO_READ;
        faults.dma(context, iova, access, context.scalable ? VtdFault.scalable(reason) : reason);
    }

    // ---- leases

    @Override
    public void attach(DmaDomainLease lease) {
        if (lease.purpose() != DmaDomainLease.Purpose.MIRROR_MAPPINGS || cachingMode) {
            return;
        }
        if (config.cachingModeGiven()) {
            throw new ConfigException("device " + name + " with caching-mode=off cannot serve device " + lease.device()
                    + ", which needs caching-mode=on");
        }
        if (running) {
            throw new ConfigException("device " + name + " runs without caching mode, which device " + lease.device()
                    + " needs; start with -device intel-iommu,caching-mode=on");
        }
        warnings.accept("device " + name + ": caching-mode turned on for device " + lease.device());
        cachingMode = true;
        bank.declare(VtdRegs.CAP, 8, config.capabilities(true), 0);
    }

    @Override
    public void detach(DmaDomainLease lease) {
        mirrors.remove(lease);
    }

    @Override
    public void mirror(DmaDomainLease lease, MappingListener listener) {
        mirrors.add(lease, listener);
    }

    @Override
    public MsiSink remapping(MsiSink target) {
        return config.interruptRemapping() ? remapper : target;
    }

    /** Whether it remaps interrupts, for the DMAR table. */
    public boolean remapsInterrupts() {
        return config.interruptRemapping();
    }

    /** Whether devices may have TLBs of their own, for the DMAR table. */
    public boolean deviceTlb() {
        return config.deviceTlb();
    }

    /** Width of host addresses, for the DMAR table. */
    public int addressWidth() {
        return config.hostWidth();
    }
}
