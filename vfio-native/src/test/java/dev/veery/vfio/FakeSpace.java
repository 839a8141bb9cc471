package dev.veery.vfio;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.vfio.IommuInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An address space with the kernel's rules: no overlaps, whole mappings only, a limit. */
final class FakeSpace implements HostSpace {
    final Map<Long, long[]> mapped = new TreeMap<>(Long::compareUnsigned);
    final List<String> calls = new ArrayList<>();
    long limit = IommuInfo.UNLIMITED;
    int nextError;

    @Override
    public int map(long iova, long host, long size, int access) {
        calls.add(String.format("map %x %x %d", iova, size, access));
        int error = nextError;
        nextError = 0;
        if (error != 0) {
            return error;
        }
        if (mapped.size() >= limit) {
            return -Errno.ENOSPC;
        }
        for (Map.Entry<Long, long[]> other : mapped.entrySet()) {
            if (other.getKey() < iova + size && iova < other.getKey() + other.getValue()[1]) {
                return -Errno.EEXIST;
            }
        }
        mapped.put(iova, new long[] {host, size, access});
        return 0;
    }

    @Override
    public int unmap(long iova, long size) {
        calls.add(String.format("unmap %x %x", iova, size));
        long[] there = mapped.get(iova);
        if (there == null || there[1] != size) {
            return -Errno.EINVAL;
        }
        mapped.remove(iova);
        return 0;
    }

    @Override
    public IommuInfo info() {
        return new IommuInfo(4096, List.of(), limit);
    }

    @Override
    public void close() {
        mapped.clear();
    }
}
