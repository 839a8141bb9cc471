package dev.veery.cpu.mmu;

import dev.veery.cpu.state.CpuFault;
import dev.veery.cpu.state.CpuState;
import dev.veery.cpu.state.Cr;
import dev.veery.cpu.state.Vector;
import dev.veery.memory.AddressSpace;
import dev.veery.memory.FlatView;
import dev.veery.memory.RamBlock;
import dev.veery.memory.access.OffHeap;

/**
 * Translates linear addresses by the guest's paging structures (SDM vol. 3, chapter 4): none, 32-bit, PAE and 4-level.
 * Sets accessed and dirty bits. The result of the last successful walk is in the public fields.
 */
final class PageWalker {
    static final int READ = 0;
    static final int WRITE = 1;
    static final int FETCH = 2;

    /** Page-fault error code, SDM vol. 3, section 4.7. */
    private static final int PF_P = 1;

    private static final int PF_W = 1 << 1;
    private static final int PF_U = 1 << 2;
    private static final int PF_RSVD = 1 << 3;
    private static final int PF_I = 1 << 4;

    private static final long P = 1;
    private static final long RW = 1 << 1;
    private static final long US = 1 << 2;
    private static final long A = 1 << 5;
    private static final long D = 1 << 6;
    private static final long PS = 1 << 7;
    private static final long G = 1 << 8;
    private static final long NX = 1L << 63;
    /** Bits 1, 2, 5 to 8 and 52 to 63 of a PAE PDPTE. */
    private static final long PDPTE_RESERVED = 0xfff0_0000_0000_01e6L;

    private static final long ADDRESS_52 = 0x000f_ffff_ffff_f000L;

    /** Physical address of the translated byte's 4 KiB page. */
    long physical;

    /** The page may be written as far as R/W bits go (or CR0.WP lets the supervisor) and its dirty bit is set. */
    boolean writable;

    /** The entry has G and CR4.PGE is on. */
    boolean global;

    /** {@link Tlb#LARGE_2M}, {@link Tlb#LARGE_1G} or 0. */
    long large;

    /** An entry changed between its being read and its accessed or dirty bit being set: the walk starts over. */
    private boolean raced;

    private final CpuState s;
    private final AddressSpace memory;
    private final long reservedAddress;
    private final long a20Bit = 1L << 20;
    private boolean a20 = true;

    PageWalker(CpuState s, AddressSpace memory, int physicalBits) {
        this.s = s;
        this.memory = memory;
        reservedAddress = ADDRESS_52 & -1L << physicalBits;
    }

    /** The A20 line; false masks address bit 20. */
    void setA20(boolean enabled) {
        a20 = enabled;
    }

    /** Whether a linear address is canonical for 4-level paging. */
    static boolean canonical(long linear) {
        return linear << 16 >> 16 == linear;
    }

    /**
     * Walks.
     *
     * @param user whether permissions are those of CPL 3
     * @param smap whether supervisor data access to user pages is forbidden
     */
    void walk(long linear, int access, boolean user, boolean smap) {
        do {
            raced = false;
            walkOnce(linear, access, user, smap);
        } while (raced);
    }

    private void walkOnce(long linear, int access, boolean user, boolean smap) {
        large = 0;
        global = false;
        if ((s.cr0 & Cr.CR0_PG) == 0) {
            physical = masked(linear & 0xffff_f000L);
            writable = true;
            return;
        }
        if ((s.efer & Cr.EFER_LMA) != 0) {
            walkLong(linear, access, user, smap, 4, s.cr3 & ADDRESS_52);
        } else if ((s.cr4 & Cr.CR4_PAE) != 0) {
            walkPae(linear, access, user, smap);
        } else {
            walk32(linear, access, user, smap);
        }
    }

    private long masked(long address) {
        return a20 ? address : address & ~a20Bit;
    }

    private CpuFault pageFault(long linear, int access, boolean user, int code) {
        int error = code | (access == WRITE ? PF_W : 0) | (user ? PF_U : 0);
        if (access == FETCH
                && ((s.efer & Cr.EFER_NXE) != 0 && (s.cr4 & Cr.CR4_PAE) != 0 || (s.cr4 & Cr.CR4_SMEP) != 0)) {
            error |= PF_I;
        }
        CpuFault f = s.raise(Vector.PF, error);
        f.address = linear;
        return f;
    }

    /** Whether no reserved bit is set in the PAE page-directory-pointer entries (SDM vol. 3, table 4-8). */
    boolean pdptesValid(long cr3) {
        for (int i = 0; i < 4; i++) {
            long pdpte = memory.read(masked((cr3 & 0xffff_ffe0L) + 8 * i), 8);
            if ((pdpte & P) != 0 && (pdpte & (PDPTE_RESERVED | reservedAddress)) != 0) {
                return false;
            }
        }
        return true;
    }

    private void walkPae(long linear, int access, boolean user, boolean smap) {
        long pdpteAddress = masked((s.cr3 & 0xffff_ffe0L) + (linear >>> 30 & 3) * 8);
        long pdpte = memory.read(pdpteAddress, 8);
        if ((pdpte & P) == 0) {
            throw pageFault(linear, access, user, 0);
        }
        // Bits 1, 2, 5 to 8 are reserved in a PDPTE (SDM vol. 3, table 4-8): checked when CR3 was loaded.
        walkLevels(linear, access, user, smap, 2, pdpte & ADDRESS_52, RW | US, 0);
    }

    private void walkLong(long linear, int access, boolean user, boolean smap, int levels, long root) {
        walkLevels(linear, access, user, smap, levels, root, RW | US, 0);
    }

