package dev.veery.linux.abi;

/** Sizes and offsets of the structures of {@code linux/kvm.h} on x86-64, in bytes, each with the C expression it stands for. */
public final class KvmLayout {
    // struct kvm_run, shared with the kernel
    @CExpression("offsetof(struct kvm_run, request_interrupt_window)")
    public static final int RUN_REQUEST_INTERRUPT_WINDOW = 0;

    @CExpression("offsetof(struct kvm_run, immediate_exit)")
    public static final int RUN_IMMEDIATE_EXIT = 1;

    @CExpression("offsetof(struct kvm_run, exit_reason)")
    public static final int RUN_EXIT_REASON = 8;

    @CExpression("offsetof(struct kvm_run, ready_for_interrupt_injection)")
    public static final int RUN_READY_FOR_INTERRUPT_INJECTION = 0xc;

    @CExpression("offsetof(struct kvm_run, if_flag)")
    public static final int RUN_IF_FLAG = 0xd;

    @CExpression("offsetof(struct kvm_run, flags)")
    public static final int RUN_FLAGS = 0xe;

    @CExpression("offsetof(struct kvm_run, cr8)")
    public static final int RUN_CR8 = 0x10;

    @CExpression("offsetof(struct kvm_run, apic_base)")
    public static final int RUN_APIC_BASE = 0x18;

    @CExpression("offsetof(struct kvm_run, hw.hardware_exit_reason)")
    public static final int RUN_HARDWARE_EXIT_REASON = 0x20;

    @CExpression("offsetof(struct kvm_run, fail_entry.hardware_entry_failure_reason)")
    public static final int RUN_FAIL_ENTRY_REASON = 0x20;

    @CExpression("offsetof(struct kvm_run, fail_entry.cpu)")
    public static final int RUN_FAIL_ENTRY_CPU = 0x28;

    @CExpression("offsetof(struct kvm_run, io.direction)")
    public static final int RUN_IO_DIRECTION = 0x20;

    @CExpression("offsetof(struct kvm_run, io.size)")
    public static final int RUN_IO_SIZE = 0x21;

    @CExpression("offsetof(struct kvm_run, io.port)")
    public static final int RUN_IO_PORT = 0x22;

    @CExpression("offsetof(struct kvm_run, io.count)")
    public static final int RUN_IO_COUNT = 0x24;

    @CExpression("offsetof(struct kvm_run, io.data_offset)")
    public static final int RUN_IO_DATA_OFFSET = 0x28;

    @CExpression("offsetof(struct kvm_run, mmio.phys_addr)")
    public static final int RUN_MMIO_ADDRESS = 0x20;

    @CExpression("offsetof(struct kvm_run, mmio.data)")
    public static final int RUN_MMIO_DATA = 0x28;

    @CExpression("offsetof(struct kvm_run, mmio.len)")
    public static final int RUN_MMIO_LENGTH = 0x30;

    @CExpression("offsetof(struct kvm_run, mmio.is_write)")
    public static final int RUN_MMIO_IS_WRITE = 0x34;

    @CExpression("offsetof(struct kvm_run, internal.suberror)")
    public static final int RUN_INTERNAL_SUBERROR = 0x20;

    @CExpression("offsetof(struct kvm_run, internal.ndata)")
    public static final int RUN_INTERNAL_NDATA = 0x24;

    @CExpression("offsetof(struct kvm_run, internal.data)")
    public static final int RUN_INTERNAL_DATA = 0x28;

    @CExpression("offsetof(struct kvm_run, emulation_failure.flags)")
    public static final int RUN_EMULATION_FLAGS = 0x28;

    @CExpression("offsetof(struct kvm_run, emulation_failure.insn_size)")
    public static final int RUN_EMULATION_INSN_SIZE = 0x30;

    @CExpression("offsetof(struct kvm_run, emulation_failure.insn_bytes)")
    public static final int RUN_EMULATION_INSN_BYTES = 0x31;

    @CExpression("offsetof(struct kvm_run, debug.arch.exception)")
    public static final int RUN_DEBUG_EXCEPTION = 0x20;

    @CExpression("offsetof(struct kvm_run, debug.arch.pc)")
    public static final int RUN_DEBUG_PC = 0x28;

