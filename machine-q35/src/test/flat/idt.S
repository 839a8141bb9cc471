# Exceptions in 32-bit protected mode: vectors, error codes, what is saved.
.include "flat.inc"
main:
        RESUME  1f
ud:     ud2
1:      EXPECT  1, last_vector, $6
        EXPECT  2, last_eip, $ud

        RESUME  1f
        xorl    %edx, %edx
        movl    $1, %eax
        xorl    %ecx, %ecx
        divl    %ecx
1:      EXPECT  4, last_vector, $0

        RESUME  1f
        movl    $0x1236, %eax
        movl    %eax, %ds
1:      EXPECT  5, last_vector, $13
        EXPECT  6, last_error, $0x1234

        RESUME  1f
        movl    $0x20, %eax
        movl    %eax, %ds
1:      EXPECT  7, last_vector, $11
        EXPECT  8, last_error, $0x20

        RESUME  1f
        movl    $0x20, %eax
        movl    %eax, %ss
1:      EXPECT  9, last_vector, $12
        EXPECT  10, last_error, $0x20

        RESUME  bp
        int3
bp:     EXPECT  11, last_vector, $3
        EXPECT  12, last_eip, $bp

        RESUME  1f
        movl    $0x7fffffff, %eax
        addl    $1, %eax
        into
1:      EXPECT  13, last_vector, $4

        RESUME  1f
        movl    $10, %eax
        bound   %eax, bounds
1:      EXPECT  14, last_vector, $5

        int     $0x80
        EXPECT  15, last_vector, $0x80
        EXPECT  16, counts+0x200, $1

        RESUME  1f
        movl    $0, idt + 8*0x81 + 4    # a gate that is no gate
        int     $0x81
1:      EXPECT  17, last_vector, $13
        EXPECT  18, last_error, $(8*0x81 + 2)

        RESUME  1f
        movl    $0x0e00, idt + 8*0x81 + 4 # a gate that is not present
        int     $0x81
1:      EXPECT  19, last_vector, $11
        EXPECT  20, last_error, $(8*0x81 + 2)

        RESUME  1f
        movl    %cr0, %eax
        orl     $8, %eax                # TS
        movl    %eax, %cr0
        fnop
1:      clts
        EXPECT  21, last_vector, $7

        RESUME  stepped                 # single step
        pushfl
        orl     $0x100, (%esp)
        popfl
        nop
stepped:
        EXPECT  22, last_vector, $1
        movl    %dr6, %eax
        testl   $0x4000, %eax
        REQUIRE 23, nz
        movl    $watched, %eax          # a write watchpoint of four bytes
        movl    %eax, %dr0
        movl    $0xd0701, %eax
        movl    %eax, %dr7
        RESUME  1f
        movb    $1, watched + 3
2:      nop
1:      xorl    %eax, %eax
        movl    %eax, %dr7
        EXPECT  24, last_vector, $1
        EXPECT  25, last_eip, $2b
        movl    %dr6, %eax
        andl    $15, %eax
        cmpl    $1, %eax
        REQUIRE 26, e

        RESUME  1f                      # a double fault: #GP whose gate is not present
        movl    idt + 8*13 + 4, %ebp
        movl    $0x0e00, idt + 8*13 + 4
        movl    $0x1234, %eax
        movl    %eax, %ds
1:      movl    %ebp, idt + 8*13 + 4
        EXPECT  27, last_vector, $8
        EXPECT  28, last_error, $0
        jmp     passed
.data
.align 4
bounds: .long 0, 9
watched: .long 0