    /** The common part of 4-level and PAE paging: entries of 8 bytes, 512 to a table. */
    private void walkLevels(
            long linear, int access, boolean user, boolean smap, int levels, long root, long rights, long noExecute) {
        long table = root;
        boolean nxe = (s.efer & Cr.EFER_NXE) != 0;
        long reserved = reservedAddress | (nxe ? 0 : NX);
        if ((s.efer & Cr.EFER_LMA) == 0) {
            // PAE: bits 52 to 62 are reserved; in 4-level paging they are ignored.
            reserved |= 0x7ff0_0000_0000_0000L;
        }
        for (int level = levels; ; level--) {
            int shift = 12 + 9 * (level - 1);
            long address = masked(table + (linear >>> shift & 0x1ff) * 8);
            long entry = memory.read(address, 8);
            if ((entry & P) == 0) {
                throw pageFault(linear, access, user, 0);
            }
            boolean leaf = level == 1 || (entry & PS) != 0 && (level == 2 || level == 3 && s.longMode());
            long bad = reserved;
            if (leaf && level > 1) {
                // Bits between the PAT bit (12) and the page frame are reserved in a large page.
                bad |= (1L << shift) - 1 & ~0x1fffL;
            } else if (!leaf && level == 4) {
                bad |= PS;
            }
            if ((entry & bad) != 0) {
                throw pageFault(linear, access, user, PF_P | PF_RSVD);
            }
            rights &= entry;
            noExecute |= entry & NX;
            if (!leaf) {
                if ((entry & A) == 0) {
                    entry = setBits(address, entry, A, 8);
                }
                table = entry & ADDRESS_52;
                continue;
            }
            finish(linear, access, user, smap, address, entry, rights, nxe && noExecute != 0, 8);
            long offsetMask = (1L << shift) - 1;
            physical = masked((entry & ADDRESS_52 & ~offsetMask | linear & offsetMask) & Tlb.PAGE_MASK);
            large = level == 2 ? Tlb.LARGE_2M : level == 3 ? Tlb.LARGE_1G : 0;
            return;
        }
    }

    private void walk32(long linear, int access, boolean user, boolean smap) {
        long pdeAddress = masked((s.cr3 & 0xffff_f000L) + (linear >>> 22 & 0x3ff) * 4);
        long pde = memory.read(pdeAddress, 4);
        if ((pde & P) == 0) {
            throw pageFault(linear, access, user, 0);
        }
        if ((pde & PS) != 0 && (s.cr4 & Cr.CR4_PSE) != 0) {
            // PSE-36: bits 13 to 20 are address bits 32 to 39, bit 21 is reserved (SDM vol. 3, table 4-4).
            if ((pde & 1 << 21) != 0) {
                throw pageFault(linear, access, user, PF_P | PF_RSVD);
            }
            finish(linear, access, user, smap, pdeAddress, pde, pde & (RW | US), false, 4);
            physical = masked(pde & 0xffc0_0000L | (pde >>> 13 & 0xff) << 32 | linear & 0x3f_f000L);
            // 4 MiB pages have no mark of their own; INVLPG drops more than it must.
            large = Tlb.LARGE_1G;
            return;
        }
        if ((pde & A) == 0) {
            setBits(pdeAddress, pde, A, 4);
        }
        long pteAddress = masked((pde & 0xffff_f000L) + (linear >>> 12 & 0x3ff) * 4);
        long pte = memory.read(pteAddress, 4);
        if ((pte & P) == 0) {
            throw pageFault(linear, access, user, 0);
        }
        finish(linear, access, user, smap, pteAddress, pte, pde & pte & (RW | US), false, 4);
        physical = masked(pte & 0xffff_f000L);
    }

    /** Checks rights at the leaf (SDM vol. 3, section 4.6) and sets its accessed and dirty bits. */
    private void finish(
            long linear,
            int access,
            boolean user,
            boolean smap,
            long address,
            long entry,
            long rights,
            boolean noExecute,
            int size) {
        boolean userPage = (rights & US) != 0;
        boolean mayWrite = (rights & RW) != 0 || !user && (s.cr0 & Cr.CR0_WP) == 0;
        boolean bad;
        if (user) {
            bad = !userPage;
        } else if (access == FETCH) {
            bad = userPage && (s.cr4 & Cr.CR4_SMEP) != 0;
        } else {
            bad = userPage && smap;
        }
        if (bad || access == WRITE && !mayWrite || access == FETCH && noExecute) {
            throw pageFault(linear, access, user, PF_P);
        }
        long wanted = access == WRITE ? A | D : A;
        long now = entry;
        if ((entry & wanted) != wanted) {
            now = setBits(address, entry, wanted, size);
        }
        writable = mayWrite && (now & D) != 0;
        global = (entry & G) != 0 && (s.cr4 & Cr.CR4_PGE) != 0;
    }

    /** Sets bits in a paging-structure entry with the host's atomic operation, as another processor may do the same. */
    private long setBits(long address, long entry, long bits, int size) {
        FlatView view = memory.view();
        int range = view.find(address);
        RamBlock block = range >= 0 && view.isWritable(range) ? view.block(range) : null;
        if (block == null) {
            return entry | bits;
        }
        long offset = address - view.start(range) + view.offsetInRegion(range);
        long host = block.host() + offset;
        boolean set = size == 8
                ? OffHeap.compareAndSetLong(host, entry, entry | bits)
                : OffHeap.compareAndSetInt(host, (int) entry, (int) (entry | bits));
        if (set) {
            block.noteWrite(offset, size);
        } else {
            raced = true;
        }
        return entry | bits;
    }
}