    @CExpression("offsetof(struct kvm_run, debug.arch.dr6)")
    public static final int RUN_DEBUG_DR6 = 0x30;

    @CExpression("offsetof(struct kvm_run, eoi.vector)")
    public static final int RUN_EOI_VECTOR = 0x20;

    @CExpression("offsetof(struct kvm_run, system_event.type)")
    public static final int RUN_SYSTEM_EVENT_TYPE = 0x20;

    @CExpression("offsetof(struct kvm_run, msr.error)")
    public static final int RUN_MSR_ERROR = 0x20;

    @CExpression("offsetof(struct kvm_run, msr.reason)")
    public static final int RUN_MSR_REASON = 0x28;

    @CExpression("offsetof(struct kvm_run, msr.index)")
    public static final int RUN_MSR_INDEX = 0x2c;

    @CExpression("offsetof(struct kvm_run, msr.data)")
    public static final int RUN_MSR_DATA = 0x30;

    @CExpression("offsetof(struct kvm_run, hypercall.ret)")
    public static final int RUN_HYPERCALL_RESULT = 0x58;

    // struct kvm_regs: RAX RBX RCX RDX RSI RDI RSP RBP R8 to R15
    @CExpression("sizeof(struct kvm_regs)")
    public static final int SIZEOF_REGS = 0x90;

    @CExpression("offsetof(struct kvm_regs, rax)")
    public static final int REGS_RAX = 0;

    @CExpression("offsetof(struct kvm_regs, rbx)")
    public static final int REGS_RBX = 8;

    @CExpression("offsetof(struct kvm_regs, rcx)")
    public static final int REGS_RCX = 0x10;

    @CExpression("offsetof(struct kvm_regs, rdx)")
    public static final int REGS_RDX = 0x18;

    @CExpression("offsetof(struct kvm_regs, rsi)")
    public static final int REGS_RSI = 0x20;

    @CExpression("offsetof(struct kvm_regs, rdi)")
    public static final int REGS_RDI = 0x28;

    @CExpression("offsetof(struct kvm_regs, rsp)")
    public static final int REGS_RSP = 0x30;

    @CExpression("offsetof(struct kvm_regs, rbp)")
    public static final int REGS_RBP = 0x38;

    @CExpression("offsetof(struct kvm_regs, r8)")
    public static final int REGS_R8 = 0x40;

    @CExpression("offsetof(struct kvm_regs, rip)")
    public static final int REGS_RIP = 0x80;

    @CExpression("offsetof(struct kvm_regs, rflags)")
    public static final int REGS_RFLAGS = 0x88;

    // struct kvm_sregs, kvm_segment, kvm_dtable
    @CExpression("sizeof(struct kvm_sregs)")
    public static final int SIZEOF_SREGS = 0x138;

    @CExpression("offsetof(struct kvm_sregs, cs)")
    public static final int SREGS_CS = 0;

    @CExpression("offsetof(struct kvm_sregs, ds)")
    public static final int SREGS_DS = 0x18;

    @CExpression("offsetof(struct kvm_sregs, es)")
    public static final int SREGS_ES = 0x30;

    @CExpression("offsetof(struct kvm_sregs, fs)")
    public static final int SREGS_FS = 0x48;

    @CExpression("offsetof(struct kvm_sregs, gs)")
    public static final int SREGS_GS = 0x60;

    @CExpression("offsetof(struct kvm_sregs, ss)")
    public static final int SREGS_SS = 0x78;

    @CExpression("offsetof(struct kvm_sregs, tr)")
    public static final int SREGS_TR = 0x90;

    @CExpression("offsetof(struct kvm_sregs, ldt)")
    public static final int SREGS_LDT = 0xa8;

    @CExpression("offsetof(struct kvm_sregs, gdt)")
    public static final int SREGS_GDT = 0xc0;

    @CExpression("offsetof(struct kvm_sregs, idt)")
    public static final int SREGS_IDT = 0xd0;

    @CExpression("offsetof(struct kvm_sregs, cr0)")
    public static final int SREGS_CR0 = 0xe0;

    @CExpression("offsetof(struct kvm_sregs, cr2)")
    public static final int SREGS_CR2 = 0xe8;

