package dev.veery.linux.kvm;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.sys.SysException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said when /dev/kvm cannot be opened. */
class KvmSystemTest {
    @ParameterizedTest
    @CsvSource({
        Errno.ENOENT + ",load the module",
        Errno.ENODEV + ",load the module",
        Errno.EACCES + ",group",
        Errno.EPERM + ",group",
        Errno.EBUSY + ",another hypervisor",
        Errno.EMFILE + ",files"
    })
    void eachReasonComesWithARemedyInOneLine(int errno, String hint) {
        String text = KvmSystem.remedy(new SysException("open", errno, KvmSystem.PATH));
        assertTrue(text.contains(hint), text);
        assertFalse(text.contains("\n"), text);
    }
}
