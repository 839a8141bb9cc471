package dev.veery.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.base.MachineLock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlatViewTest {
    private static final int WINDOW = 200;
    private static final MmioHandler NOTHING = new MmioHandler() {
        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {}
    };

    /** A byte of the address space as the oracle sees it. */
    private record Cell(MemoryRegion region, long offset, boolean readOnly) {}

    /** Looks every address up by walking the tree, which is the definition of what a view shows. */
    private static final class Oracle {
        /** When a region was last given its place among siblings. */
        final Map<MemoryRegion, Integer> sequence = new HashMap<>();

        @Nullable
        Cell look(MemoryRegion region, long offset, boolean readOnlyAbove) {
            if (!region.enabled() || Long.compareUnsigned(offset, region.lastOffset()) > 0) {
                return null;
            }
            boolean readOnly = readOnlyAbove || region.readOnly();
            MemoryRegion target = region.target();
            if (target != null) {
                return look(target, region.targetOffset() + offset, readOnly);
            }
            List<MemoryRegion> children = new ArrayList<>(region.children());
            children.sort((a, b) -> a.priority() != b.priority()
                    ? Integer.compare(b.priority(), a.priority())
                    : Integer.compare(sequence.getOrDefault(b, 0), sequence.getOrDefault(a, 0)));
            for (MemoryRegion child : children) {
                if (Long.compareUnsigned(offset, child.offset()) >= 0) {
                    Cell cell = look(child, offset - child.offset(), readOnly);
                    if (cell != null) {
                        return cell;
                    }
                }
            }
            return region.kind() == MemoryRegion.Kind.CONTAINER ? null : new Cell(region, offset, readOnly);
        }
    }

    /** Keeps the ranges it is told of and checks the promises of {@link MemoryListener}. */
    private static final class Follower implements MemoryListener {
        final TreeMap<Long, MemorySection> ranges = new TreeMap<>(Long::compareUnsigned);
        final Set<MemorySection> removed = new HashSet<>();
        boolean adding;
        int commits;

        @Override
        public void regionRemove(MemorySection section) {
            assertFalse(adding, "a removal after an addition");
            assertEquals(section, ranges.remove(section.start()));
            removed.add(section);
        }

        @Override
        public void regionAdd(MemorySection section) {
            adding = true;
            assertFalse(removed.contains(section), "announced though unchanged: " + section);
            Map.Entry<Long, MemorySection> below = ranges.floorEntry(section.last());
            assertTrue(
                    below == null || Long.compareUnsigned(below.getValue().last(), section.start()) < 0,
                    "overlap with " + below);
            ranges.put(section.start(), section);
        }

        @Override
        public void commit() {
            adding = false;
            removed.clear();
            commits++;
        }
    }

    private static final class Tree {
        final SplittableRandom random;
        final Oracle oracle = new Oracle();
        final MemoryRegion root = MemoryRegion.container("root", MemoryRegion.WHOLE);
        final List<List<MemoryRegion>> levels = new ArrayList<>();
        final List<MemoryRegion> all = new ArrayList<>();
        final GuestRam memory = new GuestRam(new OffHeapRamAllocator());
        int sequence;

        Tree(long seed, long base) {
            random = new SplittableRandom(seed);
            levels.add(leaves());
            levels.add(inner(4, levels.get(0)));
            levels.add(inner(4, levels.get(1)));
            MemoryRegion window = MemoryRegion.container("window", WINDOW);
            levels.add(new ArrayList<>(List.of(window)));
            root.addChild(base, window);
            levels.forEach(all::addAll);
        }

        private List<MemoryRegion> leaves() {
            List<MemoryRegion> made = new ArrayList<>();
            for (int n = 0; n < 8; n++) {
                String name = "leaf" + n;
                RamBlock block = memory.allocate(name, RamBlock.PAGE_SIZE);
                switch (n % 4) {
                    case 0:
                        made.add(MemoryRegion.ram(name, block));
                        break;
                    case 1:
                        made.add(MemoryRegion.romDevice(name, block, NOTHING, AccessSizes.BYTE));
                        break;
                    case 2:
                        made.add(MemoryRegion.rom(name, block));
                        break;
                    default:
                        made.add(MemoryRegion.mmio(name, size(), NOTHING));
                        break;
                }
            }
            return made;
        }

        private List<MemoryRegion> inner(int count, List<MemoryRegion> below) {
            List<MemoryRegion> made = new ArrayList<>();
            for (int n = 0; n < count; n++) {
                made.add(MemoryRegion.container("container", size()));
                MemoryRegion target = below.get(random.nextInt(below.size()));
                made.add(MemoryRegion.alias("alias", target, random.nextInt(60), size()));
                made.add(MemoryRegion.alias("alias", target, random.nextInt(60), size()));
            }
            return made;
        }

        private long size() {
            return 1 + random.nextInt(90);
        }

        void mutate() {
            MemoryRegion region = all.get(random.nextInt(all.size()));
            switch (random.nextInt(9)) {
                case 0:
                case 1:
                case 2:
                    move(region);
                    break;
                case 3:
                    region.setEnabled(random.nextInt(4) != 0);
                    break;
                case 4:
                    region.setReadOnly(random.nextInt(3) == 0);
                    break;
                case 5:
                    region.setRomMode(random.nextBoolean());
                    break;
                case 6:
                    int priority = random.nextInt(3);
                    if (priority != region.priority()) {
                        region.setPriority(priority);
                        oracle.sequence.put(region, ++sequence);
                    }
                    break;
                case 7:
                    if (region.parent() != null && region.parent() != root) {
                        region.setOffset(random.nextInt(WINDOW));
                    }
                    break;
                default:
                    if (region.block() == null) {
                        region.setSize(region == levels.get(3).get(0) ? WINDOW : size());
                    }
                    if (region.target() != null) {
                        region.setTargetOffset(random.nextInt(60));
                    }
                    break;
            }
        }

        private void move(MemoryRegion region) {
            int level = 0;
            while (!levels.get(level).contains(region)) {
                level++;
            }
            if (level == 3) {
                return;
            }
            MemoryRegion parent = region.parent();
            if (parent != null) {
                parent.removeChild(region);
            }
            List<MemoryRegion> above = levels.get(level + 1 + random.nextInt(3 - level));
            MemoryRegion next = above.get(random.nextInt(above.size()));
            if (next.kind() != MemoryRegion.Kind.ALIAS) {
                next.addChild(
                        random.nextInt(next.kind() == MemoryRegion.Kind.CONTAINER ? 80 : 20),
                        region,
                        random.nextInt(3));
                oracle.sequence.put(region, ++sequence);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,0", "2,0", "3,4294967000", "4,-200", "5,9223372036854775700", "6,-200", "7,0", "8,4096"})
    void randomTreesLookAsTheWalkOfTheTreeSays(long seed, long base) {
        Tree tree = new Tree(seed, base);
        AddressSpace space = new AddressSpace("test", tree.root, new MachineLock());
        Follower follower = new Follower();
        space.addListener(follower);
        int[] changes = new int[1];
        space.onViewChanged(view -> changes[0]++);
        int shown = 0;
        for (int step = 0; step < 600; step++) {
            FlatView before = space.view();
            int seen = changes[0];
            tree.mutate();
            FlatView view = space.view();
            assertEquals(view != before, changes[0] != seen);
            assertEquals(changes[0] + 1, follower.commits);
            assertEquals(view.sections(), List.copyOf(follower.ranges.values()));
            check(tree, base, view);
            shown = Math.max(shown, view.count());
        }
        assertTrue(shown >= 6, "the trees were too simple: " + shown);
        space.close();
        assertTrue(follower.ranges.isEmpty());
        tree.memory.close();
    }

    private static void check(Tree tree, long base, FlatView view) {
        for (int at = 0; at < WINDOW; at++) {
            long address = base + at;
            Cell cell = tree.oracle.look(tree.root, address, false);
            int i = view.find(address);
            if (cell == null) {
                assertTrue(i < 0, () -> Long.toHexString(address) + " should be free\n" + view);
                continue;
            }
            assertTrue(i >= 0, () -> Long.toHexString(address) + " should be " + cell + "\n" + view);
            MemoryRegion region = view.region(i);
            assertSame(cell.region(), region, () -> Long.toHexString(address) + " is " + cell + "\n" + view);
            long offset = view.offsetInRegion(i) + (address - view.start(i));
            assertEquals(cell.offset(), offset);
            MemoryRegion.Kind kind = region.kind();
            boolean ram = kind == MemoryRegion.Kind.RAM
                    || (kind == MemoryRegion.Kind.ROM && (region.handler() == null || region.romMode()));
            assertEquals(ram, view.isRam(i));
            assertEquals(kind == MemoryRegion.Kind.RAM && !cell.readOnly(), view.isWritable(i));
            RamBlock block = region.block();
            assertEquals(
                    ram && block != null ? block.host() + offset : 0,
                    ram ? view.hostAddress(i) + (address - view.start(i)) : view.hostAddress(i));
        }
    }

    @Test
    void findNamesTheNextRangeAboveAGap() {
        MemoryRegion root = MemoryRegion.container("root", MemoryRegion.WHOLE);
        root.addChild(0x1000, MemoryRegion.mmio("a", 0x1000, NOTHING));
        root.addChild(0xffff_ffff_ffff_f000L, MemoryRegion.mmio("b", 0x1000, NOTHING));
        FlatView view = new AddressSpace("test", root, new MachineLock()).view();

        assertEquals(-1, view.find(0));
        assertEquals(0, view.find(0x1fff));
        assertEquals(-2, view.find(0x2000));
        assertEquals(1, view.find(-1));
        assertTrue(view.coversPage(0, 0x1234));
        assertNull(view.block(0));
    }

    @Test
    void touchingPartsOfOneRegionBecomeOneRange() {
        GuestRam memory = new GuestRam(new OffHeapRamAllocator());
        MemoryRegion ram = MemoryRegion.ram("ram", memory.allocate("ram", 0x3000));
        MemoryRegion root = MemoryRegion.container("root", MemoryRegion.WHOLE);
        root.addChild(0x3000, MemoryRegion.alias("low", ram, 0, 0x1000));
        root.addChild(0x4000, MemoryRegion.alias("high", ram, 0x1000, 0x2000));
        FlatView view = new AddressSpace("test", root, new MachineLock()).view();

        assertEquals(1, view.count());
        assertEquals(0x3000, view.length(0));
        memory.close();
    }

    @Test
    void wholeSpaceIsOneRange() {
        MemoryRegion device = MemoryRegion.mmio("all", MemoryRegion.WHOLE, NOTHING);
        AddressSpace space = new AddressSpace("test", device, new MachineLock());

        assertEquals(1, space.view().count());
        assertEquals(-1L, space.view().last(0));
        assertEquals(0, space.read(-8, 8));
    }

    @Test
    void changeBehindAnAliasOfAnAliasIsFollowed() {
        MemoryRegion device = MemoryRegion.mmio("device", 0x100, NOTHING);
        MemoryRegion inner = MemoryRegion.alias("inner", device, 0, 0x100);
        MemoryRegion outer = MemoryRegion.alias("outer", inner, 0, 0x100);
        MemoryRegion root = MemoryRegion.container("root", MemoryRegion.WHOLE);
        AddressSpace space = new AddressSpace("test", root, new MachineLock());
        root.addChild(0, outer);

        device.setEnabled(false);
        assertEquals(0, space.view().count());
        root.removeChild(outer);
        device.setEnabled(true);
        root.addChild(0, inner);
        device.setSize(0x80);
        assertEquals(0x80, space.view().length(0));
    }

    @Test
    void impossibleTreesAreRefused() {
        MemoryRegion outer = MemoryRegion.container("outer", 0x1000);
        MemoryRegion inner = MemoryRegion.container("inner", 0x100);
        MemoryRegion alias = MemoryRegion.alias("alias", outer, 0, 0x100);
        outer.addChild(0, inner);

        assertThrows(IllegalStateException.class, () -> outer.addChild(0x200, inner));
        assertThrows(IllegalStateException.class, () -> inner.addChild(0, alias));
        assertThrows(IllegalStateException.class, () -> alias.addChild(0, MemoryRegion.container("x", 1)));
        assertThrows(IllegalStateException.class, () -> outer.removeChild(alias));
    }
}