    @CExpression("offsetof(struct kvm_sregs, cr3)")
    public static final int SREGS_CR3 = 0xf0;

    @CExpression("offsetof(struct kvm_sregs, cr4)")
    public static final int SREGS_CR4 = 0xf8;

    @CExpression("offsetof(struct kvm_sregs, cr8)")
    public static final int SREGS_CR8 = 0x100;

    @CExpression("offsetof(struct kvm_sregs, efer)")
    public static final int SREGS_EFER = 0x108;

    @CExpression("offsetof(struct kvm_sregs, apic_base)")
    public static final int SREGS_APIC_BASE = 0x110;

    @CExpression("offsetof(struct kvm_sregs, interrupt_bitmap)")
    public static final int SREGS_INTERRUPT_BITMAP = 0x118;

    @CExpression("offsetof(struct kvm_segment, base)")
    public static final int SEGMENT_BASE = 0;

    @CExpression("offsetof(struct kvm_segment, limit)")
    public static final int SEGMENT_LIMIT = 8;

    @CExpression("offsetof(struct kvm_segment, selector)")
    public static final int SEGMENT_SELECTOR = 0xc;

    @CExpression("offsetof(struct kvm_segment, type)")
    public static final int SEGMENT_TYPE = 0xe;

    @CExpression("offsetof(struct kvm_segment, present)")
    public static final int SEGMENT_PRESENT = 0xf;

    @CExpression("offsetof(struct kvm_segment, dpl)")
    public static final int SEGMENT_DPL = 0x10;

    @CExpression("offsetof(struct kvm_segment, db)")
    public static final int SEGMENT_DB = 0x11;

    @CExpression("offsetof(struct kvm_segment, s)")
    public static final int SEGMENT_S = 0x12;

    @CExpression("offsetof(struct kvm_segment, l)")
    public static final int SEGMENT_L = 0x13;

    @CExpression("offsetof(struct kvm_segment, g)")
    public static final int SEGMENT_G = 0x14;

    @CExpression("offsetof(struct kvm_segment, avl)")
    public static final int SEGMENT_AVL = 0x15;

    @CExpression("offsetof(struct kvm_segment, unusable)")
    public static final int SEGMENT_UNUSABLE = 0x16;

    @CExpression("offsetof(struct kvm_dtable, base)")
    public static final int DTABLE_BASE = 0;

    @CExpression("offsetof(struct kvm_dtable, limit)")
    public static final int DTABLE_LIMIT = 8;

    // struct kvm_debugregs, kvm_vcpu_events, kvm_xsave, kvm_xcrs, kvm_mp_state
    @CExpression("sizeof(struct kvm_debugregs)")
    public static final int SIZEOF_DEBUGREGS = 0x80;

    @CExpression("offsetof(struct kvm_debugregs, db)")
    public static final int DEBUGREGS_DB = 0;

    @CExpression("offsetof(struct kvm_debugregs, dr6)")
    public static final int DEBUGREGS_DR6 = 0x20;

    @CExpression("offsetof(struct kvm_debugregs, dr7)")
    public static final int DEBUGREGS_DR7 = 0x28;

    @CExpression("sizeof(struct kvm_vcpu_events)")
    public static final int SIZEOF_EVENTS = 0x40;

    @CExpression("offsetof(struct kvm_vcpu_events, exception.injected)")
    public static final int EVENTS_EXCEPTION_INJECTED = 0;

    @CExpression("offsetof(struct kvm_vcpu_events, interrupt.injected)")
    public static final int EVENTS_INTERRUPT_INJECTED = 8;

    @CExpression("offsetof(struct kvm_vcpu_events, interrupt.nr)")
    public static final int EVENTS_INTERRUPT_NR = 9;

    @CExpression("offsetof(struct kvm_vcpu_events, interrupt.shadow)")
    public static final int EVENTS_INTERRUPT_SHADOW = 0xb;

    @CExpression("offsetof(struct kvm_vcpu_events, nmi.injected)")
    public static final int EVENTS_NMI_INJECTED = 0xc;

    @CExpression("offsetof(struct kvm_vcpu_events, nmi.pending)")
    public static final int EVENTS_NMI_PENDING = 0xd;

