# Long mode: the switch, exceptions with their 16-byte gates, NX, the interrupt stack table, SYSCALL, compatibility mode.
.include "flat.inc"
.set EFER, 0xc0000080
.set NX_WINDOW, 0x40000000

.macro EXPECT64 n, operand, value
        movl    $\n, %ebx
        cmpq    \value, \operand
        jne     failed64
.endm

.macro RESUME64 label
        movq    $-1, last_vector64
        movq    $\label, resume64
.endm

main:
        movl    $(pdpt + 3), pml4
        movl    $(directory + 3), pdpt
        movl    $(nx_directory + 3), pdpt + 8
        xorl    %ecx, %ecx
1:      movl    %ecx, %eax              # 1 GiB by 2 MiB pages
        shll    $21, %eax
        orl     $0x83, %eax
        movl    %eax, directory(,%ecx,8)
        incl    %ecx
        cmpl    $512, %ecx
        jne     1b
        movl    $0x83, nx_directory     # the first 2 MiB again, not executable
        movl    $0x80000000, nx_directory + 4
        movl    $0x83, nx_directory + 8 # reserved: an address beyond any processor's width
        movl    $0x00080000, nx_directory + 12

        movl    %cr4, %eax
        orl     $0x20, %eax
        movl    %eax, %cr4
        movl    $pml4, %eax
        movl    %eax, %cr3
        movl    $EFER, %ecx
        rdmsr
        orl     $0x901, %eax            # SCE, LME, NXE
        wrmsr
        movl    %cr0, %eax
        orl     $0x80010000, %eax
        movl    %eax, %cr0
        movl    $EFER, %ecx             # LMA is set; this is compatibility mode
        rdmsr
        testl   $0x400, %eax
        REQUIRE 1, nz
        ljmp    $CODE64, $long

.code64
long:
        MAKE_IDT64
        lidt    idt64_pointer
        movl    $tss, %eax              # a task, for the interrupt stack table
        movw    %ax, gdt + 0x3a
        shrl    $16, %eax
        movb    %al, gdt + 0x3c
        movb    %ah, gdt + 0x3f
        movw    $0x67, gdt + 0x38
        movb    $0x89, gdt + 0x3d
        movq    $stack_top - 8192, tss + 0x24
        movw    $0x38, %ax
        ltr     %ax

        RESUME64 1f
ud64:   ud2
1:      EXPECT64 2, last_vector64, $6
        EXPECT64 3, last_rip64, $ud64

        RESUME64 1f                     # not canonical
        movabsq $0x800000000000, %rax
        movq    (%rax), %rcx
1:      EXPECT64 4, last_vector64, $13
        EXPECT64 5, last_error64, $0

        RESUME64 1f                     # not present
        movabsq $0x8000001234, %rax
        movb    %cl, (%rax)
1:      EXPECT64 7, last_vector64, $14
        EXPECT64 8, last_error64, $2
        movq    %cr2, %rax
        movabsq $0x8000001234, %rdx
        EXPECT64 9, %rax, %rdx

        RESUME64 1f                     # not executable
        movl    $(NX_WINDOW + 0x1000), %eax
        jmp     *%rax
1:      EXPECT64 10, last_vector64, $14
        EXPECT64 11, last_error64, $0x11
        RESUME64 1f                     # a reserved bit
        movb    NX_WINDOW + 0x200000, %al
1:      testb   $8, last_error64
        movl    $12, %ebx
        jz      failed64

        movb    $1, idt64 + 16*6 + 4    # #UD on a stack of its own
        RESUME64 1f
        movq    %rsp, %rbp
        ud2
1:      EXPECT64 13, last_vector64, $6
        EXPECT64 14, %rsp, %rbp
        movl    $(stack_top - 8192), %eax
        subl    last_rsp64, %eax        # five slots and what the stub pushed
        EXPECT64 15, %rax, $56

        movl    $0xc0000081, %ecx       # SYSCALL at level 0: RCX, R11, the new RIP
        xorl    %eax, %eax
        movl    $CODE64, %edx
        wrmsr
        movl    $0xc0000082, %ecx
        movl    $entered, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $0xc0000084, %ecx
        movl    $0x1, %eax
        wrmsr
        stc
        syscall
returned:
        jmp     1f
entered:
        movl    $16, %ebx
        jc      failed64                # masked
        EXPECT64 17, %rcx, $returned
        testb   $1, %r11b
        movl    $18, %ebx
        jz      failed64
1:
        movabsq $0x1122334455667788, %rax
        movl    %eax, %eax              # 32-bit results clear the upper half
        movl    $0x55667788, %edx
        EXPECT64 19, %rax, %rdx
        movl    $saved, %esi            # CMPXCHG16B
        movq    $1, (%rsi)
        movq    $2, 8(%rsi)
        movl    $1, %eax
        movl    $2, %edx
        movl    $3, %ebx
        movl    $4, %ecx
        lock    cmpxchg16b (%rsi)
        movl    $20, %ebx
        jnz     failed64
        EXPECT64 21, 8(%rsi), $4

        ljmp    *far32                  # compatibility mode, and back out of long mode
.code32
leave:
        movl    %cr0, %eax
        andl    $0x7fffffff, %eax
        movl    %eax, %cr0
        movl    $EFER, %ecx
        rdmsr
        testl   $0x400, %eax
        REQUIRE 22, z
        lidt    idt_pointer
        RESUME  1f
        ud2
1:      EXPECT  23, last_vector, $6
        jmp     passed

.code64
failed64:
        ljmp    *far_failed
.align 16
stubs64:
.set vector, 0
.rept 256
        .align 16
        .if (vector == 8) || (vector == 17) || ((vector >= 10) && (vector <= 14))
        .else
        pushq   $0
        .endif
        pushq   $vector
        jmp     common64
        .set vector, vector + 1
.endr
common64:
        movq    %rsp, last_rsp64
        popq    last_vector64
        popq    last_error64
        pushq   %rax
        movq    8(%rsp), %rax
        movq    %rax, last_rip64
        movq    resume64, %rax
        testq   %rax, %rax
        movl    $UNEXPECTED, %ebx
        jz      failed64
        movq    %rax, 8(%rsp)
        movq    $0, resume64
        popq    %rax
        iretq
.data
.align 8
far32:  .long leave
        .word CODE32
far_failed:
        .long leave_failed
        .word CODE32
.align 8
idt64_pointer:
        .word 4095
        .quad idt64
.text
.code32
leave_failed:
        movl    %cr0, %eax
        andl    $0x7fffffff, %eax
        movl    %eax, %cr0
        jmp     failed

        RESERVE pml4, 4096, 4096
        RESERVE pdpt, 4096, 4096
        RESERVE directory, 4096, 4096
        RESERVE nx_directory, 4096, 4096
        RESERVE idt64, 4096, 4096
        RESERVE tss, 0x68, 16
        RESERVE saved, 16, 16
        RESERVE last_vector64, 8, 16
        RESERVE last_error64, 8, 16
        RESERVE last_rip64, 8, 16
        RESERVE last_rsp64, 8, 16
        RESERVE resume64, 8, 16
