package dev.veery.dma;

import dev.veery.base.ConfigException;
import dev.veery.irq.MsiSink;
import dev.veery.memory.AddressSpace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Resolves leases at commit, when all devices are known. */
public final class CommitPlanner implements DmaPlanner {
    private final AddressSpace memory;
    private final MsiSink msi;
    private final Set<DmaDomainLease> leases = new LinkedHashSet<>();
    private final Map<DmaDomainLease, DmaDomain> domains = new HashMap<>();
    private @Nullable TranslationUnit unit;
    private boolean committed;

    /**
     * Makes a planner without leases.
     *
     * @param memory guest physical memory
     * @param msi where interrupt messages go, remapping included
     */
    public CommitPlanner(AddressSpace memory, MsiSink msi) {
        this.memory = memory;
        this.msi = msi;
    }

    @Override
    public void checkInstall(String device) {
        if (unit != null) {
            throw new ConfigException(device + " cannot be added: device " + unit.name() + " is the machine's IOMMU");
        }
        if (committed) {
            String inTheWay = leases.stream()
                    .filter(DmaDomainLease::usesMemory)
                    .map(DmaDomainLease::toString)
                    .sorted()
                    .collect(Collectors.joining(", "));
            throw new ConfigException(device + " cannot be added to a running machine"
                    + (inTheWay.isEmpty() ? "" : "; these use guest memory without it: " + inTheWay));
        }
    }

    @Override
    public List<DmaDomainLease> leases() {
        return List.copyOf(leases);
    }

    @Override
    public void install(TranslationUnit added) {
        checkInstall("device " + added.name());
        unit = added;
    }

    @Override
    public void add(DmaDomainLease lease) {
        if (!leases.add(lease)) {
            throw new IllegalStateException(lease + " has a lease already");
        }
        if (committed) {
            resolve(lease);
        }
    }

    @Override
    public void remove(DmaDomainLease lease) {
        leases.remove(lease);
        DmaDomain domain = domains.remove(lease);
        TranslationUnit by = unit;
        if (domain != null && domain.translated() && by != null) {
            by.detach(lease);
        }
    }

    @Override
    public void commit() {
        if (committed) {
            throw new IllegalStateException("leases are resolved once");
        }
        committed = true;
        leases.forEach(this::resolve);
    }

    private void resolve(DmaDomainLease lease) {
        TranslationUnit by = lease.purpose() == DmaDomainLease.Purpose.IDENTITY_REQUIRED ? null : unit;
        if (by != null) {
            by.attach(lease);
        }
        domains.put(lease, new DmaDomain(lease, memory, by, msi, TranslationUnit.NO_PASID));
    }

    @Override
    public DmaPlan plan() {
        if (!committed) {
            throw new IllegalStateException("no plan before commit");
        }
        TranslationUnit by = unit;
        List<DmaPlan.Entry> entries = new ArrayList<>();
        for (DmaDomainLease lease : leases) {
            String name = by != null && domain(lease).translated() ? by.name() : DmaPlan.IDENTITY;
            entries.add(new DmaPlan.Entry(lease.requester().path(), lease.device(), lease.purpose(), name));
        }
        return new DmaPlan(by == null ? null : by.name(), entries);
    }

    @Override
    public DmaDomain domain(DmaDomainLease lease) {
        DmaDomain domain = domains.get(lease);
        if (domain == null) {
            throw new IllegalStateException(lease + " has no domain" + (committed ? "" : " before commit"));
        }
        return domain;
    }
}