    @CExpression("offsetof(struct kvm_vcpu_events, nmi.masked)")
    public static final int EVENTS_NMI_MASKED = 0xe;

    @CExpression("offsetof(struct kvm_vcpu_events, flags)")
    public static final int EVENTS_FLAGS = 0x14;

    @CExpression("sizeof(struct kvm_xsave)")
    public static final int SIZEOF_XSAVE = 0x1000;

    @CExpression("sizeof(struct kvm_xcrs)")
    public static final int SIZEOF_XCRS = 0x188;

    @CExpression("offsetof(struct kvm_xcrs, nr_xcrs)")
    public static final int XCRS_NR = 0;

    @CExpression("offsetof(struct kvm_xcrs, xcrs)")
    public static final int XCRS_FIRST = 8;

    @CExpression("offsetof(struct kvm_xcr, value)")
    public static final int XCR_VALUE = 8;

    @CExpression("sizeof(struct kvm_mp_state)")
    public static final int SIZEOF_MP_STATE = 4;

    // struct kvm_msrs, kvm_msr_list, kvm_msr_filter, kvm_cpuid2
    @CExpression("offsetof(struct kvm_msrs, entries)")
    public static final int MSRS_ENTRIES = 8;

    @CExpression("sizeof(struct kvm_msr_entry)")
    public static final int SIZEOF_MSR_ENTRY = 0x10;

    @CExpression("offsetof(struct kvm_msr_entry, data)")
    public static final int MSR_ENTRY_DATA = 8;

    @CExpression("offsetof(struct kvm_msr_list, indices)")
    public static final int MSR_LIST_INDICES = 4;

    @CExpression("sizeof(struct kvm_msr_filter)")
    public static final int SIZEOF_MSR_FILTER = 0x188;

    @CExpression("offsetof(struct kvm_msr_filter, ranges)")
    public static final int MSR_FILTER_RANGES = 8;

    @CExpression("sizeof(struct kvm_msr_filter_range)")
    public static final int SIZEOF_MSR_FILTER_RANGE = 0x18;

    @CExpression("offsetof(struct kvm_msr_filter_range, nmsrs)")
    public static final int MSR_FILTER_RANGE_NMSRS = 4;

    @CExpression("offsetof(struct kvm_msr_filter_range, base)")
    public static final int MSR_FILTER_RANGE_BASE = 8;

    @CExpression("offsetof(struct kvm_msr_filter_range, bitmap)")
    public static final int MSR_FILTER_RANGE_BITMAP = 0x10;

    @CExpression("offsetof(struct kvm_cpuid2, entries)")
    public static final int CPUID2_ENTRIES = 8;

    @CExpression("sizeof(struct kvm_cpuid_entry2)")
    public static final int SIZEOF_CPUID_ENTRY2 = 0x28;

    @CExpression("offsetof(struct kvm_cpuid_entry2, index)")
    public static final int CPUID_ENTRY2_INDEX = 4;

    @CExpression("offsetof(struct kvm_cpuid_entry2, flags)")
    public static final int CPUID_ENTRY2_FLAGS = 8;

    @CExpression("offsetof(struct kvm_cpuid_entry2, eax)")
    public static final int CPUID_ENTRY2_EAX = 0xc;

    @CExpression("offsetof(struct kvm_cpuid_entry2, ebx)")
    public static final int CPUID_ENTRY2_EBX = 0x10;

    @CExpression("offsetof(struct kvm_cpuid_entry2, ecx)")
    public static final int CPUID_ENTRY2_ECX = 0x14;

    @CExpression("offsetof(struct kvm_cpuid_entry2, edx)")
    public static final int CPUID_ENTRY2_EDX = 0x18;

    // Memory: struct kvm_userspace_memory_region, kvm_dirty_log
    @CExpression("sizeof(struct kvm_userspace_memory_region)")
    public static final int SIZEOF_MEMORY_REGION = 0x20;

    @CExpression("offsetof(struct kvm_userspace_memory_region, slot)")
    public static final int MEMORY_REGION_SLOT = 0;

    @CExpression("offsetof(struct kvm_userspace_memory_region, flags)")
    public static final int MEMORY_REGION_FLAGS = 4;

