# Interrupts between processors (SDM vol. 3, 11.6): every kind of destination in xAPIC and x2APIC mode, lowest priority, NMI,
# INIT and start-up of a processor that runs. Who is not addressed sleeps in HLT.
.include "smp.inc"
.set APIC_BASE, 0x1b
.set GS_BASE, 0xc0000101
.set X2_SVR, 0x80f
.set X2_EOI, 0x80b
.set X2_ICR, 0x830
.set AREA, 2048                         # a processor's own: a count for each vector, and more
.set X2, 1024
.set FIRST, 0x40

# Processor 0 sends (xAPIC) and waits until the processors of the mask, and no others, have got the vector.
.macro SEND n, dest, command, mask
        movl    $(\dest << 24), 0x310(%r9)
        movl    $\command, 0x300(%r9)
        AWAIT   \n, \command, \mask
.endm

.macro SEND_X2 n, dest, command, mask
        movl    $X2_ICR, %ecx
        movl    $\command, %eax
        movl    $\dest, %edx
        wrmsr
        AWAIT   \n, \command, \mask
.endm

.macro AWAIT n, command, mask
        movl    $\n, %ebx
        movl    $(\command & 0xff), %edi
        movl    $\mask, %esi
        call    await_mask
.endm

# All processors carry out a routine, processor 0 too.
.macro ALL routine
        movq    $\routine, todo
        call    everybody
.endm

.code64
program:
        cmpl    $CPUS, %r15d
        je      again
        movl    $LAPIC, %r9d            # R9 stays
        movl    $GS_BASE, %ecx
        movl    %r15d, %eax
        imull   $AREA, %eax
        addl    $areas, %eax
        xorl    %edx, %edx
        wrmsr
        testl   %r15d, %r15d
        jnz     1f
        MAKE_IDT64
1:      call    barrier
        lidt    idt64_pointer
        testl   %r15d, %r15d
        jz      sender
2:      sti                             # the others: sleep, and do what is asked for
        hlt
        cli
        movq    todo, %rax
        cmpq    %rax, %gs:(X2 + 8)
        je      2b
        movq    %rax, %gs:(X2 + 8)
        call    *%rax
        lock    incl carried_out
        jmp     2b

sender: sti
        SEND    1, 1, 0x40, 0x2         # fixed, physical
        SEND    2, 2, 0x41, 0x4
        SEND    3, 3, 0x42, 0x8
        SEND    4, 0, 0x43, 0x1         # to itself
        SEND    5, 0xff, 0x44, 0xf      # broadcast
        SEND    6, 0, 0xc0045, 0xe      # shorthands
        SEND    7, 0, 0x80046, 0xf
        SEND    8, 0, 0x40047, 0x1
        ALL     flat_model
        SEND    9, 0xa, 0x848, 0xa      # logical, flat
        SEND    10, 0x7, 0x849, 0x7
        ALL     raise_odd
        SEND    11, 0xe, 0x94a, 0x4     # lowest priority: 1 and 3 have raised theirs
        ALL     lower
        ALL     cluster_model
        SEND    12, 0x13, 0x84b, 0xc    # logical, cluster: 2 and 3
        SEND    13, 0x02, 0x84c, 0x2
        SEND    14, 2, 0x402, 0x4       # NMI; the vector is 2 whatever is sent
        ALL     x2apic
        SEND_X2 15, 3, 0x4d, 0x8
        SEND_X2 16, -1, 0x4e, 0xf
        SEND_X2 17, 0xa, 0x84f, 0xa     # logical: cluster 0, bits 1 and 3
        SEND_X2 18, 0x10001, 0x850, 0   # a cluster that nobody is in
        SEND_X2 19, 0, 0xc0051, 0xe
        movl    $X2_ICR, %ecx           # processor 3 from the beginning
        movl    $0x4500, %eax
        movl    $3, %edx
        wrmsr
        movl    $(0x4600 + (TRAMPOLINE >> 12)), %eax
        movl    $3, %edx
        wrmsr
1:      pause
        cmpl    $1, restarted
        jne     1b
        cli
        ljmp    *far_passed

again:  movl    $1, restarted
1:      cli
        hlt
        jmp     1b

# EBX: the check; EDI: a vector; ESI: the processors that get it, once.
await_mask:
        xorl    %edx, %edx
1:      movl    %edx, %eax
        imull   $AREA, %eax
        leal    areas(%rax,%rdi,4), %eax
        btl     %edx, %esi
        jnc     3f
2:      pause
        cmpl    $0, (%rax)
        je      2b
3:      incl    %edx
        cmpl    $CPUS, %edx
        jne     1b
        xorl    %edx, %edx              # nobody else, and nobody twice
4:      movl    %edx, %eax
        imull   $AREA, %eax
        movl    areas(%rax,%rdi,4), %ecx
        movl    %esi, %r8d
        btl     %edx, %r8d
        sbbl    $0, %ecx
        jne     failed64
        incl    %edx
        cmpl    $CPUS, %edx
        jne     4b
        ret

everybody:
        movl    $0, carried_out
        cli
        call    *todo
        sti
        cmpl    $0, %gs:X2
        jne     1f
2:      movl    $0xc00f0, 0x300(%r9)
        jmp     3f
1:      movl    $X2_ICR, %ecx
        movl    $0xc00f0, %eax
        xorl    %edx, %edx
        wrmsr
3:      pause
        cmpl    $(CPUS - 1), carried_out
        jne     3b
        ret

flat_model:
        movl    $0xffffffff, 0xe0(%r9)
        movl    %r15d, %ecx
        movl    $0x01000000, %eax
        shll    %cl, %eax
        movl    %eax, 0xd0(%r9)
        ret

cluster_model:
        movl    $0x0fffffff, 0xe0(%r9)
        movl    %r15d, %ecx
        andl    $1, %ecx
        movl    $0x01000000, %eax
        shll    %cl, %eax
        movl    %r15d, %ecx
        shrl    $1, %ecx
        shll    $28, %ecx
        orl     %ecx, %eax
        movl    %eax, 0xd0(%r9)
        ret

raise_odd:
        movl    %r15d, %eax
        andl    $1, %eax
        imull   $0x30, %eax
        movl    %eax, 0x80(%r9)
        ret

lower:  movl    $0, 0x80(%r9)
        ret

x2apic: movl    $APIC_BASE, %ecx
        rdmsr
        orl     $0x400, %eax
        wrmsr
        movl    $1, %gs:X2
        ret

.align 16
stubs64:
.set vector, 0
.rept 256
        .align 16
        pushq   $vector
        jmp     common64
        .set vector, vector + 1
.endr
common64:
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        movq    24(%rsp), %rcx
        incl    %gs:(,%rcx,4)
        cmpl    $2, %ecx
        je      2f
        movl    $UNEXPECTED, %ebx
        cmpl    $FIRST, %ecx
        jb      failed64
        cmpl    $0, %gs:X2
        jne     1f
        movl    $0, 0xb0(%r9)
        jmp     2f
1:      movl    $X2_EOI, %ecx
        xorl    %eax, %eax
        xorl    %edx, %edx
        wrmsr
2:      popq    %rdx
        popq    %rcx
        popq    %rax
        addq    $8, %rsp
        iretq

.data
.align 8
idt64_pointer:
        .word   4095
        .quad   idt64
.align 8
todo:   .quad   0
.align 64
carried_out: .long 0
.align 64
restarted: .long 0
        RESERVE idt64, 4096, 4096
        RESERVE areas, AREA*(CPUS+1), 4096
