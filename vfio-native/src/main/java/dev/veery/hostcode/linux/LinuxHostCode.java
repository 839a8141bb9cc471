package dev.veery.hostcode.linux;

import dev.veery.base.ConfigException;
import dev.veery.base.Units;
import dev.veery.hostcode.CodeRegion;
import dev.veery.hostcode.HostCode;
import dev.veery.linux.sys.CodeMapping;
import dev.veery.linux.sys.NativeEntry;
import dev.veery.linux.sys.SysException;
import java.util.Optional;

/** Emitted code on this host, if it is x86-64 Linux and allows executable memory. Has no state; one is as good as many. */
public final class LinuxHostCode implements HostCode {
    /** Makes an access to it; {@link #problem} tells whether it works. */
    public LinuxHostCode() {}

    @Override
    public Optional<String> problem() {
        return NativeEntry.problem();
    }

    @Override
    public CodeRegion allocate(String name, long size) {
        if (size <= 0 || size > CodeRegion.MAX_SIZE) {
            throw new IllegalArgumentException("no code region of " + size + " bytes");
        }
        try {
            CodeMapping mapping = CodeMapping.map(name, size);
            return new CodeRegion(mapping.writable(), mapping.executable(), mapping.size(), mapping::close);
        } catch (SysException e) {
            throw new ConfigException("cannot allocate " + size / Units.KIB + " KiB for '" + name + "': "
                    + e.getMessage() + "; use a smaller code cache, or raise the limit on address space (ulimit -v)");
        }
    }

    @Override
    public long enter(long code, long state) {
        return NativeEntry.enter(code, state);
    }

    @Override
    public long enterTidy(long code, long state) {
        return NativeEntry.enterTidy(code, state);
    }
}