    @CExpression("offsetof(struct kvm_userspace_memory_region, guest_phys_addr)")
    public static final int MEMORY_REGION_GUEST_ADDRESS = 8;

    @CExpression("offsetof(struct kvm_userspace_memory_region, memory_size)")
    public static final int MEMORY_REGION_SIZE = 0x10;

    @CExpression("offsetof(struct kvm_userspace_memory_region, userspace_addr)")
    public static final int MEMORY_REGION_HOST_ADDRESS = 0x18;

    @CExpression("sizeof(struct kvm_dirty_log)")
    public static final int SIZEOF_DIRTY_LOG = 0x10;

    @CExpression("offsetof(struct kvm_dirty_log, dirty_bitmap)")
    public static final int DIRTY_LOG_BITMAP = 8;

    // Interrupts and notification: kvm_irq_level, kvm_irq_routing, kvm_msi, kvm_irqfd, kvm_ioeventfd, kvm_pit_config
    @CExpression("sizeof(struct kvm_irq_level)")
    public static final int SIZEOF_IRQ_LEVEL = 8;

    @CExpression("offsetof(struct kvm_irq_level, level)")
    public static final int IRQ_LEVEL_LEVEL = 4;

    @CExpression("offsetof(struct kvm_irq_routing, entries)")
    public static final int IRQ_ROUTING_ENTRIES = 8;

    @CExpression("sizeof(struct kvm_irq_routing_entry)")
    public static final int SIZEOF_IRQ_ROUTING_ENTRY = 0x30;

    @CExpression("offsetof(struct kvm_irq_routing_entry, type)")
    public static final int IRQ_ROUTING_TYPE = 4;

    @CExpression("offsetof(struct kvm_irq_routing_entry, u.irqchip.irqchip)")
    public static final int IRQ_ROUTING_CHIP = 0x10;

    @CExpression("offsetof(struct kvm_irq_routing_entry, u.irqchip.pin)")
    public static final int IRQ_ROUTING_PIN = 0x14;

    @CExpression("offsetof(struct kvm_irq_routing_entry, u.msi.address_lo)")
    public static final int IRQ_ROUTING_MSI_ADDRESS_LO = 0x10;

    @CExpression("offsetof(struct kvm_irq_routing_entry, u.msi.address_hi)")
    public static final int IRQ_ROUTING_MSI_ADDRESS_HI = 0x14;

    @CExpression("offsetof(struct kvm_irq_routing_entry, u.msi.data)")
    public static final int IRQ_ROUTING_MSI_DATA = 0x18;

    @CExpression("sizeof(struct kvm_msi)")
    public static final int SIZEOF_MSI = 0x20;

    @CExpression("offsetof(struct kvm_msi, address_hi)")
    public static final int MSI_ADDRESS_HI = 4;

    @CExpression("offsetof(struct kvm_msi, data)")
    public static final int MSI_DATA = 8;

    @CExpression("sizeof(struct kvm_irqfd)")
    public static final int SIZEOF_IRQFD = 0x20;

    @CExpression("offsetof(struct kvm_irqfd, gsi)")
    public static final int IRQFD_GSI = 4;

    @CExpression("offsetof(struct kvm_irqfd, flags)")
    public static final int IRQFD_FLAGS = 8;

    @CExpression("offsetof(struct kvm_irqfd, resamplefd)")
    public static final int IRQFD_RESAMPLEFD = 0xc;

    @CExpression("sizeof(struct kvm_ioeventfd)")
    public static final int SIZEOF_IOEVENTFD = 0x40;

    @CExpression("offsetof(struct kvm_ioeventfd, addr)")
    public static final int IOEVENTFD_ADDRESS = 8;

    @CExpression("offsetof(struct kvm_ioeventfd, len)")
    public static final int IOEVENTFD_LENGTH = 0x10;

    @CExpression("offsetof(struct kvm_ioeventfd, fd)")
    public static final int IOEVENTFD_FD = 0x14;

    @CExpression("offsetof(struct kvm_ioeventfd, flags)")
    public static final int IOEVENTFD_FLAGS = 0x18;

    @CExpression("sizeof(struct kvm_irqchip)")
    public static final int SIZEOF_IRQCHIP = 0x208;

