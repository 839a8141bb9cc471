package dev.veery.linux.kvm;

import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.memory.access.OffHeap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answers of CPUID, leaf by leaf, as KVM takes and gives them. */
public final class CpuidTable {
    /**
     * One answer.
     *
     * @param leaf EAX
     * @param subleaf ECX; 0 where the leaf has none
     * @param indexed whether the leaf looks at ECX
     */
    public record Entry(int leaf, int subleaf, boolean indexed, int eax, int ebx, int ecx, int edx) {}

    private final List<Entry> entries = new ArrayList<>();

    /** The answers in the order they were added. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** The answer to a query, or null. */
    public @Nullable Entry find(int leaf, int subleaf) {
        for (Entry e : entries) {
            if (e.leaf == leaf && (!e.indexed || e.subleaf == subleaf)) {
                return e;
            }
        }
        return null;
    }

    /** Adds an answer, in place of an earlier one to the same query. */
    public void put(Entry entry) {
        entries.removeIf(e -> e.leaf == entry.leaf && (!entry.indexed || !e.indexed || e.subleaf == entry.subleaf));
        entries.add(entry);
    }

    /** Removes every answer of a leaf. */
    public void remove(int leaf) {
        entries.removeIf(e -> e.leaf == leaf);
    }

    static long bytes(int entries) {
        return KvmLayout.CPUID2_ENTRIES + (long) entries * KvmLayout.SIZEOF_CPUID_ENTRY2;
    }

    static CpuidTable read(long cpuid2) {
        CpuidTable table = new CpuidTable();
        int count = OffHeap.getInt(cpuid2);
        for (int i = 0; i < count; i++) {
            long at = cpuid2 + bytes(i);
            table.entries.add(new Entry(
                    OffHeap.getInt(at),
                    OffHeap.getInt(at + KvmLayout.CPUID_ENTRY2_INDEX),
                    (OffHeap.getInt(at + KvmLayout.CPUID_ENTRY2_FLAGS) & Kvm.KVM_CPUID_FLAG_SIGNIFCANT_INDEX) != 0,
                    OffHeap.getInt(at + KvmLayout.CPUID_ENTRY2_EAX),
                    OffHeap.getInt(at + KvmLayout.CPUID_ENTRY2_EBX),
                    OffHeap.getInt(at + KvmLayout.CPUID_ENTRY2_ECX),
                    OffHeap.getInt(at + KvmLayout.CPUID_ENTRY2_EDX)));
        }
        return table;
    }

    /** The table as a {@code struct kvm_cpuid2}; the caller frees it. */
    long toNative() {
        long cpuid2 = OffHeap.allocate(bytes(entries.size()));
        OffHeap.putInt(cpuid2, entries.size());
        for (int i = 0; i < entries.size(); i++) {
            Entry e = entries.get(i);
            long at = cpuid2 + bytes(i);
            OffHeap.putInt(at, e.leaf);
            OffHeap.putInt(at + KvmLayout.CPUID_ENTRY2_INDEX, e.subleaf);
            OffHeap.putInt(at + KvmLayout.CPUID_ENTRY2_FLAGS, e.indexed ? Kvm.KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0);
            OffHeap.putInt(at + KvmLayout.CPUID_ENTRY2_EAX, e.eax);
            OffHeap.putInt(at + KvmLayout.CPUID_ENTRY2_EBX, e.ebx);
            OffHeap.putInt(at + KvmLayout.CPUID_ENTRY2_ECX, e.ecx);
            OffHeap.putInt(at + KvmLayout.CPUID_ENTRY2_EDX, e.edx);
        }
        return cpuid2;
    }
}
