package dev.veery.linux.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.veery.linux.abi.Errno;
import dev.veery.linux.abi.Kvm;
import dev.veery.linux.abi.KvmLayout;
import dev.veery.linux.sys.EventFd;
import dev.veery.linux.sys.SysException;
import dev.veery.linux.sys.ThreadKick;
import dev.veery.memory.access.OffHeap;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In-kernel interrupt controllers, messages, irqfds and doorbells, by a real-mode guest of a few bytes. */
@Tag("kvm")
@SuppressWarnings("NullAway.Init")
class KvmVmTest {
    private static final long RAM = 0x1_0000;
    private static final int CODE = 0x1000;
    private static final int HANDLER = 0x1100;
    private static final int END_PORT = 0x81;
    private static final int DOORBELL_PORT = 0x90;
    private static final int VECTOR = 0x40;
    private static final int GSI = 32;
    private static final long MSI = 0xfee0_0000L;
    private static final int APIC_SVR = 0xf0;
    private static final int APIC_ENABLED = 0x1ff;

    private final long ram = OffHeap.allocateUninitialized(RAM, 4096);
    private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor();
    private KvmSystem system;
    private KvmVm vm;
    private KvmVcpu cpu;

    @BeforeEach
    void open() {
        assumeTrue(Files.isReadable(Path.of(KvmSystem.PATH)), "no " + KvmSystem.PATH);
        OffHeap.fill(ram, RAM, 0);
        system = KvmSystem.open();
        vm = system.createVm();
    }

    @AfterEach
    void close() {
        watchdog.shutdownNow();
        if (cpu != null) {
            cpu.close();
        }
        if (vm != null) {
            vm.close();
            system.close();
        }
        OffHeap.free(ram);
    }

    /** Real mode, everything at 0; the vector leads to a handler that writes to the end port. */
    private void boot(int... code) {
        vm.setMemorySlot(0, 0, 0, RAM, ram);
        cpu = vm.createVcpu(0);
        cpu.setCpuid(system.supportedCpuid());
        long sregs = OffHeap.allocate(KvmLayout.SIZEOF_SREGS);
        long regs = OffHeap.allocate(KvmLayout.SIZEOF_REGS);
        cpu.transfer("KVM_GET_SREGS", Kvm.KVM_GET_SREGS, sregs);
        OffHeap.putLong(sregs + KvmLayout.SREGS_CS + KvmLayout.SEGMENT_BASE, 0);
        OffHeap.putShort(sregs + KvmLayout.SREGS_CS + KvmLayout.SEGMENT_SELECTOR, 0);
        cpu.transfer("KVM_SET_SREGS", Kvm.KVM_SET_SREGS, sregs);
        OffHeap.putLong(regs + KvmLayout.REGS_RIP, CODE);
        OffHeap.putLong(regs + KvmLayout.REGS_RSP, RAM - 16);
        OffHeap.putLong(regs + KvmLayout.REGS_RFLAGS, 2);
        cpu.transfer("KVM_SET_REGS", Kvm.KVM_SET_REGS, regs);
        OffHeap.free(sregs);
        OffHeap.free(regs);
        IntStream.range(0, code.length).forEach(i -> OffHeap.putByte(ram + CODE + i, code[i]));
        OffHeap.putInt(ram + 4 * VECTOR, HANDLER);
        OffHeap.putShort(ram + HANDLER, END_PORT << 8 | 0xe6);
    }

    private void enableApic() {
        long apic = OffHeap.allocate(KvmLayout.SIZEOF_LAPIC_STATE);
        cpu.transfer("KVM_GET_LAPIC", Kvm.KVM_GET_LAPIC, apic);
        OffHeap.putInt(apic + APIC_SVR, APIC_ENABLED);
        cpu.transfer("KVM_SET_LAPIC", Kvm.KVM_SET_LAPIC, apic);
        OffHeap.free(apic);
    }

    /** Runs up to the next exit, for at most ten seconds, and returns the port that was written. */
    private int runToPort() {
        int thread = ThreadKick.currentThread();
        var late = watchdog.schedule(
                () -> {
                    cpu.askToExit();
                    ThreadKick.kick(thread);
                },
                10,
                TimeUnit.SECONDS);
        int result = cpu.enter();
        late.cancel(false);
        assertEquals(0, result, "the guest did nothing");
        assertEquals(Kvm.KVM_EXIT_IO, OffHeap.getInt(cpu.run() + KvmLayout.RUN_EXIT_REASON));
        return OffHeap.getChar(cpu.run() + KvmLayout.RUN_IO_PORT);
    }