    @CExpression("offsetof(struct kvm_irqchip, chip)")
    public static final int IRQCHIP_CHIP = 8;

    @CExpression("offsetof(struct kvm_pic_state, imr)")
    public static final int PIC_IMR = 2;

    @CExpression("offsetof(struct kvm_pic_state, irq_base)")
    public static final int PIC_IRQ_BASE = 5;

    @CExpression("offsetof(struct kvm_pic_state, elcr)")
    public static final int PIC_ELCR = 0xe;

    @CExpression("sizeof(struct kvm_pit_config)")
    public static final int SIZEOF_PIT_CONFIG = 0x40;

    @CExpression("sizeof(struct kvm_coalesced_mmio_zone)")
    public static final int SIZEOF_COALESCED_ZONE = 0x10;

    @CExpression("offsetof(struct kvm_coalesced_mmio_zone, size)")
    public static final int COALESCED_ZONE_SIZE = 8;

    @CExpression("offsetof(struct kvm_coalesced_mmio_zone, pio)")
    public static final int COALESCED_ZONE_PIO = 0xc;

    @CExpression("offsetof(struct kvm_coalesced_mmio_ring, last)")
    public static final int COALESCED_RING_LAST = 4;

    @CExpression("offsetof(struct kvm_coalesced_mmio_ring, coalesced_mmio)")
    public static final int COALESCED_RING_ENTRIES = 8;

    @CExpression("(4096 - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio)")
    public static final int COALESCED_RING_MAX = 0xaa;

    @CExpression("sizeof(struct kvm_coalesced_mmio)")
    public static final int SIZEOF_COALESCED_WRITE = 0x18;

    @CExpression("offsetof(struct kvm_coalesced_mmio, len)")
    public static final int COALESCED_WRITE_LENGTH = 8;

    @CExpression("offsetof(struct kvm_coalesced_mmio, pio)")
    public static final int COALESCED_WRITE_PIO = 0xc;

    @CExpression("offsetof(struct kvm_coalesced_mmio, data)")
    public static final int COALESCED_WRITE_DATA = 0x10;

    @CExpression("sizeof(struct kvm_pit_state2)")
    public static final int SIZEOF_PIT_STATE2 = 0x70;

    @CExpression("offsetof(struct kvm_pit_state2, flags)")
    public static final int PIT_STATE2_FLAGS = 0x48;

    // Others: struct kvm_enable_cap, kvm_guest_debug, kvm_create_device, kvm_device_attr, kvm_clock_data,
    // kvm_lapic_state
    @CExpression("sizeof(struct kvm_enable_cap)")
    public static final int SIZEOF_ENABLE_CAP = 0x68;

    @CExpression("offsetof(struct kvm_enable_cap, args)")
    public static final int ENABLE_CAP_ARGS = 8;

    @CExpression("sizeof(struct kvm_guest_debug)")
    public static final int SIZEOF_GUEST_DEBUG = 0x48;

    @CExpression("offsetof(struct kvm_guest_debug, arch.debugreg)")
    public static final int GUEST_DEBUG_DEBUGREG = 8;

    @CExpression("sizeof(struct kvm_create_device)")
    public static final int SIZEOF_CREATE_DEVICE = 0xc;

    @CExpression("offsetof(struct kvm_create_device, fd)")
    public static final int CREATE_DEVICE_FD = 4;

    @CExpression("offsetof(struct kvm_create_device, flags)")
    public static final int CREATE_DEVICE_FLAGS = 8;

    @CExpression("sizeof(struct kvm_device_attr)")
    public static final int SIZEOF_DEVICE_ATTR = 0x18;

    @CExpression("offsetof(struct kvm_device_attr, group)")
    public static final int DEVICE_ATTR_GROUP = 4;

    @CExpression("offsetof(struct kvm_device_attr, attr)")
    public static final int DEVICE_ATTR_ATTR = 8;

    @CExpression("offsetof(struct kvm_device_attr, addr)")
    public static final int DEVICE_ATTR_ADDR = 0x10;

    @CExpression("sizeof(struct kvm_lapic_state)")
    public static final int SIZEOF_LAPIC_STATE = 0x400;

    private KvmLayout() {}
}