    private void interruptController(String mode) {
        if (mode.equals("on")) {
            vm.createIrqchip();
        } else {
            vm.createSplitIrqchip(24);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "split"})
    void anIrqfdReachesTheHandler(String mode) {
        interruptController(mode);
        boot(0xfb, 0xeb, 0xfe); // sti; jmp to itself
        enableApic();
        vm.setRoutes(List.of(KvmVm.Route.toMessage(GSI, MSI, VECTOR)));
        try (EventFd trigger = new EventFd("test interrupt")) {
            vm.attachIrqfd(GSI, trigger, null);
            trigger.signal();
            assertEquals(END_PORT, runToPort());
            vm.detachIrqfd(GSI, trigger);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "split"})
    void aMessageReachesTheHandler(String mode) {
        interruptController(mode);
        boot(0xfb, 0xf4, 0xeb, 0xfd); // sti; hlt; again
        enableApic();
        assertTrue(vm.signalMsi(MSI, VECTOR));
        assertFalse(vm.signalMsi(MSI | 0x42 << 12, VECTOR), "nobody has this APIC id");
        assertEquals(END_PORT, runToPort());
    }

    @Test
    void anInputOfThe8259ReachesTheHandler() {
        vm.createIrqchip();
        // Master at vector 38h, all inputs open, out; then sti; jmp to itself
        boot(
                0xb0,
                0x11,
                0xe6,
                0x20,
                0xb0,
                VECTOR - 8,
                0xe6,
                0x21,
                0xb0,
                0x04,
                0xe6,
                0x21,
                0xb0,
                0x01,
                0xe6,
                0x21,
                0xb0,
                0x00,
                0xe6,
                0x21,
                0xe6,
                DOORBELL_PORT,
                0xfb,
                0xeb,
                0xfe);
        OffHeap.putInt(ram + 4 * (VECTOR - 8 + 5), HANDLER);
        vm.setRoutes(List.of(KvmVm.Route.toPin(5, KvmVm.PIC_MASTER, 5)));
        assertEquals(DOORBELL_PORT, runToPort());
        vm.irqLine(5, true);
        assertEquals(END_PORT, runToPort());
        vm.irqLine(5, false);
    }

    @Test
    void aDoorbellIsHeardWithoutAnExit() {
        boot(0xe6, DOORBELL_PORT, 0xe6, DOORBELL_PORT, 0xe6, DOORBELL_PORT, 0xe6, END_PORT);
        KvmVm.Doorbell doorbell = new KvmVm.Doorbell(true, DOORBELL_PORT, 1, false, 0);
        try (EventFd heard = new EventFd("test doorbell")) {
            vm.attachDoorbell(doorbell, heard);
            assertEquals(END_PORT, runToPort());
            long count = OffHeap.allocate(8);
            assertEquals(8, heard.fd().read(count, 8));
            assertEquals(3, OffHeap.getLong(count));
            OffHeap.free(count);
            vm.detachDoorbell(doorbell, heard);
        }
    }

    @Test
    void withoutItsDoorbellThePortExits() {
        boot(0xe6, DOORBELL_PORT);
        assertEquals(DOORBELL_PORT, runToPort());
    }

    @Test
    void aRequestToExitIsAnswered() {
        boot(0xeb, 0xfe);
        cpu.askToExit();
        assertEquals(-Errno.EINTR, cpu.enter());
        assertTrue(cpu.exitRequested());
        cpu.clearExitRequest();
        assertFalse(cpu.exitRequested());
    }

    @Test
    void aSlotThatOverlapsIsRefusedByName() {
        vm.setMemorySlot(0, 0, 0, RAM, ram);
        SysException e = assertThrows(SysException.class, () -> vm.setMemorySlot(1, 0, 0x8000, 0x1000, ram));
        assertEquals(Errno.EEXIST, e.errno());
        assertTrue(String.valueOf(e.getMessage()).contains("slot 1: 4 KiB at 8000"), e.getMessage());
    }

    @Test
    void theDeviceForVfioCanBeMade() {
        try (KvmDevice device = vm.createDevice(Kvm.KVM_DEV_TYPE_VFIO)) {
            assertTrue(device.has(1, 1), "KVM_DEV_VFIO_GROUP_ADD");
            assertFalse(device.has(0x7777, 1));
        }
    }
}
